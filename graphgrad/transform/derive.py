"""A derivation as one writes it by hand: the chain rule at one node a line, from the output down to the inputs.

For scalars the lines are those of the lecture: dz/dx1 = dy1/dx1 * y2 + dy2/dx1 * y1, and so on down. For tensors they
are the adjoints, from the output back: dL/dh = (dL/dt) * (1 - t**2).
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from graphgrad.core.display import short, told
from graphgrad.core.graph import Graph
from graphgrad.core.op import ATOM
from graphgrad.core.ops import OPS
from graphgrad.frontend.latex import latex
from graphgrad.frontend.notation.counting import COUNTED, PROGRAMMED, tells_places
from graphgrad.frontend.notation.names import tex_name
from graphgrad.frontend.notation.plain import PLAIN
from graphgrad.frontend.notation.tex import TEX
from graphgrad.frontend.notation.writer import Writer
from graphgrad.frontend.printers import length, text
from graphgrad.transform.grad import derivative_name, differentiable, output_name, reverse
from graphgrad.transform.jvp import tangents
from graphgrad.transform.pullback import contribution, local_rule
from graphgrad.transform.rewrite import Rewriter
from graphgrad.transform.rules import text_of

LONGEST = 160  # characters of a gradient written out in full
TOO_LONG = "too long to write out: put the lines above into the first"
TOO_LONG_TEX = rf"\text{{{TOO_LONG}}}"


@told(lambda line: " = ".join(line.text))
class Line(NamedTuple):
    """One line of a derivation: its sides, to be joined by equals signs, as text and as LaTeX."""

    text: tuple[str, ...]
    latex: tuple[str, ...]

    def equals(self, side: str, formula: str) -> Line:
        """The line with one more side, unless that is said already."""
        return self if side in self.text else Line((*self.text, side), (*self.latex, formula))


class Derivation(NamedTuple):
    """A derivation: the program it differentiates, the numbered lines for every input, and what they come to.

    A result that is too long to be read has no sides but the derivative's name. Where lines tell places in arrays by
    number, `counted`, the last says how.
    """

    steps: tuple[Line, ...]
    lines: Mapping[str, tuple[Line, ...]]
    result: Mapping[str, Line]
    counted: bool = False

    @property
    def program(self) -> str:
        """The program, one operation a line, so that every name in the derivation is known."""
        return "\n".join(" = ".join(step.text) for step in self.steps)

    def __repr__(self) -> str:
        return short("Derivation", f"of {', '.join(self.result)} in {self.program}")

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/markdown": self.markdown, "text/latex": self.latex}

    def __str__(self) -> str:
        parts = [self.program]
        for name, lines in self.lines.items():
            numbered = [f"({k}) " + " = ".join(line.text) for k, line in enumerate(lines, 1)]
            end = self.result[name].text
            parts.append("\n".join([*numbered, "put together: " + " = ".join(end if end[1:] else (*end, TOO_LONG))]))
        parts += [f"({PROGRAMMED})"] * self.counted
        return "\n\n".join(parts)

    @property
    def markdown(self) -> str:
        """The derivation as Markdown, with LaTeX in dollars."""
        parts = ["```\n" + self.program + "\n```"]
        for name, lines in self.lines.items():
            parts.append("\n".join(f"{k}. ${' = '.join(line.latex)}$" for k, line in enumerate(lines, 1)))
            end = self.result[name].latex
            parts.append(
                f"Put together: $${' = '.join(end)}$$" if end[1:] else f"Put together, ${end[0]}$ is {TOO_LONG}."
            )
        parts += [f"({COUNTED})"] * self.counted
        return "\n\n".join(parts)

    @property
    def latex(self) -> str:
        """The derivation as LaTeX: the program, then one `align*` an input, lines numbered as in the text."""
        blocks = [[f"{name} &= {formula}" for name, formula in (step.latex for step in self.steps)]]
        for name, lines in self.lines.items():
            rows = [rf"{line.latex[0]} &= {' = '.join(line.latex[1:])} \tag{{{k}}}" for k, line in enumerate(lines, 1)]
            derivative, *sides = self.result[name].latex
            blocks.append([*rows, f"{derivative} &= {' = '.join(sides or [TOO_LONG_TEX])}"])
        blocks[-1] += [rf"& \text{{({COUNTED})}}"] * self.counted
        return "\n\n".join("\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}" for rows in blocks)


Closed = Callable[[Graph, str], Graph | None]


def derive(
    graph: Graph,
    /,
    *wrt: str,
    of: str | None = None,
    closed: Closed = lambda _graph, _output: None,
    every_step: bool = False,
) -> Derivation:
    """Derive an output's gradient by hand, with respect to inputs (all float ones by default).

    `closed` gives the closed form of an output of the gradient graph, where there is one. With `every_step` a line of
    numbers begins with the chain rule itself, partial by partial, before what each partial is. Errors as for `grad`.

    >>> from graphgrad.frontend.parse import parse
    >>> print(derive(parse("y = x**2; z = sin(y)"), "x"))
    y = x ** 2
    z = sin(y)
    <BLANKLINE>
    (1) dz/dx = dy/dx * cos(y)
    (2) dy/dx = 1 * (2 * x) = 2 * x
    put together: dz/dx = 2 * x * cos(y)
    """
    wrt, output = wrt or differentiable(graph), output_name(graph, of)
    gradient, _ = reverse(graph, wrt, of=output, as_written=True)
    write = _adjoints if any(node.shape for node in graph.nodes) else _chain
    lines, result = {}, {}
    for name in wrt:
        *above, found = write(graph, name, output)
        lines[name] = tuple(map(_unabridged(graph, name), above)) if every_step and write is _chain else tuple(above)
        end = closed(gradient, derivative_name(output, name))
        if end is not None:
            found = found.equals(text(end, end.output), latex(end, end.output))
        short = [side for side in zip(*found, strict=True) if len(side[0]) <= LONGEST]
        result[name] = Line(*zip(*short, strict=True))
    return Derivation(tuple(_steps(graph, output)), lines, result, tells_places(graph))


def _steps(graph: Graph, output: str) -> Iterator[Line]:
    """The program with one operation a line."""
    whole, made = range(len(graph)), [i for i, node in enumerate(graph.nodes) if node.op in OPS]
    for i in made:
        yield _line(graph, graph.label(i), [i], frozenset(whole))
    if not made:
        end = graph.output
        yield Line((output, text(graph, end)), (tex_name(output), latex(graph, end)))


def _chain(graph: Graph, wrt: str, output: str) -> list[Line]:
    """The chain rule at every node between an output and an input, from the top; last, all of it put together."""
    builder, variable, top = Rewriter(graph), graph.input(wrt), graph.outputs[output]
    tangent = tangents(builder, graph, {variable: builder.const(1)})
    sides: list[tuple[str, list[int]]] = []
    queue, seen = [top], {top}
    for node in queue:
        made = graph.nodes[node]
        if made.op not in OPS:
            continue
        slots = [s for s, o in enumerate(made.operands) if graph.nodes[o].op != "const" and local_rule(OPS[made.op], s)]
        below = {made.operands[s] for s in slots}
        symbols = {o: builder.input(f"d{graph.label(o)}/d{wrt}") for o in sorted(below)}
        values = {o: builder.const(int(o == variable)) for o in sorted(below) if graph.nodes[o].op not in OPS}
        if not slots:
            sides.append((graph.label(node), [builder.const(0)]))
            continue
        general = _sum(builder, [contribution(builder, node, s, symbols[made.operands[s]])[1] for s in slots])
        filled = _sum(
            builder, [contribution(builder, node, s, {**symbols, **values}[made.operands[s]])[1] for s in slots]
        )
        simple = builder.const(0) if node not in tangent else _simple(builder, filled) if values else filled
        sides.append((graph.label(node), [*([general] if len(values) < len(symbols) else []), filled, simple]))
        new = [made.operands[s] for s in slots if made.operands[s] not in seen and node in tangent]
        queue += dict.fromkeys(new)
        seen.update(new)
    sides.append((output, [_simple(builder, tangent[top]) if top in tangent else builder.const(0)]))
    whole = Graph(tuple(builder.nodes), builder.inputs, graph.outputs, graph.names)
    return [_derivative(whole, f"d{name}/d{wrt}", nodes, range(len(graph))) for name, nodes in sides]


def _adjoints(graph: Graph, wrt: str, output: str) -> list[Line]:
    """Every adjoint on the way back from an output to an input; last, the input's own written out in full."""
    gradient, adjoints = reverse(graph, (wrt,), of=output, as_written=True)
    builder, primal = Rewriter(graph, text_of("units"), exact={}), range(len(graph))
    simple = _worked_out(builder, gradient)
    totals = {node: simple[total] for node, total in adjoints.total.items()}
    names = dict(graph.names)
    for node, total in totals.items():
        if total not in primal and builder.nodes[total].op != "const":
            names.setdefault(total, (f"d{output}/d{graph.label(node)}",))
    whole = Graph(tuple(builder.nodes), gradient.inputs, graph.outputs, names)
    stop = {*primal, *totals.values()}
    lines, said = [], set(primal)
    for node, total in sorted(totals.items(), reverse=True):
        if node != adjoints.output:
            lines.append(_derivative(whole, f"d{output}/d{graph.label(node)}", [total], stop, said))
        said.add(total)
    last = totals.get(graph.input(wrt), simple[gradient.outputs[derivative_name(output, wrt)]])
    return [*lines, _derivative(whole, f"d{output}/d{wrt}", [last], primal)]


