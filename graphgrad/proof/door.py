"""One door to all verdicts: what is asked about, and what is claimed of it, decide who answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graphgrad.core.errors import UsageError
from graphgrad.core.graph import Graph
from graphgrad.proof.claims import check
from graphgrad.proof.code import verify_function, verify_vjp
from graphgrad.proof.derivatives import verify_hessian, verify_jvp
from graphgrad.proof.gradients import TIMEOUT, known_input, verify
from graphgrad.proof.limits.deadline import seconds
from graphgrad.proof.report import Report
from graphgrad.transform.grad import derivative_name, differentiable

ORDERS = (1, 2, "jvp", "vjp")


def verified(  # noqa: PLR0913  (each is given by name)
    subject: Any,
    claim: Any = None,
    *,
    wrt: str | Sequence[str] | None = None,
    order: int | str = 1,
    given: str | Sequence[str] = (),
    shapes: Any = None,
    atol: float = 0.0,
    timeout: Any = TIMEOUT,
    sympy: bool = True,
) -> Report:
    """Give the verdict on derivatives of a program, or of a function of NumPy arrays: its own, or claimed ones.

    Raises UsageError where it is not clear what is asked.

    >>> from graphgrad.frontend.parse import parse
    >>> str(verified(parse("x**3"), "3*x**2")["x"].verdict)
    'PROVED'
    """
    names, conditions = _listed(wrt, "wrt"), _listed(given, "given")
    if order not in ORDERS:
        raise UsageError(f"there is no order {order!r}", hint=f"known are {', '.join(map(repr, ORDERS))}")
    timeout = seconds(timeout)
    if callable(subject):
        return _of_code(subject, claim, order, names, shapes, timeout, conditions, atol)
    terms: dict[str, Any] = {"timeout": timeout, "given": conditions, "atol": atol}
    if order == "vjp":
        raise UsageError("a program's gradient is its vector-Jacobian product", hint="order='vjp' is for functions")
    if order == "jvp":
        return verify_jvp(subject, claim, **terms)
    if order == 2:
        return verify_hessian(subject, None if claim is None else _second(subject, claim, names), **terms)
    if claim is None:
        return verify(subject, wrt=names, sympy=sympy, **terms)
    if callable(claim) and not names and len(differentiable(subject)) > 1:
        return verify_function(subject, claim, _sizes(subject), **terms)
    return check(subject, _first(subject, claim, names), sympy=sympy, **terms)


def _listed(words: Any, what: str) -> tuple[str, ...]:
    found = (words,) if isinstance(words, str) else () if words is None else words
    if not isinstance(found, Sequence) or not all(isinstance(word, str) for word in found):
        raise UsageError(f"{what}={words!r} is no text", hint="give a text, or several")
    return tuple(found)


def _of_code(  # noqa: PLR0913, PLR0917  (what is asked of whom)
    subject: Any,
    claim: Any,
    order: int | str,
    names: Sequence[str],
    shapes: Any,
    timeout: float,
    given: Sequence[str],
    atol: float,
) -> Report:
    if order not in {1, "vjp"}:
        raise UsageError(f"a function has no order {order!r}", hint="gg.capture gives its program, which has")
    if not callable(claim):
        hint = "give it as claim=; gg.capture gives the function's program, whose own gradient can be verified"
        raise UsageError("a function is verified with a function for its gradient", hint=hint)
    if names:
        raise UsageError("wrt= is for programs", hint="a function's gradient has a part for each argument")
    if not shapes or not isinstance(shapes, Mapping):
        raise UsageError("the function's arguments have no shapes", hint='give them, as in shapes={"x": 3}')
    if order == "vjp":
        return verify_vjp(subject, claim, shapes, timeout, given, atol)
    return verify_function(subject, claim, shapes, timeout, given, atol)


def _sizes(graph: Graph) -> dict[str, Any]:
    return {name: tuple(graph.nodes[i].shape) for name, i in graph.inputs.items()}


def _first(graph: Graph, claim: Any, names: Sequence[str]) -> dict[str, Any]:
    """Claims by the name of the input."""
    if isinstance(claim, Mapping):
        return dict(claim)
    known = [known_input(graph, name) for name in names] or differentiable(graph)
    if isinstance(claim, tuple | list) and len(known) == len(claim) > 1:
        return dict(zip(known, claim, strict=True))
    if len(known) != 1:
        raise UsageError(f"a claim is about one of {', '.join(known)}", hint=f"say which: by wrt, or as {known[0]}=")
    return {known[0]: claim}


def _second(graph: Graph, claim: Any, names: Sequence[str]) -> dict[str, Any]:
    """Claims by the name of the second derivative."""
    if isinstance(claim, Mapping):
        return dict(claim)
    known = [known_input(graph, name) for name in names] or differentiable(graph)
    if len(known) > 2 or (len(known) == 2 and not names):
        raise UsageError(
            f"a claim is about two of {', '.join(known)}", hint="say which: by wrt, or by the derivative's name"
        )
    output = next(iter(graph.outputs))
    return {derivative_name(derivative_name(output, known[0]), known[-1]): claim}
