"""Eight threads at once compute what one does alone, and leave the process as it was."""

import os
import random
import sys
import threading
import time
import warnings
from pathlib import Path

import mpmath
import numpy as np
import pytest
import sympy

import graphgrad as gg

TEXTS = ["log(x*y)*sin(y)", "exp(x - y)/(1 + x**2)", "sigmoid(x)*tanh(y) + sqrt(x)", "x**3*y - where(x > y, x, y)"]


def state() -> tuple[object, ...]:
    """What is shared by a whole process."""
    mask = os.umask(0o022)
    os.umask(mask)
    return (np.geterr(), [*warnings.filters], mpmath.mp.prec, mpmath.mp.pretty, sympy.S.One, random.getstate(), mask,
            sys.getrecursionlimit(), os.environ.copy(), Path.cwd())  # fmt: skip


def work(text: str) -> tuple[object, ...]:
    graph = gg.parse(text)
    values = {"x": 0.5, "y": 0.75}
    gradient = gg.grad(graph)
    film = gg.animate(graph, values, proof=False)
    compiled = gg.compile(gradient)
    return (
        gradient.digest,
        dict(gg.trace(graph, values).grad),
        compiled.source,
        compiled(**values),
        [str(found.verdict) for found in gg.verify(graph, timeout=120).values()],
        film.frames[-1].svg(),
        str(gg.derive(graph)),
    )


@pytest.mark.parametrize("seconds", [0, pytest.param(60, marks=pytest.mark.campaign)])
def test_threads_compute_what_one_does_alone(seconds) -> None:
    texts = TEXTS if seconds else TEXTS[1:3]
    alone = {text: work(text) for text in texts}
    before, end, found, lock = state(), time.monotonic() + seconds, [], threading.Lock()

    def serve(number: int) -> None:
        rounds = 0
        while not rounds or time.monotonic() < end:
            text = texts[(number + rounds) % len(texts)]
            try:
                made = work(text)
            except Exception as error:  # noqa: BLE001  (whatever it was, the test tells it)
                made = repr(error)
            with lock:
                found.append((text, made))
            rounds += 1

    threads = [threading.Thread(target=serve, args=[k]) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(text, made) for text, made in found if made != alone[text]] == []
    assert len(found) >= 8
    assert state() == before
