"""A mend for ziamath: time linear in the depth of a formula, where it took twice as long for every level."""

from __future__ import annotations

from typing import Any


def measure_rows_once() -> None:
    """Keep ziamath's work on nested rows from doubling with every level.

    To find how tall a row's brackets must be, ziamath first builds the row without tall brackets, and while it does
    so asks the same of every row inside, where the answer is not used.
    """
    from ziamath.nodes.mrow import Mrow

    measure = Mrow._get_height_nostretch  # noqa: SLF001

    def once(self: Any, line: Any, **kwargs: Any) -> tuple[float, float]:
        return (0.0, 0.0) if kwargs.get("nostretch") else measure(self, line, **kwargs)

    Mrow._get_height_nostretch = once  # type: ignore[method-assign]  # noqa: SLF001
