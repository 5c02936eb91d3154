"""A film in symbols, before any value is known; and one in two acts, in which the values come in the second."""

from __future__ import annotations

from graphgrad.render.scene.scene import Card, Equal, Equation, Frame, Math, Phrase, Said, Scene, Value, text

IN_SYMBOLS, WITH_VALUES = 1, 2  # the acts
TOLD = {"forward": "Forward: ", "vjp": "Backward: ", "accumulate": "The sum: "}


def in_symbols(scene: Scene) -> Scene:
    """The same film without a number: nothing in it asks for values.

    >>> from graphgrad.execute.trace import symbolic
    >>> from graphgrad.frontend.parse import parse
    >>> from graphgrad.render.scene.script import scene
    >>> [text(frame.said, ()) for frame in in_symbols(scene(symbolic(parse("x * x")))).frames[2:5]]
    ['Forward: z = x * x.', 'Backward starts: z̄ = ∂z/∂z = 1.', 'Backward: ∂z/∂x += z̄ · x.']
    """
    return scene._replace(
        cards=tuple(_card(card) for card in scene.cards),
        wires=tuple(w._replace(partial=w.partial and _bare(w.partial)) for w in scene.wires),
        frames=tuple(_frame(frame, scene) for frame in scene.frames),
        closing=tuple(closing._replace(value=None) for closing in scene.closing),
        values=(),
    )


def in_acts(scene: Scene) -> Scene:
    """The film in symbols, and then the film in which what was written is computed."""
    first = [_frame(frame, scene)._replace(act=IN_SYMBOLS, asks=()) for frame in scene.frames if frame.phase != "end"]
    again = [frame._replace(act=WITH_VALUES) for frame in scene.frames if frame.phase != "start"]
    turn = again[0]._replace(said=("The values are put in. ", *again[0].said))
    return scene._replace(frames=(*first, turn, *again[1:]))


def _card(card: Card) -> Card:
    forward, backward = _bare(card.forward), _bare(card.backward)
    return card._replace(value=(), adjoint=card.adjoint and _bare(card.adjoint), forward=forward, backward=backward)


def _bare(equation: Equation) -> Equation:
    return equation._replace(symbols=_without(equation.symbols), numbers=())


def _without(phrase: Phrase) -> Phrase:
    """A phrase without its numbers, and without the signs before them."""
    return tuple(piece for piece in phrase if not isinstance(piece, Value | Equal))


def _frame(frame: Frame, scene: Scene) -> Frame:
    """A frame in symbols; the derivative by itself is 1 whatever the values."""
    rule = _bare(frame.rule)
    if frame.phase == "seed":
        rule = rule._replace(symbols=(*rule.symbols, Math(" = 1", " = 1")))
    equation = text(rule.phrase("symbols"), ())
    said: Said = (f"{TOLD.get(frame.phase, '')}{equation}.",)
    if frame.phase == "start":
        said = frame.said
    elif frame.phase == "inputs":
        said, rule = (f"The inputs: {', '.join(scene.cards[i].label for i in frame.lit)}.",), Equation()
    elif frame.phase == "seed":
        said = (f"Backward starts: {equation}.",)
    elif frame.phase == "end":
        said = ("The gradient is complete.",)
    return frame._replace(rule=rule, said=said, asks=())
