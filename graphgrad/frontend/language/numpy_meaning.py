"""What NumPy makes of names, positions and types, where that is not what a row says by itself.

What users write means what NumPy means by it, or is refused: conditions alone are no numbers, integers have powers
of their own, and what stands second in a call is what NumPy's function takes second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

import numpy as np

from graphgrad.core.builder import Builder
from graphgrad.core.constants import ConstantArray
from graphgrad.core.errors import UsageError
from graphgrad.core.op import Op
from graphgrad.core.ops import OPS
from graphgrad.core.shapes import Misfit

# The parameters of NumPy's functions behind the operands, in NumPy's order; those of other rows are as the rows say.
PARAMETERS = {
    "sum": "axis dtype out keepdims initial where",
    "prod": "axis dtype out keepdims initial where",
    "max": "axis out keepdims initial where",
    "min": "axis out keepdims initial where",
    "mean": "axis dtype out keepdims where",
    "var": "axis dtype out ddof keepdims where mean correction",
    "std": "axis dtype out ddof keepdims where mean correction",
    "argmax": "axis out keepdims",
    "argmin": "axis out keepdims",
    "norm": "ord axis keepdims",
    "logsumexp": "axis b keepdims return_sign",  # SciPy's
    "take": "axis out mode",
    "concatenate": "axis out dtype casting",
    "stack": "axis out dtype casting",
    "reshape": "shape order copy",
    "ravel": "order",
    "clip": "out",
    "ones_like": "dtype order subok shape device",
    "zeros_like": "dtype order subok shape device",
    "broadcast_to": "shape subok",
    "dot": "out",
    "outer": "out",
}
# What NumPy calls operands, where users say so by keyword.
OPERANDS = {
    "clip": {"a": "a", "a_min": "low", "a_max": "high", "min": "low", "max": "high"},
    "concatenate": {"arrays": "a"},
    "stack": {"arrays": "a"},
    "broadcast_to": {"array": "a"},
    "norm": {"x": "a"},
    "matrix_transpose": {"x": "a"},
}
# What NumPy's parameters without a row's attribute may say: their defaults.
DEFAULTS: dict[str, tuple[Any, ...]] = {
    "dtype": (None,), "out": (None,), "ord": (None,), "where": (True,), "b": (None,), "return_sign": (False,),
    "order": ("C", "K"), "mode": ("raise",), "casting": ("same_kind",), "subok": (True, False), "copy": (None,),
    "keepdims": (False,), "shape": (None,), "device": (None,), "mean": (), "correction": (), "initial": (),
}  # fmt: skip


def parameters(row: Op) -> list[str]:
    """The names of what may stand behind the operands, in order."""
    return PARAMETERS[row.name].split() if row.name in PARAMETERS else list(row.attrs)


def operand_names(row: Op) -> dict[str, str]:
    """What operands may be called by keyword, in NumPy and in the row; ufuncs take them in order alone."""
    return OPERANDS.get(row.name) or ({} if row.elementwise else {name: name for name in row.operands})


def by_keyword(row: Op, keywords: Mapping[str, Any]) -> dict[str, Any]:
    """The operands among a call's keywords; one of `min=` and `max=` alone leaves clip without the other bound."""
    names = operand_names(row)
    open_ended = dict.fromkeys(row.operands[1:]) if row.name == "clip" and {"min", "max"} & keywords.keys() else {}
    return open_ended | {names[k]: value for k, value in keywords.items() if k in names}


def unbounded(row: Op, operand: str) -> float | None:
    """What stands for None as an operand: of clip, the bound that bounds nothing."""
    return {"low": -inf, "high": inf}.get(operand) if row.name == "clip" else None


def listed(row: Op, name: str, value: Any) -> bool:
    """Whether a list stands for an axis, which NumPy's reductions do not take."""
    return name == "axis" and isinstance(value, list) and row.name != "expand_dims"


def kept(row: Op, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a row takes of a call's arguments; UsageError for one that it has not, unless that says NumPy's default.

    >>> kept(OPS["sum"], {"axis": 0, "dtype": None})
    {'axis': 0}
    """
    for name, value in given.items():
        if name not in row.attrs and (refused := not_taken(row, name, value)):
            raise UsageError(refused[0], hint=refused[1])
    return {name: value for name, value in given.items() if name in row.attrs}


def not_taken(row: Op, name: str, value: Any) -> tuple[str, str] | None:
    """Say, and hint, that a row has no such argument; nothing where it says what NumPy does without."""
    known = ", ".join(row.attrs) or "none"
    if name not in parameters(row):
        return f"{row.name} has no keyword '{name}'", f"it has {known}"
    if any(value is default or (value is not ... and value == default) for default in DEFAULTS.get(name, ())):
        return None
    return f"NumPy's {row.name} has {name}= here, which is not part of the language", f"{row.name} has {known}, by name"


def operands_as_in_numpy(builder: Builder, name: str, row: Op, nodes: Sequence[int]) -> list[int]:
    """The operands of a call by name: numbers are true where they are not 0, and a known integer is an index."""
    found = list(nodes)
    for slot, i in enumerate(nodes):
        node, operand = builder.nodes[i], row.named(slot)
        if operand in row.boolean and node.dtype != "bool" and (name.startswith("logical_") or name == "where"):
            found[slot] = builder.apply("not_equal", i, builder.const(0))
        elif operand in row.integer and node.op == "const" and type(node.value) is int:
            found[slot] = builder.const(ConstantArray(np.asarray(node.value)))
    return found


def meant(builder: Builder, row: Op, nodes: Sequence[int]) -> int | None:
    """What NumPy makes of an operation on conditions or whole numbers alone; None where it is the row's own.

    Misfit where NumPy refuses it, or gives whole numbers that are not the numbers' own result.
    """
    made = [builder.nodes[i] for i in nodes]
    if row.name in {"pow", "reciprocal"} and made[0].dtype in {"int", "bool"} and made[0].op != "const":
        if row.name == "reciprocal" and made[0].dtype == "int":
            raise Misfit("the reciprocal of an integer is an integer in NumPy; write 1 / a")
        if row.name == "pow" and made[1].op == "const" and _negative(made[1].value):
            raise Misfit("integers have no negative integer powers; write a ** -1.0 for numbers")
    if row.name == "pow" and made[1].dtype == "int" and made[0].op == "const" and type(made[0].value) is int:
        return builder.apply("pow", builder.const(float(made[0].value)), nodes[1])  # negative: only a run would tell
    if row.dtype != "float" or row.of_conditions == "number" or row.data([n.dtype for n in made]) != {"bool"}:
        return None
    if row.of_conditions in OPS:
        return builder.apply(row.of_conditions, *nodes)
    if row.of_conditions == row.operands[0]:
        return nodes[0]
    raise Misfit(f"{row.notation} is no operation on conditions; {row.of_conditions}")


def _negative(exponent: float | ConstantArray) -> bool:
    """Whether an exponent is a negative whole number, or has one."""
    if isinstance(exponent, ConstantArray):
        return exponent.dtype == "int" and bool((exponent.array < 0).any())
    return type(exponent) is int and exponent < 0
