"""The certificate of a compiled module at its true size: an exact random test over prime fields.

The module's text runs on residues, and <gradient, v> is compared with the tangent of the program's own forward-mode
graph in a random direction v; the values are compared too. The local rules on both sides are those that the tests
prove; what is certified is everything between them: order, buffers, shapes, axes, sums, every entry.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from graphgrad.core.graph import Graph
from graphgrad.core.ops import OPS
from graphgrad.execute.kernels import kernel
from graphgrad.frontend.parse import parse
from graphgrad.proof.allowed import allowed
from graphgrad.proof.cases import labels, source_of
from graphgrad.proof.interpret import Module
from graphgrad.proof.modules import ENTRY
from graphgrad.proof.residues import PRIMES, Residues
from graphgrad.proof.symbols import SymbolsLost
from graphgrad.proof.verdicts import Finding, Report, Verdict
from graphgrad.transform.grad import differentiable
from graphgrad.transform.jvp import jvp

ROWS = 8  # for a named dimension


def certify(source: str, graph: Graph, /, sizes: Mapping[str, int] | None = None) -> Report:
    r"""Give the verdict on a compiled module's gradients of a scalar program, all together, at the program's own size.

    `sizes` gives named dimensions, 8 where it does not. CERTIFIED means that the test passed modulo every prime, with a
    bound on the chance that it passes for a wrong module; a mismatch is UNKNOWN, as residues give no witness.

    >>> from graphgrad.frontend.parse import parse
    >>> module = 'def value_and_grad(x):\n    z = x * x\n    return z, {"x": x + x}'
    >>> [str(f.verdict) for f in certify(module, parse("x**2")).values()]
    ['CERTIFIED']
    """
    start = time.monotonic()
    names = differentiable(graph)
    forward: Graph | None = None
    bound = 1.0
    for trial, p in enumerate(PRIMES):
        dice = np.random.default_rng(trial)
        inputs = _inputs(graph, sizes or {}, p, dice)
        try:
            value, gradients = Module(source, _meanings(p)).call(ENTRY, **inputs)
            forward = forward or jvp(graph, *(n for n in names if n in gradients))
            dots = {f"{n}_dot": _direction(inputs[n].shape, p, dice) for n in names if n in gradients}
            wanted, tangent = (_values(forward, {**inputs, **dots})[i] for i in forward.outputs.values())
        except (SymbolsLost, TypeError) as error:
            lost = Finding(Verdict.UNSUPPORTED, str(error), seconds=time.monotonic() - start)
            return Report(graph.source, dict.fromkeys(names, lost), time.monotonic() - start)
        found = {n: _dot(gradients[n], dots[f"{n}_dot"]) for n in names if n in gradients}
        same_value = _only(value) == _only(wanted)
        if (sum(found.values()) - _only(tangent)) % p or not same_value:
            said = "a mismatch over a prime field" + ("" if same_value else ", of the value")
            unknown = Finding(Verdict.UNKNOWN, said, seconds=time.monotonic() - start)
            return Report(graph.source, dict.fromkeys(found, unknown), time.monotonic() - start)
        bound *= min(1.0, degree(forward) / p)
    reason = f"modulo {len(PRIMES)} primes; the chance of an error is below {bound:.1e}"
    finding = Finding(Verdict.CERTIFIED, reason, seconds=time.monotonic() - start)
    shapes = {n: v.shape for n, v in inputs.items()}
    return Report(graph.source, dict.fromkeys(found, finding), time.monotonic() - start, shapes)


def _only(a: Residues) -> int:
    return int(np.ravel(a.r)[0])


def _direction(shape: tuple[int, ...], p: int, dice: np.random.Generator) -> Residues:
    """Random residues; what floats they stand for decides nothing."""
    return Residues(dice.integers(1, p, shape), np.broadcast_to(0.5, shape), p)


def _dot(a: Any, b: Residues) -> int:
    rows = zip(np.atleast_1d(b.lift(a).r), np.atleast_1d(b.r), strict=True)
    return sum(int(np.sum(x * y % b.p)) for x, y in rows)


def _random(shape: tuple[int, ...], p: int, dice: np.random.Generator) -> Residues:
    return Residues(dice.integers(1, p, shape), dice.uniform(0.1, 0.9, shape), p)


def _inputs(graph: Graph, sizes: Mapping[str, int], p: int, dice: np.random.Generator) -> dict[str, Any]:
    full = {n: tuple(sizes.get(s, ROWS) if isinstance(s, str) else s for s in graph.nodes[i].shape)
            for n, i in graph.inputs.items()}  # fmt: skip
    fixed = parse(source_of(graph), full)
    return {n: labels(fixed, i) if fixed.nodes[i].dtype == "int" else _random(full[n], p, dice)
            for n, i in fixed.inputs.items()}  # fmt: skip


def _values(graph: Graph, inputs: Mapping[str, Any]) -> list[Any]:
    """A graph on residues, by the numpy column."""
    some = next(v for v in inputs.values() if isinstance(v, Residues))
    found: list[Any] = []
    for node in graph.nodes:
        if node.op == "input":
            found.append(inputs[node.value])
        elif node.op == "const":
            found.append(some.lift(float(node.value)))
        else:
            found.append(kernel(node, "numpy")(*[found[i] for i in node.operands]))
    return [some.lift(v) if not isinstance(v, Residues) and np.asarray(v).dtype == float else v for v in found]


def degree(graph: Graph) -> int:
    """A bound on the degree of any node as a polynomial in the inputs and in the values of functions."""
    degrees: list[int] = []
    for node in graph.nodes:
        below = [degrees[i] for i in node.operands] or [1]
        row = OPS.get(node.op)
        if row is None:
            degrees.append(1 if node.op == "input" else 0)
        elif node.op in {"mul", "matmul", "div", "square", "pow", "softmax", "cross_entropy", "mean"}:
            degrees.append(2 * sum(below) + 2)
        elif node.op in {"add", "sub"} or not row.elementwise:
            degrees.append(max(below) + sum(below))
        else:
            degrees.append(max(below) + 1)
    return max(degrees)


def _meanings(p: int) -> dict[str, Any]:
    """What a module's names mean on residues."""
    nothing = Residues(np.zeros((), dtype=np.int64), np.zeros(()), p)

    def same(a: Any = 0.0, *_: Any, **__: Any) -> Any:
        return a if isinstance(a, Residues | np.ndarray) and a.dtype != bool else nothing.lift(a)

    def blank(shape: Any = (), *_: Any, **__: Any) -> Residues:
        return nothing.lift(np.zeros(shape))

    class Cast(np.float64):
        """np.float64 as a type, and as a cast of numbers to residues."""

        def __new__(cls, value: Any = 0.0) -> Any:
            return same(value)

    special: dict[str, Any] = dict.fromkeys(("asarray", "array", "ascontiguousarray"), same)
    special |= {"float64": Cast, "float32": Cast}
    made = dict.fromkeys(("zeros", "empty"), blank)
    return {
        "np": allowed(**special, **made, int64=np.int64, errstate=same, newaxis=None),
        "math": SimpleNamespace(**{n: getattr(np, _NUMPY.get(n, n)) for n in _MATH}, pi=np.pi, e=np.e),
    }


_NUMPY = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2", "asinh": "arcsinh",
          "acosh": "arccosh", "atanh": "arctanh"}  # fmt: skip
_MATH = (
    *_NUMPY,
    *[
        "exp",
        "log",
        "sin",
        "cos",
        "tan",
        "sinh",
        "cosh",
        "tanh",
        "sqrt",
        "cbrt",
        "floor",
        "fabs",
        "expm1",
        "log1p",
        "log2",
        "log10",
        "hypot",
        "prod",
    ],
)
