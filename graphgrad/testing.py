"""For test suites: an assertion that a gradient somebody wrote is right."""

from __future__ import annotations

from typing import Any

from graphgrad.core.graph import Graph
from graphgrad.proof.code import Function, verify_function
from graphgrad.proof.report import text


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
