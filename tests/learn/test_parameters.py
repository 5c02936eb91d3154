"""The table of what may be said about training, and everybody who reads it."""

import inspect
import re
from pathlib import Path

import numpy as np
import pytest

import graphgrad as gg
from graphgrad.learn.training.parameters import PARAMETERS, FitOptions

X, Y = np.eye(4), np.arange(4.0)
WRONG = {  # what no parameter of a range may be
    "a whole number, 1 or more": [0, 2.5, "3", -1],
    "a whole number, 0 or more": [-1, 1.5, "x"],
    "a finite number, 0 or more": [-0.1, float("nan"), float("inf"), "1"],
    "True or False": [2, "yes", [1]],
    "a text": [3, ["adam"]],
    "a text, or an optimizer": [3, ["adam"]],
    "a file's name": [3, b"run"],
    "a mapping of names to values": [3, "lr=1"],
    "a function": [3, "print"],
    "'balanced', or a mapping of classes to weights": ["balance", 3],
    "a pair (X, y), or a part of the examples, 0 or more and less than 1": [1, -0.5, "0.2", (X,)],
    "anything": [],
}


def test_the_signature_the_types_and_the_table_are_one():
    rows = [p for p in inspect.signature(gg.fit).parameters.values() if p.kind is p.KEYWORD_ONLY]
    assert {p.name: p.default for p in rows} == {name: row.default for name, row in PARAMETERS.items()}
    assert [*FitOptions.__annotations__] == [*PARAMETERS]
    assert {row.range.words for row in PARAMETERS.values()} == WRONG.keys()


@pytest.mark.parametrize(("name", "wrong"), [(n, w) for n, row in PARAMETERS.items() for w in WRONG[row.range.words]])
def test_what_cannot_be_is_refused_by_its_row(name, wrong):
    with pytest.raises(gg.UsageError, match=f"^{name} must be {re.escape(PARAMETERS[name].range.words)}, not "):
        gg.fit(gg.mlp(4, 1), X, Y, **{"epochs": 1, name: wrong})


def test_the_command_line_has_every_option_of_the_table():
    from graphgrad.cli.training.train import command

    known = {option: parameter for parameter in command.params for option in parameter.opts}
    for row in PARAMETERS.values():
        if row.option:
            assert known[row.option].help == row.said, row.name


def test_the_page_has_the_table():
    page = (Path(__file__).parents[2] / "docs" / "howto" / "train.md").read_text(encoding="utf-8")
    for row in PARAMETERS.values():
        assert row.line() in page, row.line()