def _derivative(graph: Graph, name: str, nodes: Iterable[int], stop: Iterable[int], said: Container[int] = ()) -> Line:
    """A line that begins with a derivative, dy/dx; what was said before stands by its label."""
    stops = frozenset(stop)
    kept = [node for node in dict.fromkeys(nodes) if node in said or length(graph, node, stops) <= LONGEST]
    return _line(graph, name, kept, stops, said)


def _line(graph: Graph, name: str, nodes: list[int], stop: frozenset[int], said: Container[int] = ()) -> Line:
    """A name and what it equals, in both languages."""
    sides = []
    for spelling in (PLAIN, TEX):
        writer = Writer(graph, spelling, stop)
        indices, formulas = writer.line(nodes, named=said)
        called = name if spelling is PLAIN else writer.names.get(name) or tex_name(name)
        sides.append((writer.lead(called, indices), *(f.text for f in formulas)))
    line = Line((sides[0][0],), (sides[1][0],))
    for side, formula in zip(sides[0][1:], sides[1][1:], strict=True):
        line = line.equals(side, formula)
    return line


def _unabridged(graph: Graph, wrt: str) -> Callable[[Line], Line]:
    """Put the chain rule first into the line of a node: dz/dx = dy1/dx * ∂(y1 * y2)/∂y1 + ..."""
    whole = frozenset(range(len(graph)))
    nodes = {f"d{graph.label(i)}/d{wrt}": i for i, node in enumerate(graph.nodes) if node.op in OPS}

    def whole_line(line: Line) -> Line:
        node = nodes[line.text[0]]
        made = graph.nodes[node]
        formula, typeset = text(graph, node, whole), latex(graph, node, whole)
        formula = formula if formula.endswith(")") and OPS[made.op].precedence == ATOM else f"({formula})"
        terms, set_terms = [], []
        for operand in dict.fromkeys(o for o in made.operands if graph.nodes[o].op != "const"):
            below, derivative = graph.label(operand), f"d{graph.label(operand)}/d{wrt}"
            terms.append(f"{derivative} * ∂{formula}/∂{below}")
            partial = rf"\frac{{\partial \left({typeset}\right)}}{{\partial {tex_name(below)}}}"
            set_terms.append(rf"{tex_name(derivative)} \, {partial}")
        return Line(
            (line.text[0], " + ".join(terms), *line.text[1:]), (line.latex[0], " + ".join(set_terms), *line.latex[1:])
        )

    return whole_line


def _sum(builder: Rewriter, terms: list[int]) -> int:
    total = terms[0] if terms else builder.const(0)
    for term in terms[1:]:
        total = builder.plain("add", total, term)
    return total


def _worked_out(builder: Rewriter, gradient: Graph) -> list[int]:
    """Build a gradient on the graph that a builder holds, without ones and zeros; gives every node's place."""
    place = list(range(len(builder.nodes)))
    for op, operands, attrs, *_ in gradient.nodes[len(place) :]:
        if op == "const":
            place.append(builder.const(attrs[0][1]))
        else:
            place.append(builder.apply(op, *(place[o] for o in operands), **dict(attrs)))
    return place


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
