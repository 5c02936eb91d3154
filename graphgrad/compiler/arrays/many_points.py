"""A program of numbers over very many points: chunk by chunk, in arrays that stay in the cache."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from graphgrad.compiler.arrays.tape import Tape
from graphgrad.compiler.source.language import Language
from graphgrad.compiler.source.refs import Setting, held
from graphgrad.core.builder import Builder
from graphgrad.core.graph import Graph

MANY = 32_768  # points: below, whole arrays are as fast
CHUNK = 131_072  # bytes of an array in a chunk


class Points:
    """The function over many points: its lines, and what they call."""

    def __init__(self, graph: Graph, labels: Sequence[str], dtype: str) -> None:
        self.graph, self.dtype = _over_points(graph, dtype), dtype
        self.chunk = CHUNK // (4 if dtype == "float32" else 8)
        taken = {*labels, "np", "part", "size", "shape", "math"}

        def free(wanted: str) -> str:
            name = next(n for k in itertools.count() if (n := wanted + "_" * k) not in taken)
            taken.add(name)
            return name

        self.size, self.part, self.shape = free("size"), free("part"), free("shape")
        self.inputs = {name: (name, free(f"{name}_all")) for name in graph.inputs}
        refs = {i: held(name) for name, i in self.graph.inputs.items()}
        self.results = {name: (free(name), free(f"{name}_all")) for name in graph.outputs}
        homes: dict[int, str] = {}
        self.copied: dict[str, int] = {}  # outputs that are inputs, constants, or another output too
        for name, i in self.graph.outputs.items():
            if i in homes or i in refs or not self.graph.nodes[i].shape:
                self.copied[name] = i
            else:
                homes[i] = self.results[name][0]
        nodes, label = enumerate(self.graph.nodes), self.graph.label
        own = [str(n.value) if n.op in {"input", "const"} else free(label(i)) for i, n in nodes]
        setting = Setting(
            [str(name) for name in own], dtype, refs, homes, {"points": str(self.chunk)}, taken, each_named=False
        )
        self.tape = Tape(self.graph, setting)

    def lines(self, language: Language, np: str) -> list[str]:
        """The body of the function, down to the results' names."""
        size, part, shape, f = self.size, self.part, self.shape, f"{np}.{self.dtype}"
        names = list(self.inputs)
        text = [f"    {shape} = {np}.broadcast_shapes({', '.join(f'{np}.shape({n})' for n in names)})"]
        for n, a in self.inputs.values():
            text += [f"    {a} = {np}.broadcast_to({n}, {shape})", f"    {a} = {np}.asarray({a}, {f}).reshape(-1)"]
        text.append(f"    {size} = len({next(iter(self.inputs.values()))[1]})")
        text += [f"    {a} = {np}.empty({size}, {f})" for _, a in self.results.values()]
        text += [f"    {language.said(statement)}" for statement in self.tape.bind]
        text += [f"    for start in range(0, {size}, {self.chunk}):".replace("start", f"{part}_start")]
        text.append(f"        {part} = slice({part}_start, min({part}_start + {self.chunk}, {size}))")
        text += [f"        {n} = {a}[{part}]" for n, a in (*self.inputs.values(), *self.results.values())]
        rooms, first = self.tape.arrays, next(iter(self.inputs))
        if rooms:
            text.append(f"        if len({first}) < {self.chunk}:")
            text += [f"            {room} = {room}[: len({first})]" for room in rooms]
        text += [f"        {language.said(statement)}" for statement in self.tape.step]
        copies = {n: language.text(self.tape.refs[i].value) for n, i in self.copied.items()}
        text += [f"        {self.results[n][0]}[...] = {value}" for n, value in copies.items()]
        return text

    def result(self, name: str) -> str:
        """An output, in the shape of the points."""
        return f"{self.results[name][1]}.reshape({self.shape})"


def _over_points(graph: Graph, dtype: str) -> Graph:
    """The same graph, every input a vector of points."""
    builder, new = Builder(), list[int]()
    both = _both_sine_and_cosine(graph) if dtype == "float64" else frozenset()
    for node in graph.nodes:
        if node.op == "input":
            new.append(builder.input(node.value, ("points",), node.dtype))
        elif node.op == "const":
            new.append(builder.const(node.value))
        elif node.op in {"sin", "cos"} and node.operands[0] in both:
            new.append(_by_half_angle(builder, node.op, new[node.operands[0]]))
        else:
            new.append(builder.apply(node.op, *(new[o] for o in node.operands), **dict(node.attrs)))
    return builder.build({n: new[i] for n, i in graph.outputs.items()})


def _both_sine_and_cosine(graph: Graph) -> frozenset[int]:
    """The nodes whose sine and cosine are both wanted, as in every gradient of one of them."""
    taken = {name: {n.operands[0] for n in graph.nodes if n.op == name} for name in ("sin", "cos")}
    return frozenset(taken["sin"] & taken["cos"])


def _by_half_angle(builder: Builder, op: str, angle: int) -> int:
    """Sine or cosine by t = tan(angle / 2): 2 * t / (1 + t ** 2), and 2 / (1 + t ** 2) - 1.

    NumPy's tangent of float64 is six times as fast as its sine, and serves both. The error is that of rounding the
    angle: near its zeros the cosine is exact to 1e-16, not to as much of itself.
    """
    one, two = builder.const(1), builder.const(2)
    t = builder.apply("tan", builder.apply("mul", angle, builder.const(0.5)))
    secant = builder.apply("add", builder.apply("square", t), one)
    if op == "sin":
        return builder.apply("div", builder.apply("mul", two, t), secant)
    return builder.apply("sub", builder.apply("div", two, secant), one)
