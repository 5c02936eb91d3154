"""Somebody's code, called so that it is over in time: in a thread of its own that is left, and told to stop."""

from __future__ import annotations

import contextvars
import ctypes
import threading
import time
from collections.abc import Callable
from typing import Any

from graphgrad.proof.processes import TimeUp


def within(deadline: float, function: Callable[..., Any], *args: Any) -> Any:
    """Give function(*args), or raise its error; TimeUp where it has not returned by the deadline (monotonic seconds).

    What it runs in Python ends with its next instruction; a call that never comes back to Python is left behind.

    >>> within(time.monotonic() + 10, max, 1, 2)
    2
    """
    answer: list[tuple[bool, Any]] = []
    context = contextvars.copy_context()

    def run() -> None:
        try:
            answer.append((True, context.run(function, *args)))
        except BaseException as error:  # noqa: BLE001  (whatever it was, the caller hears of it)
            answer.append((False, error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        thread.join(max(0.05, deadline - time.monotonic()) if deadline < threading.TIMEOUT_MAX else None)
    finally:
        if thread.is_alive():
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SystemExit))
    if not answer:
        raise TimeUp
    fine, result = answer[0]
    if not fine:
        raise result
    return result
