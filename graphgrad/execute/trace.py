"""A run as steps: the forward pass, the seed, and every contribution and addition of the backward pass.

The values are computed once, all together; the steps are a view of them, made while somebody looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from graphgrad.core.display import bundle, displayed, short, told
from graphgrad.core.errors import DomainError, UsageError
from graphgrad.core.graph import Graph
from graphgrad.core.numerals import written
from graphgrad.core.shapes import show
from graphgrad.execute.domain import refuse_nonfinite, refuse_steep
from graphgrad.execute.run import run
from graphgrad.transform.grad import derivative_name, differentiable, output_name
from graphgrad.transform.lesson import NOTHING, Lesson, lesson, value_alone

if TYPE_CHECKING:
    import networkx as nx


@told(lambda step: f"{step.index}, {step.phase}: node {step.node} of {step.operands} is {written(step.value)}")
class Step(NamedTuple):
    """One step of a run: the primal node that is computed, seeded, or receives, and what went into it.

    `operands` and `values` are, for forward, the operands and their values; for vjp the consumer, and its cotangent and
    the local partial (None under a full rule); for accumulate the consumer, and the sum so far and the contribution.
    """

    index: int  # type: ignore[assignment]  # a count, as the name says; tuples have a method of that name
    phase: str  # forward, seed, vjp, accumulate
    node: int
    operands: tuple[int, ...]
    values: tuple[Any, ...]
    value: Any
    slot: int = -1  # vjp, accumulate: the operand slot of the consumer


class Trace:
    """Everything a run of a graph and of its gradient computed; iterate it for the steps.

    >>> from graphgrad.frontend.parse import parse
    >>> t = trace(parse("x1 * x2 + sin(x1)"), x1=2.0, x2=3.0)
    >>> round(t.value, 4), round(t.grad["x1"], 4)
    (6.9093, 2.5839)
    >>> [step.phase for step in t]
    ['forward', 'forward', 'forward', 'seed', 'vjp', 'vjp', 'vjp', 'vjp', 'accumulate', 'vjp']
    """

    def __init__(self, graph: Graph, of: str, lesson: Lesson, values: Sequence[Any]) -> None:
        self.of = of
        self.graph, self.lesson, self.gradient, self.adjoints = graph, lesson, lesson.gradient, lesson.adjoints
        self.values = [values[i] for i in lesson.place] if values else []

    @cached_property
    def forms(self) -> Mapping[int, tuple[str, str]]:
        """The nodes that are computed by a stable form, and that form, as text and as LaTeX."""
        return self.lesson.forms(self.graph)

    @property
    def symbolic(self) -> bool:
        """Whether it has no values."""
        return not self.values

    def __repr__(self) -> str:
        return short("Trace", str(self))

    def __str__(self) -> str:
        return str(displayed(self, "text/plain"))

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return bundle(self)

    @property
    def value(self) -> Any:
        """The output's value."""
        return self.values[self.adjoints.output]

    @cached_property
    def grad(self) -> Mapping[str, Any]:
        """The gradient's value, by input name; of a program of numbers at an array of points, each point's own.

        UsageError for an output that has no gradient, with how its derivatives are had.
        """
        if self.adjoints.seed == NOTHING:
            message, hint = without_gradient(self.graph, self.of)
            raise UsageError(message, hint=hint)
        found = {name: self.gradient.outputs.get(derivative_name(self.of, name)) for name in self.graph.inputs}
        return {name: self._at_every_point(name, self.values[i]) for name, i in found.items() if i is not None}

    def _at_every_point(self, name: str, value: Any) -> Any:
        points = np.shape(self.values[self.graph.inputs[name]])
        return (
            value if np.shape(value) == points else np.broadcast_to(value, np.broadcast_shapes(np.shape(value), points))
        )

    def primal(self, node: int) -> Any:
        """The value of a primal node."""
        return self.values[node]

    def adjoint(self, node: int) -> Any:
        """The finished adjoint of a primal node; None where no gradient reaches it."""
        total = self.adjoints.total.get(node)
        return None if total is None else self.values[total]

    def to_networkx(self) -> nx.MultiDiGraph[str]:
        """Give the graph for networkx, each node with its `value` and `adjoint`, each edge with its `partial_value`.

        A node that no gradient reaches has no adjoint, an edge with a full rule no partial.
        """
        dag = self.graph.to_networkx()
        for i, name in enumerate(dag):
            dag.nodes[name]["value"] = self.primal(i)
            if i in self.adjoints.total:
                dag.nodes[name]["adjoint"] = self.adjoint(i)
        names = list(dag)
        for c in self.adjoints.contributions:
            if c.partial is not None:
                dag.edges[names[c.receiver], names[c.consumer], c.slot]["partial_value"] = self.values[c.partial]
        return dag

    def __iter__(self) -> Iterator[Step]:
        values, index = self.values, 0
        for i, node in enumerate(self.graph.nodes):
            if node.operands:
                yield Step(index, "forward", i, node.operands, tuple(values[o] for o in node.operands), values[i])
                index += 1
        if self.adjoints.seed == NOTHING:
            return
        yield Step(index, "seed", self.adjoints.output, (), (), values[self.adjoints.seed])
        so_far: dict[int, int] = {}
        total = {**self.adjoints.total}
        for c in self.adjoints.contributions:
            index += 1
            partial = None if c.partial is None else values[c.partial]
            given = (values[total[c.consumer]], partial)
            yield Step(index, "vjp", c.receiver, (c.consumer,), given, values[c.node], c.slot)
            if c.receiver in so_far:
                index += 1
                added = (values[so_far[c.receiver]], values[c.node])
                yield Step(index, "accumulate", c.receiver, (c.consumer,), added, values[c.total], c.slot)
            so_far[c.receiver] = c.total


