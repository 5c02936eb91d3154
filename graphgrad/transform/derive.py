"""A derivation as one writes it by hand: the chain rule at one node a line, from the output down to the inputs.

For scalars the lines are those of the lecture: dz/dx1 = dy1/dx1 * y2 + dy2/dx1 * y1, and so on down. For tensors, and
in the notation of adjoints, they go from the output back: dL/dh = (dL/dt) * (1 - t**2).
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from graphgrad.core.graph import Graph, normal
from graphgrad.core.op import ATOM
from graphgrad.core.ops import OPS
from graphgrad.frontend.latex import latex
from graphgrad.frontend.notation.counting import tells_places
from graphgrad.frontend.notation.names import tex_name
from graphgrad.frontend.notation.plain import PLAIN
from graphgrad.frontend.notation.spelling import Spelling
from graphgrad.frontend.notation.tex import TEX
from graphgrad.frontend.notation.writer import Writer
from graphgrad.frontend.printers import length, own_names, text
from graphgrad.transform.derivation import LONGEST, NOTATIONS, Derivation, Line, Notation
from graphgrad.transform.grad import derivative_name, differentiable, output_name, reverse
from graphgrad.transform.jvp import tangents
from graphgrad.transform.pullback import contribution, local_rule
from graphgrad.transform.rewrite import Rewriter
from graphgrad.transform.rules import text_of

Closed = Callable[[Graph, str], Graph | None]


class Blackboard(NamedTuple):
    """What is derived, and how it is to be written."""

    graph: Graph
    output: str
    notation: Notation
    every_step: bool

    def name(self, top: int, below: str) -> str:
        """The derivative of a node with respect to an input."""
        return self.notation.derivative(self.graph.label(top), below)

    def adjoint(self, node: int) -> str:
        """The derivative of the output with respect to a node."""
        return self.notation.derivative(self.output, self.graph.label(node))

    def partial(self, node: int, operand: int) -> tuple[str, str]:
        """The derivative of a node's formula with respect to an operand, still to be taken, as text and as LaTeX."""
        (plain, tex), below = self.applied(node), self.graph.label(operand)
        return f"∂{plain}/∂{below}", rf"\frac{{\partial {tex}}}{{\partial {tex_name(below)}}}"

    def applied(self, node: int) -> tuple[str, str]:
        """What a node is: the call of the user's own function that gives it, or its formula."""
        made, call = self.graph.nodes[node], self.graph.calls.get(node)
        if call and {*call.arguments} == {*made.operands}:
            names = [self.graph.label(argument) for argument in call.arguments]
            plain = f"{call.function}({', '.join(names)})"
            return plain, rf"{tex_name(call.function)}\left({', '.join(map(tex_name, names))}\right)"
        whole = frozenset(range(len(self.graph)))
        plain, tex = text(self.graph, node, whole), latex(self.graph, node, whole)
        alone = plain.endswith(")") and OPS[made.op].precedence == ATOM
        return (plain, tex) if alone else (f"({plain})", rf"\left({tex}\right)")


def derive(  # noqa: PLR0913  (all but the names are keywords)
    graph: Graph,
    /,
    *wrt: str,
    of: str | None = None,
    closed: Closed = lambda _graph, _output: None,
    every_step: bool = False,
    parallel: bool = False,
    notation: str = "d",
) -> Derivation:
    """Derive an output's gradient by hand, with respect to inputs (all float ones by default).

    `closed` gives the closed form of an output of the gradient graph, where there is one. With `every_step` a line
    begins with the chain rule itself, partial by partial, before what each partial is. `parallel` derives all inputs in
    the same lines: numbers as the vector of their derivatives. `notation` is how derivatives are written. Errors as for
    `grad`.

    >>> from graphgrad.frontend.parse import parse
    >>> print(derive(parse("y = x**2; z = sin(y)"), "x"))
    y = x ** 2
    z = sin(y)
    <BLANKLINE>
    (1) dz/dx = dy/dx * cos(y)
    (2) dy/dx = 1 * (2 * x) = 2 * x
    put together: dz/dx = 2 * x * cos(y)
    """
    names, output = tuple(map(normal, wrt or differentiable(graph))), output_name(graph, of)
    board = Blackboard(graph, output, NOTATIONS.row(notation), every_step)
    gradient, _ = reverse(graph, names, of=output, as_written=True)
    numbers = not any(node.shape for node in graph.nodes)
    lines: dict[str, tuple[Line, ...]] = {}
    result: dict[str, Line] = {}
    write = _chain if numbers and not board.notation.backward else _adjoints
    for group in [names] if parallel and write is _adjoints else [(name,) for name in names]:
        above, found = write(board, group)
        lines[", ".join(group)] = tuple(above)
        for name, line in found.items():
            end = closed(gradient, derivative_name(output, name))
            whole = line if end is None else line.equals(text(end, end.output), latex(end, end.output))
            lead, *sides = zip(*whole, strict=True)
            result[name] = Line(*zip(lead, *(side for side in sides if len(side[0]) <= LONGEST), strict=True))
    if parallel and write is _chain and len(names) > 1:
        together = ", ".join(names)
        lines, result = {together: tuple(_vectors(board, names, lines))}, {together: _vector(board, result.values())}
    return Derivation(tuple(_steps(graph, output)), lines, result, tells_places(graph))


