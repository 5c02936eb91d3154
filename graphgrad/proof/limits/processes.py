"""Work that is always over in time: a process is asked, and ended when it does not answer."""

from __future__ import annotations

import atexit
import os
import pickle
import queue
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

from graphgrad.core.lookup import ADDED, told
from graphgrad.core.memory import bound
from graphgrad.proof.limits.deadline import TimeUp
from graphgrad.proof.limits.worker import ready, receive, send

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


START_TIME = 120.0  # seconds after which a process that has not started never will
PACKAGE = Path(__file__).parents[2] / "__init__.py"


_WORKERS: weakref.WeakSet[Worker] = weakref.WeakSet()
_NOT_OURS: list[subprocess.Popen[bytes]] = []  # a forked parent's processes, whose records would complain if they went


class Ended(RuntimeError):  # noqa: N818  (what happened, not an error of the user)
    """The process ended before it answered."""


class Worker:
    """One process, started at the first question, and again after one that it did not answer, or did not survive.

    One thread asks at a time.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._told = 0  # how many of the rows that users added it has heard of
        self._asked = 0  # every question has a number, so that no answer is taken for another question's
        self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        _WORKERS.add(self)

    def ask(self, function: Callable[..., Any], *args: Any, timeout: float) -> Any:
        """Give function(*args) as computed by the process; TimeUp, and RuntimeError for an error there.

        A process that is ended by something else is asked once more.
        """
        try:
            message = pickle.dumps((function.__module__, function.__name__, args))
        except Exception as error:  # noqa: BLE001  (what cannot be pickled raises what it likes)
            raise RuntimeError(f"this cannot be given to a process: {error}") from None
        latest = time.monotonic() + timeout
        try:
            with suppress(Ended):
                return self._answer(message, latest)
            return self._answer(message, latest)
        except RuntimeError:
            raise
        except BaseException:  # an interrupt too: what it works on is nobody's question any more
            self.end()
            raise

    def get_ready(self, module: str) -> None:
        """Start the process where there is none, and have it import a module: what this takes is no answer's time."""
        if self._process is None:
            self.ask(ready, module, timeout=START_TIME)

    def _answer(self, message: bytes, latest: float) -> Any:
        process = self._process
        if process is None or process.poll() is not None:
            process = self._start()
        self._asked += 1
        news, self._told = told(self._told), len(ADDED)
        left = max(latest - time.monotonic(), 0.01)
        try:
            send(cast("BinaryIO", process.stdin), pickle.dumps((self._asked, left, news, message)))
            number: int | None = 0
            while number not in {self._asked, None}:
                number, fine, result = self._answers.get(timeout=max(latest - time.monotonic(), 0.01))
        except queue.Empty:
            raise TimeUp from None
        except OSError:  # the pipe of a process that has just ended
            number = None
        if number is None:
            self.end()
            raise Ended("the process ended")
        if not fine:
            raise RuntimeError(result)
        return result

    def end(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def forget(self) -> None:
        """Let a process alone that is a forked parent's: its pipes are held open by the parent alone."""
        if (process := self._process) is not None:
            _NOT_OURS.append(process)
            self._process = None
            nowhere = os.open(os.devnull, os.O_RDWR)
            for pipe in (process.stdin, process.stdout):
                os.dup2(nowhere, cast("BinaryIO", pipe).fileno())
            os.close(nowhere)

    def _start(self) -> subprocess.Popen[bytes]:
        self.end()
        command = [sys.executable, "-I", "-c", START, *map(str, isolated_path())]
        process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=-1, start_new_session=True
        )
        answers = self._answers = queue.SimpleQueue()
        self._process, self._told = process, 0

        def listen() -> None:
            with suppress(EOFError, ValueError, OSError, pickle.UnpicklingError):
                while True:
                    answers.put(receive(cast("BinaryIO", process.stdout)))
            answers.put((None, False, ""))

        threading.Thread(target=listen, daemon=True).start()
        send(cast("BinaryIO", process.stdin), pickle.dumps(bound()))
        return process


class Pool:
    """Processes that are kept warm: a thread that asks has one for itself."""

    def __init__(self) -> None:
        self._idle: list[Worker] = []

    @contextmanager
    def lent(self) -> Iterator[Worker]:
        """Lend a worker, an idle one where there is one."""
        try:
            worker = self._idle.pop()
        except IndexError:
            worker = Worker()
        try:
            yield worker
        finally:
            if len(self._idle) < KEPT:
                self._idle.append(worker)
            else:
                worker.end()


KEPT = 2  # idle processes that are kept
SYMPY = Pool()  # for sympy's answers


def end_all() -> None:
    """End all processes."""
    for worker in list(_WORKERS):
        worker.end()


def forget_all() -> None:
    """Let the processes of a forked parent alone."""
    for worker in list(_WORKERS):
        worker.forget()


atexit.register(end_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forget_all)


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
                worker.get_ready(function.__module__)
                done.put((index, worker.ask(function, *jobs[index], timeout=timeout)))
            except Exception as error:  # noqa: BLE001  (whatever it was, a result is waited for)
                worker.end()
                done.put((index, error))
        worker.end()

    for _ in range(min(processes, len(jobs))):
        threading.Thread(target=serve, daemon=True).start()
    for _ in jobs:
        yield done.get()
