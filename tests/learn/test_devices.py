"""Data-parallel training with JAX: several CPU devices in one process, and two processes over loopback."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from importlib.util import find_spec

import numpy as np
import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("jax") is None, reason="jax is not installed"),
]

ONE_PROCESS = """
import json
import numpy as np
from graphgrad.learn.training.devices import Machines
from graphgrad.learn.training.fit import fit
from graphgrad.learn.networks.network import mlp

X = np.random.default_rng(0).normal(size=(100, 5))
y = (X.sum(axis=1) > 0).astype(int)
rows = []
for optimizer in ("sgd", "adam", "amsgrad"):
    said = dict(epochs=4, batch_size=16, optimizer=optimizer, lr=0.01, clip_norm=0.5, schedule="cosine", l2=0.01)
    ways = ({}, dict(target="jax", machines=Machines(4)))
    rows.append([fit(mlp(5, 16, 2), X, y, **said, **way)[1]["loss"] for way in ways])
import jax
print(json.dumps([len(jax.devices()), rows]))
"""


def test_four_devices_learn_like_one():
    done = subprocess.run([sys.executable, "-c", ONE_PROCESS], capture_output=True, text=True, check=True)
    count, rows = json.loads(done.stdout)
    assert count == 4
    for one, many in rows:
        np.testing.assert_allclose(many, one, rtol=1e-5)
        assert one[-1] < one[0]


STOPPED = """
import json, sys
import numpy as np
from graphgrad.core.errors import DomainError
from graphgrad.learn.training.devices import BLOCK, DeviceStep, Machines
from graphgrad.learn.training.fit import fit
from graphgrad.learn.networks.network import mlp, network

X = np.random.default_rng(0).normal(size=(1500, 5))
y = X[:, 0] * X[:, 1]
how = dict(optimizer="amsgrad", lr=0.01, schedule="cosine", clip_norm=0.5, target="jax", machines=Machines(2))
same = lambda one, two: all(np.array_equal(one.weights[n], two.weights[n]) for n in one.weights)
rows = []
for said in (dict(epochs=3, batch_size=16), dict(steps=2500, batch_size=7)):  # batches with a rest; not divided evenly
    whole, history = fit(mlp(5, 16, 1), X, y, **said, **how)
    filmed, _ = fit(mlp(5, 16, 1), X, y, film=True, **said, **how)  # its snapshots cut the blocks
    epoch, many = DeviceStep.start, []
    for place in (1, 5, 9):  # calls of a block; after the last one the run is stopped amid a round
        path = f"{sys.argv[1]}/{place}.safetensors"
        def stopping(step, values, place=place):
            run = epoch(step, values)
            taken, calls = run.taken, []
            def counted(*given):
                calls.append(1)
                if len(calls) > place:
                    raise KeyboardInterrupt
                return taken(*given)
            run.taken = counted
            return run
        DeviceStep.start = stopping
        kept = dict(checkpoint=path, every=0, resume=True)
        try:
            fit(mlp(5, 16, 1), X, y, **kept, **said, **how)
        except KeyboardInterrupt as stop:
            assert "is kept" in str(stop), stop
        DeviceStep.start = epoch
        resumed, again = fit(mlp(5, 16, 1), X, y, **kept, **said, **how)
        many.append(same(whole, resumed) and history["loss"] == again["loss"])
        __import__("os").unlink(path)
    rows.append([same(whole, filmed), many])
try:
    fit(mlp(5, 16, 1, activation="exp"), X, y, steps=500, batch_size=16, optimizer="sgd", lr=1e4, target="jax")
except DomainError as error:
    rows.append(str(error))
print(json.dumps(rows))
"""


def test_stopped_anywhere_it_ends_with_the_same_bits(tmp_path):
    done = subprocess.run([sys.executable, "-c", STOPPED, str(tmp_path)], capture_output=True, text=True, check=True)
    *rows, error = json.loads(done.stdout)
    assert rows == [[True, [True] * 3]] * 2
    assert "step 2: exp(h1) ≈ " in error
    assert "is beyond float64" in error
    assert "t1 = exp(h1)" in error


def free_port():
    with socket.socket() as found:
        found.bind(("localhost", 0))
        return found.getsockname()[1]


@pytest.fixture
def begin(folder):
    """Start a process in the folder; none outlives the test."""
    begun = []

    def start(line, *, process=None, port=None):
        command = [sys.executable, "-c", "from graphgrad.cli import main; main()", *line.split()]
        if process is not None:
            command += f"--coordinator localhost:{port} --processes 2 --process-id {process}".split()
        begun.append(subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return begun[-1]

    yield start
    for process in begun:
        process.kill()
        process.communicate()


@pytest.fixture
def folder(tmp_path):
    X = np.random.default_rng(0).normal(size=(400, 3))
    np.savetxt(tmp_path / "data.csv", np.column_stack([X, X[:, 0] * X[:, 1] - X[:, 2]]), delimiter=",")
    return tmp_path


TRAIN = "train data.csv --batch 50 --json"
MANY = f"{TRAIN} --backend jax --devices 4"


def curve(said):
    said = said[said.index("{") :]  # Gloo may have said on standard output that it is connected
    return [record["loss"] for record in json.loads(said)["history"]]


def test_two_processes_learn_like_one(folder, begin):
    port = free_port()
    both = [begin(f"{MANY} --epochs 4 --save {i}.safetensors", process=i, port=port) for i in (0, 1)]
    said = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    alone, _ = begin(f"{TRAIN} --epochs 4").communicate(timeout=120)
    np.testing.assert_allclose(curve(said[0][0]), curve(alone), rtol=1e-5)
    assert "{" not in said[1][0]  # the first process speaks, and writes, for all
    assert [p.name for p in folder.glob("*.safetensors")] == ["0.safetensors"]


def test_a_process_that_dies_leaves_an_error_and_a_checkpoint(folder, begin):
    port, kept = free_port(), "--backend jax --devices 2 --checkpoint run.safetensors --every 0 --resume"
    both = [begin(f"{TRAIN} --epochs 1000000 {kept}", process=i, port=port) for i in (0, 1)]
    deadline = time.monotonic() + 120
    while not (folder / "run.safetensors").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    os.kill(both[1].pid, signal.SIGKILL)
    _, error = both[0].communicate(timeout=120)
    both[1].communicate(timeout=120)
    assert both[0].returncode == 2
    assert "stack trace" not in error
    assert "another process of the run is gone" in error
    assert "Traceback" not in error
    from graphgrad.learn.models.tensors import read_tensors

    _, checkpoint = read_tensors(folder / "run.safetensors", "checkpoint")
    epochs = checkpoint["t"] // 8 + 3
    port = free_port()
    both = [begin(f"{TRAIN} --epochs {epochs} {kept}", process=i, port=port) for i in (0, 1)]
    said = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    alone, _ = begin(f"{TRAIN} --epochs {epochs}").communicate(timeout=120)
    np.testing.assert_allclose(curve(said[0][0]), curve(alone), rtol=1e-5)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--backend jax --devices 3 --coordinator localhost:1 --processes 2", "cannot be divided"),
        ("--backend jax --processes 2", "need a coordinator"),
        ("--devices 2", "need the target jax"),
    ],
)
def test_errors(begin, line, said):
    _, error = begin(f"{TRAIN} --epochs 1 {line}").communicate(timeout=120)
    assert said in error
