"""What nodes, adjoints and partials are called in a picture, by the one writer of formulas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graphgrad.core.graph import Graph
from graphgrad.core.ops import OPS
from graphgrad.core.quoting import tex as quoted
from graphgrad.core.shapes import Shape
from graphgrad.execute.trace import Trace
from graphgrad.frontend.notation.counting import COUNTED, tells_places
from graphgrad.frontend.notation.names import barred, tex_name
from graphgrad.frontend.notation.plain import PLAIN
from graphgrad.frontend.notation.spelling import Spelling, Written
from graphgrad.frontend.notation.tex import TEX
from graphgrad.frontend.notation.writer import Indices, Writer, labels
from graphgrad.frontend.printers import is_operator, length, own_names, statements
from graphgrad.render.scene.scene import EQUALS, Math, Phrase, Value, words
from graphgrad.transform.grad import derivative_name, reverse
from graphgrad.transform.lesson import NOTHING
from graphgrad.transform.pullback import Adjoints, Contribution

LONGEST_SOURCE, LONGEST_LINE = 80, 160  # nodes; operands and operations: a program of more is no formula any more
MARK = Math(r" {}^{\ast}", " *")  # of a node that is computed by a stable form
TIMES = Math(r" \cdot ", " · ")
INFIX = {
    "add": Math(" + ", " + "),
    "sub": Math(" - ", " − "),
    "mul": Math(r" \times ", " × "),
    "div": Math(" / ", " / "),
}
SPELLINGS: tuple[Spelling, Spelling] = (TEX, PLAIN)  # in the order of `Math`


class Names:
    """How the nodes of a graph and their adjoints are called, no two of them alike."""

    def __init__(self, graph: Graph, output: str = "") -> None:
        self.graph = graph
        bars = {barred(tex_name(label)) for label in graph.labels} if output else ()
        self.tex = labels(graph, tuple(sorted(bars)))
        self.output = output

    def name(self, node: int) -> Math:
        """A node by its name; a constant by its number."""
        if self.graph.nodes[node].op == "const":
            return Math(TEX.constant(self.graph, node).text, PLAIN.constant(self.graph, node).text)
        return self.label(self.graph.label(node))

    def label(self, label: str) -> Math:
        """A name of the user's."""
        return Math(self.tex[label], label)

    def bar(self, node: int) -> Math:
        """The adjoint of a node: a derivative for an input, v̄ for any other."""
        label = self.graph.label(node)
        if self.graph.nodes[node].op == "input":
            tex = rf"\frac{{\partial {self.tex[self.output]}}}{{\partial {self.tex[label]}}}"
            return Math(tex, f"∂{self.output}/∂{label}")
        return Math(barred(self.tex[label]), f"{label[0]}\u0304{label[1:]}")

    def formula(self, node: int) -> tuple[list[Math], Math]:
        """A node's formula in its operands' names, below all of its own names as the formula wants them."""
        stop = range(len(self.graph))
        names = [self.label(n) for n in self.own(node)]
        leads, (formula,) = _lines(self.writers(self.graph, stop), names, [node])
        return leads, formula

    def own(self, node: int) -> list[str]:
        """All of a node's names, the one it goes by first."""
        return [*dict.fromkeys((self.graph.label(node), *reversed(own_names(self.graph, node))))]

    def inside(self, nodes: tuple[int, ...]) -> Phrase:
        """The last of some nodes as a formula of what comes from outside them, and of inputs."""
        last, within = nodes[-1], frozenset(nodes)
        outside = {i for i in range(len(self.graph)) if i not in within or self.graph.nodes[i].op == "input"}
        (lead,), (formula,) = _lines(self.writers(self.graph, outside), [self.name(last)], [last])
        return (lead, EQUALS, formula)

    def writers(
        self, graph: Graph, stop: range | set[int] | frozenset[int], named: Mapping[int, Math] | None = None
    ) -> list[Writer]:
        """A writer for LaTeX and one for plain text, of this graph or of its gradient."""
        called = {i: self.name(i) for i in range(len(self.graph)) if self.graph.nodes[i].op != "const" and i in stop}
        called |= named or {}
        return [
            Writer(graph, spelling, stop, {i: m[k] for i, m in called.items()}) for k, spelling in enumerate(SPELLINGS)
        ]


