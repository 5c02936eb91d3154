"""Processes that are asked: by any thread, in forked children, after interrupts and deaths, and none is left behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import graphgrad as gg
from graphgrad.proof.limits.deadline import TimeUp
from graphgrad.proof.limits.processes import Pool, Worker, end_all, parallel

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


@pytest.fixture
def worker():
    worker = Worker()
    yield worker
    worker.end()


def test_threads_that_share_processes_have_the_answers_to_their_own_questions():
    """Some questions hang, and some are the end of their process."""
    pool, wrong = Pool(), []

    def ask(k):
        for j in range(6):
            with pool.lent() as mine:
                try:
                    if j == 2 and k % 2:
                        mine.ask(time.sleep, 60, timeout=0.2)
                    elif j == 4 and not k % 4:
                        mine.ask(os._exit, 1, timeout=30)
                    elif mine.ask(divmod, k, j + 1, timeout=60) == divmod(k, j + 1):
                        continue
                    wrong.append((k, j))
                except (TimeUp, RuntimeError) as error:
                    if (type(error) is TimeUp, "ended" in str(error)) != (j == 2, j == 4):
                        wrong.append((k, j, error))

    threads = [threading.Thread(target=ask, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    end_all()
    assert wrong == []


def test_a_process_that_somebody_killed_is_asked_once_more(worker):
    assert worker.ask(pow, 2, 3, timeout=60) == 8
    os.kill(worker._process.pid, signal.SIGKILL)  # noqa: SLF001
    assert worker.ask(pow, 2, 4, timeout=60) == 16


def test_an_interrupted_question_leaves_no_answer_for_the_next(worker):
    assert worker.ask(pow, 2, 3, timeout=60) == 8
    threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        worker.ask(time.sleep, 1.0, timeout=60)
    assert worker.ask(pow, 2, 5, timeout=60) == 32


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no limits")
def test_memory_has_a_limit(worker, monkeypatch):
    monkeypatch.setenv("GRAPHGRAD_MEMORY", "200MB")
    with pytest.raises(RuntimeError, match="MemoryError"):
        worker.ask(bytes, 1 << 30, timeout=60)
    assert worker.ask(len, bytes(1 << 20), timeout=60) == 1 << 20


@needs_fork
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # of a process with threads: which is the point
def test_a_forked_child_has_processes_of_its_own():
    pool = Pool()
    with pool.lent() as mine:
        assert mine.ask(pow, 2, 3, timeout=60) == 8
    child = os.fork()
    if not child:
        fine = False
        try:
            with pool.lent() as its:
                fine = its.ask(pow, 3, 3, timeout=60) == 27 and gg.verify("x * sin(x)", timeout=60).ok
        finally:
            os._exit(not fine)
    with pool.lent() as mine:
        assert mine.ask(pow, 2, 4, timeout=60) == 16
        assert os.waitpid(child, 0)[1] == 0
        assert mine.ask(pow, 2, 5, timeout=60) == 32
        mine.end()


PARENT = """
import os, time
from graphgrad.proof.limits.processes import Worker
worker = Worker()
worker.ask(pow, 2, 3, timeout=60)
print(worker._process.pid, flush=True)
if os.fork():
    worker.ask(time.sleep, 60, timeout=60)
time.sleep(5)  # a child that lives on, and holds no pipe of the worker's
"""


@needs_fork
def test_a_process_ends_with_a_parent_that_is_killed():
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        its = int(parent.stdout.readline())
        time.sleep(0.2)
        parent.kill()
    for _ in range(100):
        try:
            os.kill(its, 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{its}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] == "Z":
            return  # and nobody has asked how it ended
        time.sleep(0.1)
    raise AssertionError("the process lives on")


CLAIMS = [("x**3", "3*x**2"), ("exp(2*x)", "exp(2*x)"), ("relu(x)", "(x >= 0)*1"), ("log(x)*x", "log(x) + 2")]


def test_verdicts_in_threads_are_those_given_alone():
    def verdict(program, claim):
        return str(gg.check(program, x=claim, timeout=120)["x"].verdict)

    alone, found = {program: verdict(program, claim) for program, claim in CLAIMS}, {}

    def judge(k):
        for program, claim in CLAIMS[k % 3 :] + CLAIMS[: k % 3]:
            found[k, program] = verdict(program, claim)

    threads = [threading.Thread(target=judge, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {(k, program): verdict for k in range(8) for program, verdict in alone.items()}
    assert len({*alone.values()}) == 3


def test_a_line_that_ends_its_process_costs_that_line_alone():
    lines = [(f"2**{k}",) for k in range(6)]
    lines[2] = ("__import__('os')._exit(1)",)
    found = dict(parallel(eval, lines, 30, processes=2))
    assert isinstance(found.pop(2), RuntimeError)
    assert found == {k: 2**k for k in (0, 1, 3, 4, 5)}