def _steps(graph: Graph, output: str) -> Iterator[Line]:
    """The program with one operation a line."""
    whole, made = range(len(graph)), [i for i, node in enumerate(graph.nodes) if node.op in OPS]
    for i in made:
        first, *others = own_names(graph, i)
        yield _line(graph, first, [i], frozenset(whole))
        yield from (Line((name, first), (tex_name(name), tex_name(first))) for name in others)
    if not made:
        end = graph.output
        yield Line((output, text(graph, end)), (tex_name(output), latex(graph, end)))


def _chain(board: Blackboard, names: Sequence[str]) -> tuple[list[Line], dict[str, Line]]:
    """The chain rule at every node between an output and an input, from the top; and all of it put together."""
    (wrt,), graph = names, board.graph
    builder, variable, top = Rewriter(graph), graph.input(wrt), graph.outputs[board.output]
    tangent = tangents(builder, graph, {variable: builder.const(1)})
    sides: list[tuple[int, list[int]]] = []
    queue, seen = [top], {top}
    for node in queue:
        made = graph.nodes[node]
        if made.op not in OPS:
            continue
        slots = _slots(graph, node)
        below = {made.operands[s] for s in slots}
        symbols = {o: builder.input(board.name(o, wrt)) for o in sorted(below)}
        values = {o: builder.const(int(o == variable)) for o in sorted(below) if graph.nodes[o].op not in OPS}
        if not slots:
            sides.append((node, [builder.const(0)]))
            continue
        general, filled = _rule(builder, node, slots, symbols), _rule(builder, node, slots, {**symbols, **values})
        simple = builder.const(0) if node not in tangent else _simple(builder, filled) if values else filled
        sides.append((node, [*([general] if len(values) < len(symbols) else []), filled, simple]))
        new = [made.operands[s] for s in slots if made.operands[s] not in seen and node in tangent]
        queue += dict.fromkeys(new)
        seen.update(new)
    end = _simple(builder, tangent[top]) if top in tangent else builder.const(0)
    whole, primal = _whole(builder, graph), range(len(graph))
    lines = [_derivative(whole, board.name(node, wrt), nodes, primal) for node, nodes in sides]
    if not board.every_step:
        return lines, {wrt: _derivative(whole, board.name(top, wrt), [end], primal)}
    lines = [_unabridged(board, node, wrt, line) for (node, _), line in zip(sides, lines, strict=True)]
    unworked = _unworked(builder, graph, {node: nodes[-1] for node, nodes in sides}, variable)
    whole, name = _whole(builder, graph), board.name(top, wrt)
    long = length(whole, unworked, frozenset()) > LONGEST
    full = Line((), ()) if long else _derivative(whole, name, [unworked], ())
    fits = full.text[1:] and len(full.text[1]) <= LONGEST
    return lines, {wrt: full if fits else _derivative(whole, name, [end], primal)}


def _slots(graph: Graph, node: int) -> list[int]:
    """The operands of a node that a derivative passes."""
    made = graph.nodes[node]
    return [s for s, o in enumerate(made.operands) if graph.nodes[o].op != "const" and local_rule(OPS[made.op], s)]


def _rule(builder: Rewriter, node: int, slots: Sequence[int], slopes: Mapping[int, int]) -> int:
    """The chain rule at a node: the sum of what its operands' derivatives come to in it."""
    operands = builder.nodes[node].operands
    return _sum(builder, [contribution(builder, node, s, slopes[operands[s]])[1] for s in slots])


