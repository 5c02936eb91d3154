"""Where a run stands, and the checkpoint that it goes on from to the same bits."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from graphgrad.core.errors import DataError, UsageError
from graphgrad.learn.models.tensors import read_tensors, write_tensors
from graphgrad.learn.training.history import Record

PIECE = 1 << 24  # bytes of an array that are looked at together


@dataclass
class Standing:
    """All that a run knows besides its parameters and the optimizer's state."""

    total: float = 0.0  # of the losses, over all examples so far
    count: int = 0
    round_total: float = 0.0
    round_count: int = 0
    seconds: float = 0.0
    best: float = math.inf  # validation loss
    waited: int = 0  # rounds since
    records: list[Record] = field(default_factory=list)


def fingerprint(*parts: Any) -> str:
    """Give a mark of what a run depends on, the same on every machine."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


class Mark(NamedTuple):
    """What tells a run from every other: a fingerprint of what is done, and one of all that it is done to."""

    run: str
    data: str


def digest(arrays: Iterable[Any]) -> str:
    """Give a fingerprint of every entry of some arrays, larger than memory or not.

    >>> digest([np.zeros(3)]) == digest([np.zeros(3)]), digest([np.zeros(3)]) == digest([np.zeros((3, 1))])
    (True, False)
    """
    found = hashlib.sha256()
    for rows in arrays:
        found.update(repr((rows.shape, rows.dtype.str)).encode())
        step = max(1, PIECE // max(1, rows[:1].nbytes))
        for start in range(0, len(rows), step):
            found.update(np.ascontiguousarray(rows[start : start + step]).data)
    return found.hexdigest()[:16]


def check_new(path: Path) -> None:
    """Refuse a file that a run that begins would write over."""
    if not path.is_file():
        return
    try:
        _, said = read_tensors(path, "checkpoint")
    except DataError:
        raise UsageError(f"'{path}' is there already, and is no checkpoint", hint="name another file") from None
    hint = "resume=True (--resume) goes on from it; otherwise name another file, or delete this one"
    raise UsageError(f"'{path}' is there already: a run at step {said.get('t')}", hint=hint)


def write_checkpoint(  # noqa: PLR0913, PLR0917  (all that a run is)
    path: Path, mark: Mark, standing: Standing, state: dict[str, Any], best: dict[str, Any], before: dict[str, Any]
) -> None:
    """Write a checkpoint: beside the last one, and then in its place, so that there always is a whole one."""
    arrays = {name: value for name, value in state.items() if name != "t"}
    for kind, parameters in (("best", best), ("before", before)):
        arrays |= {f"{kind} {name}": value for name, value in parameters.items()}
    write_tensors(
        path, arrays, "checkpoint", {"mark": mark.run, "data": mark.data, "t": state["t"], "standing": asdict(standing)}
    )


Parameters = dict[str, Any]


def read_checkpoint(path: Path, mark: Mark) -> tuple[Standing, dict[str, Any], Parameters, Parameters]:
    """Give standing, state, the best parameters and those of the round's beginning.

    UsageError where the checkpoint is of another run.
    """
    arrays, said = read_tensors(path, "checkpoint")
    try:
        if (said["mark"], said.get("data", mark.data)) != mark:  # old checkpoints have no mark of all data
            raise UsageError(
                f"'{path}' is a checkpoint of another run",
                hint="network, loss, optimizer, seed, batches, target and data must be the same",
            )
        standing = Standing(**said["standing"])
        standing.records = [Record(*record) for record in said["standing"]["records"]]
        parts: dict[str, Parameters] = {"best": {}, "before": {}, "": {}}
        for name, value in arrays.items():
            kind, _, own = name.rpartition(" ")
            parts[kind][own] = value
        return standing, {"t": said["t"], **parts[""]}, parts["best"], parts["before"]
    except (KeyError, TypeError) as error:
        raise DataError(f"'{path}' is a damaged checkpoint: {json.dumps(str(error))}") from None
