"""Values outside an operation's domain or beyond the type: found after a run, and refused where an output needs them.

NumPy computes on with NaN and inf. Where a row states a domain and a result is not finite, the domain is checked; an
entry that breaks it is an error unless every use of it is an unselected branch of `where`. So is an entry that becomes
infinite from finite ones. What comes in as NaN or inf passes through, with all that is made of it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from graphgrad.core.builder import Builder
from graphgrad.core.errors import DomainError
from graphgrad.core.graph import Graph
from graphgrad.core.numerals import equation
from graphgrad.core.ops import OPS
from graphgrad.execute.kernels import kernel
from graphgrad.frontend.lower import Lowering, parsed


def refuse_outside(graph: Graph, values: Sequence[Any]) -> None:
    """Raise DomainError for the first node whose operands break its domain where an output needs it."""
    broken = {
        i: outside
        for i, node in enumerate(graph.nodes)
        if node.op in OPS and OPS[node.op].domain and not np.isfinite(values[i]).all()
        if (outside := ~_evaluated(OPS[node.op].domain, node.op, *[values[o] for o in node.operands])).any()
    }
    if broken and (first := _first(values, broken, _given(graph, values), demand(graph, values))):
        raise _error(graph, values, *first)


def refuse_nonfinite(graph: Graph, values: Sequence[Any], outputs: Collection[int], dtype: Any) -> None:
    """Raise DomainError for the first node that becomes infinite or NaN from finite operands, where outputs need it."""
    found = {
        i: lost
        for i, node in enumerate(graph.nodes)
        if node.op in OPS and node.dtype == "float" and (lost := ~np.isfinite(values[i])).any()
    }
    if not found or not outputs:
        return
    given, made = _given(graph, values), {}
    for i, lost in found.items():
        whole = all(np.isfinite(values[o]).all() for o in graph.nodes[i].operands)
        finite = lost if whole else lost & _finite(graph, values, i)
        if np.any(finite):
            made[i] = finite
    if first := _first(values, made, given, demand(graph, values, outputs)):
        raise _beyond(graph, values, *first, np.dtype(dtype).name)


def _first(
    values: Sequence[Any], entries: Mapping[int, Any], given: Sequence[Any], demands: Sequence[Any]
) -> tuple[int, Any] | None:
    """The first node with an entry that outputs need and that nothing not finite went into, and these entries."""
    for i, found in entries.items():
        needed = np.broadcast_to(found & demands[i], np.shape(values[i])) & ~given[i]
        if needed.any():
            return i, needed
    return None


def _finite(graph: Graph, values: Sequence[Any], i: int) -> Any:
    """Which entries of a node have finite operands alone."""
    node = graph.nodes[i]
    if not OPS[node.op].elementwise:
        return np.False_
    finite: Any = np.True_
    for o in node.operands:
        finite = finite & np.isfinite(values[o])
    return finite


def _given(graph: Graph, values: Sequence[Any]) -> list[Any]:
    """Which entries are made of what came in, or was written, as NaN or inf."""
    given: list[Any] = [np.False_] * len(graph)
    for i, node in enumerate(graph.nodes):
        if node.op not in OPS:
            given[i] = ~np.isfinite(values[i])
            continue
        for o in node.operands:
            part = given[o]
            if np.shape(part) and not (OPS[node.op].elementwise and np.shape(values[i]) == np.shape(values[o])):
                part = part.any()
            given[i] = given[i] | part
    return given


def demand(graph: Graph, values: Sequence[Any], outputs: Collection[int] = ()) -> list[Any]:
    """Give, for every node, which of its entries the outputs need: all, but for unselected branches of `where`."""
    needed: list[Any] = [np.False_] * len(graph)
    for i in outputs or graph.outputs.values():
        needed[i] = np.True_
    for i in range(len(graph) - 1, -1, -1):
        node = graph.nodes[i]
        if node.op not in OPS:
            continue
        for slot, operand in enumerate(node.operands):
            passed = needed[i]
            if node.op == "where" and slot:
                passed = passed & (values[node.operands[0]] if slot == 1 else ~np.asarray(values[node.operands[0]]))
            if np.shape(passed) and (not OPS[node.op].elementwise or np.shape(values[operand]) != np.shape(passed)):
                passed = passed.any()
            needed[operand] = needed[operand] | passed
    return needed


def refuse_steep(graph: Graph, values: Sequence[Any], reached: Container[int]) -> None:
    """Raise DomainError for the first node that a gradient reaches where its slope is infinite."""
    for i, node in enumerate(graph.nodes):
        if node.op in OPS and OPS[node.op].steep and i in reached:
            steep = _evaluated(OPS[node.op].steep, node.op, *[values[o] for o in node.operands]) == 0
            if steep.any():
                formula, facts, where = _described(graph, values, i, steep)
                raise _located(graph, i, f"the slope of {formula} is infinite{where}{',' * bool(where)} where {facts}")


@cache
def _condition(text: str, names: tuple[str, ...]) -> Graph:
    """A column of a row, as a graph of the row's operands."""
    builder = Builder()
    env: dict[str, Any] = {name: builder.input(name) for name in names}
    return builder.build({"condition": Lowering(builder, env, {}).lower(parsed(text))})


