"""Verdicts on gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphgrad.api.source import Source, as_graph

if TYPE_CHECKING:
    from graphgrad.core.graph import Graph
    from graphgrad.learn.networks.network import Network
    from graphgrad.proof.report import Finding, Report


def verify(graph: Source, /, *, timeout: float = 10.0, sympy: bool = True) -> Report:
    """Give the verdict on every gradient of a scalar program, with its reason; `report.ok`, `report["x1"].verdict`.

    `timeout` (seconds, for the whole call) is kept; what is not decided by then is UNKNOWN, never wrong. sympy is a
    third witness: the verdict names its derivative, or says why it has none; `sympy=False` does not ask it.

    Of a network the output is proved together with any cotangent, R_bar, so that it holds for every loss on it.

    Raises UsageError for a program without inputs, and ShapeError where the output is no single number. Source: normal
    forms over the rationals, local rules, and signatures over a prime field, Schwartz (1980), Zippel (1979).

    >>> verify("log(x1*x2)*sin(x2)").ok
    True
    """
    from graphgrad.proof.gradients import verify as examine

    return examine(as_graph(getattr(graph, "verified", graph)), timeout=timeout, sympy=sympy)


def check(
    graph: Source,
    claims: Mapping[str, Any] | None = None,
    /,
    *,
    timeout: float = 10.0,
    sympy: bool = True,
    **more: Any,
) -> Report:
    """Give the verdict on somebody's gradient: an expression, a derivation as lines, a number, or a function.

    A wrong one is REFUTED with a witness: a point, the claimed and the true value there.

    A function is given the inputs by name, as arrays of symbols, and returns an array of its input's shape. A claim
    that cannot be read, or has another shape, is UNSUPPORTED with the reason. Raises UsageError for a name that is no
    input. Source: as `verify`.

    >>> report = check("log(x1*x2)*sin(x2)", x1="sin(x2)/x1", x2="cos(x2)")
    >>> [str(finding.verdict) for finding in report.values()]
    ['PROVED', 'REFUTED']
    """
    from graphgrad.proof.claims import check as judge

    return judge(as_graph(graph), {**(claims or {}), **more}, timeout=timeout, sympy=sympy)


def verify_function(
    f: Source | Callable[..., Any],
    grad_f: Callable[..., Any],
    arguments: Mapping[str, Any] | None = None,
    /,
    *,
    timeout: float = 10.0,
    **x: Any,
) -> Report:
    """Give the verdict on hand-written gradient code of a scalar function of NumPy arrays.

    `x`, or the mapping, names the arguments in order and gives each as an array, a number, or a shape. NumPy code is
    run on arrays of symbols; a `grad_f` of another library (`jax.grad(f)`, `jax.value_and_grad(f)`, `autograd.grad(f)`,
    a function that calls torch) is compared with 50-digit truth at many points.

    Raises UsageError for a gradient of another shape than its argument, and for an `f` whose value is no single number.
    Source: as `verify`; the 50-digit truth is in balls, Johansson (2017).

    >>> import numpy as np
    >>> str(verify_function(lambda x: np.sum(x**2), lambda x: 2 * x, x=(3,))["x"].verdict)
    'PROVED'
    """
    from graphgrad.proof.code import verify_function as judge

    subject: Any = f if isinstance(f, str) or callable(f) else as_graph(f)
    return judge(subject, grad_f, {**(arguments or {}), **x}, timeout=timeout)


def verify_vjp(
    forward: Callable[..., Any], vjp: Callable[..., Any], shapes: Mapping[str, Any], /, *, timeout: float = 10.0
) -> Report:
    """Give the verdict on a hand-written vector-Jacobian product, `vjp(g, *inputs)` of `forward(*inputs)`.

    `shapes` gives each input's shape, in order; `g` has the output's, each product its input's. Raises UsageError for a
    product that is missing or has another shape. Source: as `verify`.

    >>> str(verify_vjp(lambda a, b: a @ b, lambda g, a, b: (g @ b.T, a.T @ g), {"a": (2, 3), "b": (3, 2)})["a"].verdict)
    'PROVED'
    """
    from graphgrad.proof.code import verify_vjp as judge

    return judge(forward, vjp, shapes, timeout=timeout)


def equivalent(
    one: Source, other: Source, shapes: Mapping[str, Any] | None = None, /, *, timeout: float = 10.0
) -> Finding:
    """Give the verdict on whether two expressions have the same value.

    `shapes` gives inputs that are no scalars their shapes. Raises UsageError where the two have different shapes, and
    ParseError for text that cannot be read. `timeout` is in seconds. Source: as `verify`.

    >>> str(equivalent("log(x*y)", "log(x) + log(y)").verdict)
    'PROVED'
    """
    from graphgrad.proof.equivalence import equivalent as judge

    one, other = (text if isinstance(text, str) else as_graph(text) for text in (one, other))
    return judge(one, other, dict(shapes or {}), timeout=timeout)


def grade(claims: Any, /, **options: Any) -> Report:
    """Judge many claims at once, in parallel processes: a .csv or .jsonl file, or a list of mappings.

    Each claim has the keys expression, variable and claim; findings come by number. `timeout` (seconds) is for each
    claim, `processes` how many run at a time, `progress` is called with (done, total).

    Raises DataError for a file without these columns, or with a line that cannot be read; a claim that cannot be read
    is UNSUPPORTED, and the others are graded. Source: as `check`.

    >>> grade([{"expression": "x**2", "variable": "x", "claim": "2*x"}], processes=1).ok
    True
    """
    from graphgrad.proof.grading import grade as judge

    return judge(claims, **options)


def is_code(path: Path, /) -> bool:
    """Whether a path names a file of code, which `verify_file` judges."""
    from graphgrad.proof.saved import is_code as is_saved

    return is_saved(path)


def verify_file(path: str | Path, /, *, timeout: float = 10.0) -> Report:
    """Give the verdict on a saved module, which is read and never run; UNSUPPORTED on code that is not read.

    A gradient is proved at small shapes, a training step at its own, in `timeout` seconds. Raises ParseError where a
    file is Python, and neither a gradient nor a training step that graphgrad made. Source: as `verify`.
    """
    from graphgrad.proof.saved import verify_file as judge

    return judge(Path(path), timeout)


def verify_network(net: Network, loss: str, /, *, timeout: float = 10.0, sympy: bool = True) -> list[Report]:
    """Give the verdicts on a network's gradient, at small shapes, and on its compiled code, at its true size.

    `timeout` (seconds) is for both. Raises UsageError for an unknown loss. Source: as `verify`; the code's certificate
    is over a prime field.
    """
    from graphgrad.api.code import compile as translate
    from graphgrad.api.graphs import grad
    from graphgrad.learn.networks.losses import objective
    from graphgrad.proof.modules.certificate import certify

    graph = objective(net, loss).graph
    source = translate(grad(graph, *net.values), dtype="float32").source
    proof = verify(graph, timeout=timeout, sympy=sympy)
    return [proof, certify(source, graph, {"N": 32}, timeout=max(0.1, timeout - proof.seconds))]


def check_names(graph: Graph, claim: str, /) -> None:
    """Raise UsageError for a claim that speaks of what the program does not have."""
    from graphgrad.proof.judge.cases import names_known

    names_known(claim, {**graph.first_named, **graph.inputs})


def written(report: Report, form: str = "text", /) -> str:
    """Write a report, as "text", "markdown" or "json"."""
    from graphgrad.proof.report import markdown, text, to_json

    return {"text": text, "markdown": markdown, "json": to_json}[form](report)
