"""Verdicts on gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from graphgrad.api.source import Source, as_graph
from graphgrad.frontend.parse import parse

if TYPE_CHECKING:
    from graphgrad.core.graph import Graph
    from graphgrad.learn.networks.network import Network
    from graphgrad.proof.report import Finding, Report


def verify(  # noqa: PLR0913  (each is given by name)
    subject: Source | Callable[..., Any],
    claim: Any = None,
    *,
    wrt: str | Sequence[str] | None = None,
    order: int | str = 1,
    given: str | Sequence[str] = (),
    shapes: Mapping[str, Any] | None = None,
    atol: float = 0.0,
    timeout: float = 10.0,
    sympy: bool = True,
) -> Report:
    """Give the verdict on derivatives, with its reason: of a program, its own or claimed ones, or of a function.

    Without a claim every gradient of a scalar program is verified (`wrt` names some). A claim is an expression, a
    derivation as lines, a number, an array, or a function of the inputs by name; of several, a mapping. A wrong one is
    REFUTED with a witness: a point, the claimed and the true value there. `order=2` is about second derivatives
    (d2z_dx_dy), `order="jvp"` about the tangent. A function of NumPy arrays has a function for its gradient as claim,
    or with `order="vjp"` one for its vector-Jacobian product, called with the cotangent first; `shapes` gives each
    argument in order: sizes as `parse` takes them (3 is a vector), an array, or a float.

    `given` are conditions on inputs ("x > 0", "sum(Y, axis=1) == 1"): points satisfy them, the algebra uses them, the
    verdict repeats them. `atol` is the difference that a claim may have. `timeout` (seconds, for the whole call) is
    kept; what is not decided by then is UNKNOWN, never wrong. sympy is a third witness of a program's gradient: the
    verdict names its derivative, or says why it has none; `sympy=False` does not ask it.

    Of a network the output is proved together with any cotangent, R_bar, so that it holds for every loss on it.

    Raises UsageError for a program without inputs, a name that is no input, a condition that cannot be used and where
    it is not clear what is asked, and ShapeError where the output is no single number. Source: normal forms over the
    rationals, local rules, balls, Johansson (2017), and signatures over a prime field, Schwartz (1980), Zippel (1979).

    >>> verify("log(x1*x2)*sin(x2)").ok
    True
    >>> str(verify("x**2", "3*x")["x"].verdict), verify("sqrt(x**2)", "1", given="x > 0").ok
    ('REFUTED', True)
    """
    from graphgrad.proof.door import verified

    options: dict[str, Any] = {"wrt": wrt, "order": order, "given": given, "atol": atol}
    if _is_code(subject):
        return verified(subject, claim, shapes=shapes, timeout=timeout, sympy=sympy, **options)
    if isinstance(subject, str) and shapes:
        subject = parse(subject, dict(shapes))
    return verified(
        as_graph(cast("Source", getattr(subject, "verified", subject))), claim, timeout=timeout, sympy=sympy, **options
    )


def _is_code(subject: Any) -> bool:
    return callable(subject) and not hasattr(subject, "graph")


def check(
    graph: Source,
    claims: Mapping[str, Any] | None = None,
    /,
    *,
    timeout: float = 10.0,
    sympy: bool = True,
    **more: Any,
) -> Report:
    """Give the verdict on somebody's gradient: `verify` with claims by the input's name, which may be given as options.

    A claim that cannot be read, or has another shape, is UNSUPPORTED with the reason. Raises UsageError for a name that
    is no input. Source: as `verify`.

    >>> report = check("log(x1*x2)*sin(x2)", x1="sin(x2)/x1", x2="cos(x2)")
    >>> [str(finding.verdict) for finding in report.values()]
    ['PROVED', 'REFUTED']
    """
    return verify(graph, {**(claims or {}), **more}, timeout=timeout, sympy=sympy)


def verify_function(
    f: Source | Callable[..., Any],
    grad_f: Callable[..., Any],
    arguments: Mapping[str, Any] | None = None,
    /,
    *,
    timeout: float = 10.0,
    **x: Any,
) -> Report:
    """Give the verdict on hand-written gradient code of a scalar function of NumPy arrays, or of a program.

    `x`, or the mapping, names the arguments in order and gives each as `verify` takes shapes. NumPy code is run on
    arrays of symbols; a `grad_f` of another library (`jax.grad(f)`, `jax.value_and_grad(f)`, `autograd.grad(f)`, a
    function that calls torch) is compared with 50-digit truth at many points.

    Raises UsageError for a gradient of another shape than its argument, and for an `f` whose value is no single number.
    Source: as `verify`; the 50-digit truth is in balls, Johansson (2017).

    >>> import numpy as np
    >>> str(verify_function(lambda x: np.sum(x**2), lambda x: 2 * x, x=3)["x"].verdict)
    'PROVED'
    """
    from graphgrad.proof.code import verify_function as judge

    subject: Any = f if isinstance(f, str) or _is_code(f) else as_graph(cast("Source", f))
    return judge(subject, grad_f, {**(arguments or {}), **x}, timeout=timeout)


def verify_vjp(
    forward: Callable[..., Any], vjp: Callable[..., Any], shapes: Mapping[str, Any], /, *, timeout: float = 10.0
) -> Report:
    """Give the verdict on a hand-written vector-Jacobian product: `verify` with `order="vjp"`.

    Raises UsageError for a product that is missing or has another shape. Source: as `verify`.

    >>> str(verify_vjp(lambda a, b: a @ b, lambda g, a, b: (g @ b.T, a.T @ g), {"a": (2, 3), "b": (3, 2)})["a"].verdict)
    'PROVED'
    """
    return verify(forward, vjp, order="vjp", shapes=shapes, timeout=timeout)


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

    Each claim has the keys expression, variable and claim, and may have given (conditions, parted by semicolons) and
    shapes ("X=N,3; w=3"); findings come by number. `timeout` (seconds) is for each claim, `given`, `shapes` and `atol`
    for all as in `verify`, `processes` how many run at a time, `progress` is called with (done, total).

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


def check_names(graph: Graph, claim: str, more: Sequence[str] = (), /) -> None:
    """Raise UsageError for a claim that speaks of what the program does not have, and what more may be named."""
    from graphgrad.proof.judge.names import names_known

    names_known(claim, [*graph.first_named, *graph.inputs, *more])


def written(report: Report, form: str = "text", /) -> str:
    """Write a report, as "text", "markdown" or "json"."""
    from graphgrad.proof.report import markdown, text, to_json

    return {"text": text, "markdown": markdown, "json": to_json}[form](report)
