"""Many points at once: what a module computes piece by piece is, around every border, what it computes of a few."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

import numpy as np

from graphgrad.proof.modules.interpreter import Module
from graphgrad.proof.scalars.symbols import SymbolsLost

FEW, MOST = 1000, 1 << 17  # points of which nothing is a border, and of which no module takes more at once
POINTS = "_of_points"


def wrong_pieces(module: Module, names: Sequence[str]) -> str:
    """Say at how many points a module of numbers gives something else than for a few of them at a time; "" if never.

    `names` are the inputs. Every whole number in its text is a border: one less, as many, and one more are tried.
    """
    for path in module.paths():
        if not path.endswith(POINTS):
            continue
        dice = np.random.default_rng(0)
        for size in _sizes(module.functions()[path]):
            points = {name: dice.uniform(0.5, 1.5, size) for name in names}
            pieces = [{n: a[i : i + FEW] for n, a in points.items()} for i in range(0, size, FEW)]
            try:
                with np.errstate(all="ignore"):
                    value, gradients = module.run_path(path, points)
                    values, several = zip(*[module.run_path(path, piece) for piece in pieces], strict=True)
            except SymbolsLost as error:
                return f"of {size} points {error}"
            pairs = [(value, values), *((gradients[n], [g[n] for g in several]) for n in gradients)]
            if not all(_same(whole, np.concatenate(parts), size) for whole, parts in pairs):
                return f"of {size} points it gives something else than of {FEW} at a time"
    return ""


def _sizes(tree: ast.FunctionDef) -> list[int]:
    written = {t.value for t in ast.walk(tree) if isinstance(t, ast.Constant) and type(t.value) is int}
    borders = {k for k in written if FEW < k <= MOST}
    return sorted({k + by for k in borders for by in (-1, 0, 1)})


def _same(whole: Any, parts: Any, size: int) -> bool:
    return np.shape(whole) == (size,) and bool(np.allclose(np.asarray(whole), np.asarray(parts), 1e-6, equal_nan=True))
