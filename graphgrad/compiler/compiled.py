"""Compiled: source text made a function, which knows its source and can write it to a file."""

from __future__ import annotations

import hashlib
import importlib.util
import linecache
import os
import stat
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import Any, Protocol

from graphgrad.compiler.passes.passed import Passed
from graphgrad.compiler.source.outline import Code
from graphgrad.core.errors import UsageError
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
    code: Callable[[], tuple[Code, ...]]  # what was written, from afar

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute."""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the module to a file: whole, or not at all."""


def load(source: str, name: str) -> dict[str, Any]:
    """Run a module's text and give what it defines; tracebacks and debuggers see the text."""
    filename = f"<graphgrad {name} {_mark(source)[:12]}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace: dict[str, Any] = {"__name__": f"graphgrad_compiled_{name}"}
    exec(compile(source, filename, "exec"), namespace)  # noqa: S102  (text that we wrote)
    return namespace


def _mark(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def kept(source: str, name: str) -> dict[str, Any]:
    """Run a module's text from a file, beside which numba keeps its machine code for the next process."""
    name = f"graphgrad_{name}_{_mark(source)}"
    path = _cache() / f"{name}.py"
    if not path.is_file() or path.read_bytes() != source.encode():
        write_whole(path, source.encode())
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return vars(module)


@cache
def _cache() -> Path:
    """The folder of modules whose machine code is kept; where there can be none, one for this process alone."""
    home = os.environ.get("XDG_CACHE_HOME", "")
    home = home if Path(home).is_absolute() else "~/.cache"  # the standard has others ignored
    kept = Path(os.environ.get("NUMBA_CACHE_DIR") or f"{home}/graphgrad")
    with suppress(OSError, RuntimeError, UsageError):
        folder = kept.expanduser()
        folder.mkdir(parents=True, exist_ok=True)
        check_writable(folder / "step.py")
        return folder
    with suppress(OSError, AttributeError):  # Windows has no users by number
        folder = Path(tempfile.gettempdir()) / f"graphgrad-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        made = folder.lstat()
        if stat.S_ISDIR(made.st_mode) and made.st_uid == os.getuid() and not made.st_mode & 0o022:
            return folder
    return Path(tempfile.mkdtemp(prefix="graphgrad-"))


def compiled(function: Callable[..., Any], **known: Any) -> Compiled:
    """Give a function its source, its history and a way to save them."""
    made: Any = function
    vars(made).update(known, save=lambda path: save(known["source"], path), _repr_mimebundle_=partial(_displays, made))
    of, gives = (", ".join(names) for names in (known["graph"].inputs, known["graph"].outputs))
    made.__qualname__ = f"{gives} of {of or 'nothing'}, for {known['target']}"
    result: Compiled = made
    return result


def _displays(made: Compiled, **_: Any) -> dict[str, str]:
    """What a notebook shows: the module."""
    return {"text/plain": made.source, "text/markdown": f"```{made.target}\n{made.source}```"}


def save(source: str, path: str | os.PathLike[str]) -> None:
    """Write a module, whole or not at all; UsageError where it cannot be written."""
    place = Path(path)
    check_writable(place)
    write_whole(place, source.encode())
