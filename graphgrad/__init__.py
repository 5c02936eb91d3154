"""graphgrad: computation graphs, their gradients, and films of backpropagation.

>>> import graphgrad as gg
>>> g = gg.parse("log(x1*x2)*sin(x2)")
>>> t = gg.trace(g, x1=0.5, x2=0.75)
>>> round(t.grad["x1"], 4)
1.3633
>>> print(gg.simplify(gg.grad(g, "x1")))
v1 = x1 * x2
v3 = sin(x2)
z = log(v1) * v3
dz_dx1 = v3 / v1 * x2
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"

_ERRORS = ("GraphgradError", "ParseError", "ShapeError", "DomainError", "UsageError", "TargetError", "DataError")
__all__ = [  # noqa: PLE0604  (in the order of a first hour: from text to graph, gradient, values, pictures)
    "parse", "capture", "from_sympy",
    "grad", "vjp", "jvp", "hessian", "simplify", "scalarize", "cost", "latex", "derive",
    "trace", "closed_form",
    "verify", "check", "equivalent", "grade",
    "animate", "show",
    "compile",
    *_ERRORS,
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import a public name at its first use, so that `import graphgrad` costs next to nothing."""
    from importlib import import_module

    if name in __all__:
        return getattr(import_module("graphgrad.core.errors" if name in _ERRORS else "graphgrad.api"), name)
    raise AttributeError(f"module 'graphgrad' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
