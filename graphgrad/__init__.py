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
v1_bar = v3 / v1
dz_dx1 = v1_bar * x2
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphgrad.core import VERSION

if TYPE_CHECKING:  # what type checkers see; at run time each name is imported at its first use, from _HOMES
    from graphgrad.api.code import (
        compile as compile,  # noqa: A004
        compile_step as compile_step,
    )
    from graphgrad.api.graphs import (
        capture as capture,
        closed_form as closed_form,
        cost as cost,
        derive as derive,
        from_networkx as from_networkx,
        from_sympy as from_sympy,
        grad as grad,
        hessian as hessian,
        jacobian as jacobian,
        jvp as jvp,
        latex as latex,
        parse as parse,
        scalarize as scalarize,
        simplify as simplify,
        trace as trace,
        vjp as vjp,
    )
    from graphgrad.api.passes import explain as explain
    from graphgrad.api.pictures import animate as animate, show as show
    from graphgrad.api.plots import plot as plot
    from graphgrad.api.proofs import (
        check as check,
        equivalent as equivalent,
        grade as grade,
        verify as verify,
        verify_function as verify_function,
        verify_vjp as verify_vjp,
    )
    from graphgrad.api.tables import (
        activation as activation,
        backend as backend,
        format as format,  # noqa: A004
        initial as initial,
        loss as loss,
        operation as operation,
        optimizer as optimizer,
        rule as rule,
        schedule as schedule,
        theme as theme,
    )
    from graphgrad.api.training import animate_training as animate_training
    from graphgrad.core.errors import (
        DataError as DataError,
        DomainError as DomainError,
        GraphgradError as GraphgradError,
        ParseError as ParseError,
        ShapeError as ShapeError,
        TargetError as TargetError,
        UsageError as UsageError,
    )
    from graphgrad.learn.data import datasets as datasets
    from graphgrad.learn.estimators import Classifier as Classifier, Regressor as Regressor
    from graphgrad.learn.models.model import accuracy as accuracy, confusion as confusion, load as load
    from graphgrad.learn.networks.network import mlp as mlp, network as network
    from graphgrad.learn.training.fit import fit as fit

__version__ = VERSION
_HOMES = {  # where each public name lives, in the order of a first hour
    "graphgrad.api.graphs": (
        *("parse", "capture", "from_networkx", "from_sympy", "grad", "vjp", "jvp", "hessian", "jacobian", "simplify"),
        *("scalarize", "cost", "latex", "derive", "trace", "closed_form"),
    ),
    "graphgrad.api.proofs": ("verify", "check", "equivalent", "grade", "verify_function", "verify_vjp"),
    "graphgrad.api.pictures": ("animate", "show"),
    "graphgrad.api.plots": ("plot",),
    "graphgrad.api.training": ("animate_training",),
    "graphgrad.api.code": ("compile", "compile_step"),
    "graphgrad.learn.networks.network": ("mlp", "network"),
    "graphgrad.learn.training.fit": ("fit",),
    "graphgrad.learn.estimators": ("Classifier", "Regressor"),
    "graphgrad.learn.models.model": ("load", "accuracy", "confusion"),
    "graphgrad.api.passes": ("explain",),
    "graphgrad.api.tables": (
        *("operation", "rule", "activation", "loss", "optimizer", "schedule", "initial", "backend", "theme", "format"),
    ),
    "graphgrad.core.errors": (
        *("GraphgradError", "ParseError", "ShapeError", "DomainError", "UsageError", "TargetError", "DataError"),
    ),
}
_ROOMS = {"datasets": "graphgrad.learn.data.datasets"}  # modules that are public as they are
_HOME = {name: home for home, names in _HOMES.items() for name in names}
__all__ = [*_HOME]  # noqa: PLE0604  (made of strings)


def __getattr__(name: str) -> Any:
    """Import a public name at its first use, so that `import graphgrad` costs next to nothing."""
    from importlib import import_module

    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    if name in _ROOMS:
        return import_module(_ROOMS[name])
    raise AttributeError(f"module 'graphgrad' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*__all__, *_ROOMS, "__version__"])
