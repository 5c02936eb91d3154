"""Data-parallel training with JAX: every device takes a part of each batch, and all hold the same parameters.

The step is written once, for one device; XLA divides the batch among the devices of a mesh and adds up the gradients.
Small steps are taken many a call. How many is the same in every process, whatever the time that each needs, and a step
gives the same bits whichever others are taken with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from graphgrad.compiler.compile_step import CompiledStep, compile_step
from graphgrad.compiler.compiled import load
from graphgrad.compiler.steps.vectors import views
from graphgrad.core.errors import TargetError, UsageError
from graphgrad.core.graph import Graph
from graphgrad.learn.checks import whole
from graphgrad.learn.training.threads import largest_product
from graphgrad.learn.updates.schedules import UpdateProgram

BLOCK = 64  # steps in one call, at most
WORK = 1e9  # operations in one call, of the largest product of its steps, at most
_PATIENCE = 10  # seconds until JAX itself ends a process that waits for one that is gone


class Machines(NamedTuple):
    """The devices of a run: how many, and where several processes meet."""

    devices: int | None = None  # all there are
    coordinator: str = ""  # HOST:PORT of the first process
    processes: int = 1
    process: int = 0  # which of them this one is


@dataclass(frozen=True)
class DeviceStep:
    """A training step on many devices, in the manner of `compile_step`'s."""

    loss: Graph
    shapes: Mapping[str, tuple[int, ...]]
    change: UpdateProgram
    dtype: str
    batch: int
    machines: Machines

    @cached_property
    def block(self) -> int:
        """How many steps one call takes."""
        return max(1, min(BLOCK, int(WORK / max(1, largest_product(self.loss, self.batch)))))

    @property
    def data(self) -> tuple[str, ...]:
        """The inputs that a step is called with, in order."""
        return tuple(name for name in self.loss.inputs if name not in self.shapes)

    @cached_property
    def step(self) -> CompiledStep:
        """The step as it is compiled for JAX, whatever the number of devices."""
        text, constants = self.change
        return compile_step(self.loss, self.shapes, text, constants=constants, dtype=self.dtype, target="jax")

    def refuse_large(self, rows: int) -> None:
        """Raise ShapeError where the part of so many rows that a device takes exceeds the bound."""
        self.step.refuse_large(-(-rows // (self.machines.devices or 1)))

    def start(self, values: Mapping[str, Any]) -> DeviceRun:
        """Give a run that begins at these parameters."""
        return DeviceRun(self, values)


class DeviceRun:
    """A run on many devices: parameters and state are one vector each, and every device has them whole."""

    def __init__(self, step: DeviceStep, values: Mapping[str, Any]) -> None:
        self.step, self.t = step, 0
        self.mesh = mesh(step.machines)
        self.many = _many(load(step.step.source, "step")[step.step.plan.names["step"]])
        theta = np.concatenate([np.ravel(values[name]) for name in step.shapes]).astype(step.dtype)
        self.vectors = {
            name: self.everywhere(theta if name == "p" else 0 * theta) for name in ("p", *step.step.update.slots)
        }

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters by name: copies."""
        return views(np.asarray(self.vectors["p"]), self.step.shapes)

    def epoch(self, *data: Any, order: Any = None, batch: int = 1) -> Any:
        """Take a step for every `batch` rows of the data, in order or in a given order of rows; gives the losses."""
        places, block = np.arange(len(data[0])) if order is None else np.asarray(order), self.step.block
        rest = len(places) % batch
        rows = places[: len(places) - rest].reshape(-1, batch)
        try:
            losses = [self.taken(data, rows[start : start + block], block) for start in range(0, len(rows), block)]
            losses += [self.taken(data, places[None, -rest:], 1)] if rest else []
            return np.concatenate(losses)
        except (RuntimeError, ValueError) as error:
            if self.step.machines.processes == 1:
                raise
            said = str(error).partition("\n")[0][:200]
            raise TargetError(
                f"another process of the run is gone: {said}",
                hint="start all processes again with resume, and they go on from the last checkpoint",
            ) from error

    def state(self) -> dict[str, Any]:
        """Give a copy of all there is to resume from."""
        return {"t": self.t, **{name: np.array(vector) for name, vector in self.vectors.items()}}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""
        self.t = int(state["t"])
        self.vectors = {name: self.everywhere(np.asarray(state[name])) for name in self.vectors}

    def everywhere(self, array: Any) -> Any:
        """Put an array on every device."""
        return self._put(array, ())

    def taken(self, data: tuple[Any, ...], rows: Any, block: int) -> Any:
        """Take a step for every row of places, in one call that is made for a block of them; gives the losses."""
        part = [self.divided(d, rows, block, name) for d, name in zip(data, self.step.data, strict=True)]
        new, losses = self.many(tuple(self.vectors.values()), part, self.t, len(rows))
        self.vectors = dict(zip(self.vectors, new, strict=True))
        self.t += len(rows)
        return np.asarray(losses, np.float64)[: len(rows)]

    def divided(self, entries: Any, rows: Any, block: int, name: str) -> Any:
        """Put a part of every step's entries on each device, or all on all, where they cannot be divided evenly."""
        kind = "int32" if self.step.loss.nodes[self.step.loss.inputs[name]].dtype == "int" else self.step.dtype
        given = np.zeros((block, rows.shape[1], *entries.shape[1:]), kind)
        given[: len(rows)] = entries[rows]
        even = rows.shape[1] % self.mesh.size == 0
        return self._put(given, (None, "batch") if even else ())

    def _put(self, array: Any, axes: tuple[str | None, ...]) -> Any:
        jax = _jax()
        sharding = jax.sharding.NamedSharding(self.mesh, jax.sharding.PartitionSpec(*axes))
        return jax.make_array_from_callback(array.shape, sharding, array.__getitem__)


def mesh(machines: Machines) -> Any:
    """Give the mesh of all devices, joining the other processes first; UsageError where there are too few."""
    jax = _jax()
    if machines.devices is not None and whole(machines.devices, "devices") % machines.processes:
        raise UsageError(f"{machines.devices} devices cannot be divided among {machines.processes} processes")
    if machines.devices is not None:
        with suppress(RuntimeError):  # too late: JAX has looked for its devices already
            jax.config.update("jax_num_cpu_devices", machines.devices // machines.processes)
    if machines.processes > 1 and not jax.distributed.is_initialized():
        meeting = (machines.coordinator, machines.processes, machines.process)
        waits = {"heartbeat_timeout_seconds": _PATIENCE, "shutdown_timeout_seconds": _PATIENCE}
        jax.distributed.initialize(*meeting, **waits)
    found = jax.devices()
    if machines.devices is not None and len(found) < machines.devices:
        raise UsageError(f"JAX has {len(found)} devices here, not {machines.devices}")
    return jax.sharding.Mesh(np.array(found[: machines.devices]), ("batch",))


def _jax() -> Any:
    try:
        return import_module("jax")
    except ImportError:
        raise TargetError("the target 'jax' needs jax", hint="pip install 'graphgrad[jax]'") from None


def _many(step: Any) -> Any:
    """Give a function of many steps: of the vectors, a block of batches, the steps before it, and how many to take.

    Its loop has a length that the compiler does not know: one program, and the same bits, for every length.
    """
    jax = _jax()

    def many(vectors: Any, data: Any, t: Any, count: Any) -> Any:
        def one(i: Any, carried: Any) -> Any:
            *new, loss = step(*carried[0], *(d[i] for d in data), t + i + 1)
            return tuple(new), carried[1].at[i].set(loss)

        return jax.lax.fori_loop(0, count, one, (vectors, jax.numpy.zeros(len(data[0]), vectors[0].dtype)))

    return jax.jit(many, donate_argnums=0)
