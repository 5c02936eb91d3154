"""Work that is over in time: in a thread of its own, which is left, and told to stop, when its time is up."""

from __future__ import annotations

import contextvars
import ctypes
import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from graphgrad.core.errors import UsageError
from graphgrad.proof.report import Finding, Verdict

LONGEST = 86_400.0  # seconds: nobody waits longer, and systems count no further than they count


def seconds(timeout: Any) -> float:
    """Give a time limit that can be waited for, at most a day; UsageError for what is no time.

    >>> seconds(3), seconds(float("inf"))
    (3.0, 86400.0)
    """
    if not isinstance(timeout, float | int) or math.isnan(timeout):
        raise UsageError(f"a timeout of {timeout!r} is none", hint="give seconds")
    return float(min(timeout, LONGEST))


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
    graphgrad.proof.limits.deadline.TimeUp
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


SHARE = 0.9  # of its time that work may plan with: the rest is for what cannot be interrupted
STACK = 64 << 20  # bytes: nested expressions are walked to their depth
TOO_MUCH = {RecursionError: "this is nested too deeply", MemoryError: "there is not memory enough for this"}
LATE = Finding(Verdict.UNKNOWN, "time was up")


def within(deadline: float, function: Callable[..., Any], *args: Any, stop: bool = False) -> Any:
    """Give function(*args), or raise its error; TimeUp where it has not returned by the deadline (monotonic seconds).

    It is left behind then. With `stop` what it runs in Python ends with its next instruction.

    >>> within(time.monotonic() + 10, max, 1, 2)
    2
    """
    answer: list[tuple[bool, Any]] = []
    context = contextvars.copy_context()

    def run() -> None:
        try:
            answer.append((True, context.run(function, *args)))
        except SystemExit:
            answer.append((False, RuntimeError("exit() was called")))
        except BaseException as error:  # noqa: BLE001  (whatever it was, the caller hears of it)
            answer.append((False, error))

    before = threading.stack_size(STACK)
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    threading.stack_size(before)
    try:
        thread.join(min(max(0.05, deadline - time.monotonic()), threading.TIMEOUT_MAX))
    finally:
        if stop and thread.is_alive():
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SystemExit))
    if not answer:
        raise TimeUp
    fine, result = answer[0]
    if not fine:
        raise result
    return result


def finding_within(deadline: float, judged: Callable[..., Finding], *args: Any) -> Finding:
    """The finding judged(*args), which keeps the time by itself, UNKNOWN where the deadline comes first."""
    start = time.monotonic()
    try:
        with until(deadline + (deadline - start) * (1 - SHARE)):
            return judged(*args)
    except TimeUp:
        return LATE.with_(seconds=time.monotonic() - start)
    except (RecursionError, MemoryError) as error:
        return Finding(Verdict.UNKNOWN, TOO_MUCH[type(error)], seconds=time.monotonic() - start)


def found_in_time(
    names: Iterable[str], timeout: float, work: Callable[[dict[str, Finding], float], None]
) -> dict[str, Finding]:
    """The findings that work puts into a dictionary in time; UNKNOWN for the names that are missing then.

    Work is given the time by which it should be done; what it has not found a little later is not waited for.
    """
    start, found = time.monotonic(), dict[str, Finding]()

    def kept() -> None:
        with until(start + timeout):
            work(found, start + SHARE * timeout)

    try:
        within(start + timeout, kept)
    except TimeUp:
        pass
    except (RecursionError, MemoryError) as error:
        raise UsageError(TOO_MUCH[type(error)], hint="give less: smaller shapes, or a program in more lines") from None
    known = dict(found)
    return {name: known.get(name, LATE.with_(seconds=timeout)) for name in names} | known
