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
from graphgrad.proof.field import PRIMES, multiplied
from graphgrad.proof.interpret import Module
from graphgrad.proof.modules import ENTRY
from graphgrad.proof.residues import Residues
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
    shapes = {n: tuple((sizes or {}).get(d, ROWS) if isinstance(d, str) else d for d in graph.nodes[i].shape)
              for n, i in graph.inputs.items()}  # fmt: skip
    fixed = parse(source_of(graph), shapes)
    tested: tuple[str, ...] = ()
    forward: Graph | None = None
    bound, problem = 1.0, None
    for trial, p in enumerate(PRIMES):
        inputs = _inputs(fixed, trial, p)
        try:
            value, gradients = Module(source, _meanings(p)).call(ENTRY, **inputs)
            tested = tuple(n for n in differentiable(fixed) if n in gradients)
            forward = forward or jvp(fixed, *tested)
            problem = _problem(value, gradients, inputs, forward, trial)
        except (SymbolsLost, TypeError) as error:
            problem = Finding(Verdict.UNSUPPORTED, str(error))
        if problem:
            break
        del inputs, gradients  # the next prime needs their memory
        bound *= min(1.0, degree(forward) / p)
    reason = f"modulo {len(PRIMES)} primes; the chance of an error is below {bound:.1e}"
    finding = (problem or Finding(Verdict.CERTIFIED, reason)).with_(seconds=time.monotonic() - start)
    names = tested or differentiable(fixed)
    return Report(graph.source, dict.fromkeys(names, finding), time.monotonic() - start, shapes)


def _problem(
    value: Any, gradients: dict[str, Any], inputs: Mapping[str, Any], forward: Graph, trial: int
) -> Finding | None:
    """What is wrong with a module's value or gradients, which are given away one by one; None if nothing is."""
    some = next(v for v in inputs.values() if isinstance(v, Residues))
    ours, p = {n: some.lift(g) for n, g in gradients.items() if n in forward.inputs}, some.p
    gradients.clear()
    for name, gradient in ours.items():
        if gradient.shape != inputs[name].shape:
            said = f"the gradient has shape {gradient.shape}, but '{name}' has {inputs[name].shape}"
            return Finding(Verdict.UNSUPPORTED, said)
    names = list(ours)
    found = sum(_dot(ours.pop(n), _direction(trial, n, inputs[n].shape, p)) for n in names)
    dots = {f"{n}_dot": _direction(trial, n, inputs[n].shape, p) for n in names}
    wanted, tangent = map(_only, _values(forward, {**inputs, **dots}))
    if wanted != _only(some.lift(value)):
        return Finding(Verdict.UNKNOWN, "a mismatch over a prime field, of the value")
    return Finding(Verdict.UNKNOWN, "a mismatch over a prime field") if (found - tangent) % p else None


def _only(a: Residues) -> int:
    return int(np.ravel(a.r)[0])


def _direction(trial: int, name: str, shape: tuple[int, ...], p: int) -> Residues:
    """Random residues, the same ones again for the same name and trial: they are not kept in between."""
    return _random(shape, p, np.random.default_rng([trial, *name.encode()]))


def _dot(a: Residues, b: Residues) -> int:
    rows = zip(np.atleast_1d(a.r), np.atleast_1d(b.r), strict=True)
    return sum(int(np.sum(multiplied(x, y, b.p), dtype=np.int64)) for x, y in rows)


def _random(shape: tuple[int, ...], p: int, dice: np.random.Generator) -> Residues:
    return Residues(np.asarray(dice.integers(1, p, shape, dtype=np.int32)), None, p)


def _inputs(fixed: Graph, trial: int, p: int) -> dict[str, Any]:
    dice = np.random.default_rng(trial)
    return {n: labels(fixed, i) if fixed.nodes[i].dtype == "int" else _random(fixed.nodes[i].shape, p, dice)
            for n, i in fixed.inputs.items()}  # fmt: skip


def _values(graph: Graph, inputs: Mapping[str, Any]) -> list[Any]:
    """The outputs of a graph on residues, by the numpy column; a value is let go after its last use."""
    some = next(v for v in inputs.values() if isinstance(v, Residues))
    last = {i: k for k, node in enumerate(graph.nodes) for i in node.operands}
    found: dict[int, Any] = {}
    for k, node in enumerate(graph.nodes):
        if node.op == "input":
            found[k] = inputs[node.value]
        elif node.op == "const":
            found[k] = some.lift(float(node.value))
        else:
            value = kernel(node, "numpy")(*[found[i] for i in node.operands])
            lost = not isinstance(value, Residues) and np.asarray(value).dtype == float
            found[k] = some.lift(value) if lost else value
        for i in node.operands:
            if last[i] == k and i not in graph.outputs.values():
                found.pop(i, None)
    return [found[i] for i in graph.outputs.values()]


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