def without_gradient(graph: Graph, of: str) -> tuple[str, str]:
    """Say why an output has no gradient, and how its derivatives are had."""
    node = graph.nodes[graph.outputs[of]]
    if node.dtype != "float":
        return f"'{of}' is no number that varies but a condition or an index: it has no gradient", ""
    return (
        f"the gradient of '{of}' of shape {show(node.shape)} is no single row",
        "gg.jacobian gives all derivatives; sum it for one number, or give vjp a cotangent",
    )


def _alone(graph: Graph, feeds: Mapping[str, Any], wrt: str | Iterable[str], of: str, dtype: Any) -> str:
    """Say which of several inputs have a slope where others have none."""
    found, names = list[str](), _names(graph, wrt)
    for name in names if len(names) > 1 else ():
        with suppress(DomainError):
            run(lesson(graph, (name,), of).computed, feeds, dtype)
            found.append(name)
    return f"{' and '.join(f'd{of}/d{name}' for name in found)} is defined: ask with wrt={found!r}" if found else ""


def trace(  # noqa: PLR0913  (all but two are keywords)
    graph: Graph,
    values: Mapping[str, Any] | None = None,
    /,
    *,
    wrt: str | Iterable[str] = (),
    of: str | None = None,
    dtype: Any = np.float64,
    as_written: bool = False,
    allow_nonfinite: bool = False,
    **more: Any,
) -> Trace:
    """Run a graph forward and backward on values, and give every step of it.

    This computes; it is not the abstract tracing of JAX, whose door is called `capture` here. Values are numbers or
    arrays of the inputs' shapes, of `dtype` float64 or float32; labels are integers. `wrt` names the inputs of the
    gradient, all float ones by default, `of` the output where there are several; an output that is a condition, an
    index or an array has its value alone. What has a stable form is computed by it, unless `as_written`. Raises
    UsageError, ShapeError and DomainError as said by `run`, and DomainError for what becomes infinite or NaN from
    finite operands, unless `allow_nonfinite`.

    >>> from graphgrad.frontend.parse import parse
    >>> trace(parse("g * m"), {"g": 9.81, "m": 2}).value
    19.62
    """
    if np.dtype(dtype) not in (np.float64, np.float32):
        raise UsageError(f"dtype must be float64 or float32, not {np.dtype(dtype)}")
    wrt = (wrt,) if isinstance(wrt, str) else tuple(wrt)
    of, taught = _taught(graph, wrt, of, as_written=as_written)
    feeds = {**graph.given, **(values or {}), **more}
    try:
        computed = run(taught.computed, feeds, dtype)
    except DomainError as error:
        primal = run(graph, feeds, dtype)  # raises where the value itself is undefined
        refuse_steep(graph, primal, taught.adjoints.total)
        message = f"the value is defined here, but the gradient is not: {error.message}"
        raise DomainError(message, hint=_alone(graph, feeds, wrt, of, dtype)) from None
    if not allow_nonfinite:
        refuse_nonfinite(taught.computed, computed, [taught.place[graph.outputs[of]]], dtype)
        slopes = [i for name, i in taught.computed.outputs.items() if name == of or name not in graph.outputs]
        lost = [i for i in slopes if not np.isfinite(computed[i]).all()]  # inf on the way to a good slope is none
        try:
            refuse_nonfinite(taught.computed, computed, lost, dtype)
        except DomainError as error:
            raise DomainError(
                f"the value is finite here, but the gradient is not: {error.message}", hint=error.hint
            ) from None
    return Trace(graph, of, taught, computed)


def symbolic(
    graph: Graph, /, *, wrt: str | Iterable[str] = (), of: str | None = None, as_written: bool = False
) -> Trace:
    """Give the steps of a run that nobody has run: a trace without values, for a film in symbols.

    `wrt` and `of` are those of `trace`. Raises UsageError for unknown names.
    """
    of, taught = _taught(graph, wrt, of, as_written=as_written)
    return Trace(graph, of, taught, ())


def _taught(graph: Graph, wrt: str | Iterable[str], of: str | None, *, as_written: bool) -> tuple[str, Lesson]:
    """The output, and the gradient that is gone through; the value alone where there is none."""
    of = output_name(graph, of)
    top = graph.nodes[graph.outputs[of]]
    if top.dtype != "float" or top.shape:
        return of, value_alone(graph, of, as_written=as_written)
    return of, lesson(graph, _names(graph, wrt), of, as_written=as_written)


def _names(graph: Graph, wrt: str | Iterable[str]) -> tuple[str, ...]:
    return tuple([wrt] if isinstance(wrt, str) else wrt) or differentiable(graph)
