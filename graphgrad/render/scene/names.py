"""What nodes, adjoints and partials are called in a picture, by the printers of the language."""

from __future__ import annotations

import re
from collections.abc import Mapping

from graphgrad.core.graph import Graph
from graphgrad.core.op import ATOM
from graphgrad.core.ops import OPS
from graphgrad.core.quoting import tex
from graphgrad.core.shapes import Shape
from graphgrad.execute.trace import Trace
from graphgrad.frontend.latex import latex, leaf, spell, tex_name
from graphgrad.frontend.printers import statements, text
from graphgrad.frontend.walk import Text, is_operator, length
from graphgrad.render.scene.scene import EQUALS, Math, Phrase, Value
from graphgrad.transform.adjoints import Contribution
from graphgrad.transform.grad import derivative_name

LONGEST_SOURCE, LONGEST_LINE = 80, 160  # nodes; operands and operations: a program of more is no formula any more
MARK = Math(r" {}^{\ast}", " *")  # of a node that is computed by a stable form
TIMES = Math(r" \cdot ", " · ")
INFIX = {
    "add": Math(" + ", " + "),
    "sub": Math(" - ", " − "),
    "mul": Math(r" \times ", " × "),
    "div": Math(" / ", " / "),
}


class Symbols:
    """The symbols of one traced graph."""

    def __init__(self, trace: Trace) -> None:
        self.graph, self.gradient, self.adjoints = trace.graph, trace.gradient, trace.adjoints
        self.output = next(name for name, i in trace.graph.outputs.items() if i == trace.adjoints.output)
        self.primal, self.forms = range(len(trace.graph)), trace.forms

    def name(self, node: int) -> Math:
        """A primal node by its name; a constant by its number."""
        return _expression(self.graph, node, range(0), leaf_only=True)

    def name_of(self, node: int) -> Math:
        """A node of the gradient graph by its name."""
        return _expression(self.gradient, node, range(0), leaf_only=True)

    def title(self, node: int) -> Phrase:
        """All of a node's names, and its formula in its operands' names; marked where another computes it."""
        return (*titled(self.graph, node), *([MARK] if node in self.forms else []))

    def formula(self, node: int) -> Math:
        """A node's operation on its operands' names."""
        return _expression(self.graph, node, self.primal)

    def form(self, node: int) -> Math | None:
        """The stable form by which a node is computed; None where it is computed as written."""
        form = self.forms.get(node)
        return form and Math(form[1], form[0])

    def folded(self, nodes: tuple[int, ...]) -> Phrase:
        """The last of some nodes as a formula of what comes from outside them."""
        return inside(self.graph, nodes)

    def bar(self, node: int) -> Math:
        """The adjoint of a node: a derivative for an input, v̄ for any other."""
        name = self.graph.label(node)
        if self.graph.nodes[node].op == "input":
            return Math(tex_name(derivative_name(self.output, name)), f"∂{self.output}/∂{name}")
        return Math(tex_name(f"{name}_bar"), f"{name[0]}\u0304{name[1:]}")

    def quotient(self, consumer: int, receiver: int) -> Math:
        """The local partial as a quotient: ∂consumer/∂receiver."""
        top, below = self.name(consumer), self.name(receiver)
        return Math(rf"\frac{{\partial {top.tex}}}{{\partial {below.tex}}}", f"∂{top.text}/∂{below.text}")

    def partial(self, node: int) -> Math:
        """A local partial, a node of the gradient graph, in the primal's names."""
        if node in self.primal:
            return self.name(node)
        return _expression(self.gradient, node, self.primal)

    def term(self, c: Contribution) -> Math:
        """A contribution: the consumer's adjoint times the local partial, or what its full rule says."""
        bar = self.bar(c.consumer)
        if c.partial is None:
            whole = self.adjoints.total[c.consumer]
            said = _expression(self.gradient, c.node, {*self.primal, *self.adjoints.total.values()})
            if self.gradient.nodes[whole].op == "const":
                return said
            name = self.name_of(whole)  # two adjoints may be one node, which then goes by one name
            return Math(
                said.tex.replace(name.tex, bar.tex), re.sub(rf"\b{re.escape(name.text)}\b", bar.text, said.text)
            )
        partial = self.partial(c.partial)
        made = self.gradient.nodes[c.partial]
        loose = made.op in OPS and c.partial not in self.primal and OPS[made.op].precedence < ATOM and made.op != "div"
        if loose or partial.tex.startswith("-"):
            partial = Math(rf"\left({partial.tex}\right)", f"({partial.text})")
        return Math(rf"{bar.tex} \cdot {partial.tex}", bar.text + TIMES.text + partial.text)

    def substituted(self, node: int) -> Phrase:
        """A node's operation on its operands' values, for one line; nothing where one line cannot say it."""
        made = self.graph.nodes[node]
        if any(self.graph.nodes[i].shape for i in (node, *made.operands)):
            return ()
        row, values = OPS[made.op], [Value(o, guard=True) for o in made.operands]
        if made.op in INFIX:
            return (values[0]._replace(guard=made.op == "mul"), INFIX[made.op], values[1])
        if made.op == "neg":
            return (Math("-", "−"), values[0])
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


