"""Verdicts on compiled modules, as text: read, never imported, and run on arrays of exact scalars."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial, reduce
from types import SimpleNamespace
from typing import Any

import numpy as np

from graphgrad.core.errors import ParseError
from graphgrad.core.graph import Graph
from graphgrad.frontend.parse import parse
from graphgrad.proof.gradients import TIMEOUT, unsupported
from graphgrad.proof.judge.case import Case
from graphgrad.proof.judge.cases import Examined, examine, source_of
from graphgrad.proof.judge.judge import judge
from graphgrad.proof.limits.deadline import LATE, found_in_time
from graphgrad.proof.modules.interpreter import ENTRY, Failed, Module
from graphgrad.proof.modules.language import ELEMENTARY, MATH, allowed, casting, finite, in_floats
from graphgrad.proof.modules.library import trusted
from graphgrad.proof.modules.manifest import stated
from graphgrad.proof.modules.pieces import wrong_pieces, wrong_rows
from graphgrad.proof.modules.printed import check_frame
from graphgrad.proof.modules.rounding import in_points, kinds_of, raised
from graphgrad.proof.normal_form.normal import Normal
from graphgrad.proof.readings.functions import ALIASES, FUNCTIONS, each, lifted
from graphgrad.proof.readings.numpy_arrays import plain, symbolic, wrapped
from graphgrad.proof.report import Finding, Report, Verdict
from graphgrad.proof.scalars.elementary import function
from graphgrad.proof.scalars.symbols import Quotient, SymbolsLost, lift
from graphgrad.proof.sizes.chosen import sized
from graphgrad.transform.grad import differentiable

LARGEST = 10**6


def _uncast(a: Any) -> Any:
    """A number or an array that is cast to floats, as exact as it was."""
    if isinstance(a, Quotient):
        return wrapped(np.asarray(lift(a), dtype=object))
    return a if isinstance(a, np.ndarray) else float(a)


NO_GRADIENT = f"it has no '{ENTRY}': of modules those that give a gradient, and training steps, are judged"


def verify_source(source: str, graph: Graph | str | None = None, /, timeout: float = TIMEOUT) -> Report:
    r"""Give the verdict on a compiled module's gradients, by input, and on its value, by output.

    The module's text is interpreted, never imported. Without a graph the program is the one that the module
    states. It is run at small shapes, which the report states, as what it does depends on no size. Raises
    ParseError where the text is no such module.

    >>> module = 'def value_and_grad(x):\n    z = x * x\n    return z, {"x": x + x}'
    >>> [str(f.verdict) for f in verify_source(module, "x**2").values()]
    ['PROVED', 'PROVED']
    """
    start = time.monotonic()
    module = Module(source, meanings())
    module.names |= {name: LIBRARY[known] for name, known in trusted(module.functions()).items() if known in LIBRARY}
    if graph is None:
        manifest = stated(source)
        if ENTRY not in module.names:
            return Report(manifest.program, {"module": Finding(Verdict.UNSUPPORTED, NO_GRADIENT)})
        graph = manifest.graph()
        check_frame(module.tree, manifest, list(graph.inputs))
    program = parse(graph) if isinstance(graph, str) else graph
    names = [*program.outputs, *differentiable(program)]
    shapes: dict[str, tuple[int, ...]] = {}

    def work(found: dict[str, Finding], deadline: float) -> None:
        try:
            examined = examine(sized(program)[0].graph)
            shapes.update({n: np.shape(v) for n, v in examined.inputs.items()})
            findings = [_path(module, path, examined, deadline) for path in module.paths()]
        except Failed as error:
            floats = Module(source, in_floats("float64"))
            problem = raised(examined.graph, partial(floats.run_path, ENTRY), error)
            found |= dict.fromkeys(names, problem)
            return
        except SymbolsLost as error:
            found |= dict.fromkeys(program.outputs, unsupported(error))
            names[:] = program.outputs
            return
        given = {name for one in findings for name in one}
        wrong = (
            "not all of the module's functions give the same gradients" * any(one.keys() != given for one in findings)
            or wrong_pieces(Module(source, in_floats(kinds_of(source)[-1])), list(examined.inputs))
            or wrong_rows(source, program, [n for n in differentiable(program) if n in given])
        )
        if wrong:
            found |= dict.fromkeys(names, Finding(Verdict.UNSUPPORTED, wrong))
            return
        worst = {n: max((f[n] for f in findings if n in f), key=_weakness) for f in findings for n in f}
        names[:] = worst
        found |= in_points(source, examined, worst, deadline)

    findings = found_in_time(names, timeout, work)
    return Report(program.source or source_of(program), findings, time.monotonic() - start, shapes)


def _weakness(finding: Finding) -> int:
    return list(Verdict).index(finding.verdict)


def _path(module: Module, path: str, examined: Examined, deadline: float) -> dict[str, Finding]:
    """The findings on one of a module's functions."""
    given = symbolic(examined.inputs)
    handled = module.handled
    value, gradients = module.run_path(path, given)
    if module.handled > handled:
        raise SymbolsLost(f"{path} gives up on symbols")
    for name, array in given.items():
        if any(
            a is not b for a, b in zip(np.ravel(lifted(array)), np.ravel(lifted(examined.inputs[name])), strict=True)
        ):
            raise Failed(f"the module overwrites its input '{name}'")
    (claimed,) = np.ravel(plain(value))
    true, normal = [examined.true], Normal(naming=True)
    case = Case([claimed], true, true, [()], examined.variables(), deadline, normal)
    findings = {next(iter(examined.graph.outputs)): judge(case)}
    for name, gradient in gradients.items():
        findings[name] = _judged(examined, name, gradient, deadline)
    if path != ENTRY:
        findings = {n: f if f.ok else f.with_(reason=f"{f.reason}, in {path}") for n, f in findings.items()}
    return findings


