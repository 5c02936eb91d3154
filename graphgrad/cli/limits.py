"""Commands that are over in time, and in the memory that they may use: a child does the work, whatever it is doing."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from typing import Any

import click

from graphgrad import UsageError
from graphgrad.api.client import limit_memory, memory_allowed, memory_bound

TIMEOUT, DAY = 60.0, 86_400.0  # seconds
ITSELF = 500_000_000  # bytes that libraries take when they are loaded, whatever is computed then
DEATH_SIGNAL, KILL = 1, 9  # of Linux: what prctl is asked for, and what it is told to send
WATCH = 0.5  # seconds between two looks at the parent
GRACE = 2.0  # seconds that a child has to clean up after itself
COMMAND = "the command line"  # click's object where a whole process is the command: only such a process has a child


class _OutOfTime(BaseException):
    """Time is up: no Exception, as libraries catch those."""


def a_time(_: click.Context, parameter: click.Parameter, value: float) -> float:
    """Refuse an option's value that is no time limit: more than nothing, at most a day."""
    if not 0 < value <= DAY:
        raise click.BadParameter(
            f"{value:g} is no time: seconds above 0, and at most a day's {DAY:.0f}.", param=parameter
        )
    return value


def in_time(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --timeout SECONDS, and end the command then; what libraries do in C ends, too."""

    @wraps(command)
    def ended(*, timeout: float, **said: Any) -> None:
        in_child(command, timeout, said)

    return click.option(
        "--timeout", type=float, callback=a_time, default=TIMEOUT, show_default=True,
        metavar="SECONDS", help="Longest time that all of it may take.",
    )(ended)  # fmt: skip


def in_memory(command: Callable[..., Any]) -> Callable[..., Any]:
    """Have the system hold a command to the bound of memory: it counts what libraries take, too."""

    @wraps(command)
    def held(**said: Any) -> None:
        in_child(command, 0, said)

    return held


def in_child(command: Callable[..., Any], seconds: float, said: dict[str, Any]) -> None:
    """Run a command in a child of this process, which knows all that this one does; 0 seconds are no limit.

    The child goes on up the stack and exits as the command; this process exits as the child did. Raises UsageError
    where time or memory do not suffice. Without fork, as on Windows, and in another program's process, there is no
    child, and no limit.
    """
    parent = os.getpid()
    if click.get_current_context().find_root().obj != COMMAND or not hasattr(os, "fork"):
        command(**said)
        return
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child:
        sys.exit(_code(child, seconds))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent tells it to end
    signal.signal(signal.SIGTERM, _end)
    _end_with(parent)
    limit_memory(ITSELF + memory_bound())
    command(**said)


def _end_with(parent: int) -> None:
    """End this process when its parent has ended, however it ended: Linux does it at once, elsewhere a thread looks."""
    with suppress(AttributeError, OSError):
        if sys.platform == "linux" and ctypes.CDLL(None).prctl(DEATH_SIGNAL, KILL) == 0:
            if os.getppid() != parent:  # it went before the system was asked
                os._exit(1)
            return
    threading.Thread(target=_watch, args=[parent], daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(WATCH)
    os._exit(1)


def _end(*_: Any) -> None:
    raise SystemExit(128 + signal.SIGTERM)


def _code(child: int, seconds: float) -> int:
    """Wait for a child, and give its exit code; whatever ends the waiting ends the child."""
    try:
        with _alarm(seconds):
            status = os.waitpid(child, 0)[1]
    except BaseException as error:
        _finish(child)
        if isinstance(error, _OutOfTime):
            raise UsageError(f"this takes longer than {seconds:g} s", hint="--timeout gives it more") from None
        raise
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        hint = f"memory may be too little: {memory_allowed(memory_bound())}" if -code in {KILL, signal.SIGABRT} else ""
        raise UsageError(f"this was ended by the signal {signal.Signals(-code).name}", hint=hint)
    return code


def _finish(child: int) -> None:
    """Ask a child to end, and end it where it does not."""
    try:
        os.kill(child, signal.SIGTERM)
        with _alarm(GRACE):
            os.waitpid(child, 0)
    except _OutOfTime:
        os.kill(child, KILL)
        os.waitpid(child, 0)
    except OSError:  # it has ended
        pass


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Raise _OutOfTime after so many seconds, where there are any."""

    def ring(*_: Any) -> None:
        raise _OutOfTime

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
