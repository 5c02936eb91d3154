"""For test suites: a gradient that somebody wrote is right, and so is a row that somebody added to a table.

`graphgrad.testing.laws` holds what every operation of the table is held to, by the same functions.
"""

from __future__ import annotations

from typing import Any

from graphgrad.core.graph import Graph
from graphgrad.proof.code import Function, verify_function
from graphgrad.proof.equivalence import equivalent
from graphgrad.proof.report import GOOD, text
from graphgrad.testing.laws import LAWS
from graphgrad.testing.programs import programs, sides

__all__ = ["assert_gradient", "check_operation", "check_rule"]


def assert_gradient(f: Function | Graph | str, grad_f: Function, /, timeout: float = 10.0, **x: Any) -> None:
    """Assert that `grad_f` is the gradient of the scalar `f`, both taking the arguments that `x` names and shapes.

    Arguments as for `verify_function`. The failure shows each argument's verdict, entry, claimed and true value, and
    the point where they differ.

    >>> import numpy as np
    >>> assert_gradient(lambda w: np.sum(np.tanh(w)), lambda w: 1 - np.tanh(w) ** 2, w=(2,))
    """
    report = verify_function(f, grad_f, timeout=timeout, **x)
    if not report.ok:
        raise AssertionError(f"this gradient is not known to be right\n{text(report)}")


def check_operation(name: str, /, *examples: tuple[str, dict[str, Any]]) -> None:
    """Assert that an operation of the table keeps every law that the operations of graphgrad are tested by.

    They are tried on programs of the row, made from its notation: every broadcast of an elementwise one, arrays of
    several ranks and its attributes for others. `examples`, a program and the shapes of its inputs each, are tried
    besides, and are needed where an attribute has no default. The failure names the law and the program.

    Raises UsageError for a name that is no operation's.

    >>> import graphgrad as gg
    >>> row = gg.operation("softclip(a)", define="tanh(a) * (1 + square(a)) / (1 + square(a))")
    >>> check_operation("softclip")
    """
    from graphgrad.core.ops import OPS

    row = OPS.row(name)
    tried = [*programs(row), *examples]
    for law, holds in LAWS.items():
        try:
            holds(row, tried)
        except AssertionError as error:
            raise AssertionError(f"the operation '{row.name}' breaks a law: {law}\n{error}") from None


def check_rule(name: str, /) -> None:
    """Assert that a rewrite rule is proved: both sides have the same value wherever the left one has one.

    >>> import graphgrad as gg
    >>> row = gg.rule("a fifth", define="x ** 5 -> square(square(x)) * x", of="strength reduction")
    >>> check_rule("a fifth")
    """
    from graphgrad.transform.rules import RULES

    row = RULES.row(name)
    left, right, shapes = sides(row.text)
    finding = equivalent(left, right, shapes)
    if finding.verdict not in GOOD:
        raise AssertionError(f"the rule '{row.text}' is not proved: {finding.verdict}, {finding.reason}")


ORDER = (  # from the bottom up: what stands here imports from earlier lines alone
    "programs",
    "laws",
)
