"""A process of its own for work that may hang: it reads a function's name and arguments, and writes the result.

Started by `processes.Worker` alone, through pipes that nobody else writes to.
"""

from __future__ import annotations

import importlib
import math
import os
import pickle
import queue
import struct
import sys
import threading
from typing import Any, BinaryIO

from graphgrad.core.lookup import repeat
from graphgrad.proof.limits.deadline import STACK


def receive(stream: BinaryIO) -> Any:
    """One message; EOFError when the other side is gone."""
    return pickle.loads(received(stream))  # noqa: S301  (written by our own process at the other end)


def received(stream: BinaryIO) -> bytes:
    """One message as it was sent; EOFError when the other side is gone."""
    head = stream.read(8)
    if len(head) < 8:
        raise EOFError
    (size,) = struct.unpack("<Q", head)
    return stream.read(size)


def send(stream: BinaryIO, data: bytes) -> None:
    """Write one message, which is pickled."""
    stream.write(struct.pack("<Q", len(data)) + data)
    stream.flush()


def ready(module: str) -> None:
    """What a process is asked first: to have imported what it is going to be asked for."""
    importlib.import_module(module)


def main() -> None:
    """Serve until the parent goes: its pipe has an end then, whatever is being computed."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anything prints is no answer
    questions: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.stack_size(STACK)
    threading.Thread(target=serve, args=(questions, out), daemon=True).start()
    try:
        limit_memory(receive(sys.stdin.buffer))
        while True:
            questions.put(received(sys.stdin.buffer))
    except EOFError:
        os._exit(0)


def serve(questions: queue.SimpleQueue[bytes], out: BinaryIO) -> None:
    """Answer one question after the other, by its number."""
    while True:
        number, timeout, news, message = pickle.loads(questions.get())  # noqa: S301  (written by our own parent)
        limit_computing(timeout)
        try:
            repeat(news)
            module, name, args = pickle.loads(message)  # noqa: S301  (written by our own parent process)
            result = number, True, getattr(importlib.import_module(module), name)(*args)
        except BaseException as error:  # noqa: BLE001  (whatever it was, an exit too, the parent hears of it)
            result = number, False, f"{type(error).__name__}: {error}"
        try:
            send(out, _pickled(result))
        except OSError:  # the parent has gone, and nobody waits
            os._exit(0)


def limit_memory(most: float) -> None:
    """Let this process have that many bytes beyond those that it has; where the system knows no limits, as it will."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    lower(resource.RLIMIT_DATA, int(used + most))


def limit_computing(seconds: float) -> None:
    """Let this process compute so long on every core, and no longer: a parent that is gone can end nothing."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    cores = os.cpu_count() or 1
    lower(resource.RLIMIT_CPU, math.ceil(used.ru_utime + used.ru_stime + min(seconds, DAY) * cores) + 1)


DAY = 86400.0


def lower(kind: int, most: int) -> None:
    """Set a soft limit; the hard one could never be raised again."""
    import resource

    hard = resource.getrlimit(kind)[1]
    resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _pickled(result: tuple[int, bool, Any]) -> bytes:
    try:
        return pickle.dumps(result)
    except Exception as error:  # noqa: BLE001  (what cannot be pickled raises what it likes)
        return pickle.dumps((result[0], False, f"what the process found cannot be given back: {error}"))


if __name__ == "__main__":
    main()
