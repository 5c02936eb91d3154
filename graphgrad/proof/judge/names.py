"""The names that a text uses, before it is read."""

from __future__ import annotations

import ast
from collections.abc import Collection
from contextlib import suppress

from graphgrad.core.constants import CONSTANTS
from graphgrad.core.errors import ShapeError, UsageError, did_you_mean
from graphgrad.frontend.lower import MODULES
from graphgrad.frontend.parse import parse
from graphgrad.proof.readings.text import statements


def names_known(text: str, known: Collection[str], what: str = "the claim") -> list[str]:
    """The names that a text uses; ParseError where it is not in the language, UsageError where it names a stranger."""
    used = free_names(text)
    for name in used:
        if name not in known and name not in CONSTANTS:
            hint = did_you_mean(name, known) or f"it has {', '.join(dict.fromkeys(known))}"
            raise UsageError(f"{what} names '{name}', which the program does not", hint=hint)
    return used


def free_names(text: str) -> list[str]:
    """The names that a program uses before it assigns them; ParseError where it is not in the language."""
    with suppress(ShapeError):  # shapes come later
        parse(text)
    assigned: set[str] = set()
    free: dict[str, None] = {}
    for target, expression, _ in statements(text.strip()):
        calls = {id(t.func) for t in ast.walk(expression) if isinstance(t, ast.Call)}
        modules = {id(t.value) for t in ast.walk(expression) if isinstance(t, ast.Attribute)}
        for tree in ast.walk(expression):
            if not isinstance(tree, ast.Name) or id(tree) in calls or tree.id in assigned:
                continue
            if id(tree) not in modules or tree.id not in MODULES:
                free.setdefault(tree.id)
        assigned.add(target)
    return list(free)
