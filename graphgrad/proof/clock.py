"""The time that work may take: set by who is asked, and looked at by whatever is done many times."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class TimeUp(Exception):  # noqa: N818  (what happened, not an error of the user)
    """There is no time left."""


_THREAD = threading.local()


@contextmanager
def until(deadline: float) -> Iterator[None]:
    """Let `tick` raise TimeUp in this thread from the deadline on (monotonic seconds), or from an earlier one.

    >>> with until(0.0):
    ...     tick()
    Traceback (most recent call last):
        ...
    graphgrad.proof.clock.TimeUp
    """
    before = getattr(_THREAD, "deadline", float("inf"))
    _THREAD.deadline = min(before, deadline)
    try:
        yield
    finally:
        _THREAD.deadline = before


def tick() -> None:
    """Raise TimeUp where there is no time left."""
    if time.monotonic() > getattr(_THREAD, "deadline", float("inf")):
        raise TimeUp
