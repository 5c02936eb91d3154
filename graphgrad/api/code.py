"""Graphs as code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphgrad.api.source import Source, as_graph
from graphgrad.core.errors import UsageError

if TYPE_CHECKING:
    from graphgrad.compiler.compile import WrittenModule
    from graphgrad.compiler.compile_step import CompiledStep
    from graphgrad.compiler.compiled import Compiled
    from graphgrad.compiler.steps.program import Start
    from graphgrad.core.graph import Graph


def compile(  # noqa: A001, PLR0913  (all but the first are options)
    graph: Source,
    /,
    target: str = "numpy",
    dtype: str = "float64",
    batch: int | None = None,
    returns: str = "names",
    *,
    as_written: bool = False,
    checked: bool = True,
) -> Compiled:
    """Compile a graph to a function of readable source that runs without graphgrad; `.source`, `.save("step.py")`.

    A gradient graph gives `value, grads`, one output its value, other outputs a dictionary by name; with
    `returns="tuple"` several outputs are a flat tuple in the graph's order, and a call takes a third less time. Raises
    TargetError for a target that does not exist or is not installed.

    Arrays have the shapes that the graph was parsed with, and are computed in `dtype`, float64 or float32; `batch` is
    the size of the named dimension, where it is known; `as_written` computes without stable forms, where the graph has
    none already. Types, shapes and named dimensions of what is given are looked at, with errors as of `trace`, unless
    `checked` is False; programs of arrays take one mapping, too. Raises UsageError for another dtype. Source: the
    table's spelling of every operation; the text says which rule each line is.

    >>> from graphgrad.api.graphs import grad
    >>> f = compile(grad("log(x1*x2)*sin(x2)"))
    >>> value, grads = f(x1=0.5, x2=0.75)
    >>> round(grads["x1"], 4)
    1.3633
    """
    from graphgrad.compiler.compile import compile as translate

    options = {"batch": batch, "returns": returns, "as_written": as_written, "checked": checked}
    return translate(as_graph(graph), target=target, dtype=dtype, **options)  # type: ignore[arg-type]


def compile_step(  # noqa: PLR0913  (all but two are keywords with defaults)
    loss: Source,
    /,
    parameters: Iterable[str] = (),
    optimizer: str = "sgd",
    *,
    dtype: str = "float32",
    batch: int | None = None,
    target: str = "numpy",
    sparse: Iterable[str] = (),
    initial: str | Mapping[str, Any] = "glorot",
    **settings: float,
) -> CompiledStep:
    """Compile a whole training step, gradient and optimizer in one; `.start(values)`, `.source`, `.save("step.py")`.

    `parameters` names inputs of the loss, by default all without a named dimension; the others are data. `optimizer` is
    a row of `gg.optimizer`, whose `settings` may be changed, or a text, "m = 0.9 * m + g; p = p - lr * m". What has no
    value there, as `lr`, is given at every step. A step takes as many rows as the named dimension has, `batch` being
    the number to prepare for, or one example. `sparse` names data that are mostly zeros: numba's products skip these.
    A module of Python, saved, trains by itself: its `fit` begins with `initial` values, a row of `gg.initial` or values
    and rows by name; else as the text says, or with glorot. Raises UsageError for unknown names, ShapeError for a
    parameter without a fixed shape, TargetError as `compile` does. Source: the optimizers' papers, named at each row.

    >>> step = compile_step("square(w * x - y)", ["w"])
    >>> run = step.start({"w": 0.0})
    >>> run(1.0, 3.0, lr=0.25), run(1.0, 3.0, lr=0.25), float(run.parameters["w"])
    (9.0, 2.25, 2.25)
    """
    from graphgrad.compiler.compile_step import compile_step as translate
    from graphgrad.learn.updates.optimizers import update_of

    graph = as_graph(loss)
    text, constants = update_of(optimizer, settings)
    names = [*parameters] or without_rows(graph)
    return translate(
        graph,
        names,
        text,
        constants=constants,
        dtype=dtype,
        batch=batch,
        target=target,
        sparse=sparse,
        initial=starts(graph, names, initial),
    )


def starts(graph: Graph, names: Sequence[str], initial: str | Mapping[str, Any]) -> dict[str, Start]:
    """Give how every parameter begins: by a row of `initial`, or at a value; what has neither, where its text says."""
    from graphgrad.compiler.compile_step import fixed
    from graphgrad.compiler.steps.program import Start, given
    from graphgrad.learn.networks.initial import INITIALS, fans, spread

    said = {} if isinstance(initial, str) else {**initial}
    if strange := said.keys() - {*names}:
        raise UsageError(f"'{min(strange)}' is no parameter, which could have an initial value")
    found = dict[str, Start]()
    for name in names:
        shape = fixed(name, graph.nodes[graph.input(name)].shape)
        value = said.get(name, graph.given.get(name, initial if isinstance(initial, str) else "glorot"))
        if isinstance(value, str):
            law, scale = spread(INITIALS.row(value), fans(graph, name))
            found[name] = Start(law, scale) if scale else Start("", 0.0)
        else:
            found[name] = given(name, value, shape)
    return found


def without_rows(graph: Graph) -> list[str]:
    """The inputs of fixed shape, in a program whose data come in rows; UsageError in one of a single example."""
    nodes = {name: graph.nodes[i] for name, i in graph.inputs.items()}
    fixed = [n for n, node in nodes.items() if node.dtype == "float" and all(type(size) is int for size in node.shape)]
    if len(fixed) == len(nodes):
        raise UsageError("no input comes in rows, and could be told from a parameter", hint="name the parameters")
    return fixed


def write(
    graph: Source,
    /,
    *,
    target: str = "numpy",
    dtype: str = "float64",
    batch: int | None = None,
    returns: str = "names",
) -> WrittenModule:
    """Write the module that `compile` would run, where what runs it need not be installed; `.source`, `.save(path)`.

    Shapes, options and errors are those of `compile`. Source: as `compile`.

    >>> write("x * y", target="c").source.splitlines()[-2:]
    ['    y[0] = v[2];', '}']
    """
    from graphgrad.compiler.compile import write as written

    return written(as_graph(graph), target, dtype, batch, returns)


def target_for(file: Path, target: str | None = None, /) -> str:
    """Give the target of a file: the one that is named, or the first that its suffix suits.

    Raises UsageError for a suffix that is none of the target's, and for what cannot be written; TargetError for an
    unknown target.

    >>> target_for(Path("step.c")), target_for(Path("step.py"), "jax")
    ('c', 'jax')
    """
    from graphgrad.compiler.backend import TARGETS
    from graphgrad.core.files import check_kind, check_writable

    rows = [*TARGETS.values()] if target is None else [TARGETS.row(target)]
    check_kind(file, dict.fromkeys(suffix for row in rows for suffix in row.suffixes))
    check_writable(file)
    return next(row.name for row in rows if file.suffix in row.suffixes)
