"""The laws of operations: what each row of the table is held to, ours and those that users add."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from graphgrad.compiler.compile import compile as compiled
from graphgrad.core.errors import DomainError, GraphgradError, UsageError
from graphgrad.core.graph import Graph, Node
from graphgrad.core.op import Op
from graphgrad.core.ops import OPS
from graphgrad.execute.kernels import kernel
from graphgrad.execute.run import run
from graphgrad.execute.trace import trace
from graphgrad.frontend.latex import latex
from graphgrad.frontend.parse import parse
from graphgrad.proof.gradients import verify
from graphgrad.proof.modules.prime_field import PRIMES
from graphgrad.proof.modules.prime_field_arrays import Residues
from graphgrad.proof.readings.functions import lifted
from graphgrad.proof.readings.text import read
from graphgrad.proof.report import Verdict
from graphgrad.proof.scalars.evaluate import evaluate, known
from graphgrad.proof.scalars.symbols import SymbolsLost
from graphgrad.testing.programs import Program, values_of
from graphgrad.transform.grad import differentiable, grad, vjp
from graphgrad.transform.jvp import jvp
from graphgrad.transform.scalarize import entry_name, scalarize

POINTS = (0.3701, -0.6203, 1.7011, -2.3007, 0.9043, 12.0301, -31.4013)  # ordinary, negative, large, saturated
WEIGHTS = "weights"
MOST = 8  # programs of a law that takes long
STEP = 2e-3  # of differences
EDGES = (0.0, 1.0, -1.0, 0.5, 2.0)
BITS = 200
Programs = Sequence[Program]


def is_complete(row: Op, programs: Programs) -> None:
    """The row has programs, one kind of rule, a spelling in NumPy and a way to be drawn, and a cost in known words."""
    assert programs, "no program of it can be made from its notation: give check_operation an example"
    assert bool(row.d) + bool(row.vjp) + row.composite == 1, "it has one rule: d, vjp, or a definition alone"
    assert row.numpy or row.composite, "it has no numpy column"
    assert row.tex and row.glyph, "it cannot be typeset"  # noqa: PT018  (one sentence)
    assert set(row.integer) | set(row.boolean) <= set(row.operands), "it speaks of operands that it does not have"
    assert set(row.required) <= set(row.attrs)
    assert all(OPS.spellings[name] is row for name in (row.name, *row.aliases))
    assert {f for f in row.cost.split(" * ") if not f.isdigit()} <= {*row.operands, "v", "k"}, f"the cost {row.cost}"
    assert not (row.steep and row.kinks), "it is steep where a convention holds"


def prints_and_parses(_: Op, programs: Programs) -> None:
    """What is printed of a graph is read as the same graph, and can be typeset."""
    for text, shapes in programs:
        graph = parse(text, shapes)
        again = parse(str(graph), {name: graph.nodes[i].shape for name, i in graph.inputs.items()})
        assert str(again) == str(graph), f"{text} is printed as {graph}, and that as {again}"
        assert latex(graph), text


def means_what_its_reading_says(row: Op, programs: Programs) -> None:
    """Values are those of the second reading, which knows nothing of the table, to all the digits of a float."""
    seen = 0
    for text, values in _tried(programs):
        graph = parse(text, _shapes(values))
        inputs = {n: v if v.dtype.kind == "i" else lifted(v) for n, v in values.items()}
        try:
            ((_, read_value, _),) = read(text, inputs)
        except SymbolsLost:  # it has no value in symbols, as the place of a maximum
            continue
        roots = np.ravel(read_value).tolist()
        exact = evaluate([root if hasattr(root, "op") else lifted(root)[()] for root in roots], {}, BITS)
        if not all(map(known, exact)):
            continue
        found = np.ravel(np.broadcast_to(run(graph, values)[graph.output], np.shape(read_value)))
        wanted = np.array([float(value) for value in exact])
        seen += 1
        assert np.allclose(found, wanted, rtol=1e-11, atol=1e-13), (
            f"{text} at {values}: {found}, its reading says {wanted}, off by {np.abs(found - wanted).max()}"
        )
    assert seen or not row.d, "its reading has a value nowhere"


def columns_agree(row: Op, _: Programs) -> None:
    """An elementwise row is the same in NumPy, of one number and of many, and in plain Python."""
    if not row.d:
        return
    node = Node(row.name, (), tuple(row.attrs.items()), (), "float")
    for point in _inside(row, POINTS):
        given = [value > 0 if name in row.boolean else value for name, value in point.items()]
        with np.errstate(all="ignore"):
            one = kernel(node, "numpy")(*[np.asarray(v)[()] for v in given])
            many = kernel(node, "numpy")(*[np.array([v, v]) for v in given])
        if not np.isfinite(one):
            continue
        assert np.allclose(many, [one, one], rtol=4e-14, atol=0), f"of two numbers at {point}: {many}, of one {one}"
        if row.python:
            plain = kernel(node, "python")(*given)
            assert np.isclose(float(plain), float(one), rtol=4e-14, atol=1e-300), (
                f"python at {point}: {plain}, not {one}"
            )


def gradient_is_a_difference(_: Op, programs: Programs) -> None:
    """Gradients are differences of values; second derivatives, backward and forward, are those of gradients."""
    for text, values in _tried(programs[:MOST]):
        graph = _weighed(text, _shapes(values))
        given = {**values, WEIGHTS: _weights(graph)}
        for name in _wrt(graph):
            slope = grad(graph, name)
            output = slope.outputs[f"dz_d{name}"]
            found = np.asarray(run(slope, given)[output])
            wanted = _difference(partial(_output, graph, graph.output), given, name)
            if wanted is None:
                continue
            assert found.shape == np.shape(values[name]), f"d/d{name} of {graph} has shape {found.shape}"
            assert np.allclose(found, wanted, rtol=1e-6, atol=1e-6), f"d/d{name} of {graph}: {found}, not {wanted}"
            direction = np.linspace(0.5, 1.5, found.size).reshape(found.shape)
            backward = vjp(slope, "cotangent", name, of=f"dz_d{name}")
            twice = run(backward, {**given, "cotangent": direction})[backward.outputs[f"d2z_d{name}_d{name}"]]
            along = _difference(partial(_output, slope, output, direction), given, name)
            forward = jvp(slope, name, of=f"dz_d{name}")
            pushed = run(forward, {**given, f"{name}_dot": direction})[forward.outputs[f"dz_d{name}_dot"]]
            assert along is None or np.allclose(twice, along, rtol=1e-5, atol=1e-5), f"the Hessian of {graph} by {name}"
            assert np.allclose(pushed, twice, rtol=1e-8, atol=1e-8), (
                f"the Hessian of {graph} by {name} is not symmetric"
            )


def is_proved(row: Op, programs: Programs) -> None:
    """Value and gradient are proved equal to those of the second reading, entry by entry."""
    if row.dtype == "int":
        return
    for text, shapes in programs:
        graph = _weighed(text, shapes)
        for name, finding in verify(graph, timeout=60).items():
            assert finding.verdict is Verdict.PROVED, f"d/d{name} of {graph}: {finding.verdict}, {finding.reason}"


def entries_agree(_: Op, programs: Programs) -> None:
    """The graph of its entries has the same values, where it has one."""
    for text, values in _tried(programs):
        graph = parse(text, _shapes(values))
        try:
            scalars = scalarize(graph)
        except UsageError:  # a row in it has no scalar meaning
            continue
        places = ((n, v, place) for n, v in values.items() for place in np.ndindex(np.shape(v)))
        flat = {entry_name(n, place): v[place] for n, v, place in places}
        results = run(scalars, {name: flat[name] for name in scalars.inputs})
        found = [results[i] for i in scalars.outputs.values()]
        wanted = np.ravel(run(graph, values)[graph.output])
        assert np.allclose(found, wanted, rtol=1e-11, atol=1e-12), f"the entries of {text}: {found}, not {wanted}"


def residues_agree(row: Op, programs: Programs) -> None:
    """Over a prime field its NumPy function gives the residue of what the second reading says, where rational."""
    if row.residues in {"", "atom"}:
        return
    p, dice = PRIMES[0], np.random.default_rng(3)
    some = Residues(np.zeros((), np.int32), np.zeros(()), p)
    for text, shapes in programs:
        graph = parse(text, shapes)
        node = graph.nodes[graph.output]
        if node.op != row.name or any(graph.nodes[o].op != "input" for o in node.operands):
            continue
        labels = {n: graph.nodes[i].dtype == "int" for n, i in graph.inputs.items()}
        values = {n: dice.integers(0, 2, shape) if labels[n] else dice.integers(-39, 40, shape) / 64 + 1 / 128
                  for n, shape in shapes.items()}  # fmt: skip
        ((_, exact, _),) = read(text, {n: v if labels[n] else lifted(v) for n, v in values.items()})
        roots = np.ravel(exact).tolist()
        if not all(getattr(root, "op", "") == "const" for root in roots):
            continue
        given = [values[graph.nodes[o].value] for o in node.operands]
        found = kernel(node, "numpy")(*[v if v.dtype.kind == "i" else some.lift(v) for v in given])
        residues = np.ravel(np.broadcast_to(some.lift(found).r, np.shape(exact))).tolist()
        wanted = [root.value.numerator * pow(root.value.denominator, -1, p) % p for root in roots]
        assert residues == wanted, f"{text} at {values} has residues {residues}, and its reading {wanted}"


def slopes_are_finite_or_refused(row: Op, _: Programs) -> None:
    """At kinks and edges of its domain a slope is finite, or refused where the row says that it is steep."""
    if not row.d or row.dtype != "float" or row.boolean:
        return
    graph = parse(row.notation if row.precedence < 7 else f"{row.name}({', '.join(row.operands)})")
    for point in _inside(row, EDGES):
        steep = bool(row.steep) and _value(row.steep, point) == 0
        with suppress(DomainError):
            slopes = [*trace(graph, point).grad.values()]
            assert not steep, f"it is steep at {point}, and has a slope there"
            assert np.isfinite(slopes).all(), f"the slopes at {point} are {slopes}"
            continue
        assert steep or row.name in {"pow", "xlogy"}, f"it has no slope at {point}, and is not said to be steep there"


def compiles(_: Op, programs: Programs) -> None:
    """Compiled code gives the value and the gradient that the interpreter gives."""
    for text, values in _tried(programs[:MOST]):
        graph = _weighed(text, _shapes(values))
        given, names = {**values, WEIGHTS: _weights(graph)}, _wrt(graph)
        if not names:
            continue
        traced = trace(graph, given)
        value, slopes = compiled(grad(graph, *names))(**given)
        assert np.allclose(value, traced.value, rtol=1e-10, atol=1e-12), f"compiled, {graph} is {value}"
        for name in names:
            assert np.allclose(slopes[name], traced.grad[name], rtol=1e-9, atol=1e-11), (
                f"compiled, d/d{name} of {graph}"
            )


LAWS: dict[str, Callable[[Op, Programs], None]] = {
    "its row is complete": is_complete,
    "it is printed as it is read": prints_and_parses,
    "its columns agree": columns_agree,
    "it means what its reading says": means_what_its_reading_says,
    "its gradients are differences": gradient_is_a_difference,
    "slopes are finite, or refused": slopes_are_finite_or_refused,
    "its entries agree": entries_agree,
    "its residues agree": residues_agree,
    "compiled code agrees": compiles,
    "it is proved": is_proved,
}


def _tried(programs: Programs) -> Iterator[tuple[str, dict[str, Any]]]:
    """Programs, and values at which they have one."""
    for text, shapes in programs:
        values = values_of(text, shapes)
        if values is not None:
            yield text, values


def _weighed(text: str, shapes: dict[str, Any]) -> Graph:
    """The sum of a program's entries by weights G, so that every entry's own cotangent counts."""
    graph = parse(text, shapes)
    out = graph.nodes[graph.output]
    said = f"number({text})" if out.dtype == "bool" else f"({text})"
    return parse(f"sum({said} * {WEIGHTS})", {**shapes, WEIGHTS: out.shape})


def _weights(graph: Graph) -> Any:
    shape = tuple(size for size in graph.nodes[graph.inputs[WEIGHTS]].shape if isinstance(size, int))
    return 1 + np.arange(int(np.prod(shape)), dtype=float).reshape(shape) / 8


def _wrt(graph: Graph) -> list[str]:
    return [name for name in differentiable(graph) if name != WEIGHTS]


def _shapes(values: dict[str, Any]) -> dict[str, Any]:
    return {name: np.shape(value) for name, value in values.items()}


def _difference(function: Callable[[dict[str, Any]], Any], values: dict[str, Any], name: str) -> Any:
    """The gradient of a function of arrays by differences; None at an edge of its domain, and beside a kink."""
    with suppress(GraphgradError):
        wide, narrow = (_stencil(function, values, name, step) for step in (STEP, STEP / 2))
        if np.allclose(wide, narrow, rtol=1e-5, atol=1e-6):
            return narrow
    return None


def _stencil(function: Callable[[dict[str, Any]], Any], values: dict[str, Any], name: str, step: float) -> Any:
    """The six-point stencil, of error h**6."""
    base = np.asarray(values[name], float)
    gradient = np.zeros(base.shape)
    for place in np.ndindex(base.shape):
        for k, weight in ((1, 45), (2, -9), (3, 1)):
            for sign in (1, -1):
                moved = base.copy()
                moved[place] += sign * k * step
                gradient[place] += sign * weight * float(function({**values, name: moved}))
    return gradient / (60 * step)


def _output(graph: Graph, node: int, *arguments: Any) -> float:
    """The value of a node, or the sum of its entries by some weights, given before the inputs."""
    *weights, values = arguments
    return float(np.sum(run(graph, values)[node] * (weights[0] if weights else 1)))


def _inside(row: Op, among: Sequence[float]) -> Iterator[dict[str, float]]:
    """Points of a row's domain."""
    for values in product(among, repeat=len(row.operands)):
        point = dict(zip(row.operands, values, strict=True))
        if not row.domain or _value(row.domain, point):
            yield point


def _value(text: str, point: dict[str, float]) -> Any:
    graph = parse(text)
    return run(graph, {name: point[name] for name in graph.inputs})[graph.output]