def _lines(writers: Sequence[Writer], leads: Sequence[Math], nodes: Sequence[int]) -> tuple[list[Math], list[Math]]:
    """Left sides and formulas, in both languages."""
    tex, plain = ([*_written(writer, [lead[k] for lead in leads], nodes)] for k, writer in enumerate(writers))
    both = [Math(a, b) for a, b in zip(tex, plain, strict=True)]
    return both[: len(leads)], both[len(leads) :]


def _written(writer: Writer, leads: Sequence[str], nodes: Sequence[int]) -> list[str]:
    indices, formulas = writer.line(nodes)
    return [*(writer.lead(lead, indices) for lead in leads), *(f.text for f in formulas)]


class Symbols:
    """The symbols of one traced graph.

    Rules are written from a gradient whose seed is a name, as every other adjoint is: the 1 that is put in for it could
    be any 1 of a formula.
    """

    def __init__(self, trace: Trace) -> None:
        self.graph, self.output = trace.graph, trace.of
        self.gradient, self.adjoints = _unseeded(trace)
        self.unseeded = dict(zip(trace.adjoints.contributions, self.adjoints.contributions, strict=True))
        self.names = Names(trace.graph, self.output)
        self.primal, self.forms = range(len(trace.graph)), trace.forms

    def name(self, node: int) -> Math:
        """A primal node by its name; a constant by its number."""
        return self.names.name(node)

    def title(self, node: int) -> Phrase:
        """All of a node's names, and its formula in its operands' names; marked where another computes it."""
        return (*titled(self.names, node), *([MARK] if node in self.forms else []))

    def formula(self, node: int) -> tuple[Math, Math]:
        """A node's operation on its operands' names, and the left side that belongs to it: all of its names."""
        leads, formula = self.names.formula(node)
        return Math(*map(" = ".join, zip(*leads, strict=True))), formula

    def form(self, node: int) -> Math | None:
        """The stable form by which a node is computed; None where it is computed as written."""
        form = self.forms.get(node)
        return form and Math(form[1], form[0])

    def folded(self, nodes: tuple[int, ...]) -> Phrase:
        """The last of some nodes as a formula of what comes from outside them."""
        return self.names.inside(nodes)

    def bar(self, node: int) -> Math:
        """The adjoint of a node: a derivative for an input, v̄ for any other."""
        return self.names.bar(node)

    def quotient(self, consumer: int, receiver: int) -> Math:
        """The local partial as a quotient: ∂consumer/∂receiver."""
        top, below = self.name(consumer), self.name(receiver)
        return Math(rf"\frac{{\partial {top.tex}}}{{\partial {below.tex}}}", f"∂{top.text}/∂{below.text}")

    def partial(self, c: Contribution) -> Math:
        """A local partial, in the names of the consumer's operands and in its own."""
        written = [self._partial(self.unseeded[c], spelling, k) for k, spelling in enumerate(SPELLINGS)]
        return Math(*(w.text for w in written))

    def _partial(self, c: Contribution, spelling: Spelling, k: int) -> Written:
        assert c.partial is not None
        if c.partial in self._within(c):
            return Written(self.name(c.partial)[k])
        writer = self.names.writers(self.gradient, self._within(c))[k]
        written = writer.formula(c.partial)
        return spelling.bracket(written.text) if self.gradient.nodes[c.partial].dtype == "bool" else written

    def _within(self, c: Contribution) -> frozenset[int]:
        """The primal nodes that a rule speaks of: the consumer and its operands, and conditions on anything else."""
        own = frozenset((c.consumer, *self.graph.nodes[c.consumer].operands))
        return own | {
            i
            for i in self._reached(c.node, own)
            if i in self.primal and self.gradient.nodes[i].dtype == "bool" and self._speaks_of_others(i, own)
        }

    def _speaks_of_others(self, node: int, own: frozenset[int]) -> bool:
        return any(self.gradient.nodes[i].op == "input" for i in self._reached(node, own))

    def _reached(self, node: int, known: frozenset[int]) -> set[int]:
        """What a node of the gradient is made of, but for what is known."""
        found, waiting = set[int](), [node]
        while waiting:
            if (i := waiting.pop()) not in found and i not in known:
                found.add(i)
                waiting += self.gradient.nodes[i].operands
        return found

    def multiplies(self, c: Contribution) -> bool:
        """Whether a contribution is the consumer's adjoint times the local partial, and both are numbers."""
        c = self.unseeded[c]
        whole, made = self.adjoints.total[c.consumer], self.gradient.nodes[c.node]
        if c.partial is None or any(self.gradient.nodes[i].shape for i in (c.node, c.partial, whole)):
            return False
        return c.node == whole or made[:2] in {("neg", (whole,)), ("mul", (whole, c.partial))}

    def passed(self, terms: Sequence[Contribution]) -> tuple[Math, list[Math]]:
        """What consumers pass to one receiver, and the left side that belongs to it."""
        bar, products = self.bar(terms[0].receiver), all(self.multiplies(c) for c in terms)
        terms = [self.unseeded[c] for c in terms]
        if products:
            return bar, [self._product(c) for c in terms]
        sides = []
        for k in (0, 1):
            indices, formulas = self._whole(terms, k)
            if any(w.built for w in formulas):
                indices, formulas = self._entrywise(terms, k)
            left = self.names.writers(self.graph, range(0))[k].lead(bar[k], indices)
            spelled = SPELLINGS[k].term
            sides.append([left, *(spelled(w, p) if len(terms) > 1 else w.text for p, w in enumerate(formulas))])
        both = [Math(a, b) for a, b in zip(*sides, strict=True)]
        return both[0], both[1:]

    def _whole(self, terms: Sequence[Contribution], k: int) -> tuple[Indices, list[Written]]:
        """The terms of a sum as whole arrays."""
        written = []
        for c in terms:
            writer = self._rule(c, k)
            renamed = c.node in writer.named and c.node == self.adjoints.total[c.consumer]
            written.append(writer.name(c.node) if renamed else writer.formula(c.node))
        return (), written

    def _entrywise(self, terms: Sequence[Contribution], k: int) -> tuple[Indices, list[Written]]:
        """The terms of a sum entry by entry."""
        indices: Indices = ()
        written = []
        for c in terms:
            writer = self._rule(c, k)
            renamed = c.node in writer.named and c.node == self.adjoints.total[c.consumer]
            indices, term = writer.entrywise(c.node, named=renamed)
            written.append(term)
        return indices, written

    def _rule(self, c: Contribution, k: int) -> Writer:
        """A writer of what a rule says: of the consumer's adjoint, its operands and itself, and of nothing later."""
        whole = self.adjoints.total[c.consumer]
        known = {self.adjoints.seed: self.bar(self.adjoints.output), whole: self.bar(c.consumer)}
        return self.names.writers(self.gradient, self._within(c), known)[k]

    def _product(self, c: Contribution) -> Math:
        """The consumer's adjoint times the local partial."""
        bar = self.bar(c.consumer)
        factors = [self._partial(c, spelling, k) for k, spelling in enumerate(SPELLINGS)]
        tex, plain = (spelling.factor(w) for spelling, w in zip(SPELLINGS, factors, strict=True))
        return Math(rf"{bar.tex} \cdot {tex}", bar.text + TIMES.text + plain)

    def substituted(self, node: int) -> Phrase:
        """A node's operation on its operands' values, for one line; nothing where one line cannot say it."""
        made = self.graph.nodes[node]
        if any(self.graph.nodes[i].shape for i in (node, *made.operands)):
            return ()
        row, values = OPS[made.op], [Value(o, guard=True) for o in made.operands]
        if made.op in INFIX:  # where a condition is 1 or 0
            truths = [self.graph.nodes[o].dtype == "bool" for o in made.operands]
            values = [v._replace(part="number") if t else v for v, t in zip(values, truths, strict=True)]
        if made.op in INFIX:
            return (values[0]._replace(guard=made.op == "mul"), INFIX[made.op], values[1])
        power = {"square": Math("2", "2")}.get(made.op)
        if made.op == "pow" and self.graph.nodes[made.operands[1]].op == "const":
            power = self.name(made.operands[1])
        if power:
            return (values[0], Math(f"{{}}^{{{power.tex}}}", f"^{power.text}"))
        if is_operator(row) or made.attrs or row.variadic or made.op == "where":
            return ()
        called = r"\exp" if made.op == "exp" else row.tex if "$" not in row.tex else rf"\operatorname{{{row.name}}}"
        pieces: Phrase = (Math(called + "(", f"{row.name}("),)
        for slot, value in enumerate(values):
            pieces += ((Math(", ", ", "),) if slot else ()) + (value._replace(guard=False),)
        return (*pieces, Math(")", ")"))