def _judged(examined: Examined, name: str, gradient: Any, deadline: float) -> Finding:
    if name not in examined.inputs:
        return Finding(Verdict.UNSUPPORTED, "the program has no such input")
    claimed = plain(gradient)
    if claimed.shape != examined.inputs[name].shape:
        said = f"the gradient has shape {claimed.shape}, but '{name}' has {examined.inputs[name].shape}"
        return Finding(Verdict.UNSUPPORTED, said)
    if time.monotonic() > deadline:
        return LATE
    return judge(examined.case(name, claimed, deadline, Normal(naming=True)))


def meanings() -> dict[str, Any]:
    """What names of a module mean here: NumPy without casts, mathematics exact, the error function itself."""
    same = lambda a, *_, **__: a  # noqa: E731  (an array stays what it is)
    floats: dict[str, Any] = dict.fromkeys(("asarray", "ascontiguousarray"), same)
    floats["array"] = lambda a, *_, **__: a.copy() if isinstance(a, np.ndarray) else a
    uncast = casting(_uncast)
    floats |= {"float64": uncast, "float32": uncast}
    special = {**floats, "int64": np.int64, "zeros": _zeros, "empty": _zeros, "errstate": same, "pi": MATH["pi"],
               "newaxis": None, "add": np.add, "inf": np.inf}  # fmt: skip
    exact = {name: FUNCTIONS[ALIASES.get(name, name)] for name in ELEMENTARY}
    numbers = {
        "float": same,
        "round": _wrapping(FUNCTIONS["round"]),
        "abs": np.abs,
        "max": _extreme(max, "maximum"),
        "min": _extreme(min, "minimum"),
    }
    return {
        **numbers,
        "np": allowed(**special),
        "math": SimpleNamespace(
            **{n: _wrapping(rule) for n, rule in exact.items()} | MATH, isfinite=finite, copysign=_wrapping(_of_sign)
        ),
        "jax.erf": _wrapping(each(function("erf"))),
    }


def _extreme(of_numbers: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Python's max or min, of symbols too."""

    def chosen(*values: Any) -> Any:
        if not any(isinstance(v, np.ndarray) for v in values):
            return of_numbers(*values)
        return wrapped(reduce(FUNCTIONS[name], map(plain, values)))

    return chosen


def _of_sign(a: Any, b: Any) -> Any:
    """Like math.copysign: the size of a number, with the sign of another."""
    size = FUNCTIONS["abs"](a)
    return FUNCTIONS["where"](FUNCTIONS["less"](b, plain(0)), FUNCTIONS["neg"](size), size)


def _zeros(shape: Any = (), *_: Any, **__: Any) -> Any:
    if np.prod(shape, dtype=float) > LARGEST:
        raise ParseError("the module makes too large an array")
    return wrapped(np.zeros(shape, dtype=object))


def _wrapping(rule: Any) -> Any:
    return lambda *args: wrapped(rule(*map(plain, args)))


def _statics(name: str) -> Any:
    """A library function's meaning: operands are arrays of symbols, or labels, and static attributes follow."""
    rule = FUNCTIONS[name]
    return lambda *args: wrapped(
        rule(*(a if not isinstance(a, np.ndarray) or a.dtype != object else plain(a) for a in args))
    )


LIBRARY: dict[str, Any] = {name: _statics(name) for name in (
    "softmax", "log_softmax", "logsumexp", "sigmoid", "softplus", "xlogy", "gelu", "norm", "cross_entropy", "erf",
    "erfc", "coprod", "sign", "log1mexp", "sech2", "exprel", "sinrel", "logaddexp", "floor_divide", "remainder", "clip",
)} | {"floored": _wrapping(FUNCTIONS["floor"])}  # fmt: skip
