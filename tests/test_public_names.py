"""The public names: what type checkers see is what a program gets."""

import ast
from pathlib import Path

import pytest

import graphgrad as gg


def seen_by_type_checkers():
    tree = ast.parse(Path(gg.__file__).read_text(encoding="utf-8"))
    imports = next(node.body for node in tree.body if isinstance(node, ast.If))
    return {alias.name: node.module for node in imports for alias in node.names}


def test_type_checkers_see_every_name_where_it_lives():
    assert {name: seen_by_type_checkers()[name] for name in gg.__all__} == gg._HOME  # noqa: SLF001
    assert set(seen_by_type_checkers()) == {*gg.__all__, *gg._ROOMS}  # noqa: SLF001


@pytest.mark.parametrize("name", gg.__all__)
def test_every_name_is_there(name):
    assert callable(getattr(gg, name))
    assert name in dir(gg)


def test_data_sets_are_a_module():
    assert gg.datasets.xor().X.shape == (4, 2)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'graphgrad' has no attribute 'sine'"):
        gg.sine  # noqa: B018


def test_ragged_values_are_refused_by_name():
    with pytest.raises(gg.UsageError, match="the value of 'x' is no array of numbers; its rows differ in length"):
        gg.trace("sum(x)", x=[[1, 2], [3]])


@pytest.mark.parametrize(
    ("text", "values"), [("by * theme", {"theme": 1, "by": 2}), ("x * proof", {"proof": 1, "x": 2})]
)
def test_inputs_called_as_options_are(text, values):
    option = next(name for name in ("by", "proof") if name in values)
    with pytest.raises(
        gg.UsageError, match=rf"{option}= is an option here; .* one mapping, as in \{{'{option}': 0.5\}}"
    ):
        gg.animate(text, **values)
    assert gg.animate(text, values, proof=False).frames