def _evaluated(text: str, op: str, *operands: Any) -> Any:
    graph = _condition(text, OPS[op].operands)
    values: list[Any] = [*operands, *[None] * (len(graph) - len(operands))]
    for i, node in enumerate(graph.nodes):
        if node.op == "const":
            values[i] = node.value
        elif node.op != "input":
            values[i] = kernel(node, "numpy")(*[values[o] for o in node.operands])
    return np.asarray(values[graph.output])


def refused(graph: Graph, values: Sequence[Any], i: int, said: str) -> DomainError:
    """The error of a node that NumPy refuses to compute."""
    node = graph.nodes[i]
    if any(np.size(values[o]) == 0 for o in node.operands):
        said = f"there is no {node.op} of no entries"
    return _located(graph, i, f"{said}: {_words(graph, i)[0]}")


def _error(graph: Graph, values: Sequence[Any], i: int, needed: Any) -> DomainError:
    op = graph.nodes[i].op
    formula, facts, where = _described(graph, values, i, needed)
    if op in _SAID:
        return _located(graph, i, f"{_SAID[op]}{where}" + (f": {formula} with {facts}" if facts else ""))
    names = dict(zip(OPS[op].operands, _words(graph, i)[1], strict=True))
    condition = re.sub("|".join(rf"\b{name}\b" for name in names), lambda found: names[found[0]], OPS[op].domain)
    hint = WEIGHTLESS if op in {"log", "log2", "log10"} and _weightless(graph, values, i, needed) else ""
    return _located(graph, i, f"{formula} needs {condition}{where}" + (f", but {facts}" if facts else ""), hint)


def _weightless(graph: Graph, values: Sequence[Any], i: int, entries: Any) -> bool:
    """Whether a logarithm of 0 is multiplied by 0 alone."""
    users = [graph.nodes[user] for user in graph.users[i]]
    if not users or any(user.op != "mul" for user in users):
        return False
    weights = [values[user.operands[1 - user.operands.index(i)]] for user in users]
    argument = np.asarray(values[graph.nodes[i].operands[0]])
    return bool(np.all(argument[entries] == 0)) and all(
        not np.any(np.asarray(w) * np.asarray(entries)) for w in weights
    )


def _beyond(graph: Graph, values: Sequence[Any], i: int, entries: Any, dtype: str) -> DomainError:
    formula, facts, where = _described(graph, values, i, entries)
    size = _size(graph, values, i, entries)
    beyond = f" {size} is beyond {dtype}" if size else f" is beyond {dtype}"
    hint = "--allow-nonfinite, or allow_nonfinite=True, goes on with what NumPy makes of it"
    return _located(graph, i, f"{formula}{beyond}{where}" + (f", with {facts}" if facts else ""), hint)


def _size(graph: Graph, values: Sequence[Any], i: int, entries: Any) -> str:
    """What a number truly is, from its operands; nothing for what is no number of numbers, or too large to say."""
    node = graph.nodes[i]
    if not (OPS[node.op].elementwise and OPS[node.op].sympy):
        return ""
    import mpmath as mp
    import sympy as sp

    place = tuple(int(k[0]) for k in np.nonzero(entries)) if np.shape(entries) else ()
    operands = [np.broadcast_to(values[o], np.shape(entries))[place] for o in node.operands]
    try:
        with mp.workdps(20):
            exact = kernel(node, "sympy")(*[sp.Float(float(v), 20) for v in operands])
            found = mp.mpf(sp.Float(exact, 20)._mpf_)
            size = str(mp.nstr(found, 3)).replace("e+", "e")
            sign = "=" if mp.almosteq(mp.mpf(size), found, 1e-15) else "≈"
            return f"{sign} {size}" if len(size) <= SIZE else ""
    except (ArithmeticError, TypeError, ValueError, mp.libmp.NoConvergence):
        return ""


def _described(graph: Graph, values: Sequence[Any], i: int, places: Any) -> tuple[str, str, str]:
    """A node's formula, its operands' values at the first of some entries, and that entry."""
    node, (formula, words) = graph.nodes[i], _words(graph, i)
    place = tuple(int(k[0]) for k in np.nonzero(places)) if np.shape(places) else ()
    if not OPS[node.op].elementwise:
        return formula, "", f" at entry {list(place)}" if place else ""
    entries = [np.broadcast_to(values[o], np.shape(places))[place] for o in node.operands]
    facts = {word: equation(word, entry, 6) for o, word, entry in zip(node.operands, words, entries, strict=True)
             if graph.nodes[o].op != "const"}  # fmt: skip
    return formula, ", ".join(facts.values()), f" at entry {list(place)}" if place else ""


def _words(graph: Graph, i: int) -> tuple[str, list[str]]:
    """A node's formula and its operands', in the user's names; where that is long, by the operands' labels."""
    from graphgrad.frontend.printers import text

    named, operands = graph.names.keys(), graph.nodes[i].operands
    formula = text(graph, i, named)
    if len(formula) > LENGTH:
        return text(graph, i, frozenset(operands)), [graph.label(o) for o in operands]
    return formula, [graph.label(o) if o in named else text(graph, o, named) for o in operands]


def _located(graph: Graph, i: int, message: str, hint: str = "") -> DomainError:
    return DomainError(message, hint=hint, source=graph.source, span=graph.span(i))


WEIGHTLESS = "0 log 0 counts 0 where the weight has no slope: a constant, or whole numbers, declared as q=(3, int)"
LENGTH, SIZE = 60, 16  # of a formula in a message, and of a number
_SAID = {
    "div": "division by zero",
    "reciprocal": "division by zero",
    "pow": "this power is no real number",
}
