"""What stands between a user's own rows and a network's numbers, both ways: a part of the model, as data.

Columns become numbers (`encoding`), these are standardized, and what the network gives is turned back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphgrad.core.display import Shown
from graphgrad.core.errors import DataError
from graphgrad.learn.data.columns import TableColumn
from graphgrad.learn.data.encoding import Source, check_width, encode, match, sources_of
from graphgrad.learn.data.frames import is_table, table_of
from graphgrad.learn.data.tables import DataTable
from graphgrad.learn.data.targets import listed
from graphgrad.learn.models.scaling import Scaling, Spread
from graphgrad.learn.networks.network import Network


@dataclass(frozen=True, eq=False, repr=False)
class Preparation(Shown):
    """What becomes of columns, where there are any, how numbers are standardized, and what is learned.

    >>> print(Preparation((Source("age", "numbers"), Source("kind", "words", words=("a", "b")))))
    age: a number
    kind: one of a, b: 2 numbers
    """

    sources: tuple[Source, ...] = ()
    scaling: Scaling | None = None
    targets: tuple[str, ...] = ()
    usual: tuple[float, ...] = ()  # the naive answer: the mean of each target, or the part of examples of each class

    def __str__(self) -> str:
        lines = [str(row) for row in self.sources]
        if self.scaling is not None:
            lines.append("every number is taken less its mean, over its standard deviation")
        if self.scaling is not None and self.scaling.Y is not None:
            lines.append("and so are the numbers that are learned, which are turned back")
        return "\n".join(lines) or "none"

    def _short(self) -> str:
        scaled = ", standardized" if self.scaling else ""
        return f"{len(self.sources)} columns as {self.width} numbers{scaled}" if self.sources else f"numbers{scaled}"

    @property
    def width(self) -> int:
        """How many numbers columns become."""
        return sum(len(row.numbers) for row in self.sources)

    @property
    def worded(self) -> tuple[str, ...]:
        """The columns that are not numbers as they stand: words, dates, and those with missing values."""
        return tuple(row.name for row in self.sources if row.kind in {"words", "dates"} or row.flagged)

    def rows(self, X: Any, what: str = "X") -> tuple[Any, tuple[str, ...]]:
        """Give examples as numbers, not yet standardized, and what was never seen; DataError where they do not fit."""
        if not self.sources:
            return (table_of(X, what).array() if is_table(X) else X), ()
        if is_table(X):
            table = table_of(X, what)
            if table.header:
                match(table.names, self.sources, what if table.name == "X" else f"'{table.name}'")
                return encode(table, self.sources)
        else:
            table = self._unnamed(np.asarray(X), what)
        if {*table.names} > {*(names := [row.name for row in self.sources])}:  # which are places
            found, notes = encode(table, self.sources)
            return found, (*notes, f"{len(table.names)} columns without names: {listed(map(repr, names))} are taken")
        if len(table.columns) != len(self.sources):
            said = f"has {len(table.columns)} columns, the model takes {len(self.sources)}"
            raise DataError(f"{what if table.name == 'the table' else repr(table.name)} {said}")
        columns = [column._replace(name=row.name) for column, row in zip(table.columns, self.sources, strict=True)]
        return encode(DataTable(columns, name=table.name), self.sources)

    def _unnamed(self, rows: Any, what: str) -> DataTable:
        """An array's columns, which are taken by their places."""
        if rows.ndim != 2 or rows.dtype.kind not in "iufb":
            raise DataError(f"{what} has shape {rows.shape} of {rows.dtype}; the model takes columns, with names")
        return DataTable([TableColumn(str(i), "numbers", values) for i, values in enumerate(rows.T.astype(np.float64))])

    def described(self) -> Mapping[str, Any]:
        """Give it as plain data, for a file."""
        scaling = self.scaling
        spreads = {} if scaling is None else {"X": scaling.X, "Y": scaling.Y}
        return {
            "sources": [list(row) for row in self.sources],
            "scaling": {name: [part.tolist() for part in by] for name, by in spreads.items() if by is not None},
            "targets": list(self.targets),
            "usual": list(self.usual),
        }


def preparation_of(said: Mapping[str, Any], net: Network, dtype: str) -> Preparation:
    """Read a preparation from a file; DataError where it does not fit the network."""
    sources = sources_of(said["sources"])
    if sources:
        check_width(sources, net)
    spreads: dict[str, Spread] = {}
    for name, shape in (("X", net.sizes[0]), ("Y", net.sizes[1])):
        if (by := said["scaling"].get(name)) is not None:
            mean, scale = (np.array(part, dtype) for part in by)
            if (
                {mean.shape, scale.shape} != {tuple(shape)}
                or not np.isfinite([mean, scale]).all()
                or (scale <= 0).any()
            ):
                raise DataError("its standardization does not fit its program")
            spreads[name] = Spread(mean, scale)
    targets = tuple(said["targets"])
    if not all(isinstance(name, str) for name in targets):
        raise DataError("its targets are no words")
    scaling = Scaling(spreads["X"], spreads.get("Y")) if spreads else None
    usual = tuple(map(float, said["usual"]))
    return Preparation(sources, scaling, targets, usual)
