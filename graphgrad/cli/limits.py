"""Commands that are over in time: algebra and layout are ended at a limit, whatever they are doing."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import click

from graphgrad.core.errors import UsageError

TIMEOUT = 60.0  # seconds
AGAIN = 1.0  # seconds after which work that went on is ended once more


class _OutOfTime(BaseException):
    """Time is up: no Exception, as libraries catch those."""


def in_time(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --timeout SECONDS, and end the command then."""

    @wraps(command)
    def ended(*, timeout: float, **said: Any) -> None:
        with limited(timeout):
            command(**said)

    return click.option(
        "--timeout", type=click.FloatRange(min=0, min_open=True), default=TIMEOUT, show_default=True,
        metavar="SECONDS", help="Longest time for algebra and layout.",
    )(ended)  # fmt: skip


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise UsageError where what is done within takes longer; programs that it has started are ended.

    It is done in this process, so that it knows all that the user registered. Without alarms, as on Windows and in
    other threads than the first, there is no limit.

    >>> with limited(0.05):
    ...     while True:
    ...         pass
    Traceback (most recent call last):
        ...
    graphgrad.core.errors.UsageError: this takes longer than 0.05 s; --timeout gives it more
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_: Any) -> None:
        raise _OutOfTime

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
        signal.setitimer(signal.ITIMER_REAL, 0)
    except _OutOfTime:
        signal.setitimer(signal.ITIMER_REAL, 0)
        raise UsageError(f"this takes longer than {seconds:g} s", hint="--timeout gives it more") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
