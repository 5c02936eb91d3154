"""Training runs: the state of a compiled step, and the calls that move it on."""

from __future__ import annotations

import contextvars
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from graphgrad.compiler.compiled import load
from graphgrad.compiler.steps.emitted import Emitted
from graphgrad.compiler.steps.vectors import Array, joined, views
from graphgrad.core.errors import DataError, ShapeError, UsageError


class Run(ABC):
    """A training run: parameters, the optimizer's state, and the number of steps taken, `t`.

    Call it with the data of one step, in the order of `step.data`, and the rates by name; it gives the loss before the
    update.
    """

    def __init__(self, step: Emitted) -> None:
        self.step, self.t = step, 0
        self._wanted = step.update.rates

    @property
    @abstractmethod
    def parameters(self) -> dict[str, Array]:
        """The parameters by name, in the user's shapes, as they are now: to be read, not written."""

    @property
    @abstractmethod
    def gradient(self) -> dict[str, Array]:
        """The gradient of the last step, by parameter; UsageError where none is kept."""

    @abstractmethod
    def __call__(self, *data: Any, **rates: float) -> float:
        """Take one step; gives the loss before it."""

    @abstractmethod
    def epoch(self, *data: Array, order: Sequence[int] | Array | None = None, batch: int = 1, **rates: float) -> Array:
        """Take a step for every `batch` rows of the data, in order or in a given order of rows; gives the losses.

        A last batch may be smaller; a program of one example takes one row a step. DataError where the data differ in
        their numbers of rows.
        """

    def bare(self, *_: Any) -> Callable[..., float]:
        """Give the step alone, for data of these shapes: called with the data, the step's number and the rates.

        It is the emitted function, for a loop of one's own: it checks nothing, counts no step, and what arithmetic
        refuses, it raises. UsageError on a target that has no such function.
        """
        raise UsageError(f"the target '{self.step.plan.target.name}' has no step by itself", hint="call the run")

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Give a copy of all there is to resume from: `restore` takes it, and the same steps give the same bits."""

    @abstractmethod
    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""

    def _rates(self, given: Mapping[str, float]) -> list[float]:
        if (*given,) != self._wanted:
            if given.keys() != {*self._wanted}:
                wanted, found = ", ".join(self._wanted) or "no rates", ", ".join(given) or "nothing"
                raise UsageError(f"every step is given {wanted}, not {found}")
            given = {name: given[name] for name in self._wanted}
        return [*map(float, given.values())]


class ArrayRun(Run):
    """A run on one flat vector, `theta`, of which the parameters are views; without an order no row is copied."""

    def __init__(self, step: Emitted, theta: Array) -> None:
        super().__init__(step)
        self.theta = theta
        self.slots = {name: np.zeros_like(theta) for name in step.update.slots}
        self._module = self.loaded()
        self._bind: Callable[..., Any] = self._module["bind"]
        self._bound: dict[tuple[int, ...], tuple[Callable[..., float], Array]] = {}
        self._sizes = [(step.data.index(name), axis) for name, axis in step.plan.sizes]
        self._last: Array | None = None
        self._quiet = contextvars.copy_context()  # where NumPy does not warn of inf and nan; faster than errstate
        self._quiet.run(np.seterr, all="ignore")

    def loaded(self) -> Mapping[str, Any]:
        """Give what the emitted code defines."""
        return load(self.step.source, "step")

    @property
    def parameters(self) -> dict[str, Array]:
        """The parameters by name: views."""
        return views(self.theta, self.step.shapes, self.step.transposed)

    @property
    def gradient(self) -> dict[str, Array]:
        """The gradient of the last step, by parameter: views."""
        if self._last is None:
            raise UsageError("no step has been taken yet")
        return views(self._last, self.step.shapes, self.step.transposed)

    def __call__(self, *data: Any, **rates: float) -> float:
        """Take one step; gives the loss before it."""
        given, function = self._rates(rates), self._function(data)
        self.t += 1
        return self._quiet.run(function, *data, self.t, *given)

    @np.errstate(all="ignore")
    def epoch(self, *data: Array, order: Sequence[int] | Array | None = None, batch: int = 1, **rates: float) -> Array:
        """Take a step for every `batch` rows."""
        losses, given = [], self._rates(rates)
        for part in self._batches(data, order, batch):
            self.t += 1
            losses.append(self._function(part)(*part, self.t, *given))
        return np.array(losses)

    def bare(self, *data: Any) -> Callable[..., float]:
        """Give the step alone."""
        return self._function(data)

    def state(self) -> dict[str, Any]:
        """Give a copy of all there is to resume from."""
        return {"t": self.t, "p": self.theta.copy(), **{name: slot.copy() for name, slot in self.slots.items()}}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""
        self.t, self.theta[...] = int(state["t"]), state["p"]
        for name, slot in self.slots.items():
            slot[...] = state[name]

    def _function(self, data: Sequence[Any]) -> Callable[..., float]:
        sizes = tuple([np.shape(data[i])[axis] if axis else len(data[i]) for i, axis in self._sizes])
        if sizes not in self._bound:
            self._bound[sizes] = self._bind(self.theta, *self.slots.values(), *sizes)
        function, self._last = self._bound[sizes]
        return function

    def _batches(self, data: Sequence[Array], order: Any, batch: int) -> Iterator[Sequence[Any]]:
        in_rows = [name in self.step.plan.row_data for name in self.step.data]
        count = rows_of([d for d, sliced in zip(data, in_rows, strict=True) if sliced])

        def part(place: Any) -> list[Any]:
            return [d[place] if sliced else d for d, sliced in zip(data, in_rows, strict=True)]

        if not self._sizes:  # a program of one example
            yield from map(part, range(count) if order is None else order)
        elif order is None:
            yield from (part(slice(start, start + batch)) for start in range(0, count, batch))
        else:
            for start in range(0, len(order), batch):
                rows = order[start : start + batch]
                yield [d.take(rows, 0) if sliced else d for d, sliced in zip(data, in_rows, strict=True)]


class UnrolledRun(Run):
    """A run of a tiny network: parameters and state are lists of Python's numbers, and an epoch is one call.

    Where `math` refuses what NumPy computes (an overflow, a division by zero), the steps are taken again on arrays.
    """

    def __init__(self, step: Emitted, theta: Array) -> None:
        super().__init__(step)
        zeros = [np.zeros(len(theta)) for _ in step.update.slots]
        self.numbers: list[Any] = [self.held(v) for v in (theta, *zeros)]
        self._module = self.loaded()
        self._train: Callable[..., Any] = self._module["train"]
        self._one: Callable[..., float] = self._module["bind"](*self.numbers)
        self._one_example = not step.dimensions

    def loaded(self) -> Mapping[str, Any]:
        """Give what the emitted code defines."""
        return load(self.step.source, "step")

    def held(self, vector: Array) -> Any:
        """Give a vector as the emitted code works on it."""
        numbers: list[float] = vector.tolist()
        return numbers

    @property
    def parameters(self) -> dict[str, Array]:
        """The parameters by name: copies."""
        return views(np.array(self.numbers[0]), self.step.shapes, self.step.transposed)

    @property
    def gradient(self) -> dict[str, Array]:
        """Nothing: an unrolled step uses its gradient up."""
        raise UsageError("an unrolled step keeps no gradient", hint="compile the gradient by itself")

    def __call__(self, *data: Any, **rates: float) -> float:
        """Take one step; gives the loss before it."""
        if self._one_example:
            try:
                loss = self._one(*map(_number, data), self.t + 1, *self._rates(rates))
            except (ArithmeticError, ValueError):
                if not data:
                    return float(self._on_arrays(lambda arrays: arrays(**rates)))
                data = tuple([[d] for d in data])
            else:
                self.t += 1
                return float(loss)
        known: dict[str, Any] = {"batch": len(data[0]), **rates}
        return float(self.epoch(*data, **known)[0])

    def epoch(self, *data: Any, order: Sequence[int] | Array | None = None, batch: int = 1, **rates: float) -> Array:
        """Take a step for every `batch` rows."""
        given, count = self._rates(rates), rows_of(data)
        size = batch if self.step.dimensions else 1
        places = self.held(np.arange(count) if order is None else np.asarray(order))
        whole = len(places) - len(places) % size
        losses = [self._steps(data, places[:whole], size, given)] if whole else []
        if whole < len(places):
            losses.append(self._steps(data, places[whole:], len(places) - whole, given))
        return np.concatenate(losses) if losses else np.empty(0)

    def bare(self, *data: Any) -> Callable[..., float]:
        """Give the step alone; ShapeError for other rows than it takes."""
        if not self._one_example and len(data[0]) != self.step.rows:
            raise ShapeError(f"an unrolled step takes {self.step.rows} rows, not {len(data[0])}")
        return self._one

    def state(self) -> dict[str, Any]:
        """Give a copy of all there is to resume from."""
        names = ("p", *self.step.update.slots)
        return {"t": self.t, **{name: np.array(v) for name, v in zip(names, self.numbers, strict=True)}}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""
        self.t = int(state["t"])
        self._set([np.array(state[name], float) for name in ("p", *self.step.update.slots)])

    def _set(self, vectors: Sequence[Array]) -> None:
        """Change all numbers in place, as the bound step sees them."""
        for numbers, vector in zip(self.numbers, vectors, strict=True):
            numbers[:] = self.held(vector)

    def _steps(self, data: Sequence[Any], places: Any, size: int, given: list[float]) -> Any:
        """Take steps of `size` rows each, which divides the number of places."""
        if len(data[0]) > len(places):  # only the rows that are asked for become Python's numbers
            data, places = [np.asarray(d)[places] for d in data], self.held(np.arange(len(places)))
        if size == self.step.rows:
            columns = [np.reshape(np.asarray(d, float), (len(d), -1)) for d in data]
            try:
                losses = self._train(*self.numbers, self.held(np.hstack(columns)), places, self.t, *given)
            except (ArithmeticError, ValueError):
                pass
            else:
                self.t += len(losses)
                return losses
        rates = zip(self.step.update.rates, given, strict=True)
        known: dict[str, Any] = {"order": np.array(places), "batch": size, **dict(rates)}
        return self._on_arrays(lambda arrays: arrays.epoch(*map(np.asarray, data), **known))

    def _on_arrays(self, take: Callable[[ArrayRun], Any]) -> Any:
        """Take steps on arrays, from this state to the next; gives their losses."""
        arrays = self._copied()
        found = take(arrays)
        self.t = arrays.t
        vectors = [arrays.theta, *arrays.slots.values()]
        self._set([joined(views(v, arrays.step.shapes, arrays.step.transposed)) for v in vectors])
        return found

    def _copied(self) -> ArrayRun:
        """The same state, in a run on arrays."""
        step = self.step.on_arrays
        run = ArrayRun(step, np.zeros(len(self.numbers[0])))
        run.t = self.t
        for vector, numbers in zip([run.theta, *run.slots.values()], self.numbers, strict=True):
            for name, view in views(np.array(numbers), self.step.shapes, self.step.transposed).items():
                views(vector, step.shapes, step.transposed)[name][...] = view
        return run


def _number(given: Any) -> Any:
    """An entry of the data as Python's numbers, in lists where it is an array."""
    kind = type(given)
    if kind is float or ((kind is tuple or kind is list) and given and type(given[0]) is float):
        return given
    return np.asarray(given, float).tolist()


def rows_of(data: Sequence[Any]) -> int:
    """Give how many rows data have; DataError where they differ."""
    counts = {len(d) for d in data}
    if len(counts) != 1:
        raise DataError("the data differ in their numbers of rows" if counts else "there are no rows of data")
    return counts.pop()