def _unseeded(trace: Trace) -> tuple[Graph, Adjoints]:
    """The gradient of a trace with an input in place of its seed, and its provenance."""
    if trace.adjoints.seed == NOTHING:
        return trace.gradient, trace.adjoints
    wrt = tuple(name for name in trace.graph.inputs if derivative_name(trace.of, name) in trace.gradient.outputs)
    seed = f"d{trace.of}/d{trace.of}"  # which no input is called
    return reverse(trace.graph, wrt, cotangent=seed, of=trace.of, as_written=True)


def titled(names: Names, node: int) -> Phrase:
    """All of a node's names, the one it goes by first, and its formula in its operands' names."""
    if not names.graph.nodes[node].operands:
        return (names.name(node),)
    leads, formula = names.formula(node)
    return (*(piece for lead in leads for piece in (lead, EQUALS)), formula)


def shape_phrase(shape: Shape) -> Phrase:
    """An array's shape; nothing for a number."""
    if not shape:
        return ()
    sizes = _sizes(shape)
    return (Math(rf"\left[{sizes.tex}\right]", sizes.text),)


def space(shape: Shape) -> Math:
    """What an array of a shape is an element of."""
    sizes = _sizes(shape)
    return Math(rf" \in \mathbb{{R}}^{{{sizes.tex}}}", f" of shape {sizes.text}")