def _unworked(builder: Rewriter, graph: Graph, said: Mapping[int, int], variable: int) -> int:
    """All lines put into the first, nothing worked out but what the lines themselves say of inputs: zeros stay."""
    slopes = {i: builder.const(int(i == variable)) for i in graph.inputs.values()}
    nothing = builder.const(0)
    for node in sorted(said):
        slots = _slots(graph, node)
        below = {graph.nodes[node].operands[s] for s in slots}
        leaves = all(graph.nodes[o].op not in OPS for o in below) or builder.nodes[said[node]].op == "const"
        slopes[node] = said[node] if leaves else _rule(builder, node, slots, dict.fromkeys(below, nothing) | slopes)
    return slopes[max(said)] if said else slopes.get(variable, nothing)


def _unabridged(board: Blackboard, node: int, wrt: str, line: Line) -> Line:
    """Put the chain rule first into the line of a node: dz/dx = dy1/dx * ∂(y1 * y2)/∂y1 + ..."""
    operands = dict.fromkeys(o for o in board.graph.nodes[node].operands if board.graph.nodes[o].op != "const")
    terms = [(board.name(operand, wrt), *board.partial(node, operand)) for operand in operands]
    return line.after(*_products(terms)) if terms else line


def _products(terms: Sequence[tuple[str, str, str]], times: str = r"\,") -> tuple[str, str]:
    """The sum of derivatives times partials, as text and as LaTeX."""
    plain = " + ".join(f"{name} * {partial}" for name, partial, _ in terms)
    return plain, " + ".join(f"{tex_name(name)} {times} {partial}" for name, _, partial in terms)


def _vectors(board: Blackboard, names: Sequence[str], apart: Mapping[str, Sequence[Line]]) -> Iterator[Line]:
    """The lines of several inputs in one, each derivative being the vector of theirs, ∇y = [dy/dx1, dy/dx2]."""
    graph, place = board.graph, {board.graph.input(name): k for k, name in enumerate(names)}
    known = {line.text[0]: line for lines in apart.values() for line in lines}
    builder = Rewriter(graph)
    nodes_by_name = {board.name(n, name): n for n in range(len(graph)) for name in names}
    for node in dict.fromkeys(map(nodes_by_name.__getitem__, known)):
        slots, label = _slots(graph, node), graph.label(node)
        below = {graph.nodes[node].operands[s] for s in slots}
        symbols = {o: builder.input(f"∇{graph.label(o)}", (len(names),)) for o in sorted(below)}
        leaves = [o for o in sorted(below) if graph.nodes[o].op not in OPS]
        units = {o: builder.input(f"1 of {graph.label(o)}", (len(names),)) for o in leaves}
        named = {units[o]: _column([(str(int(place.get(o) == k)),) * 2 for k in range(len(names))]) for o in leaves}
        nodes = [_rule(builder, node, slots, symbols)]
        nodes += [_rule(builder, node, slots, {**symbols, **units})] * bool(units)
        line = _line(_whole(builder, graph), f"∇{label}", nodes, frozenset(range(len(graph))), named=named)
        if len(units) == len(below):
            parts = [known.get(board.name(node, name)) for name in names]
            ends = [(part.text[-1], part.latex[-1]) if part else ("0", "0") for part in parts]
            line = line.equals(*_column(ends))
        if board.every_step and slots:
            line = line.after(*_products([(f"∇{graph.label(o)}", *board.partial(node, o)) for o in sorted(below)]))
        yield line


def _vector(board: Blackboard, results: Iterable[Line]) -> Line:
    """The derivatives of all inputs as a vector, and what it comes to."""
    results = list(results)
    name = f"∇{board.output}"
    line = Line((name,), (tex_name(name),)).equals(*_column([(r.text[0], r.latex[0]) for r in results]))
    if not all(r.text[1:] for r in results):
        return line
    for side in [1, -1] if board.every_step else [-1]:
        line = line.equals(*_column([(r.text[side], r.latex[side]) for r in results]))
    return line


