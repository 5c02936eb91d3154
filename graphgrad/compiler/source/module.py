"""The module: header, imports, the runtime functions it needs, copied whole, and the functions themselves."""

from __future__ import annotations

import importlib.metadata
import inspect
import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from types import MappingProxyType, ModuleType
from typing import Any, NamedTuple

from graphgrad.compiler.source.lines import WIDTH
from graphgrad.compiler.source.manifest import manifest
from graphgrad.compiler.source.primal import primal_program
from graphgrad.core import quoting
from graphgrad.core.graph import Graph
from graphgrad.core.shapes import show
from graphgrad.frontend.language import program_text

FORMULA_LINES = 24  # of the formula that a docstring shows
_NO_STEP: Mapping[str, Any] = MappingProxyType({})


def header(  # noqa: PLR0913, PLR0917  (what a module says of itself)
    title: str, graph: Graph, notes: Iterable[str], target: str, dtype: str, step: Mapping[str, Any] = _NO_STEP
) -> str:
    """Give the module's docstring, which says what `described` does, and under it the same for programs."""
    said = quoting.python(described(title, graph, notes, target, dtype))
    return f'"""{said}\n"""\n{manifest(graph, target, dtype, step)}\n'


def described(title: str, graph: Graph, notes: Iterable[str], target: str, dtype: str) -> str:
    """Say what a module computes, of what, and where it comes from; the user's own text is among it, as it is."""
    lines = [*textwrap.wrap(title, WIDTH - 3), "", *(f"    {line}" for line in formula(graph)), "", *notes]
    made = f"Made by graphgrad {version()} for {target}, {dtype}, from the graph {graph.digest}."
    return "\n".join([*lines, "", *textwrap.wrap(made, WIDTH)]).strip()


@cache
def version() -> str:
    """The version of graphgrad that writes."""
    return importlib.metadata.version("graphgrad")


def formula(graph: Graph) -> list[str]:
    """Give the user's text, or the graph's own, cut to what a docstring can hold."""
    whole = primal_program(graph) or f"a graph of {len(graph)} nodes"
    lines = [line.rstrip() for line in whole.splitlines()]
    lines = [part for line in lines for part in (textwrap.wrap(line, WIDTH - 4, subsequent_indent="    ") or [""])]
    if len(lines) > FORMULA_LINES:
        lines = [*lines[:FORMULA_LINES], f"... ({len(lines) - FORMULA_LINES} lines more)"]
    return lines


def described_inputs(graph: Graph) -> list[str]:
    """Say each input's shape."""
    kinds = {"int": "integers", "bool": "conditions", "float": "numbers"}
    said = []
    for name, i in graph.inputs.items():
        node = graph.nodes[i]
        what = f"{kinds[node.dtype]} of shape {show(node.shape)}" if node.shape else _ONE[node.dtype]
        said.append(f"{name}: {what}")
    return textwrap.wrap("; ".join(said) + ".", WIDTH)


_ONE = {"int": "an integer", "bool": "a condition", "float": "a number"}


class Library(NamedTuple):
    """What a module needs of others: names to import from `math`, and functions to copy, name to source, in order."""

    imports: set[str]
    functions: dict[str, str]
    math: bool  # whether the functions speak of `math` itself


_text_of = cache(inspect.getsource)  # of a function that modules copy


def library(calls: Iterable[str], *modules: ModuleType) -> Library:
    """Give what the calls need.

    Functions are those of the first module; where a later one has one of the same name, it is that one's.
    """
    functions = {name: value for name, value in vars(modules[0]).items() if inspect.isfunction(value)}
    wanted = {name for name in calls if name in functions}
    imported = {name for name in calls if name not in wanted and hasattr(math, name)}
    stack = list(wanted)
    while stack:
        new = {name for name in functions[stack.pop()].__code__.co_names if name in functions} - wanted
        wanted |= new
        stack += new
    for other in modules[1:]:
        functions |= {n: f for n, f in vars(other).items() if n in wanted and inspect.isfunction(f)}
    spoken = any("math" in functions[name].__code__.co_names for name in wanted)
    return Library(imported, {name: _text_of(functions[name]) for name in functions if name in wanted}, spoken)


