"""Models: what they answer, and files that give the same answers again, or refuse."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given, strategies as st

from graphgrad.core.errors import DataError, GraphgradError, UsageError
from graphgrad.learn.models.model import Model, accuracy, confusion, load
from graphgrad.learn.networks.losses import LOSSES, loss_row
from graphgrad.learn.networks.network import mlp, network
from graphgrad.learn.training.fit import fit
from graphgrad.learn.training.history import History, Record

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(9, 4))
CLASSIFIER = Model(mlp(4, 6, 3, seed=1), LOSSES["cross_entropy"], "float32", ("a", "b", "c"))
YES_OR_NO = Model(mlp(4, 6, 1, seed=1), LOSSES["binary_cross_entropy"])
REGRESSION = Model(network("sin(X @ A) @ b", X=("N", 4), A=(4, 3), b=3, seed=1), LOSSES["huber"])
MODELS = {"classifier": CLASSIFIER, "yes or no": YES_OR_NO, "regression": REGRESSION}


def test_predictions_of_a_classifier():
    scores = CLASSIFIER.scores(X)
    assert scores.shape == (9, 3)
    assert scores.dtype == np.float32
    assert CLASSIFIER.predict(X).tolist() == scores.argmax(axis=1).tolist()
    powers = np.exp(scores.astype(float))
    np.testing.assert_allclose(CLASSIFIER.probabilities(X), powers / powers.sum(axis=1, keepdims=True), rtol=1e-5)


def test_predictions_of_yes_or_no():
    scores = YES_OR_NO.scores(X)
    np.testing.assert_allclose(YES_OR_NO.probabilities(X), 1 / (1 + np.exp(-scores)))
    assert YES_OR_NO.predict(X).tolist() == (YES_OR_NO.probabilities(X) > 0.5).astype(int).tolist()


def test_probabilities_of_great_scores():
    steep = Model(mlp(4, 3).starting(W1=1000 * np.ones((3, 4)), b1=[0.0, 1.0, 2.0]), LOSSES["cross_entropy"])
    assert np.isfinite(steep.probabilities(X)).all()
    steep = Model(mlp(4, 1).starting(W1=1000 * np.ones((1, 4))), LOSSES["binary_cross_entropy"])
    assert np.isfinite(steep.probabilities(X)).all()


def test_a_regression_has_no_probabilities():
    assert np.array_equal(REGRESSION.predict(X), REGRESSION.scores(X))
    with pytest.raises(UsageError, match="predicts numbers"):
        REGRESSION.probabilities(X)


def test_many_rows_pass_in_parts():
    many = np.tile(X, (1000, 1))
    np.testing.assert_allclose(CLASSIFIER.scores(many), np.tile(CLASSIFIER.scores(X), (1000, 1)), rtol=1e-4, atol=1e-5)


def test_examples_are_checked():
    with pytest.raises(DataError, match=r"wants \(N, 4\)"):
        CLASSIFIER.predict(X[:, :3])
    with pytest.raises(DataError, match=r"X\[2, 1\]"):
        CLASSIFIER.predict(np.where(np.arange(36).reshape(9, 4) == 9, np.nan, X))


def test_confusion():
    y = np.array([0, 1, 2] * 3)
    matrix = confusion(CLASSIFIER, X, y)
    found = CLASSIFIER.predict(X)
    assert all(matrix[i, j] == np.sum((y == i) & (found == j)) for i in range(3) for j in range(3))


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_a_file_gives_the_same_model(tmp_path, model):
    model.save(tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors")
    assert np.array_equal(again.scores(X), model.scores(X))
    assert np.array_equal(again.predict(X), model.predict(X))
    assert (again.net.text, again.loss, again.classes, again.dtype) == (
        model.net.text,
        model.loss,
        model.classes,
        model.dtype,
    )
    again.save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == (tmp_path / "model.safetensors").read_bytes()


def test_the_file_is_readable_by_others(tmp_path):
    from safetensors.numpy import load_file

    CLASSIFIER.save(tmp_path / "model.safetensors")
    arrays = load_file(tmp_path / "model.safetensors")
    assert {name: array.shape for name, array in arrays.items()} == {"W1": (6, 4), "b1": (6,), "W2": (3, 6), "b2": (3,)}


@given(st.data())
def test_a_damaged_file_is_refused_or_a_model(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("model")
    CLASSIFIER.save(folder / "model.safetensors")
    content = bytearray((folder / "model.safetensors").read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] = data.draw(st.integers(0, 255))
    (folder / "model.safetensors").write_bytes(content[: data.draw(st.integers(len(content) - 3, len(content)))])
    try:
        model = load(folder / "model.safetensors")
    except DataError:
        return
    assert model.net.values


def rewritten(path, change):
    """Write the model's file again, with its description changed."""
    content = path.read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + size])
    said = json.loads(header["__metadata__"]["model"])
    change(said)
    header["__metadata__"]["model"] = json.dumps(said)
    made = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(made)) + made + content[8 + size :])


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said.update(program="__import__('os').system('touch hacked')"),
        lambda said: said.update(program="X @ W9"),
        lambda said: said.pop("shapes"),
        lambda said: said.update(shapes=3),
        lambda said: said["shapes"].update(W1=[7, 4]),
        lambda said: said.update(loss=["mse"]),
        lambda said: said.update(dtype="float16"),
        lambda said: said.update(classes=3),
        lambda said: said.update(loss=["x", "__import__('os')", "labels"]),
        lambda said: said.update(loss=["x", "mse(R, Y)", "what"]),
    ],
)
def test_a_hostile_description_is_refused_and_never_run(tmp_path, monkeypatch, change):
    monkeypatch.chdir(tmp_path)
    CLASSIFIER.save(tmp_path / "model.safetensors")
    rewritten(tmp_path / "model.safetensors", change)
    with pytest.raises(DataError):
        load(tmp_path / "model.safetensors")
    assert not (tmp_path / "hacked").exists()