def _sizes(shape: Shape) -> Math:
    written = [str(d) if isinstance(d, int) else rf"\mathit{{{quoted(d)}}}" for d in shape]
    return Math(r" \times ".join(written), " × ".join(map(str, shape)))


def source(names: Names) -> tuple[tuple[Math, ...], Mapping[int, frozenset[int]]]:
    """The program in typeset lines, every occurrence of every node tagged, and the tags of each node.

    A graph too large to be read as a formula gives no lines.
    """
    graph = names.graph
    named = [i for i in statements(graph) if i in graph.names or i in graph.outputs.values()]
    kept, lines, tags = frozenset(named), [], _Tags()
    if len(graph) > LONGEST_SOURCE or any(length(graph, i, kept) > LONGEST_LINE for i in named):
        return (), {}
    called, plain = names.writers(graph, kept)
    writer = Writer(graph, TEX, kept, called.named, lambda node, tex: tags.mark(node, tex, writer.around))
    for i in named:
        first, *others = own_names(graph, i)
        indices, (formula,) = writer.line([i])
        below, (said,) = plain.line([i])
        lead = tags.mark(i, called.lead(names.tex[first], indices), ())
        lines.append(Math(f"{lead} = {formula.text}", f"{plain.lead(first, below)} = {said.text}"))
        lines += [
            Math(f"{tags.mark(i, names.tex[o], ())} = {tags.mark(i, names.tex[first], ())}", f"{o} = {first}")
            for o in others
        ]
    return tuple(lines), {i: frozenset(found) for i, found in tags.places.items()}


def note(graph: Graph) -> Math | None:
    """Say that formulas and programs count differently, where a node says which place it takes.

    >>> from graphgrad.frontend.parse import parse
    >>> note(parse("sum(x[1:])", x=3)).text, note(parse("sum(x)", x=3))
    ('entries count from 1 in formulas, from 0 in programs and in words', None)
    """
    return words(COUNTED) if tells_places(graph) else None


class _Tags:
    """Numbers what is written: every occurrence has a tag, and counts for every node around it."""

    def __init__(self) -> None:
        self.count = 0
        self.places: dict[int, set[int]] = {}

    def mark(self, node: int, tex: str, around: Sequence[int]) -> str:
        self.count += 1
        for outer in {node, *around}:
            self.places.setdefault(outer, set()).add(self.count)
        return rf"{{\color{{#{self.count:06x}}} {tex}}}"
