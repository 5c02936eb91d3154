"""A run that was stopped, however it was, goes on from its checkpoint to the same bits as one that was not."""

import errno
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from graphgrad.core import files
from graphgrad.core.errors import DataError, UsageError
from graphgrad.learn.networks.network import mlp
from graphgrad.learn.training.fit import fit
from graphgrad.learn.updates.optimizers import OPTIMIZERS
from graphgrad.learn.updates.schedules import SCHEDULES

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(50, 3))
Y = np.sin(X.sum(axis=1))
LABELS = (Y > 0).astype(int)

RUNS = {
    "unrolled, drawn": (mlp(3, 4, 1), {"steps": 5000, "batch_size": 1, "optimizer": "momentum"}, Y),
    "epochs, a rest": (mlp(3, 20, 2), {"epochs": 9, "batch_size": 16, "optimizer": "adam"}, LABELS),
    "schedule and clipping": (
        mlp(3, 20, 1),
        {"epochs": 9, "batch_size": 7, "optimizer": "amsgrad", "schedule": "linear", "clip_norm": 0.1},
        Y,
    ),
    "validation": (mlp(3, 20, 2), {"epochs": 9, "batch_size": 16, "validation": 0.2, "patience": 50}, LABELS),
    "L-BFGS": (mlp(3, 20, 1), {"steps": 40, "validation": 0.2, "optimizer": "lbfgs"}, Y),
    "all examples": (mlp(3, 20, 1), {"epochs": 30, "batch_size": None, "optimizer": "nesterov"}, Y),
}


class Stopped(BaseException):
    pass


def stop_at(step):
    def each(record):
        if record.step >= step:
            raise Stopped

    return each


def same(one, two):
    assert all(np.array_equal(one.weights[name], two.weights[name]) for name in one.weights)


