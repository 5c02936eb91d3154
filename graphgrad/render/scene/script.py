"""From a trace to a scene: which frames a film has, and what each of them shows, lights and says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from graphgrad.core.errors import UsageError, did_you_mean
from graphgrad.execute.trace import Trace
from graphgrad.render.scene.layers import layers
from graphgrad.render.scene.names import TIMES, Symbols, note, shape_phrase, source
from graphgrad.render.scene.scene import (
    ALONE,
    EQUALS,
    Card,
    Closing,
    Equal,
    Equation,
    Frame,
    Math,
    Phrase,
    Said,
    Scene,
    Sum,
    Value,
    Wire,
    alone,
)
from graphgrad.transform.pullback import Contribution

PLUS = Math(" + ", " + ")
PLUS_EQUALS = Math(" += ", " += ")
MORE = Math(r" + \cdots", " + …")  # of a sum that is not complete
Verdicts = Mapping[str, tuple[str, bool | None]]


def scene(
    trace: Trace,
    *,
    closed_forms: Mapping[str, Math] | None = None,
    verdicts: Verdicts | None = None,
    by: str = "contribution",
) -> Scene:
    """Make the film of a trace: forward, seed, backward (a frame per contribution, or per node), and the result.

    `closed_forms` and `verdicts` (a word, and whether it is good news) come by input name, and stand in the last frame.
    Raises UsageError for another `by`.
    """
    if by not in ORDERS:
        raise UsageError(
            f"a film has no frames by '{by}'", hint=did_you_mean(by, ORDERS) or f"known: {', '.join(ORDERS)}"
        )
    return _Script(trace).scene(by, closed_forms or {}, verdicts or {})


class _Script:
    def __init__(self, trace: Trace) -> None:
        self.trace, self.graph, self.adjoints = trace, trace.graph, trace.adjoints
        self.symbols = Symbols(trace)
        self.given = {(c.consumer, c.slot): c for c in self.adjoints.contributions}
        self.edges = [(o, i, slot) for i, node in enumerate(self.graph.nodes) for slot, o in enumerate(node.operands)]
        self.wire_of = {(i, slot): k for k, (_, i, slot) in enumerate(self.edges)}
        self.terms: dict[int, list[Contribution]] = {}
        for c in self.adjoints.contributions:
            self.terms.setdefault(c.receiver, []).append(c)

    def scene(self, by: str, forms: Mapping[str, Math], verdicts: Verdicts) -> Scene:
        lines, places = source(self.symbols.names)
        grouped = layers(self.graph)
        return Scene(
            cards=tuple(self.card(i) for i in range(len(self.graph))),
            wires=tuple(self.wire(*edge) for edge in self.edges),
            frames=tuple(self.frames(by)),
            source=lines,
            places=places,
            closing=tuple(self.closing(forms, verdicts)),
            values=self.trace.values,
            name=self.symbols.output,
            groups=grouped,
            folded={name: self.symbols.folded(nodes) for name, nodes in grouped.items()},
            note=note(self.graph),
        )

    def card(self, i: int) -> Card:
        made, total = self.graph.nodes[i], self.adjoints.total.get(i)
        kind = made.op if made.op in {"input", "const"} else "output" if i == self.adjoints.output else "inner"
        adjoint = None if total is None else Equation(lead=(self.symbols.bar(i),), numbers=(Value(total),))
        number: Phrase = () if kind == "const" else (Value(i),)
        value: Phrase = number and alone(Value(i))
        forward = self.computed(i) if made.operands else Equation((self.symbols.name(i),), (), number)
        return Card(
            i, kind, self.symbols.title(i), value, adjoint, made.shape, self.graph.label(i), forward, self.summed(i)
        )

    def wire(self, operand: int, consumer: int, slot: int) -> Wire:
        c, shape = self.given.get((consumer, slot)), shape_phrase(self.graph.nodes[operand].shape)
        if c is None or c.partial is None:
            return Wire(operand, consumer, slot, None, shape)
        partial = self.trace.gradient.nodes[c.partial]
        numbers: Phrase = () if partial.op == "const" or partial.shape else (self.slope(c),)
        return Wire(operand, consumer, slot, Equation((), (self.symbols.partial(c),), numbers), shape)

    def frames(self, by: str) -> Iterator[Frame]:
        yield Frame("start", said=("Nothing is computed yet.",))
        known = tuple(i for i, node in enumerate(self.graph.nodes) if not node.operands)
        inputs = tuple(self.graph.inputs.values())
        if known:
            yield Frame("inputs", known, lit=inputs, rule=self.given_inputs(inputs), said=self.say_inputs(inputs))
        for i, node in enumerate(self.graph.nodes):
            if node.operands:
                known += (i,)
                yield self.forward(i, known)
        backward = [self.seed(known)]
        backward += ORDERS[by](self, backward[0])
        yield from backward
        last = backward[-1]
        wrt = tuple(i for i in inputs if i in self.adjoints.total)
        yield Frame("end", known, last.sums, last.partials, lit=wrt, said=tuple(self.say_result(wrt)))

    def given_inputs(self, inputs: Sequence[int]) -> Equation:
        scalars = [i for i in inputs if not self.graph.nodes[i].shape]
        phrase: Phrase = ()
        for i in scalars:
            phrase += ((Math(",   ", ", "),) if phrase else ()) + (self.symbols.name(i), Equal((Value(i),)), Value(i))
        return Equation(symbols=phrase)

    def say_inputs(self, inputs: Sequence[int]) -> Said:
        said: Said = ("The inputs are given: ",)
        for k, i in enumerate(inputs):
            said += (", " if k else "", self.graph.label(i), Equal((Value(i),)), Value(i))
        return (*said, ".")

    def forward(self, i: int, known: tuple[int, ...]) -> Frame:
        (lead, formula), rule = self.symbols.formula(i), self.computed(i)
        live = tuple(self.wire_of[i, slot] for slot in range(len(self.graph.nodes[i].operands)))
        form = self.symbols.form(i)
        what = f"{lead.text} = {formula.text}" + (f", computed as {form.text}" if form else "")
        if self.graph.nodes[i].shape:
            said: Said = (f"Forward: {what}: ", Value(i), ".")
        else:
            said = (f"Forward: {what}", Equal((Value(i),)), Value(i), ".")
        asks = ((f"{lead.text} = {formula.text}", i),) if not self.graph.nodes[i].shape else ()
        return Frame("forward", known, lit=(i,), live=live, rule=rule, said=said, asks=asks)

    def seed(self, known: tuple[int, ...]) -> Frame:
        out, seed = self.adjoints.output, self.adjoints.seed
        rule = Equation((self.symbols.bar(out),), (self.symbols.quotient(out, out),), (Value(seed),))
        name = self.graph.label(out)
        said = (f"Backward starts: the adjoint of {name} is d{name}/d{name} = ", Value(seed), ".")
        sums = (Sum(out, seed, finished=True),)
        return Frame("seed", known, sums, lit=(out,), rule=rule, said=said)

    def by_contribution(self, last: Frame) -> Iterator[Frame]:
        passed: dict[int, list[Contribution]] = {}
        for c in self.adjoints.contributions:
            earlier = passed.setdefault(c.receiver, [])
            so_far = earlier[-1].total if earlier else c.node
            earlier.append(c)
            finished = len(earlier) == len(self.terms[c.receiver])
            sums = _updated(last.sums, Sum(c.receiver, so_far, finished and len(earlier) == 1))
            last = self.contribution(c, last, sums)
            yield last
            if len(earlier) > 1:
                sums = _updated(last.sums, Sum(c.receiver, c.total, finished))
                last = self.accumulation(c.receiver, earlier, last, sums)
                yield last

    def by_node(self, last: Frame) -> Iterator[Frame]:
        finished_by = {c.receiver: k for k, c in enumerate(self.adjoints.contributions)}
        for receiver in sorted(self.terms, key=finished_by.__getitem__):
            terms = self.terms[receiver]
            sums = _updated(last.sums, Sum(receiver, terms[-1].total, finished=True))
            if len(terms) == 1:
                last = self.contribution(terms[0], last, sums)
            else:
                wires = tuple(self.wire_of[c.consumer, c.slot] for c in terms)
                last = self.accumulation(receiver, terms, last, sums)._replace(
                    phase="vjp", live=wires, partials=_merged(last.partials, wires)
                )
            yield last

    def contribution(self, c: Contribution, last: Frame, sums: tuple[Sum, ...]) -> Frame:
        wire, several = self.wire_of[c.consumer, c.slot], len(self.terms[c.receiver]) > 1
        names = self.graph.label(c.receiver), self.graph.label(c.consumer)
        lead, (term,) = self.symbols.passed([c])
        symbols: Phrase = (term,)
        numbers: Phrase = self.number(c.node)
        sign = "+=" if several else "="
        said: Said = (
            f"Backward: {names[1]} passes {'an ' * bool(self.trace.gradient.nodes[c.node].shape)}",
            Value(c.node),
            f" to {names[0]}: {lead.text} {sign} {term.text}.",
        )
        asks: tuple[tuple[str, int], ...] = ()
        if self.symbols.multiplies(c):
            assert c.partial is not None
            bar, quotient = self.symbols.bar(c.consumer), self.symbols.quotient(c.consumer, c.receiver)
            once = self.graph.nodes[c.consumer].operands.count(c.receiver) == 1
            if once and quotient != lead:  # which is the whole derivative, not by one operand alone
                symbols = (bar, TIMES, quotient, EQUALS, *symbols)
            factors = Value(self.adjoints.total[c.consumer]), self.slope(c)._replace(guard=True)
        if self.symbols.multiplies(c) and self.weightless(c):
            said = (
                f"Backward: {names[1]} passes to {names[0]} ",
                Value(c.node),
                ": a term of the weight 0 counts for nothing.",
            )
        elif self.symbols.multiplies(c):
            assert c.partial is not None
            product = (factors[0], Math(r" \times ", " × "), factors[1])
            numbers = (*product, Equal((*factors, Value(c.node))), *numbers)
            constant = self.trace.gradient.nodes[c.partial].op == "const"
            slope, partial = self.slope(c), self.symbols.partial(c)
            named: Said = (slope,) if constant else (partial.text, Equal((slope,)), slope)
            result = Value(c.node)
            said = (f"Backward: the adjoint of {names[1]}, ", factors[0], ", times the local partial ", *named,
                    f", is passed to {names[0]}: ", Equal((*factors, result), ALONE), result, ".")  # fmt: skip
            asks = ((f"∂{names[1]}/∂{names[0]}", c.partial), (f"what {names[1]} passes to {names[0]}", c.node))
        rule = Equation((lead,), symbols, numbers, PLUS_EQUALS if several else EQUALS)
        partials = _merged(last.partials, (wire,))
        return Frame("vjp", last.known, sums, partials, (c.receiver, c.consumer), (wire,), rule, said, asks)

    def weightless(self, c: Contribution) -> bool:
        """Whether a finite value is passed through an infinite slope: that of a logarithm whose weight is 0."""
        if not self.trace.values:  # a film in symbols
            return False
        slope, passed = self.trace.values[c.partial or 0], self.trace.values[c.node]
        return bool(np.isfinite(passed)) and not np.isfinite(slope)

    def slope(self, c: Contribution) -> Value:
        """The value of a local partial; a condition is a number here."""
        assert c.partial is not None
        return Value(c.partial, part="number" if self.trace.gradient.nodes[c.partial].dtype == "bool" else "")

    def number(self, i: int) -> Phrase:
        """A value of the gradient graph where a line of algebra can hold it: not an array's."""
        return () if self.trace.gradient.nodes[i].shape else (Value(i),)

    def computed(self, i: int) -> Equation:
        """How a node's value comes about."""
        substituted, (lead, formula) = self.symbols.substituted(i), self.symbols.formula(i)
        if form := self.symbols.form(i):
            return Equation((lead,), (formula, EQUALS, form), self.number(i))
        shown = tuple(piece for piece in substituted if isinstance(piece, Value))
        numbers = (*substituted, Equal((*shown, Value(i))), Value(i)) if substituted else self.number(i)
        return Equation((lead,), (formula,), numbers)

    def summed(self, receiver: int, count: int | None = None) -> Equation:
        """The adjoint of a node as the sum of its first terms and of more, or of all."""
        every = self.terms.get(receiver, [])
        terms = every[:count]
        if not terms:
            seeded = receiver == self.adjoints.output
            return Equation((self.symbols.bar(receiver),), (), (Value(self.adjoints.seed),)) if seeded else Equation()
        lead, written = self.symbols.passed(terms)
        symbols: Phrase = ()
        numbers: Phrase = ()
        for k, (c, term) in enumerate(zip(terms, written, strict=True)):
            symbols += ((PLUS,) if k else ()) + (term,)
            numbers += ((PLUS,) if k else ()) + (Value(c.node, guard=k > 0),)
        more = (MORE,) if len(terms) < len(every) else ()
        if len(terms) > 1:
            total = Value(terms[-1].total)
            numbers += (*more, Equal((*(Value(c.node) for c in terms), total)), total)
        if any(self.trace.gradient.nodes[c.node].shape for c in terms):
            numbers = ()
        return Equation((lead,), symbols + more, numbers and numbers + more)

    def accumulation(self, receiver: int, terms: Sequence[Contribution], last: Frame, sums: tuple[Sum, ...]) -> Frame:
        name, total, missing = self.graph.label(receiver), terms[-1].total, len(self.terms[receiver]) - len(terms)
        said: Said = (f"The adjoint of {name} is {'so far ' * bool(missing)}the sum of ",)
        added = [Value(c.node) for c in terms]
        for k, term in enumerate(added):
            said += (" and " if k else "", term)
        said += (": ", Equal((*added, Value(total)), ALONE), Value(total))
        said += (f", with {missing} more to come." if missing else ".",)
        wires = tuple(self.wire_of[c.consumer, c.slot] for c in terms)
        asks = () if self.graph.nodes[receiver].shape else ((f"the sum for {name}", total),)
        rule = self.summed(receiver, len(terms))
        return Frame("accumulate", last.known, sums, last.partials, (receiver,), wires, rule, said, asks)

    def closing(self, forms: Mapping[str, Math], verdicts: Verdicts) -> Iterator[Closing]:
        for name, i in self.graph.inputs.items():
            if i in self.adjoints.total:
                word, good = verdicts.get(name, ("", None))
                shape = self.graph.nodes[i].shape
                form = None if shape else forms.get(name)
                yield Closing((self.symbols.bar(i),), form, Value(self.adjoints.total[i]), word, good, shape)

    def say_result(self, wrt: Sequence[int]) -> Iterator[str | Value | Equal]:
        yield "The gradient is complete: "
        for k, i in enumerate(wrt):
            total = Value(self.adjoints.total[i])
            yield f"{', ' if k else ''}d{self.symbols.output}/d{self.graph.label(i)}"
            yield ": " if self.graph.nodes[i].shape else Equal((total,))
            yield total
        yield "."


def _updated(sums: tuple[Sum, ...], new: Sum) -> tuple[Sum, ...]:
    return (*(s for s in sums if s.node != new.node), new)


def _merged(old: tuple[int, ...], new: tuple[int, ...]) -> tuple[int, ...]:
    return old + tuple(i for i in new if i not in old)


ORDERS: Mapping[str, Callable[[_Script, Frame], Iterator[Frame]]] = {
    "contribution": _Script.by_contribution,
    "node": _Script.by_node,
}
