"""Compiled: source text made a function, which knows its source and can write it to a file."""

from __future__ import annotations

import hashlib
import linecache
import os
import tempfile
from pathlib import Path
from types import FunctionType
from typing import Any, Protocol

from graphgrad.compile.passes import Passed
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


def compiled(function: FunctionType, **known: Any) -> Compiled:
    """Give a function its source, its history and a way to save them."""
    made: Any = function
    vars(made).update(known, save=lambda path: save(known["source"], path))
    result: Compiled = made
    return result


def save(source: str, path: str | os.PathLike[str]) -> None:
    """Write text beside the file and rename it there, so that no reader ever sees half of it."""
    place = Path(path)
    descriptor, beside = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(source)
        Path(beside).chmod(0o666 & ~_umask())
        Path(beside).replace(place)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
