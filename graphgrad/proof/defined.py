"""Functions of a module that is read as text: how one is called, and how its value leaves it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np


class Reader(Protocol):
    """Who runs statements: the module that a function stands in."""

    def run(self, body: list[ast.stmt], names: dict[str, Any]) -> None:
        """Run statements in order."""

    def value(self, tree: ast.expr, names: Mapping[str, Any]) -> Any:
        """The value of an expression."""


class Returned(Exception):  # noqa: N818  (no error: how a function's value leaves its body)
    """A return statement was reached."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class Function:
    """A function of a module."""

    def __init__(self, module: Reader, tree: ast.FunctionDef, around: Mapping[str, Any] | None = None) -> None:
        self.module, self.tree, self.around = module, tree, {} if around is None else around
        self.parameters = [a.arg for a in tree.args.args]
        values = [module.value(default, self.around) for default in tree.args.defaults]  # once, as Python does
        self.defaults = dict(zip(self.parameters[::-1], values[::-1], strict=False))

    def __call__(self, *args: Any, **named: Any) -> Any:
        """Run the body on arguments."""
        if len(args) > len(self.parameters) or (strange := named.keys() - {*self.parameters[len(args) :]}):
            what = f"no argument '{min(strange)}'" if len(args) <= len(self.parameters) else "fewer arguments"
            raise TypeError(f"{self.tree.name} takes {what}")
        given = {**self.defaults, **dict(zip(self.parameters, args, strict=False)), **named}
        if missing := [name for name in self.parameters if name not in given]:
            raise TypeError(f"{self.tree.name} needs a value for {missing[0]}")
        names = {**self.around, **given}
        try:
            self.module.run(self.tree.body, names)
        except Returned as returned:
            return returned.value
        return None


def bound_twice(body: list[ast.stmt]) -> str:
    """A name that two statements of a module bind; empty where there is none."""
    names = [name for statement in body for name in _bound(statement)]
    return next((name for name in names if names.count(name) > 1), "")


def _bound(statement: ast.stmt) -> list[str]:
    """The names that a statement of a module binds."""
    match statement:
        case ast.FunctionDef(name=name) | ast.Assign(targets=[ast.Name(id=name)]):
            return [name]
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return [n.asname or n.name for n in names]
    return []


def is_symbolic(value: Any) -> bool:
    """Whether a condition is one of symbols, to be kept and not decided."""
    return isinstance(value, np.ndarray) and value.dtype == object
