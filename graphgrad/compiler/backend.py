"""A backend: what a graph can become, how that is written, and how it runs; and the table of them, a file each."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from graphgrad.compiler.passes.passed import Passed
from graphgrad.compiler.source.comments import Provenance
from graphgrad.compiler.source.language import Language
from graphgrad.compiler.source.outline import Code
from graphgrad.core.display import told
from graphgrad.core.errors import TargetError
from graphgrad.core.graph import Graph
from graphgrad.core.lookup import TableOfFiles

if TYPE_CHECKING:
    from graphgrad.compiler.steps.emitted import Emitted
    from graphgrad.compiler.steps.plan import StepPlan
    from graphgrad.compiler.steps.run import Run


class Program(NamedTuple):
    """A program to be written: its graph before and after the passes, and what its function is to give."""

    before: Graph
    graph: Graph
    said: Provenance
    target: Backend
    dtype: str
    returns: str


class ProgramWriter(Protocol):
    """What writes the module of a program, and gives the function that the module defines."""

    def source(self) -> str:
        """The module's text."""

    def code(self) -> tuple[Code, ...]:
        """What it says, from afar."""

    def function(self, source: str) -> Callable[..., Any]:
        """The function of a module's text, ready to be called."""


class StepWriter(Protocol):
    """What writes the module of a step."""

    passes: tuple[Passed, ...]
    transposed: frozenset[str]

    def source(self) -> str:
        """The module's text."""

    def code(self) -> tuple[Code, ...]:
        """What it says, from afar."""


@told(lambda row: row.name)
class Way(NamedTuple):
    """A way to take a step: for which plans, how its module is written, and how it is run."""

    name: str
    fits: Callable[[StepPlan], bool]
    write: Callable[[StepPlan], StepWriter]
    run: Callable[[Emitted, Any], Run]


def always(_: StepPlan) -> bool:
    """Every plan."""
    return True


@told(lambda row: f"{row.name}, writes {' '.join(row.suffixes)}")
class Backend(NamedTuple):
    """A row: everything that is known of a backend.

    `write` takes programs of numbers as such where `numbers` says so, and programs of arrays where `arrays` names the
    module that these come from. `steps` are its ways to take training steps, in the order in which they are tried.
    """

    name: str
    write: Callable[[Program], ProgramWriter]
    language: Language  # its column of spellings
    numbers: bool = True
    arrays: str = ""
    imports: tuple[str, ...] = ()  # what its modules import besides
    setup: Mapping[str, tuple[str, ...]] = {}  # lines below the imports, by type of arrays
    library: tuple[ModuleType, ...] = ()  # functions that its modules hold copies of; later ones replace earlier ones
    steps: tuple[Way, ...] = ()
    suffixes: tuple[str, ...] = (".py",)  # of a file that holds the source
    package: str = ""  # what must be importable
    extra: str = ""  # the extra of graphgrad that brings it
    runs: bool = True  # whether what it writes can be called here
    aliases: tuple[str, ...] = ()


def numbers_only(program: Program) -> None:
    """Raise TargetError where a program has arrays, which its backend does not take."""
    if any(node.shape for node in program.graph.nodes):
        raise TargetError(f"the target '{program.target.name}' computes with numbers, and this program has arrays")


TARGETS: TableOfFiles[Backend] = TableOfFiles(
    "target",
    {
        "numpy": "graphgrad.compiler.backends.numpy:NUMPY",
        "python": "graphgrad.compiler.backends.python:PYTHON",
        "jax": "graphgrad.compiler.backends.jax:JAX",
        "numba": "graphgrad.compiler.backends.numba.program:NUMBA",
        "c": "graphgrad.compiler.backends.c:C",
        "javascript": "graphgrad.compiler.backends.javascript:JAVASCRIPT",
    },
    error=TargetError,
)


def target_row(name: str) -> Backend:
    """Give the row of a target that is to run; TargetError where there is none or a package is missing, and what to do.

    What a target writes, `TARGETS.row` can write without the package.
    """
    row = TARGETS.row(name)
    if row.package and importlib.util.find_spec(row.package) is None:
        raise TargetError(f"the target '{name}' needs {row.package}", hint=f"pip install 'graphgrad[{row.extra}]'")
    return row
