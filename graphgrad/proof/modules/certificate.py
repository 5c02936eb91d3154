"""The certificate of a compiled module at its true size: an exact random test over prime fields.

The module's text runs on residues, and <gradient, v> is compared with the tangent of the program's own forward-mode
graph in a random direction v; the values are compared too. The local rules on both sides are those that the tests
prove; what is certified is everything between them: order, buffers, shapes, axes, sums, every entry.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from graphgrad.core.graph import Graph, Node
from graphgrad.core.ops import OPS
from graphgrad.execute import numpy_functions
from graphgrad.execute.kernels import kernel
from graphgrad.frontend.parse import parse
from graphgrad.proof.judge.cases import labels, sizes_of, source_of
from graphgrad.proof.limits.deadline import found_in_time
from graphgrad.proof.modules.interpreter import ENTRY, Module
from graphgrad.proof.modules.language import ELEMENTARY, MATH, allowed, casting, finite, in_floats
from graphgrad.proof.modules.prime_field import PRIMES, multiplied
from graphgrad.proof.modules.prime_field_arrays import Residues
from graphgrad.proof.modules.rounding import HELD, digits, raised
from graphgrad.proof.modules.sweep import sweep
from graphgrad.proof.report import Finding, Report, Verdict
from graphgrad.proof.scalars.symbols import SymbolsLost
from graphgrad.transform.grad import differentiable
from graphgrad.transform.jvp import jvp

ROWS = 8  # for a named dimension
BLOCK = 1 << 12  # entries that are multiplied at once, beside all that is alive
ENOUGH = 0.4  # of the digits that a type holds: with fewer left, the code is not to be trusted


def certify(
    source: str, graph: Graph, /, sizes: Mapping[str, int] | None = None, timeout: float = float("inf")
) -> Report:
    r"""Give the verdict on a compiled module's gradients of a scalar program, all together, at the program's own size.

    `sizes` gives named dimensions, 8 where it does not. CERTIFIED means that the test passed modulo every prime, with a
    bound on the chance that it passes for a wrong module; a mismatch is UNKNOWN, as residues give no witness. On top of
    it the module is run in floats, and where rounding leaves less than half of the digits, that is UNKNOWN too; and so
    is everything after `timeout` seconds.

    >>> from graphgrad.frontend.parse import parse
    >>> module = 'def value_and_grad(x):\n    z = x * x\n    return z, {"x": x + x}'
    >>> [str(f.verdict) for f in certify(module, parse("x**2")).values()]
    ['CERTIFIED']
    """
    start = time.monotonic()
    shapes = {n: tuple((sizes or {}).get(d, ROWS) if isinstance(d, str) else d for d in graph.nodes[i].shape)
              for n, i in graph.inputs.items()}  # fmt: skip
    fixed = parse(source_of(graph), shapes)
    names = list(differentiable(fixed))

    def work(found: dict[str, Finding], _: float) -> None:
        given, problem, bound = _tested(source, fixed)
        names[:] = given or names
        reason = f"modulo {len(PRIMES)} primes; the chance of an error is below {bound:.1e}"
        found |= dict.fromkeys(names, problem) if problem else _rounded(source, fixed, names, reason)

    findings = found_in_time(names, timeout, work)
    seconds = time.monotonic() - start
    return Report(graph.source, {n: f.with_(seconds=seconds) for n, f in findings.items()}, seconds, shapes)


def _tested(source: str, fixed: Graph) -> tuple[tuple[str, ...], Finding | None, float]:
    """The gradients that a module gives, what is wrong with them, and the chance that what is wrong is not seen."""
    given: tuple[str, ...] = ()
    bound = 1.0
    for trial, p in enumerate(PRIMES):
        inputs = _inputs(fixed, trial, p)
        try:
            value, gradients = Module(source, meanings(p)).run_path(ENTRY, inputs)
            given = tuple(n for n in differentiable(fixed) if n in gradients)
            forward = jvp(fixed, *given)
            problem = _problem(value, gradients, inputs, forward, trial)
        except SymbolsLost as error:
            problem = raised(fixed, partial(Module(source, in_floats("float64")).run_path, ENTRY), error)
        if problem:
            return given, problem, 1.0
        del inputs, gradients  # the next prime needs their memory
        bound *= bounded(forward, p)
    return given, None, bound


def _rounded(source: str, fixed: Graph, names: Sequence[str], reason: str) -> dict[str, Finding]:
    """The findings on what is exactly right, with the digits that are left of it in floats."""
    try:
        left = digits(source, fixed, names)
    except SymbolsLost as error:
        return dict.fromkeys(names, Finding(Verdict.UNKNOWN, f"right in exact arithmetic, but in floats {error}"))
    certified = Finding(Verdict.CERTIFIED, reason)
    return {name: with_digits(certified, {kind: found[name] for kind, found in left.items()}) for name in names}


def with_digits(finding: Finding, left: Mapping[str, int]) -> Finding:
    """A finding with the digits that each type keeps; UNKNOWN where one keeps too few."""
    if not left:
        return finding.with_(reason=f"{finding.reason}; not seen in floats: no point with a value")
    said, fewest = ", ".join(f"{digits} digits in {kind}" for kind, digits in left.items()), min(left.values())
    if any(kept < HELD[kind] * ENOUGH for kind, kept in left.items()):
        return Finding(Verdict.UNKNOWN, f"right in exact arithmetic, but rounding leaves {said}", digits=fewest)
    return finding.with_(reason=f"{finding.reason}; {said}", digits=fewest)


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
    found = sum(dot(ours.pop(n), _direction(trial, n, inputs[n].shape, p)) for n in names)
    dots = {f"{n}_dot": _direction(trial, n, inputs[n].shape, p) for n in names}
    values = dict(sweep(forward, {**inputs, **dots}, applied(some), forward.outputs))
    wanted, tangent = (only(values[name]) for name in forward.outputs)
    if wanted != only(some.lift(value)):
        return Finding(Verdict.UNKNOWN, "a mismatch over a prime field, of the value")
    return Finding(Verdict.UNKNOWN, "a mismatch over a prime field") if (found - tangent) % p else None


def applied(some: Residues) -> Callable[[Node, list[Any]], Any]:
    """The numpy column on residues."""

    def apply(node: Node, operands: list[Any]) -> Any:
        value = float(node.value) if node.op == "const" else kernel(node, "numpy")(*operands)
        return some.lift(value) if not isinstance(value, Residues) and np.asarray(value).dtype == float else value

    return apply


def only(a: Residues) -> int:
    """The residue of a single number."""
    return int(np.ravel(a.r)[0])


def _direction(trial: int, name: str, shape: tuple[int, ...], p: int) -> Residues:
    """Random residues, the same ones again for the same name and trial: they are not kept in between."""
    return random_residues(shape, p, np.random.default_rng([trial, *name.encode()]))


def dot(a: Residues, b: Residues) -> int:
    """The sum of the products of all entries; it is not reduced."""
    x, y = np.atleast_1d(a.r), np.atleast_1d(b.r)
    rows = max(1, BLOCK * len(x) // max(x.size, 1))
    parts = (slice(k, k + rows) for k in range(0, len(x), rows))
    return sum(int(np.sum(multiplied(x[part], y[part], b.p), dtype=np.int64)) for part in parts)


def random_residues(shape: tuple[int, ...], p: int, dice: np.random.Generator) -> Residues:
    """Random residues, none of them 0."""
    return Residues(np.asarray(dice.integers(1, p, shape, dtype=np.int32)), None, p)


def _inputs(fixed: Graph, trial: int, p: int) -> dict[str, Any]:
    dice = np.random.default_rng(trial)
    return {n: labels(fixed, i) if fixed.nodes[i].dtype == "int" else random_residues(sizes_of(fixed, i), p, dice)
            for n, i in fixed.inputs.items()}  # fmt: skip


def bounded(forward: Graph, p: int) -> float:
    """The chance that a wrong gradient passes modulo one prime, at most."""
    return min(1.0, degree(forward) / p)


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


def meanings(p: int) -> dict[str, Any]:
    """What a module's names mean on residues."""
    nothing = Residues(np.zeros((), dtype=np.int64), np.zeros(()), p)

    def same(a: Any = 0.0, *kind: Any, **_: Any) -> Any:
        counted = isinstance(a, int) and not kind
        if counted or (isinstance(a, Residues | np.ndarray) and a.dtype != bool):
            return np.asarray(a) if counted else a
        return nothing.lift(a)

    def filled(value: float) -> Callable[..., Any]:
        def made(shape: Any = (), kind: Any = float, *_: Any, **__: Any) -> Any:
            return np.zeros(shape, np.int64) if kind is np.int64 else nothing.lift(np.full(shape, value))

        return made

    def copied(a: Any, *kind: Any, **options: Any) -> Any:
        return same(a.copy() if isinstance(a, Residues | np.ndarray) else a, *kind, **options)

    special: dict[str, Any] = dict.fromkeys(("asarray", "ascontiguousarray"), same) | {"array": copied}
    special |= {"float64": casting(same), "float32": casting(same)}
    made = {"zeros": filled(0), "empty": filled(0), "ones": filled(1)}
    known = {n: getattr(np, _NUMPY.get(n, n)) for n in ELEMENTARY if not n.startswith("erf")}
    known |= {"erf": numpy_functions.erf, "erfc": numpy_functions.erfc}
    return {
        "np": allowed(**special, **made, int64=np.int64, errstate=same, newaxis=None),
        "math": SimpleNamespace(**known, **MATH, isfinite=finite),
        "jax.erf": numpy_functions.erf,
        "float": same,
    }


_NUMPY = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2", "asinh": "arcsinh",
          "acosh": "arccosh", "atanh": "arctanh", "pow": "power"}  # fmt: skip
