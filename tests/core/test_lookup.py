"""One look-up for every table: names, aliases, suggestions that are near, and rows that can be resolved."""

import pytest

from graphgrad.compiler.backend import TARGETS
from graphgrad.compiler.passes.table import PASSES
from graphgrad.core.errors import GraphgradError, UsageError, did_you_mean
from graphgrad.core.lookup import Table
from graphgrad.core.op import read
from graphgrad.core.ops import OPS
from graphgrad.frontend.language.refusals import meant
from graphgrad.learn.networks.activations import ACTIVATIONS, Activation
from graphgrad.learn.networks.initial import INITIALS
from graphgrad.learn.networks.losses import LOSSES
from graphgrad.learn.updates.optimizers import OPTIMIZERS
from graphgrad.learn.updates.schedules import SCHEDULES
from graphgrad.render.drawing.style import THEMES
from graphgrad.render.formats.table import FILM, GRAPH, PICTURE
from graphgrad.render.training.film import STILLS, TRAINING

TABLES = [
    OPS,
    LOSSES,
    ACTIVATIONS,
    OPTIMIZERS,
    SCHEDULES,
    INITIALS,
    TARGETS,
    THEMES,
    PICTURE,
    GRAPH,
    FILM,
    TRAINING,
    STILLS,
]
ELSEWHERE = "round inv all cumsum argsort nanmax floor_divide det einsum sort median diff flip cross sinc"
FORMATS = [pytest.param(row, id=f"{table.kind} {row.name}") for table in TABLES[-5:] for row in table.values()]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.kind)
def test_every_row_is_found_by_all_its_names_and_by_no_other(table):
    for name, row in table.items():
        assert row.name == name
        assert all(table.row(word) is row for word in (name, *row.aliases))
    assert len(table.spellings) == sum(len({name, *row.aliases}) for name, row in table.items())
    for word in ("", "xyzzy", next(iter(table)) + "q", 3, None):
        with pytest.raises(GraphgradError, match=table.kind):
            table.row(word)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.kind)
def test_a_slip_of_the_finger_is_told(table):
    for name in table:
        if len(name) > 4:
            for slip in (name[:-1], name + name[-1], name[:2] + name[3] + name[2] + name[4:]):
                assert slip in table.spellings or "did you mean" in table.suggestion(slip), slip


@pytest.mark.parametrize("word", ELSEWHERE.split())
def test_what_is_something_else_is_not_suggested(word):
    assert not meant(word)
    assert (
        did_you_mean(word, {"round": ["prod"], "inv": ["sin"], "all": ["nll"], "cumsum": ["sum"]}.get(word, ())) == ""
    )


@pytest.mark.parametrize("row", FORMATS)
def test_every_format_finds_its_writer(row):
    if row.extra:
        pytest.importorskip(row.extra)
    assert callable(row.load())


def test_a_row_stays_what_it_is():
    table = Table("activation", [Activation("tanh", "tanh(x)", ("th",))])
    assert table.add(Activation("tanh", "tanh(x)", ("th",))) is table["tanh"]
    for other in (Activation("tanh", "x"), Activation("th", "x"), Activation("new", "x", ("tanh",))):
        with pytest.raises(UsageError, match=r"there is an activation '(tanh|th)' already"):
            table.add(other)
    assert list(table) == ["tanh"]


FORGOTTEN = {  # what is wrong with a row: its notation and columns, and what is said
    "an array's shape": ("running(a, *, axis)", {"vjp": ("g",)}, "lacks the column shape"),
    "the graph of its entries": ("running(a)", {"vjp": ("g",), "shape": max}, "lacks the column entries"),
    "NumPy's function": ("mish(a)", {"d": ("1",)}, "lacks the column numpy: there is no np.mish"),
    "Python's": ("round(a)", {"d": ("1",)}, "lacks the column python: there is no math.round"),
    "JavaScript's": ("i0(a)", {"d": ("1",), "python": "a"}, "lacks the column js: there is no Math.i0"),
    "SymPy's": ("trunc(a)", {"d": ("1",)}, "lacks the column sympy: there is no sp.trunc"),
    "a rule": ("mish(a)", {}, "lacks a rule"),
    "one rule of two": ("hypot(a, b)", {"d": ("a / v",), "sympy": "a"}, "has 2 operands, but 1 rules in d"),
    "a column's name": ("mish(a)", {"define": "a", "numpyy": "a"}, "has no column 'numpyy'; did you mean 'numpy'"),
    "a notation": ("mish(a", {"define": "a"}, "is no notation of an operation"),
}


@pytest.mark.parametrize("what", FORGOTTEN)
def test_what_a_row_forgets_is_told_at_once(what):
    notation, columns, said = FORGOTTEN[what]
    with pytest.raises(UsageError, match=said):
        read(notation, **columns)


def test_passes_have_names():
    assert all(name == row.name for name, row in PASSES.items())