def titled(graph: Graph, node: int) -> Phrase:
    """All of a node's names, the one it goes by first, and its formula in its operands' names."""
    if not graph.nodes[node].operands:
        return (_expression(graph, node, range(0), leaf_only=True),)
    names = dict.fromkeys((graph.label(node), *reversed(graph.names.get(node, ()))))
    named = tuple(piece for n in names for piece in (Math(tex_name(n), n), EQUALS))
    return (*named, _expression(graph, node, range(len(graph))))


def inside(graph: Graph, nodes: tuple[int, ...]) -> Phrase:
    """The last of some nodes as a formula of what comes from outside them, and of inputs."""
    last, within = nodes[-1], frozenset(nodes)
    outside = {i for i in range(len(graph)) if i not in within or graph.nodes[i].op == "input"}
    name = _expression(graph, last, range(0), leaf_only=True)
    return (name, EQUALS, _expression(graph, last, outside))


def shape_phrase(shape: Shape) -> Phrase:
    """An array's shape; nothing for a number."""
    if not shape:
        return ()
    written = [str(d) if isinstance(d, int) else rf"\mathit{{{tex(d)}}}" for d in shape]
    return (Math(r"\left[" + r" \times ".join(written) + r"\right]", " × ".join(map(str, shape))),)


def _expression(graph: Graph, node: int, stop: range | set[int], *, leaf_only: bool = False) -> Math:
    if leaf_only or graph.nodes[node].op not in OPS:
        return Math(leaf(graph, node).text, str(graph.label(node)))
    return Math(latex(graph, node, stop), text(graph, node, stop))


def source(graph: Graph) -> tuple[tuple[Math, ...], Mapping[int, frozenset[int]]]:
    """The program in typeset lines, every occurrence of every node tagged, and the tags of each node.

    A graph too large to be read as a formula gives no lines.
    """
    named = [i for i in statements(graph) if i in graph.names or i in graph.outputs.values()]
    program, kept, lines = _Tagged(graph), set(named), []
    if len(graph) > LONGEST_SOURCE or any(length(graph, i, kept) > LONGEST_LINE for i in named):
        return (), {}
    for i in named:
        first, *others = graph.names.get(i) or (graph.label(i),)
        lines.append(Math(program.assign(i, first, program.write(i, kept)), f"{first} = {text(graph, i, kept)}"))
        lines += [
            Math(program.assign(i, other, program.mark(i, tex_name(first))), f"{other} = {first}") for other in others
        ]
    return tuple(lines), {i: frozenset(tags) for i, tags in program.places.items()}


class _Tagged:
    """Prints expressions as trees: every occurrence has a tag, and counts for every node around it."""

    def __init__(self, graph: Graph) -> None:
        self.graph, self.count = graph, 0
        self.places: dict[int, set[int]] = {}
        self.around: list[int] = []

    def mark(self, node: int, tex: str) -> str:
        self.count += 1
        for outer in {node, *self.around}:
            self.places.setdefault(outer, set()).add(self.count)
        return rf"{{\color{{#{self.count:06x}}} {tex}}}"

    def assign(self, node: int, name: str, written: str) -> str:
        return rf"{self.mark(node, tex_name(name))} = {written}"

    def write(self, node: int, stop: set[int]) -> str:
        return self._write(node, stop, outermost=True).text

    def _write(self, node: int, stop: set[int], *, outermost: bool) -> Text:
        made = self.graph.nodes[node]
        if made.op not in OPS or (node in stop and not outermost):
            printed = leaf(self.graph, node)
            return printed if made.op == "const" else printed._replace(text=self.mark(node, printed.text))
        self.around.append(node)
        operands = [self._write(o, stop, outermost=False) for o in made.operands]
        self.around.pop()
        printed = spell(made, operands)
        return printed._replace(text=self.mark(node, printed.text))