def head(said: str, *groups: Iterable[str]) -> str:
    """Write what stands above a module's functions: the docstring, imports, and what follows them, group by group."""
    lines = [[*group] for group in (["from __future__ import annotations"], *groups)]
    return "\n".join([said, *("\n".join(group) + "\n" for group in lines if group)]) + "\n\n"


def from_math(names: Iterable[str], hidden: Mapping[str, str]) -> list[str]:
    """Import functions of `math`, some by other names."""
    return imported("math", [f"{n} as {hidden[n]}" if n in hidden else n for n in sorted(names)])


def renamed(text: str, names: Mapping[str, str]) -> str:
    """Rename functions and modules in a copied function."""
    return program_text.renamed(text, tuple(names.items()), called=True) if names else text


def written(lines: Iterable[tuple[str, str]], indent: int) -> list[str]:
    """Set code beside its comment where both fit a line, under it otherwise."""
    space = " " * indent
    said = []
    for code, plain in lines:
        comment = quoting.python(plain)
        beside = f"{space}{code}  # {comment}"
        if not comment:
            said.append(f"{space}{code}" if code else "")
        elif len(beside) <= WIDTH:
            said.append(beside)
        else:
            room = WIDTH - indent - 2
            short = comment if len(comment) <= room else f"{comment[: room - 4]} ..."
            said += [f"{space}# {short}", f"{space}{code}"]
    return said


def signature(name: str, parameters: Iterable[str], result: str = "") -> list[str]:
    """Write the first line of a function, or lines, where one does not hold it; without a result it has no types."""
    given = list(parameters)
    end = f") -> {result}:" if result else "):  # type: ignore"
    one = f"def {name}({', '.join(given)}{end}"
    return [one] if len(one) <= WIDTH else [f"def {name}(", *(f"    {p}," for p in given), end]


def imported(package: str, names: list[str]) -> list[str]:
    """Write an import of names, a name a line where one line does not hold them."""
    if not names:
        return []
    one = f"from {package} import {', '.join(names)}"
    return [one] if len(one) <= WIDTH else [f"from {package} import (", *(f"    {n}," for n in names), ")"]


def mapping(start: str, entries: Mapping[str, str], indent: int) -> list[str]:
    """Write a dictionary after a text, an entry a line where one line does not hold it."""
    space = " " * indent
    items = [f'"{key}": {value}' for key, value in entries.items()]
    one = f"{space}{start}{{{', '.join(items)}}}"
    if len(one) <= WIDTH or not items:
        return [one]
    return [f"{space}{start}{{", *(f"{space}    {item}," for item in items), f"{space}}}"]


def call(function: str, arguments: Sequence[str], indent: int) -> list[str]:
    """Write a call, an argument a line where one line does not hold them."""
    space = " " * indent
    one = f"{space}{function}({', '.join(arguments)})"
    return (
        [one] if len(one) <= WIDTH else [f"{space}{function}(", *(f"{space}    {a}," for a in arguments), f"{space})"]
    )


def unpacked(names: Sequence[str], value: str, indent: int) -> list[str]:
    """Write the unpacking of a sequence into names, in brackets where one line does not hold them."""
    space = " " * indent
    left = f"({names[0]},)" if len(names) == 1 else ", ".join(names)
    one = f"{space}{left} = {value}"
    return [one] if len(one) <= WIDTH else [f"{space}(", *(f"{space}    {n}," for n in names), f"{space}) = {value}"]


def packed(target: str, names: Sequence[str], indent: int) -> list[str]:
    """Write the assignment of several values to one target, in brackets where one line does not hold them."""
    space = " " * indent
    right = f"({names[0]},)" if len(names) == 1 else ", ".join(names)
    one = f"{space}{target} = {right}"
    return [one] if len(one) <= WIDTH else [f"{space}{target} = (", *(f"{space}    {n}," for n in names), f"{space})"]
