"""Every operation keeps the laws that `graphgrad.testing.check_operation` holds a user's to; wrong ones break them."""

import numpy as np
import pytest
from core.test_array_rows import CASES

from graphgrad.core import shapes
from graphgrad.core.op import MOVES, read
from graphgrad.core.ops import OPS
from graphgrad.proof.readings.functions import FUNCTIONS
from graphgrad.proof.readings.text import learn
from graphgrad.testing.laws import LAWS
from graphgrad.testing.programs import programs

HELD = [law for law in LAWS if law != "it is proved"]  # as a page of its own is, in tests/proof/test_rows.py
ROWS = [name for name in OPS if name != "scatter"]  # which has no text: it is the rule of index


def tried(row):
    return [*programs(row), *((text, dict(inputs)) for text, *inputs in CASES.get(row.name, []))]


@pytest.mark.parametrize("law", HELD)
@pytest.mark.parametrize("name", ROWS)
def test_every_row_keeps_every_law(name, law):
    LAWS[law](OPS[name], tried(OPS[name]))


ONES = {"shape": shapes.along, "onnx": "", "saved": True, "numpy": "np.cumsum(a, axis=axis)", "sympy": ""}
RUNNING = {**ONES, "vjp": ("g",), "entries": "scan('add', a, axis)", "residues": "adds"}
WRONG = {  # a row with one column that is wrong, and the law that it breaks
    "wrong(a)": ({"define": "tanh(a)", "cost": "w"}, "its row is complete"),
    "wrongs(a)": ({"d": ("cosh(a)",), "define": "sinh(a)", "numpy": "np.sinh(a)", "python": "math.cosh(a)",
                   "js": ""}, "its columns agree"),
    "wrong_value(a)": ({"d": ("cosh(a)",), "define": "sinh(a)", "numpy": "np.cosh(a)", "python": "", "js": ""},
                       "it means what its reading says"),
    "wrong_slope(a)": ({"d": ("1 / (2 + a ** 2)",), "define": "atan(a)", "numpy": "np.arctan(a)", "python": "",
                        "js": ""}, "its gradients are differences"),
    "unproved(a)": ({"d": ("1 / (1 + a ** 2) + 1e-12",), "define": "atan(a)", "numpy": "np.arctan(a)", "python": "",
                     "js": ""}, "it is proved"),
    "wrong_edge(a)": ({"d": ("1 / (3 * v ** 2)",), "define": "cbrt(a)", "numpy": "np.cbrt(a)", "python": "math.cbrt(a)",
                       "js": ""}, "slopes are finite, or refused"),
    "wrong_entries(a, *, axis=-1)": ({**RUNNING, "entries": "scan('mul', a, axis)"}, "its entries agree"),
    "wrong_residues(a, *, axis=-1)": ({**RUNNING, "residues": MOVES}, "its residues agree"),
}  # fmt: skip


def running(a, axis=-1):
    return np.add.accumulate(a, axis=axis)


@pytest.mark.parametrize("notation", WRONG)
def test_a_wrong_column_breaks_a_law(notation, monkeypatch):
    columns, law = WRONG[notation]
    row = read(notation, **columns)
    for known in (OPS, OPS.spellings):
        monkeypatch.setitem(known, row.name, row)
    monkeypatch.setitem(FUNCTIONS, row.name, running)
    if "define" in columns:
        learn(row.name, row.operands, row.attrs, row.define)
    with pytest.raises(AssertionError):
        LAWS[law](row, programs(row))
