"""Work that is always over in time: a process is asked, and ended when it does not answer."""

from __future__ import annotations

import atexit
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

from graphgrad.core.lookup import ADDED, told
from graphgrad.proof.limits.deadline import TimeUp
from graphgrad.proof.limits.worker import receive, send

# What a process runs: its paths for imports are those that it is told, and this package is where it is here.
START = """
import importlib.util, runpy, sys
package, *sys.path[:] = sys.argv[1:]
spec = importlib.util.spec_from_file_location("graphgrad", package)
sys.modules["graphgrad"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["graphgrad"])
runpy.run_module("graphgrad.proof.limits.worker", run_name="__main__")
"""


def isolated_path() -> list[Path]:
    """The file of this package, and the caller's paths for imports but the current folder, in which anything may lie.

    >>> Path() in isolated_path() or Path.cwd() in isolated_path()[1:]
    False
    """
    here = Path.cwd()
    paths = [Path(entry) for entry in sys.path if entry]
    return [PACKAGE, *(path for path in paths if path.is_absolute() and path.resolve() != here)]


PACKAGE = Path(__file__).parents[2] / "__init__.py"


class Worker:
    """One process, started at the first question and again after one that was not answered."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._told = 0  # how many of the rows that users added it has heard of
        self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def ask(self, function: Callable[..., Any], *args: Any, timeout: float) -> Any:
        """Give function(*args) as computed by the process; TimeUp, and RuntimeError for an error there."""
        try:
            message = pickle.dumps((function.__module__, function.__name__, args))
        except Exception as error:  # noqa: BLE001  (what cannot be pickled raises what it likes)
            raise RuntimeError(f"this cannot be given to a process: {error}") from None
        process = self._process or self._start()
        assert process.stdin is not None
        news, self._told = told(self._told), len(ADDED)
        send(cast("BinaryIO", process.stdin), pickle.dumps((news, message)))
        try:
            fine, result = self._answers.get(timeout=max(timeout, 0.01))
        except queue.Empty:
            self.end()
            raise TimeUp from None
        if not fine:
            raise RuntimeError(result)
        return result

    def end(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-I", "-c", START, *map(str, isolated_path())]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=-1)  # noqa: S603
        answers = self._answers = queue.SimpleQueue()

        def listen() -> None:
            try:
                while process.stdout is not None:
                    answers.put(receive(cast("BinaryIO", process.stdout)))
            except (EOFError, ValueError, OSError):
                answers.put((False, "the process ended"))

        threading.Thread(target=listen, daemon=True).start()
        self._process, self._told = process, 0
        return process


def parallel(
    function: Callable[..., Any], jobs: Sequence[tuple[Any, ...]], timeout: float, processes: int
) -> Iterator[tuple[int, Any]]:
    """Give (index, result) of every job as they finish; TimeUp or RuntimeError stands for a result that never came."""
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
    for index in range(len(jobs)):
        waiting.put(index)

    def serve() -> None:
        worker = Worker()
        while True:
            try:
                index = waiting.get_nowait()
            except queue.Empty:
                break
            try:
                done.put((index, worker.ask(function, *jobs[index], timeout=timeout)))
            except Exception as error:  # noqa: BLE001  (whatever it was, a result is waited for)
                worker.end()
                done.put((index, error))
        worker.end()

    for _ in range(min(processes, len(jobs))):
        threading.Thread(target=serve, daemon=True).start()
    for _ in jobs:
        yield done.get()


SYMPY = Worker()  # kept warm for the next hard case
atexit.register(SYMPY.end)
