"""A check for rounding on top of a proof or a certificate: the module's text run in floats.

At small shapes the other side is the truth in 50 digits, at many points. At its true size it is graphgrad's gradient
graph, node by node in numpy.longdouble, which has 64 bits of mantissa on most machines. What is compared has been shown
to be the same in exact arithmetic; what differs is rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from graphgrad.core.graph import Graph, Node
from graphgrad.core.op import MOVES
from graphgrad.core.ops import OPS
from graphgrad.execute.kernels import kernel
from graphgrad.proof.judge.cases import Examined, labels, sizes_of
from graphgrad.proof.judge.floats import Comparison, compared
from graphgrad.proof.modules.interpreter import ENTRY, Failed, Module
from graphgrad.proof.modules.language import in_floats
from graphgrad.proof.modules.sweep import sweep
from graphgrad.proof.report import GOOD, Finding, Verdict, Witness
from graphgrad.proof.scalars.symbols import SymbolsLost
from graphgrad.transform.grad import derivative_name, reverse

NUMBERS = (0.5, 2.0, -0.5)  # that stand everywhere in the inputs, until the program has a value


def raised(fixed: Graph, run: Callable[[Mapping[str, Any]], Any], error: SymbolsLost) -> Finding:
    """REFUTED where code raises an error on floats, too, and the program has a value there; else what was not read."""
    for number in NUMBERS if isinstance(error, Failed) else ():
        inputs = {name: labels(fixed, i) if fixed.nodes[i].dtype == "int" else np.full(sizes_of(fixed, i), number)[()]
                  for name, i in fixed.inputs.items()}  # fmt: skip
        with np.errstate(all="ignore"):
            ((_, true),) = sweep(fixed, dict(inputs), _applied, fixed.outputs)
        if not np.isfinite(true):
            continue
        try:
            run(inputs)
        except Failed as failed:
            point = {name: _shown(a, number) for name, a in inputs.items()}
            witness = Witness(point, (), str(failed), repr(float(true)))
            return Finding(Verdict.REFUTED, "an error where the program has a value", witness)
        break
    return Finding(Verdict.UNSUPPORTED, str(error))


def _shown(a: Any, number: float) -> str:
    """An input, as it is made again."""
    if np.asarray(a).dtype.kind == "i":
        return str(np.asarray(a).tolist())
    return f"{number} everywhere" if np.ndim(a) else str(number)


def _applied(node: Any, operands: Sequence[Any]) -> Any:
    return float(node.value) if node.op == "const" else kernel(node, "numpy")(*operands)


Array = np.ndarray[Any, Any]
HELD = {"float64": 16, "float32": 7}  # digits that each type holds
SIDE = 16  # rows and columns of a matrix product in long floats at once: they need twice the memory
PIECE = 1024  # entries that are compared in long floats at once


def kinds_of(source: str) -> list[str]:
    """The types that a module is run in: float64, and its own."""
    return ["float64", *(["float32"] if "np.float32" in source else [])]


def in_points(source: str, examined: Examined, findings: Mapping[str, Finding], deadline: float) -> dict[str, Finding]:
    """The findings of a proof, with the digits that are left at points; UNKNOWN where rounding leaves too few."""
    output = next(iter(examined.graph.outputs))
    true = {output: np.asarray(examined.true, dtype=object), **examined.slopes}
    found = dict(findings)
    for kind in kinds_of(source):
        module = Module(source, in_floats(kind))
        for path in module.paths():

            def code(given: Mapping[str, Array], path: str = path, module: Module = module) -> Mapping[str, Any]:
                numbers = {n: v if np.ndim(v) else v.item() for n, v in given.items()}
                try:
                    value, gradients = module.run_path(path, numbers)
                except Failed:  # plain Python raises an error where any of its numbers has no value
                    return {}
                return {n: v for n, v in {output: value, **gradients}.items() if found[n].verdict in GOOD}

            where = kind if path == ENTRY else f"{kind}, in {path}"
            comparison = Comparison(code, examined.inputs, true, deadline, examined.true)
            for name, seen in compared(comparison, where).items():
                found[name] = _with_digits(found[name], seen, where)
    return found


def _with_digits(exact: Finding, seen: Finding, where: str) -> Finding:
    if exact.verdict not in GOOD:
        return exact
    if seen.verdict is Verdict.REFUTED or (seen.verdict is Verdict.UNKNOWN and seen.points):
        said = f"right in exact arithmetic, but rounding: {seen.reason}"
        return exact.with_(verdict=Verdict.UNKNOWN, reason=said, witness=seen.witness, digits=seen.digits)
    if seen.verdict is Verdict.UNKNOWN:
        return exact.with_(reason=f"{exact.reason}; not seen in {where}: no point with a value")
    assumptions = (*exact.assumptions, *seen.assumptions)
    said = f"{exact.reason}; {seen.digits} digits in {where}" if "," not in where else exact.reason
    return exact.with_(reason=said, digits=seen.digits, assumptions=tuple(dict.fromkeys(assumptions)))


def digits(source: str, fixed: Graph, names: Sequence[str]) -> dict[str, dict[str, int]]:
    r"""How many digits of each gradient are right, beside its largest entry: in float64, and in the module's own type.

    0 where there is no number. Inputs are drawn so that sums over many of them stay of order one.

    >>> from graphgrad.frontend.parse import parse
    >>> module = 'def value_and_grad(x):\n    return x**2, {"x": (2 * x + 1e14) - 1e14}'
    >>> digits(module, parse("x**2"), ["x"])["float64"]["x"] < 9
    True
    """
    kinds = kinds_of(source)
    found: dict[str, dict[str, int]] = {}
    for draw in (centred, _positive):
        found = found or _digits(source, fixed, names, drawn(fixed, draw, kinds[-1]), kinds)
    return found


def _digits(
    source: str, fixed: Graph, names: Sequence[str], inputs: dict[str, Array], kinds: Sequence[str]
) -> dict[str, dict[str, int]]:
    """The digits at these inputs, which are given away; nothing where the gradient has no value there."""
    output = next(iter(fixed.outputs))
    derived, _ = reverse(fixed, tuple(names))
    wanted = {name: derived.outputs[derivative_name(output, name)] for name in names}
    with np.errstate(all="ignore"):
        given = {kind: Module(source, in_floats(kind)).run_path(ENTRY, inputs)[1] for kind in kinds}
        found: dict[str, dict[str, int]] = {kind: {} for kind in kinds}
        for name, true in sweep(derived, inputs, long, wanted):
            if not np.isfinite(true).all():
                return {}
            for kind in kinds:
                found[kind][name] = shared(given[kind].pop(name), true, HELD[kind])
    return found


def long(node: Node, operands: list[Any]) -> Any:
    """The numpy column in long floats, for whatever is more than a movement of entries."""
    if node.op == "const":
        return float(node.value)
    if OPS[node.op].entries == MOVES:
        return kernel(node, "numpy")(*operands)
    if node.op == "matmul" and all(np.ndim(a) == 2 for a in operands):
        return _product(*operands)
    return kernel(node, "numpy")(*map(_lengthened, operands))


def _lengthened(a: Any) -> Any:
    return np.asarray(a, np.longdouble) if np.asarray(a).dtype.kind == "f" else a


def _product(a: Array, b: Array) -> Array:
    """The product of matrices in long floats; one that is larger than its factors, a gradient, is kept in float64."""
    rows, columns = len(a), b.shape[1]
    result = np.empty((rows, columns), float if rows * columns > a.size + b.size else np.longdouble)
    for j in range(0, columns, SIDE):
        right = _lengthened(b[:, j : j + SIDE])
        for i in range(0, rows, SIDE):
            result[i : i + SIDE, j : j + SIDE] = _lengthened(a[i : i + SIDE]) @ right
    return result


def shared(given: Any, true: Any, held: int) -> int:
    """How many digits two arrays share, some rows at a time, beside the largest entry."""
    apart, largest = np.longdouble(0), np.longdouble(0)
    given, true = np.atleast_1d(given), np.atleast_1d(true)
    rows = max(1, PIECE * len(given) // max(1, given.size))
    for start in range(0, len(given), rows):
        a, b = given[start : start + rows], true[start : start + rows]
        apart = np.maximum(apart, np.max(np.abs(a - b), initial=0))
        largest = np.maximum(largest, np.max(np.abs(b), initial=0))
    if not np.isfinite(apart) or (apart and not largest):
        return 0
    return held if not apart else max(0, min(held, int(np.floor(-np.log10(apart / largest)))))


def drawn(fixed: Graph, draw: Any, kind: str) -> dict[str, Array]:
    """Inputs that float32 holds exactly, as the smaller type that the module is run in."""
    dice = np.random.default_rng(0)
    return {n: labels(fixed, i) if fixed.nodes[i].dtype == "int" else draw(dice, sizes_of(fixed, i)).astype(kind)
            for n, i in fixed.inputs.items()}  # fmt: skip


def centred(dice: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Normal numbers; those of a matrix such that sums over its rows stay of order one."""
    scale = np.float32(2 / np.sqrt(shape[-1] + 3) if len(shape) > 1 else 1)
    return np.asarray(dice.standard_normal(shape, np.float32) * scale)


def _positive(dice: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return np.asarray(dice.random(shape, np.float32) * np.float32(0.8) + np.float32(0.1))
