"""Nothing is lost: not by ctrl-C, a signal, a file that cannot be written, or a second run on one checkpoint."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import graphgrad as gg
from graphgrad.core.files import alone

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(3000, 3))
Y = np.sin(X.sum(axis=1))
NET = gg.mlp(3, 20, 1)


def test_a_run_that_begins_writes_over_nothing(tmp_path):
    path = tmp_path / "run.safetensors"
    gg.fit(NET, X, Y, epochs=1, checkpoint=path)
    kept = path.read_bytes()
    with pytest.raises(gg.UsageError, match=r"there already: a run at step 94; resume=True"):
        gg.fit(NET, X, Y, epochs=1, checkpoint=path)
    assert path.read_bytes() == kept
    model = tmp_path / "model.safetensors"
    gg.fit(NET, X, Y, epochs=1)[0].save(model)
    for resume, error in ((False, gg.UsageError), (True, gg.DataError)):
        with pytest.raises(error, match="no checkpoint"):
            gg.fit(NET, X, Y, epochs=1, checkpoint=model, resume=resume)
    assert gg.load(model)


@pytest.mark.parametrize("row", [1, 2999])
def test_every_row_tells_a_run_from_others(tmp_path, row):
    how = {"epochs": 1, "checkpoint": tmp_path / "run.safetensors"}
    gg.fit(NET, X, Y, validation=(X, Y), **how)
    other = X.copy()
    other[row, 1] += 1e-9
    for rows, held in ((other, X), (X, other)):
        with pytest.raises(gg.UsageError, match="another run"):
            gg.fit(NET, rows, Y, validation=(held, Y), resume=True, **how)
    gg.fit(NET, X, Y, validation=(X, Y), resume=True, **how)


def test_two_runs_on_one_checkpoint_notice(tmp_path):
    path = tmp_path / "run.safetensors"
    with alone(path), pytest.raises(gg.UsageError, match="in use by another run"):
        gg.fit(NET, X, Y, epochs=1, checkpoint=path)
    gg.fit(NET, X, Y, epochs=1, checkpoint=path)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_callback_ends_a_run_and_its_model_is_given():
    seen = []

    def each(record):
        seen.append(record.epoch)
        return len(seen) == 3

    _, history = gg.fit(NET, X, Y, epochs=50, each=each)
    assert history["epoch"] == seen == [1, 2, 3]
    _, history = gg.fit(NET, X, Y, steps=500, record_every=40, each=lambda record: record.step >= 80)
    assert history["step"] == [40, 80]


def test_an_interrupt_has_the_model():
    def stop(record):
        if record.epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as stopped:
        gg.fit(NET, X, Y, epochs=9, each=stop)
    assert len(stopped.value.history) == 1
    assert stopped.value.model.predict(X[:5]).shape == (5, 1)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_keeps_the_model_and_the_checkpoint(tmp_path, number):
    data, model, run = (tmp_path / name for name in ("data.csv", "model.safetensors", "run.safetensors"))
    np.savetxt(data, np.column_stack([X, Y]), delimiter=",", header="a,b,c,y", comments="")
    options = ["--epochs", "1000000", "--every", "0", "--save", str(model), "--checkpoint", str(run)]
    command = [sys.executable, "-c", "from graphgrad.cli import main; main()", "train", str(data), *options]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not run.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(running.pid, number)
    said, told = running.communicate(timeout=60)
    assert running.returncode == 128 + number
    assert "is kept in" in told
    assert f"wrote {model}" in said
    assert gg.load(model).predict({"a": [1.0], "b": [1.0], "c": [0.0]}).shape == (1,)


def test_a_file_that_fails_keeps_no_other_from_being_written(tmp_path, monkeypatch, capsys):
    from graphgrad.cli.training import printout, train
    from graphgrad.learn.models.model import Model

    def fail(*_):
        raise gg.UsageError("no")

    monkeypatch.setattr(Model, "save", fail)
    monkeypatch.setattr(printout, "matrix", fail)
    model, history = tmp_path / "m.safetensors", tmp_path / "h.csv"
    with pytest.raises(gg.UsageError, match="no"):
        train.command.main(
            ["xor", "--steps", "50", "--save", str(model), "--save", str(tmp_path / "m.py"), "--history", str(history)],
            standalone_mode=False,
        )
    assert sorted(file.name for file in tmp_path.iterdir()) == ["h.csv", "m.py"]
    assert "wrote" in capsys.readouterr().out
