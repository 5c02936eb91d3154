"""Many points at once: what a module computes piece by piece is, around every border, what it computes of a few."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from graphgrad.core import syntax
from graphgrad.core.graph import Graph
from graphgrad.frontend.parse import parse
from graphgrad.proof.judge.cases import source_of
from graphgrad.proof.modules.interpreter import ENTRY, Module
from graphgrad.proof.modules.language import in_floats
from graphgrad.proof.modules.library import trusted
from graphgrad.proof.modules.rounding import centred, drawn, long
from graphgrad.proof.modules.sweep import sweep
from graphgrad.proof.scalars.symbols import SymbolsLost
from graphgrad.transform.grad import derivative_name, reverse

FEW, MOST = 1000, 1 << 17  # points of which nothing is a border, and of which no module takes more at once
FEW_ROWS = 8  # at which modules are tried anyway
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


def wrong_rows(source: str, graph: Graph, names: Sequence[str]) -> str:
    """Say at how many rows a module of arrays gives a wrong gradient; "" if none is known.

    Every whole number in its text is a border of what a named dimension may be.
    """
    sizes = {i: graph.nodes[i].shape for i in graph.inputs.values()}
    if not any(isinstance(n, str) for shape in sizes.values() for n in shape):
        return ""
    tree = syntax.statements(source)
    written = _whole(tree) - {abs(n.value) for n in graph.nodes if n.op == "const" and not n.shape}
    if far := [k for k in written if k > MOST]:
        return f"{min(far)} may be a number of rows, and is more than are tried"
    for rows in sorted(k + 1 for k in written if k > FEW_ROWS):
        shapes = {n: tuple(rows if isinstance(d, str) else d for d in sizes[i]) for n, i in graph.inputs.items()}
        fixed = parse(source_of(graph), shapes)
        try:
            right = _right(Module(source, in_floats("float64")), fixed, names)
        except SymbolsLost as error:
            return f"of {rows} rows {error}"
        if not right:
            return f"of {rows} rows it gives something else"
    return ""


def _right(module: Module, fixed: Graph, names: Sequence[str]) -> bool:
    """Whether value and gradients are the program's own at some point."""
    inputs = drawn(fixed, centred, "float64")
    output = next(iter(fixed.outputs))
    derived, _ = reverse(fixed, tuple(names))
    wanted = {output: derived.outputs[output], **{n: derived.outputs[derivative_name(output, n)] for n in names}}
    with np.errstate(all="ignore"):
        value, gradients = module.run_path(ENTRY, inputs)
        true = dict(sweep(derived, inputs, long, wanted))
    return all(np.allclose(true[n], value if n == output else gradients[n], 1e-6, 1e-9, equal_nan=True) for n in wanted)


def cuts(tree: ast.AST, vectors: Collection[str]) -> set[int]:
    """The whole numbers by which arrays other than some vectors are cut."""
    cut = [t.slice for t in ast.walk(tree) if isinstance(t, ast.Subscript) and ast.unparse(t.value) not in vectors]
    numbers = [k.value for t in cut for k in ast.walk(t) if isinstance(k, ast.Constant) and type(k.value) is int]
    return {k for k in numbers if FEW_ROWS < k <= MOST}


def _whole(tree: ast.Module) -> set[int]:
    """The whole numbers in a module's own functions."""
    functions = {t.name: t for t in tree.body if isinstance(t, ast.FunctionDef)}
    own = [t for name, t in functions.items() if name not in trusted(functions)]
    return {k.value for t in own for k in ast.walk(t) if isinstance(k, ast.Constant) and type(k.value) is int}


def _sizes(tree: ast.FunctionDef) -> list[int]:
    written = {t.value for t in ast.walk(tree) if isinstance(t, ast.Constant) and type(t.value) is int}
    borders = {k for k in written if FEW < k <= MOST}
    return sorted({k + by for k in borders for by in (-1, 0, 1)})


def _same(whole: Any, parts: Any, size: int) -> bool:
    return np.shape(whole) == (size,) and bool(np.allclose(np.asarray(whole), np.asarray(parts), 1e-6, equal_nan=True))