@pytest.mark.parametrize(("net", "options", "y"), RUNS.values(), ids=RUNS)
def test_to_the_same_bits(tmp_path, net, options, y):
    if options.get("optimizer") == "lbfgs":
        pytest.importorskip("scipy", reason="scipy is not installed")
    whole, history = fit(net, X, y, **options)
    kept = {"checkpoint": tmp_path / "run.safetensors", "every": 0, "resume": True}
    stops = [record.step for record in history][:: max(1, len(history) // 3)]
    for step in stops:
        with pytest.raises(Stopped):
            fit(net, X, y, each=stop_at(step), **kept, **options)
    resumed, again = fit(net, X, y, **kept, **options)
    same(whole, resumed)
    for column in ("step", "epoch", "loss", "running", "validation", "accuracy"):
        assert history[column] == again[column]


SETTINGS = {"step": {"every": 5}, "warmup": {"warmup": 9}, "warmup_cosine": {"warmup": 9}}
NETS = {"unrolled": mlp(3, 3, 1), "arrays": mlp(3, 20, 1)}


@pytest.mark.parametrize("net", NETS.values(), ids=NETS)
@pytest.mark.parametrize(
    "options",
    [{"optimizer": name, "lr": 0.01} for name in OPTIMIZERS]
    + [{"optimizer": "m = 0.9 * m + g; p - lr * sign(m)", "lr": 0.01}]
    + [{"schedule": name, "settings": SETTINGS.get(name)} for name in SCHEDULES],
    ids=lambda options: options.get("schedule") or options["optimizer"],
)
def test_every_optimizer_and_schedule(tmp_path, net, options):
    """Stopped after the fourth epoch: what the optimizer keeps is what counts."""
    said = {"epochs": 6, "batch_size": 7, **options}
    kept = {"checkpoint": tmp_path / "run.safetensors", "every": 0, "resume": True}
    with pytest.raises(Stopped):
        fit(net, X, Y, each=stop_at(32), **kept, **said)
    same(fit(net, X, Y, **said)[0], fit(net, X, Y, **kept, **said)[0])


def test_patience_is_remembered(tmp_path):
    """A run that is stopped while it waits for a better loss ends where it would have, with the same best model."""
    X, y, held = GENERATOR.normal(size=(40, 5)), GENERATOR.normal(size=40), GENERATOR.normal(size=(40, 5))
    said = {"epochs": 500, "lr": 0.02, "validation": (held, GENERATOR.normal(size=40)), "patience": 6}
    whole, history = fit(mlp(5, 30, 1), X, y, **said)
    kept = {"checkpoint": tmp_path / "run.safetensors", "every": 0, "resume": True}
    for waited in (5, 3):
        with pytest.raises(Stopped):
            fit(mlp(5, 30, 1), X, y, each=stop_at(history[-waited].step), **kept, **said)
    resumed, again = fit(mlp(5, 30, 1), X, y, **kept, **said)
    same(whole, resumed)
    assert again["validation"] == history["validation"]


def test_a_finished_run_goes_on(tmp_path):
    net = mlp(3, 20, 1)
    kept = {"checkpoint": tmp_path / "run.safetensors", "resume": True}
    fit(net, X, Y, epochs=3, **kept)
    longer, _ = fit(net, X, Y, epochs=5, **kept)
    whole, _ = fit(net, X, Y, epochs=5)
    same(longer, whole)


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    kept = {"checkpoint": tmp_path / "run.safetensors", "resume": True}
    fit(mlp(3, 20, 1), X, Y, epochs=1, **kept)
    with pytest.raises(UsageError, match="another run"):
        fit(mlp(3, 20, 1), X, 2 * Y, epochs=1, **kept)
    others = ({"seed": 1}, {"lr": 0.1}, {"batch_size": 8}, {"loss": "mae"}, {"optimizer": "sgd"}, {"l2": 0.1})
    for other in others:
        with pytest.raises(UsageError, match="another run"):
            fit(mlp(3, 20, 1), X, Y, epochs=1, **kept, **other)
    with pytest.raises(UsageError, match="another run"):
        fit(mlp(3, 20, 1, seed=1), X, Y, epochs=1, **kept)


def test_a_damaged_checkpoint_is_refused(tmp_path):
    path = tmp_path / "run.safetensors"
    fit(mlp(3, 20, 1), X, Y, epochs=1, checkpoint=path)
    content = path.read_bytes()
    for damaged in (content[:-1], content[:7], b"", content[: len(content) // 2]):
        path.write_bytes(damaged)
        with pytest.raises(DataError):
            fit(mlp(3, 20, 1), X, Y, epochs=1, checkpoint=path, resume=True)


def test_a_full_disk_leaves_the_last_checkpoint(tmp_path, monkeypatch):
    path, net = tmp_path / "run.safetensors", mlp(3, 20, 1)
    with pytest.raises(Stopped):
        fit(net, X, Y, epochs=9, checkpoint=path, every=0, each=stop_at(4))
    before, replace = path.read_bytes(), files.Path.replace

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        fit(net, X, Y, epochs=9, checkpoint=path, every=0, resume=True)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["run.safetensors"]
    monkeypatch.setattr(files.Path, "replace", replace)
    same(fit(net, X, Y, epochs=9, checkpoint=path, resume=True)[0], fit(net, X, Y, epochs=9)[0])


FULL = """
import resource
import signal
import sys
import numpy as np
from graphgrad.learn.training.fit import fit
from graphgrad.learn.networks.network import mlp

X = np.random.default_rng(0).normal(size=(200, 10))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def each(record):
    if record.epoch == 5 and sys.argv[2] == "full":
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))  # as a disk with 5 kB left


fit(mlp(10, 400, 1), X, X.sum(axis=1), epochs=9, checkpoint=sys.argv[1], every=0, resume=True, each=each)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are POSIX")
def test_a_disk_that_fills_up_in_a_process_of_its_own(tmp_path):
    paths = [tmp_path / f"{name}.safetensors" for name in ("stopped", "whole")]
    for path, how, said in ((paths[0], "full", "File too large"), (paths[0], "", ""), (paths[1], "", "")):
        done = subprocess.run([sys.executable, "-c", FULL, str(path), how], capture_output=True, text=True, check=False)
        assert said in done.stderr
        assert done.returncode == bool(said)
        assert sorted(tmp_path.iterdir()) == sorted({paths[0], path})
    from graphgrad.learn.models.tensors import read_tensors

    (one, _), (two, _) = (read_tensors(path, "checkpoint") for path in paths)
    assert all(np.array_equal(one[name], two[name]) for name in two)


def test_an_interrupt_keeps_the_last_step(tmp_path):
    X = np.random.default_rng(0).normal(size=(50, 3))
    how = {"y": X.sum(axis=1), "batch_size": 7}

    def stop(record):
        if record.epoch == 3:
            raise KeyboardInterrupt

    path = tmp_path / "run.safetensors"
    with pytest.raises(KeyboardInterrupt, match=r"step \d+ is kept in '.*run.safetensors'"):
        fit(mlp(3, 4, 1), X, **how, epochs=6, checkpoint=path, each=stop)
    resumed, _ = fit(mlp(3, 4, 1), X, **how, epochs=6, checkpoint=path, resume=True)
    whole, _ = fit(mlp(3, 4, 1), X, **how, epochs=6)
    assert all(np.array_equal(resumed.weights[name], whole.weights[name]) for name in whole.weights)
    with pytest.raises(KeyboardInterrupt):
        fit(mlp(3, 4, 1), X, **how, epochs=6, each=stop)


PROGRAM = """
import signal, sys
import numpy as np
from graphgrad.learn.training.fit import fit
from graphgrad.learn.networks.network import mlp

signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job of a shell is born deaf to ctrl-C
X = np.random.default_rng(0).normal(size=(500, 3))
y = np.sin(X.sum(axis=1))
fit(mlp(3, 30, 1), X, y, epochs=int(sys.argv[2]), checkpoint=sys.argv[1], every=0, resume=True)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["kill -9", "ctrl-C"])
def test_a_process_that_is_stopped(tmp_path, how):
    path = tmp_path / "run.safetensors"

    def begin(epochs):
        command = [sys.executable, "-c", PROGRAM, str(path), str(epochs)]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    running = begin(1_000_000)
    deadline = time.monotonic() + 60
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.2)
    os.kill(running.pid, how)
    try:
        assert running.wait(60) != 0
    finally:
        running.kill()
    from graphgrad.learn.models.tensors import read_tensors

    _, said = read_tensors(path, "checkpoint")
    epochs = said["t"] // 16 + 2
    assert begin(epochs).wait(60) == 0
    arrays, said = read_tensors(path, "checkpoint")
    X = np.random.default_rng(0).normal(size=(500, 3))
    fit(mlp(3, 30, 1), X, np.sin(X.sum(axis=1)), epochs=epochs, checkpoint=tmp_path / "whole.safetensors")
    whole, _ = read_tensors(tmp_path / "whole.safetensors", "checkpoint")
    assert said["t"] == epochs * 16
    assert sorted(arrays) == sorted(whole) == ["m", "p", "v"]
    assert all(np.array_equal(arrays[name], whole[name]) for name in arrays)