def _column(entries: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """A vector of written entries, as text and as LaTeX."""
    plain, tex = zip(*entries, strict=True)
    rows = r" \\ ".join(tex)
    return f"[{', '.join(plain)}]", rf"\begin{{bmatrix}} {rows} \end{{bmatrix}}"


def _adjoints(board: Blackboard, names: Sequence[str]) -> tuple[list[Line], dict[str, Line]]:
    """Every adjoint on the way back from an output to inputs; and each input's own written out in full."""
    graph, seed = board.graph, board.adjoint(board.graph.outputs[board.output])
    named = board.notation.backward
    gradient, adjoints = reverse(
        graph, tuple(names), of=board.output, as_written=True, cotangent=seed if named else None
    )
    primal, (whole, simple) = range(len(graph)), _worked_out(graph, gradient)
    totals, called = {node: simple[total] for node, total in adjoints.total.items()}, dict(graph.names)
    for node, total in totals.items():
        if total not in primal and whole.nodes[total].op != "const":
            called.setdefault(total, (board.adjoint(node),))
    whole = replace(whole, names=called, cache={})
    stop = {*primal, *totals.values()}
    lines, said = [], set(primal)
    if named:
        lines.append(Line((seed, "1"), (tex_name(seed), "1")))
    for node, total in sorted(totals.items(), reverse=True):
        if node != adjoints.output:
            line = _derivative(whole, board.adjoint(node), [total], stop, said)
            passed = [(c.consumer, c.partial) for c in adjoints.contributions if c.receiver == node]
            alike = all(p is not None and graph.nodes[c].shape == graph.nodes[node].shape for c, p in passed)
            if board.every_step and passed and alike and line.text[0] == board.adjoint(node):
                times = r"\odot" if graph.nodes[node].shape else r"\,"
                line = line.after(*_products([(board.adjoint(c), *board.partial(c, node)) for c, _ in passed], times))
            lines.append(line)
        said.add(total)
    plain, found = reverse(graph, tuple(names), of=board.output, as_written=True)
    (full, simple), ends = _worked_out(graph, plain), {}
    for name in names:
        end = found.total.get(graph.input(name), plain.outputs[derivative_name(board.output, name)])
        ends[name] = _derivative(full, board.adjoint(graph.input(name)), [simple[end]], primal)
    return lines, ends


def _whole(builder: Rewriter, graph: Graph) -> Graph:
    """What was built so far, under the names of the graph."""
    return Graph(tuple(builder.nodes), builder.inputs, graph.outputs, graph.names)


def _derivative(graph: Graph, name: str, nodes: Iterable[int], stop: Iterable[int], said: Container[int] = ()) -> Line:
    """A line that begins with a derivative, dy/dx; what was said before stands by its label."""
    stops = frozenset(stop)
    kept = [node for node in dict.fromkeys(nodes) if node in said or length(graph, node, stops) <= LONGEST]
    return _line(graph, name, kept, stops, said=said)


def _line(  # noqa: PLR0913
    graph: Graph,
    name: str,
    nodes: list[int],
    stop: frozenset[int],
    *,
    said: Container[int] = (),
    named: Mapping[int, tuple[str, str]] | None = None,
) -> Line:
    """A name and what it equals, in both languages; nodes that are `named` are written as given."""
    sides = []
    spellings: tuple[Spelling, Spelling] = (PLAIN, TEX)
    for k, spelling in enumerate(spellings):
        writer = Writer(graph, spelling, stop, {node: both[k] for node, both in (named or {}).items()})
        indices, formulas = writer.line(nodes, named=said)
        called = name if spelling is PLAIN else writer.names.get(name) or tex_name(name)
        sides.append((writer.lead(called, indices), *(f.text for f in formulas)))
    line = Line((sides[0][0],), (sides[1][0],))
    for side, formula in zip(sides[0][1:], sides[1][1:], strict=True):
        line = line.equals(side, formula)
    return line


def _sum(builder: Rewriter, terms: list[int]) -> int:
    total = terms[0] if terms else builder.const(0)
    for term in terms[1:]:
        made = builder.nodes[term]
        less = made.op == "neg"
        total = builder.plain("sub", total, made.operands[0]) if less else builder.plain("add", total, term)
    return total


def _worked_out(graph: Graph, gradient: Graph) -> tuple[Graph, list[int]]:
    """Build a gradient on its graph without ones and zeros; gives that, and every node's place in it."""
    builder = Rewriter(graph, text_of("units"), exact={})
    place = list(range(len(graph)))
    for op, operands, attrs, shape, dtype in gradient.nodes[len(place) :]:
        if op == "const":
            place.append(builder.const(attrs[0][1]))
        elif op == "input":
            place.append(builder.input(attrs[0][1], shape, dtype))
        else:
            place.append(builder.apply(op, *(place[o] for o in operands), **dict(attrs)))
    return _whole(builder, graph), place


def _simple(builder: Rewriter, node: int) -> int:
    """The same sum of products with its ones and zeros worked out."""
    new: dict[int, int] = {}
    needed, stack = {node}, [node]
    while stack:
        top = builder.nodes[stack.pop()]
        more = [o for o in top.operands if o not in needed] if top.op in {"add", "mul", "neg", "where"} else []
        needed.update(more)
        stack += more
    for i in sorted(needed):
        made = builder.nodes[i]
        known = made.operands and all(o in new for o in made.operands)
        new[i] = builder.apply(made.op, *(new[o] for o in made.operands), **dict(made.attrs)) if known else i
    return new[node]
