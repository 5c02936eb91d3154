"""What a module states of itself, in the one line that is for programs: all that it is then held against."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any, NamedTuple

from graphgrad.core import quoting, syntax
from graphgrad.core.errors import GraphgradError, ParseError, ShapeError
from graphgrad.core.graph import Graph
from graphgrad.core.shapes import show
from graphgrad.frontend.parse import parse

MARK, FORMAT = "# graphgrad: ", 1
SHOWN = 60  # characters of what is not told
AGAIN = "compile the program again, or give the program that the module was made from"


class ParameterPlace(NamedTuple):
    """Where a parameter stands in the flat vector; a transposed one stands there as its transpose."""

    name: str
    start: int
    shape: tuple[int, ...]
    transposed: bool

    @property
    def held(self) -> tuple[int, ...]:
        """The shape that it has there."""
        return self.shape[::-1] if self.transposed else self.shape

    @property
    def part(self) -> slice:
        """The part of the vector."""
        return slice(self.start, self.start + prod(self.shape))

    def of(self, flat: Any) -> Any:
        """The parameter, as the program has it."""
        found = flat[self.part].reshape(self.held)
        return found.T if self.transposed else found


class InitialValue(NamedTuple):
    """How a parameter begins: by a law of some scale around 0, or without a law at a value."""

    law: str
    value: Any

    @property
    def spread(self) -> str:
        """What the law is called with."""
        return f"{-self.value if self.law == 'uniform' else 0}, {self.value}"

    def __str__(self) -> str:
        return f"{self.law}({self.spread})" if self.law else str(self.value)


@dataclass(frozen=True)
class Manifest:
    """A module's program and kind of numbers; a training step's update, initial values, places and rows a step."""

    format: int
    target: str
    dtype: str
    program: str
    shapes: Mapping[str, tuple[int | str, ...]]
    update: str = ""
    initial: Mapping[str, InitialValue] = field(default_factory=dict)
    places: tuple[ParameterPlace, ...] = ()
    batch: int | None = None

    def graph(self) -> Graph:
        """The program; ParseError where it is none."""
        if not self.program:
            raise ParseError("the module states no program", hint=AGAIN)
        try:
            return parse(self.program, dict(self.shapes))
        except ShapeError:
            raise
        except GraphgradError as error:
            raise ParseError(f"the program that the module states cannot be read: {error.message}") from None


def stated(source: str) -> Manifest:
    r"""Read what a module states; ParseError where there is no such line, or it is not what the docstring tells.

    >>> told = "'''The value of\n\n    x\n\nMade for numpy, float64, by hand.'''"
    >>> stated(told + '\n# graphgrad: {"format": 1, "target": "numpy", "dtype": "float64", '
    ...        '"program": "x", "shapes": {"x": []}}').graph().inputs
    {'x': 0}
    """
    try:
        docstring = syntax.statements(source).body[0]
    except (SyntaxError, ValueError, RecursionError, IndexError) as error:
        raise ParseError(f"this is not Python: {error}") from None
    line = (*source.split("\n")[docstring.end_lineno :], "")[0]
    if not line.startswith(MARK):
        raise ParseError("the module does not state what it was made from: it is older, or not graphgrad's", hint=AGAIN)
    try:
        found = json.loads(line[len(MARK) :], object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"what the module states is no JSON: {error}") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ParseError("the module is of a format that this version does not know", hint=AGAIN)
    if set(found) not in (_GRADIENT, _STEP) or not all(_KINDS[key](value) for key, value in found.items()):
        raise ParseError("what the module states is not what a module states", hint=AGAIN)
    manifest = _read(found)
    _check_told(manifest, ast.get_source_segment(source, docstring) or "")
    return manifest


def _check_told(manifest: Manifest, docstring: str) -> None:
    """Raise ParseError where the docstring tells people something else."""
    starts = "\n".join(f"{name} = {start}" for name, start in manifest.initial.items())
    paragraphs = [_bare(part) for part in _PARAGRAPHS.split(docstring)]
    told = f"{_END}{_END.join(paragraphs)}{_END}"
    for text in filter(None, (manifest.program, manifest.update, starts)):
        said = _END.join(_bare(quoting.python(part)) for part in _PARAGRAPHS.split(text))
        if f"{_END}{said}{_END}" not in told and "linesmore)" not in told:
            raise ParseError(f"the docstring does not tell what the module states: {text.partition(_LINE)[0][:SHOWN]}")
    shapes = [f"{name}: {{}} of shape {show(shape)}" for name, shape in manifest.shapes.items() if shape]
    ways = [[_bare(text.format(kind)) for kind in ("numbers", "integers", "conditions")] for text in shapes]
    made = [[_bare(f" for {manifest.target}, {manifest.dtype},")]]
    if not all(any(way in told for way in one) for one in ways + made):
        raise ParseError("the docstring does not tell the shapes, the target or the type that the module states")


_LINE, _END, _PARAGRAPHS = "\n", "\0", re.compile(r"\n\s*\n")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


def _bare(text: str) -> str:
    """Text without the spaces and ends of lines that its place gives it."""
    return "".join(text.split())


def _read(found: Mapping[str, Any]) -> Manifest:
    known: dict[str, Any] = {**found, "shapes": {name: tuple(sizes) for name, sizes in found["shapes"].items()}}
    if "places" in found:
        known["places"] = tuple(ParameterPlace(n, at, tuple(s), turned) for n, at, s, turned in found["places"])
        known["initial"] = {name: InitialValue(*start) for name, start in found["initial"].items()}
    return Manifest(**known)


def _sizes(value: Any) -> bool:
    return isinstance(value, list) and all(type(n) is int and n >= 0 for n in value)


def _shape(value: Any) -> bool:
    return isinstance(value, list) and _sizes([n for n in value if not isinstance(n, str)])


def _place(value: Any) -> bool:
    kinds = isinstance(value, list) and [type(part) for part in value] == [str, int, list, bool]
    return kinds and value[1] >= 0 and _sizes(value[2])


def _start(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and value[0] in {"", "uniform", "normal"}


_KINDS: dict[str, Callable[[Any], bool]] = {
    "format": lambda a: type(a) is int,
    "target": lambda a: isinstance(a, str),
    "dtype": lambda a: a in {"float64", "float32"},
    "program": lambda a: isinstance(a, str),
    "shapes": lambda a: isinstance(a, dict) and all(map(_shape, a.values())),
    "update": lambda a: isinstance(a, str),
    "initial": lambda a: isinstance(a, dict) and all(map(_start, a.values())),
    "places": lambda a: isinstance(a, list) and all(map(_place, a)),
    "batch": lambda a: a is None or (type(a) is int and a > 0),
}
_GRADIENT = {"format", "target", "dtype", "program", "shapes"}
_STEP = {*_KINDS}