def test_parameters_that_are_no_numbers_are_refused(tmp_path):
    Model(mlp(2, 1).starting(W1=[[1.0, np.nan]]), LOSSES["mse"]).save(tmp_path / "model.safetensors")
    with pytest.raises(DataError, match="its parameter 'W1' holds what is no number"):
        load(tmp_path / "model.safetensors")


def test_files_that_are_no_models(tmp_path):
    with pytest.raises(UsageError, match="there is no file"):
        load(tmp_path / "no.safetensors")
    with pytest.raises(UsageError, match="safetensors"):
        CLASSIFIER.save(tmp_path / "model.pkl")
    with pytest.raises(UsageError, match=r"model\.export writes this kind"):
        CLASSIFIER.save(tmp_path / "model.onnx")
    fit(mlp(4, 1), X, X[:, 0], epochs=1, checkpoint=tmp_path / "run.safetensors")
    with pytest.raises(DataError, match="holds no model of graphgrad; it is a checkpoint"):
        load(tmp_path / "run.safetensors")


RECORDS = [Record(10, 1.0, 0.5, 0.5, 0.1, 100.0, 0.6, 0.7), Record(20, 2.0, 0.25, 0.375, 0.2, 100.0)]


def test_history_is_data():
    history = History(RECORDS)
    assert history["loss"] == [0.5, 0.25]
    assert history[-1] == RECORDS[1]
    assert [record.step for record in history] == [10, 20]
    with pytest.raises(UsageError, match="did you mean 'loss'"):
        history["los"]


def test_history_as_csv(tmp_path):
    History(RECORDS).save(tmp_path / "history.csv")
    lines = (tmp_path / "history.csv").read_text().splitlines()
    assert lines[0].split(",") == list(Record._fields)
    assert lines[1] == "10,1.0,0.5,0.5,0.1,100.0,0.6,0.7"
    assert lines[2].endswith(",,")


def test_history_as_a_plot(tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    History(RECORDS).save(tmp_path / "history.png")
    assert (tmp_path / "history.png").read_bytes().startswith(b"\x89PNG")
    for records in ([], RECORDS[:1], [Record(i, i, 10.0**-i, -1.0 * i, 1.0, 1.0) for i in range(9)]):
        History(records).save(tmp_path / "history.svg")
        assert "<svg" in (tmp_path / "history.svg").read_text()
    losses, accuracy = History(RECORDS).plot().axes
    assert [line.get_label() for line in losses.lines] == ["loss", "mean so far", "validation loss"]
    assert [line.get_ydata().tolist()[0] for line in (*losses.lines, *accuracy.lines)] == [0.5, 0.5, 0.6, 0.7]
    with pytest.raises(GraphgradError, match="no known kind"):
        History(RECORDS).save(tmp_path / "history.xls")


@pytest.mark.parametrize("loss", [*LOSSES, "mean(abs(R - Y) ** 3)", "2 * binary_cross_entropy(R, Y)"])
@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("metric", [accuracy, confusion])
def test_every_metric_fits_its_task_or_refuses(loss, outputs, metric) -> None:
    model = Model(mlp(2, outputs, seed=1), loss_row(loss))
    X = np.random.default_rng(0).normal(size=(5, 2))
    scores = model.scores(X)
    if model.loss.target == "numbers":
        with pytest.raises(UsageError, match="is of classifiers"):
            metric(model, X, np.zeros(scores.shape))
        with pytest.raises(UsageError, match="is of classifiers"):
            metric(model, X, [0, 1, 0, 1, 1])
        return
    classes = 2 if model.loss.target == "yes or no" else outputs
    right = scores > 0 if model.loss.target == "yes or no" else scores.argmax(axis=1)
    wrong = 1 - right if model.loss.target == "yes or no" else (right + 1) % outputs
    for y, share in ((right, 1.0), (wrong, float(classes == 1))):
        made = metric(model, X, y)
        assert (made if metric is accuracy else np.trace(made) / np.sum(made)) == share
    for y in (right[:-1], np.full(right.shape, classes), np.full(right.shape, -1), np.full(right.shape, 0.5), []):
        with pytest.raises(DataError):
            metric(model, X, y)


def test_accuracy_on_held_out_examples_of_several_answers_is_a_part() -> None:
    X = np.random.default_rng(0).normal(size=(40, 2))
    Y = (X @ [[1, 0, 1], [0, 1, 1]] > 0).astype(float)
    model, history = fit(mlp(2, 3), X, Y, loss="binary_cross_entropy", lr=0.5, epochs=30, validation=(X, Y),
                            progress=False)  # fmt: skip
    assert history["accuracy"][-1] == pytest.approx(accuracy(model, X, Y))
    assert 0.5 < history["accuracy"][-1] <= 1
