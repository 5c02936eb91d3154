"""Data-parallel training with JAX: every device takes a part of each batch, and all hold the same parameters.

The step is written once, for one device; XLA divides the batch among the devices of a mesh and adds up the gradients.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from graphgrad.compiler.compiled import load
from graphgrad.compiler.step import Step, compile_step
from graphgrad.compiler.vectors import views
from graphgrad.core.errors import TargetError, UsageError
from graphgrad.core.graph import Graph
from graphgrad.learn.schedules import Update

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
    change: Update
    dtype: str
    machines: Machines

    @property
    def data(self) -> tuple[str, ...]:
        """The inputs that a step is called with, in order."""
        return tuple(name for name in self.loss.inputs if name not in self.shapes)

    @cached_property
    def step(self) -> Step:
        """The step as it is compiled for JAX, whatever the number of devices."""
        text, constants = self.change
        return compile_step(self.loss, self.shapes, text, constants=constants, dtype=self.dtype, target="jax")

    def start(self, values: Mapping[str, Any]) -> DeviceRun:
        """Give a run that begins at these parameters."""
        return DeviceRun(self, values)


class DeviceRun:
    """A run on many devices: parameters and state are one vector each, and every device has them whole."""

    def __init__(self, step: DeviceStep, values: Mapping[str, Any]) -> None:
        self.step, self.t = step, 0
        self.mesh = mesh(step.machines)
        self.function = load(step.step.source, "step")["step"]
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
        losses = []
        try:
            for rows in _batches(len(data[0]), order, batch):
                self.t += 1
                part = [self.divided(d[rows], name) for d, name in zip(data, self.step.data, strict=True)]
                *new, loss = self.function(*self.vectors.values(), *part, self.t)
                self.vectors = dict(zip(self.vectors, new, strict=True))
                losses.append(loss)
            return np.array([float(loss) for loss in losses])
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

    def divided(self, rows: Any, name: str) -> Any:
        """Put a part of the rows on each device, or all on all, where they cannot be divided evenly."""
        kind = "int32" if self.step.loss.nodes[self.step.loss.inputs[name]].dtype == "int" else self.step.dtype
        even = len(rows) % self.mesh.size == 0
        return self._put(np.ascontiguousarray(rows, kind), ("batch",) if even else ())

    def _put(self, array: Any, axes: tuple[str, ...]) -> Any:
        jax = _jax()
        sharding = jax.sharding.NamedSharding(self.mesh, jax.sharding.PartitionSpec(*axes))
        return jax.make_array_from_callback(array.shape, sharding, array.__getitem__)


def mesh(machines: Machines) -> Any:
    """Give the mesh of all devices, joining the other processes first; UsageError where there are too few."""
    jax = _jax()
    if machines.devices is not None and machines.devices % machines.processes:
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


def _batches(count: int, order: Any, batch: int) -> Iterator[Any]:
    if order is None:
        yield from (slice(start, start + batch) for start in range(0, count, batch))
    else:
        yield from (order[start : start + batch] for start in range(0, len(order), batch))
