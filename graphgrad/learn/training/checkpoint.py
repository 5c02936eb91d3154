"""Where a run stands, and the checkpoint that it goes on from to the same bits."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from graphgrad.core.errors import DataError, UsageError
from graphgrad.learn.models.tensors import read_tensors, write_tensors
from graphgrad.learn.training.history import Record


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


def write_checkpoint(  # noqa: PLR0913, PLR0917  (all that a run is)
    path: Path, mark: str, standing: Standing, state: dict[str, Any], best: dict[str, Any], before: dict[str, Any]
) -> None:
    """Write a checkpoint: beside the last one, and then in its place, so that there always is a whole one."""
    arrays = {name: value for name, value in state.items() if name != "t"}
    for kind, parameters in (("best", best), ("before", before)):
        arrays |= {f"{kind} {name}": value for name, value in parameters.items()}
    write_tensors(path, arrays, "checkpoint", {"mark": mark, "t": state["t"], "standing": asdict(standing)})


Parameters = dict[str, Any]


def read_checkpoint(path: Path, mark: str) -> tuple[Standing, dict[str, Any], Parameters, Parameters]:
    """Give standing, state, the best parameters and those of the round's beginning.

    UsageError where the checkpoint is of another run.
    """
    arrays, said = read_tensors(path, "checkpoint")
    try:
        if said["mark"] != mark:
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
