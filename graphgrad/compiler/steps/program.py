"""What makes a step a program that trains by itself: initial values, the vector's two ways, and a loop.

The vector is what a step works on: all parameters, end to end. `pack` makes it of them, and `unpack` them of it.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterable
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from graphgrad.compiler.source import module
from graphgrad.core.errors import DataError, ShapeError, UsageError
from graphgrad.core.shapes import show

if TYPE_CHECKING:
    from graphgrad.compiler.steps.plan import StepPlan

MOST_STATED = 1000  # numbers of one parameter that a module states one by one


class Start(NamedTuple):
    """How a parameter begins: uniform or normal, of some scale, around 0; or without a law at a value."""

    law: str
    value: Any  # the scale; or a number for all entries; or nested lists

    @property
    def spread(self) -> str:
        """What the law is called with."""
        return f"{-self.value if self.law == 'uniform' else 0}, {self.value}"

    def __str__(self) -> str:
        """As a module states it."""
        return f"{self.law}({self.spread})" if self.law else str(self.value)


def given(name: str, value: Any, shape: tuple[int, ...]) -> Start:
    """Give the start at a value; DataError, ShapeError or UsageError where it is none for a parameter of that shape.

    >>> str(given("w", [0.5, 2], (2,)))
    '[0.5, 2.0]'
    """
    try:
        array = np.asarray(value, float)
    except (TypeError, ValueError):
        raise DataError(f"the initial value of '{name}' is no array of numbers") from None
    if array.shape != shape:
        raise ShapeError(f"'{name}' must have shape {show(shape)}, not {show(array.shape)}")
    if not np.isfinite(array).all():
        raise DataError(f"the initial value of '{name}' is not finite")
    if array.size > MOST_STATED:
        raise UsageError(f"the module would state {array.size} numbers of '{name}'", hint="draw its initial values")
    return Start("", array.tolist())


class Trainer(ABC):
    """Writes `initial`, `pack`, `unpack` and `fit` below a step."""

    array: str  # the type of a parameter
    vector: str  # the type of the vector

    def __init__(self, plan: StepPlan) -> None:
        self.plan, self.names = plan, plan.names
        self.vectors = [self.names["theta"], *(self.names[s] for s in plan.update.slots)]
        self.rates = [self.names[r] for r in plan.update.rates]

    def text(self) -> list[str]:
        """The functions, a text each; none where the plan says nothing of initial values."""
        if not self.plan.initial:
            return []
        named = f"dict[str, {self.array}]"
        parameters, theta = [f"{name}: {self.array}" for name in self.plan.shapes], self.vectors[0]
        about = ("the initial values of the parameters, as this module states them", "the parameters as one vector",
                 "the parameters by name, of the vector")  # fmt: skip
        rates = [f"{self.names['steps']}: int", *(f"{r}: float" for r in self.rates), f"{self.names['seed']}: int = 0"]
        results = f"tuple[{named}, list[float]]"
        return [
            self.function("initial", [f"{self.names['dice']}: Any"], named, f"Give {about[0]}.", self.initial()),
            self.function("pack", parameters, self.vector, f"Give {about[1]}.", self.pack()),
            self.function("unpack", [f"{theta}: {self.vector}"], named, f"Give {about[2]}.", self.unpack()),
            self.function("fit", [*self.given(), *rates], results, self.about(), self.fit()),
        ]

    def function(self, name: str, given: Iterable[str], kind: str, about: str, body: list[str]) -> str:
        """One function."""
        lines = [*module.signature(self.names[name], given, kind), f'    """{about}"""', *body]
        return "\n".join(lines) + "\n"

    def unpack(self) -> list[str]:
        """Cut the vector."""
        shapes = self.plan.shapes
        ends = itertools.accumulate(map(prod, shapes.values()), initial=0)
        cuts = {n: self.cut(n, s, at) for (n, s), at in zip(shapes.items(), ends, strict=False)}
        return module.mapping("return ", cuts, 4)

    def started(self, dice: str) -> list[str]:
        """What the loop begins with."""
        theta, names = self.vectors[0], self.names
        return [
            f"    {names['dice']} = {dice}({names['seed']})",
            f"    {theta} = {names['pack']}(**{names['initial']}({names['dice']}))",
            *(f"    {slot} = {self.zeros()}" for slot in self.vectors[1:]),
        ]

    def ended(self) -> str:
        """What the loop gives."""
        return f"    return {self.names['unpack']}({self.vectors[0]}), {self.names['losses']}"

    @abstractmethod
    def initial(self) -> list[str]:
        """Draw the parameters."""

    @abstractmethod
    def pack(self) -> list[str]:
        """Make one vector."""

    @abstractmethod
    def cut(self, name: str, shape: tuple[int, ...], at: int) -> str:
        """A parameter, cut from the vector."""

    @abstractmethod
    def zeros(self) -> str:
        """A vector of zeros."""

    @abstractmethod
    def given(self) -> list[str]:
        """What the loop is given of the data."""

    @abstractmethod
    def about(self) -> str:
        """What is said of the loop."""

    @abstractmethod
    def fit(self) -> list[str]:
        """The loop."""


class ArrayTrainer(Trainer):
    """The program of a step over arrays; without a batch every step is on all of the data."""

    array = vector = "Array"

    def __init__(self, plan: StepPlan, transposed: frozenset[str], np_: str) -> None:
        super().__init__(plan)
        self.transposed, self.np = transposed, np_
        self.drawn = bool(plan.row_data) and (plan.batch is not None or not plan.dimensions)

    def initial(self) -> list[str]:
        """Draw the parameters."""
        entries = {}
        for name, shape in self.plan.shapes.items():
            start = self.plan.initial[name]
            made = f"{self.np}.full({shape}, {start})"
            entries[name] = f"{self.names['dice']}.{start.law}({start.spread}, {shape})" if start.law else made
        return module.mapping("return ", entries, 4)

    def pack(self) -> list[str]:
        """Make one vector."""
        each = [f"{self.np}.reshape({n}, {s}){self.turned(n)}.ravel()" for n, s in self.plan.shapes.items()]
        ended = f".astype({self.np}.{self.plan.dtype})"
        return [f"    return {self.np}.concatenate([", *(f"        {part}," for part in each), f"    ]){ended}"]

    def turned(self, name: str) -> str:
        """What makes the transpose, of a parameter that the vector holds as such."""
        return ".T" if name in self.transposed else ""

    def cut(self, name: str, shape: tuple[int, ...], at: int) -> str:
        """A view of the vector."""
        held = shape[::-1] if name in self.transposed else shape
        return f"{self.vectors[0]}[{at}:{at + prod(shape)}].reshape({held}){self.turned(name)}"

    def zeros(self) -> str:
        """A vector of zeros."""
        return f"{self.np}.zeros_like({self.vectors[0]})"

    def given(self) -> list[str]:
        """The data, by name."""
        return [f"{name}: Array" for name in self.plan.data]

    def about(self) -> str:
        """What is said of the loop."""
        rows = f"{self.plan.batch or 1} rows, drawn" if self.drawn else "all of the data"
        return f"Train from the initial values, each step on {rows}; gives the parameters, and the losses."

    def fit(self) -> list[str]:
        """The loop."""
        plan, names = self.plan, self.names
        step, rows, losses, t = (names[n] for n in ("step", "rows", "losses", "t"))
        sizes = [
            str(plan.batch) if self.drawn and not axis else f"{self.np}.shape({name})[{axis}]"
            for name, axis in plan.sizes
        ]
        data = [f"{self.np}.asarray({n})[{rows}]" if self.drawn and n in plan.row_data else n for n in plan.data]
        text = self.started(f"{self.np}.random.default_rng")
        text += [f"    {step}, _ = bind({', '.join([*self.vectors, *sizes])})", f"    {losses} = []"]
        text += [f"    for {t} in range(1, {names['steps']} + 1):"]
        if self.drawn:
            count = f"len({plan.row_data[0]})" + (f", size={plan.batch}" if plan.dimensions else "")
            text += [f"        {rows} = {names['dice']}.integers({count})"]
        text += [f"        {losses}.append({step}({', '.join([*data, t, *self.rates])}))", self.ended()]
        return text


class ListTrainer(Trainer):
    """The program of an unrolled step, which takes lists of numbers: every step is on rows that are drawn."""

    array, vector = "Any", "list[float]"

    def initial(self) -> list[str]:
        """Draw the parameters."""
        entries = {}
        for name, shape in self.plan.shapes.items():
            start, made = self.plan.initial[name], str(self.plan.initial[name])
            if start.law:
                made = f"{self.names['dice']}.{_PLAIN[start.law]}({start.spread})"
            for size in () if isinstance(start.value, list) else shape[::-1]:
                made = f"[{made} for _ in range({size})]"
            entries[name] = made
        return module.mapping("return ", entries, 4)

    def pack(self) -> list[str]:
        """Make one vector."""
        return ["    return [", *(f"        {_flat(n, len(s))}," for n, s in self.plan.shapes.items()), "    ]"]

    def cut(self, _: str, shape: tuple[int, ...], at: int) -> str:
        """Lists, cut from the vector."""
        return _cut(self.vectors[0], shape, at)

    def zeros(self) -> str:
        """A vector of zeros."""
        return f"[0.0] * len({self.vectors[0]})"

    def given(self) -> list[str]:
        """The rows of the data."""
        return [f"{self.names['rows']}: Sequence[Sequence[float]]"]

    def about(self) -> str:
        """What is said of the loop."""
        rows = self.plan.batch or 1
        each = f"{rows} rows, drawn" if rows > 1 else "one row, drawn"
        return f"Train from the initial values, each step on {each}; gives the parameters, and the losses."

    def fit(self) -> list[str]:
        """The loop, which `train` runs."""
        names, many = self.names, f" * {self.plan.batch}" if (self.plan.batch or 1) > 1 else ""
        order, rows, losses = (names[n] for n in ("order", "rows", "losses"))
        drawn = f"[{names['dice']}.randrange(len({rows})) for _ in range({names['steps']}{many})]"
        trained = f"train({', '.join([*self.vectors, rows, order, '0', *self.rates])})"
        return [*self.started(names["Random"]), f"    {order} = {drawn}", f"    {losses} = {trained}", self.ended()]


_PLAIN = {"uniform": "uniform", "normal": "gauss"}  # of Python's own generator


def _flat(name: str, rank: int) -> str:
    """A nested list's numbers, to stand in a list.

    >>> _flat("w", 0), _flat("b", 1), _flat("W", 2)
    ('w', '*b', '*(k2 for k1 in W for k2 in k1)')
    """
    if rank < 2:
        return "*" * rank + name
    inner = [name, *(f"k{k}" for k in range(1, rank + 1))]
    return f"*({inner[-1]} {' '.join(f'for {a} in {b}' for a, b in zip(inner[1:], inner, strict=False))})"


def _cut(theta: str, shape: tuple[int, ...], at: int | str) -> str:
    """The nested lists of a parameter, cut from the vector.

    >>> _cut("theta", (), 4), _cut("theta", (3,), 1), _cut("theta", (2, 3), 6)
    ('theta[4]', 'theta[1:4]', '[theta[k : k + 3] for k in range(6, 12, 3)]')
    """
    if not shape:
        return f"{theta}[{at}]"
    size = prod(shape)
    stop = at + size if isinstance(at, int) else f"{at} + {size}"
    if len(shape) == 1:
        return f"{theta}[{at}:{stop}]" if isinstance(at, int) else f"{theta}[{at} : {stop}]"
    k = "k" if isinstance(at, int) else f"{at}_"
    return f"[{_cut(theta, shape[1:], k)} for {k} in range({at}, {stop}, {size // shape[0]})]"
