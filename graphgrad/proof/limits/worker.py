"""A process of its own for work that may hang: it reads a function's name and arguments, and writes the result.

Started by `processes.Worker` alone, through pipes that nobody else writes to.
"""

from __future__ import annotations

import importlib
import os
import pickle
import struct
import sys
import threading
import time
from typing import Any, BinaryIO

from graphgrad.core.lookup import repeat


def receive(stream: BinaryIO) -> Any:
    """One message; EOFError when the other side is gone."""
    head = stream.read(8)
    if len(head) < 8:
        raise EOFError
    (size,) = struct.unpack("<Q", head)
    return pickle.loads(stream.read(size))  # noqa: S301  (written by our own parent process)


def send(stream: BinaryIO, data: bytes) -> None:
    """Write one message, which is pickled."""
    stream.write(struct.pack("<Q", len(data)) + data)
    stream.flush()


def end_with(parent: int) -> None:
    """End when the parent has, whatever is being computed: a parent that is killed can end nothing."""
    while os.getppid() == parent:
        time.sleep(WATCH)
    os._exit(1)


WATCH = 0.5  # seconds between two looks at the parent


def main() -> None:
    """Serve until the parent goes."""
    threading.Thread(target=end_with, args=[os.getppid()], daemon=True).start()
    out = sys.stdout.buffer
    sys.stdout = sys.stderr
    while True:
        try:
            news, message = receive(sys.stdin.buffer)
        except EOFError:
            return
        try:
            repeat(news)
            module, name, args = pickle.loads(message)  # noqa: S301  (written by our own parent process)
            result = True, getattr(importlib.import_module(module), name)(*args)
        except Exception as error:  # noqa: BLE001  (whatever it was, the parent hears of it)
            result = False, f"{type(error).__name__}: {error}"
        try:
            send(out, _pickled(result))
        except BrokenPipeError:  # the parent has gone, and nobody waits
            os._exit(0)


def _pickled(result: tuple[bool, Any]) -> bytes:
    try:
        return pickle.dumps(result)
    except Exception as error:  # noqa: BLE001  (what cannot be pickled raises what it likes)
        return pickle.dumps((False, f"what the process found cannot be given back: {error}"))


if __name__ == "__main__":
    main()
