"""Compiled: source text made a function, which knows its source and can write it to a file."""

from __future__ import annotations

import hashlib
import linecache
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from graphgrad.compiler.passes import Passed
from graphgrad.core.files import check_writable, write_whole
from graphgrad.core.graph import Graph


class Compiled(Protocol):
    """A compiled function: call it with the graph's inputs, by name or in order.

    It gives the value; for a gradient graph `value, grads`, the gradients by input name; for several other outputs a
    dictionary by output name. It is a plain Python function, so that a call costs no more than one.
    """

    source: str  # the module's text
    target: str
    dtype: str
    graph: Graph  # before the passes
    passes: tuple[Passed, ...]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute."""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the module to a file: whole, or not at all."""


def load(source: str, name: str) -> dict[str, Any]:
    """Run a module's text and give what it defines; tracebacks and debuggers see the text."""
    filename = f"<graphgrad {name} {hashlib.sha256(source.encode()).hexdigest()[:12]}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace: dict[str, Any] = {"__name__": f"graphgrad_compiled_{name}"}
    exec(compile(source, filename, "exec"), namespace)  # noqa: S102  (text that we wrote)
    return namespace


def compiled(function: Callable[..., Any], **known: Any) -> Compiled:
    """Give a function its source, its history and a way to save them."""
    made: Any = function
    vars(made).update(known, save=lambda path: save(known["source"], path))
    result: Compiled = made
    return result


def save(source: str, path: str | os.PathLike[str]) -> None:
    """Write a module, whole or not at all; UsageError where it cannot be written."""
    place = Path(path)
    check_writable(place)
    write_whole(place, source.encode())
