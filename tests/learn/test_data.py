"""Examples from arrays; what is wrong is refused with its row and column, before anything is computed."""

import tracemalloc

import numpy as np
import pytest

from graphgrad.core.errors import DataError, GraphgradError, UsageError
from graphgrad.learn.data.examples import examples
from graphgrad.learn.models.model import accuracy, confusion
from graphgrad.learn.networks.losses import LOSSES
from graphgrad.learn.networks.network import mlp
from graphgrad.learn.training.evaluate import parted
from graphgrad.learn.training.fit import fit
from graphgrad.learn.updates.optimizers import optimizer

NET = mlp(2, 3)
X = np.zeros((4, 2))


def with_entry(value, *at, shape=(4, 2)):
    array = np.zeros(shape)
    array[at] = value
    return array


@pytest.mark.parametrize(
    ("loss", "X", "y", "said"),
    [
        ("cross_entropy", with_entry(np.nan, 3, 1), [0, 1, 2, 0], r"X\[3, 1\] \(row 3, column 1.* is nan"),
        ("cross_entropy", with_entry(np.inf, 0, 0), [0, 1, 2, 0], r"X\[0, 0\] .* is inf"),
        ("cross_entropy", X, [0, 1, 3, 0], r"y\[2\] \(row 2.* is 3, but there are 3 classes, 0 to 2"),
        ("cross_entropy", X, [0, -1, 2, 0], r"y\[1\] .* is -1"),
        ("cross_entropy", X, [0, 1.5, 2, 0], r"y\[1\] .* is 1.5, which is no class index"),
        ("cross_entropy", X, [0, np.nan, 2, 0], r"y\[1\] .* is nan"),
        ("cross_entropy", X, np.eye(4, 3), "argmax"),
        ("cross_entropy", X, [0, 1], "4 examples, and y 2"),
        ("cross_entropy", np.zeros((4, 3)), [0, 1, 2, 0], r"the network wants \(N, 2\)"),
        ("cross_entropy", np.zeros(2), [0], r"one example is X\[None\]"),
        ("cross_entropy", [[1, 2], [3]], [0, 1], "ragged: row 1 has 1 values, row 0 has 2"),
        ("cross_entropy", np.zeros((0, 2)), [], "no examples"),
        ("cross_entropy", [["a", "b"]], [0], "not numbers"),
        ("cross_entropy", 3.0, [0], "one number"),
        ("cross_entropy", np.ma.masked_greater(with_entry(9, 1, 1), 5), [0, 1, 2, 0], r"X\[1, 1\] .* is nan"),
        ("mse", X, np.zeros((4, 2)), "rows of shape"),
        ("mse", X, with_entry(np.nan, 2, 0, shape=(4, 3)), r"y\[2, 0\] .* is nan"),
        ("binary_cross_entropy", X, with_entry(2, 1, 1, shape=(4, 3)), r"y\[1, 1\] .* is 2.0, where .* 0 to 1"),
    ],
)
def test_bad_arrays(loss, X, y, said):
    with pytest.raises(DataError, match=said):
        examples(NET, LOSSES[loss], (X, y), "float64")


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32", "bool"])
def test_other_types_become_the_network_s(dtype):
    found = examples(NET, LOSSES["cross_entropy"], (X.astype(dtype), np.array([0, 1, 2, 0], np.uint8)), "float32")
    assert found.X.dtype == np.float32
    assert found.Y.dtype == np.int64


def test_one_output_takes_a_vector_of_targets_and_never_broadcasts_it():
    found = examples(mlp(2, 1), LOSSES["mse"], (X, [1, 2, 3, 4]), "float64")
    assert found.Y.shape == (4, 1)


def test_memory_mapped_arrays_stay_on_disk(tmp_path):
    np.save(tmp_path / "X.npy", np.random.default_rng(0).normal(size=(200, 2)))
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    y = mapped[:, 0] * mapped[:, 1] > 0
    found = examples(NET, LOSSES["cross_entropy"], (mapped, y.astype(int)), "float64")
    assert isinstance(found.X, np.memmap)
    options = {"loss": "cross_entropy", "epochs": 3, "batch_size": 16, "dtype": "float64"}
    (one, _), (two, _) = (fit(NET, array, y.astype(int), **options) for array in (mapped, np.array(mapped)))
    assert all(np.array_equal(one.weights[name], two.weights[name]) for name in one.weights)


def test_arrays_larger_than_memory_stream(tmp_path):
    """Of a file of 64 MB, never a quarter is held at once, whatever is done with it."""
    big = np.lib.format.open_memmap(tmp_path / "X.npy", "w+", np.float32, (32_768, 512))
    big[::100] = 1
    big.flush()
    X, y = np.load(tmp_path / "X.npy", mmap_mode="r"), np.arange(32_768) % 100 == 0
    net, held = mlp(512, 4, 1), (X[:4000], y[:4000])
    tracemalloc.start()
    fit(net, X, y, epochs=1, batch_size=256, validation=0.1)
    fit(net, X, y, epochs=1, batch_size=256, validation=held, shuffle=False)
    model, _ = fit(net, X, y, steps=10, batch_size=256)
    assert accuracy(model, X, y) >= 0
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < X.nbytes / 4


def test_a_part_of_memory_mapped_examples_is_held_out_without_a_copy(tmp_path):
    np.save(tmp_path / "X.npy", np.arange(20.0).reshape(10, 2))
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    learn, held = parted(mapped, 0.2, seed=0)
    assert np.shares_memory(mapped[learn], mapped)
    assert np.shares_memory(mapped[held], mapped)
    assert np.array_equal(mapped[held], mapped[8:])
    small = np.load(tmp_path / "X.npy", mmap_mode="r").astype(np.uint8)
    one, _ = fit(mlp(2, 1), small, np.arange(10), epochs=2, batch_size=4, dtype="float32")
    two, _ = fit(mlp(2, 1), np.array(small, np.float32), np.arange(10), epochs=2, batch_size=4)
    assert np.array_equal(one.weights["W1"], two.weights["W1"])


def test_a_bad_row_is_named_as_it_was_given_though_a_part_is_held_out():
    many = np.zeros((40, 2))
    many[37, 1] = np.nan
    with pytest.raises(DataError, match=r"X\[37, 1\]"):
        fit(NET, many, np.zeros(40, int), epochs=1, validation=0.5)
    with pytest.raises(DataError, match="4 examples, and y 2 targets"):
        fit(NET, X, [0, 1], epochs=1, validation=0.5)
    with pytest.raises(DataError, match="none are left"):
        fit(NET, X, [0, 1, 2, 0], epochs=1, validation=0.99)


def test_words_as_targets():
    words = np.array(["no", "yes", "yes", "no"])
    for y in (words, words.astype(object), words.tolist()):
        model, history = fit(mlp(2, 2), X, y, validation=(X, y), epochs=2)
        assert model.classes == ("no", "yes")
        assert history[-1].accuracy == accuracy(model, X, y) == 0.5
        assert confusion(model, X, y).sum() == 4
    turned, _ = fit(mlp(2, 2), X, words, classes=("yes", "no"), epochs=1)
    assert accuracy(turned, X, words) == np.mean(np.array(["yes", "no"])[turned.predict(X)] == words)
    with pytest.raises(DataError, match=r"validation y\[1\] .* is 'maybe', which is no class; there are no, yes"):
        fit(mlp(2, 2), X, words, validation=(X[:2], ["no", "maybe"]), epochs=2)


def test_what_targets_say_about_the_loss():
    truth, words = np.array([True, False, True, False]), ["a", "b", "a", "b"]
    for net, y, loss in (
        (mlp(2, 2), truth, "cross_entropy"),
        (mlp(2, 1), truth, "binary_cross_entropy"),
        (mlp(2, 1), words, "binary_cross_entropy"),
        (mlp(2, 1), [0, 1, 2, 3], "mse"),
        (mlp(2, 4), [0, 1, 2, 3], "cross_entropy"),
    ):
        assert fit(net, X, y, epochs=1)[0].loss.name == loss
    with pytest.raises(DataError, match="the network has 1 output, and y 3 classes"):
        fit(mlp(2, 1), X, ["a", "b", "c", "a"], epochs=1)


@pytest.mark.parametrize(
    ("outputs", "words", "loss", "said"),
    [
        (3, ["a", "b", "a", "b"], None, "the network has 3 outputs, and y 2 classes; the last layer has one for each"),
        (2, ["a", "a", "a", "a"], None, "y has one class, 'a', and there is nothing to tell it from"),
        (1, ["a", "b", "c", "a"], "mse", "y has 3 classes, and the loss mse learns numbers"),
    ],
)
def test_classes_that_cannot_be_told_apart(outputs, words, loss, said):
    with pytest.raises(DataError, match=said):
        fit(mlp(2, outputs), X, words, loss=loss, epochs=1)


def test_class_indices_as_decimals_are_told_of_cross_entropy():
    with pytest.raises(DataError, match=r"output \(3,\); class indices are learned by the loss cross_entropy"):
        fit(mlp(2, 3), X, [0.0, 1.0, 2.0, 0.0], epochs=1)
    with pytest.raises(DataError, match=r"output \(3,\)$"):
        fit(mlp(2, 3), X, [0.5, 1.0, 2.0, 0.0], epochs=1)


def test_errors_of_the_front_door_come_before_training():
    for options, said in (
        ({}, "how long"),
        ({"epochs": 1, "steps": 1}, "not both"),
        ({"epochs": 0}, "1 or more"),
        ({"epochs": 1, "seed": -1}, "0 or more"),
        ({"epochs": 1, "validation": 1.5}, "0 or more and less than 1, not 1.5"),
        ({"epochs": 1, "patience": 3}, "needs validation"),
        ({"epochs": 1, "resume": True}, "resume needs checkpoint"),
        ({"epochs": 1, "patience": 0, "validation": 0.5}, "1 or more"),
        ({"epochs": 1.5}, "epochs must be a whole number"),
        ({"epochs": 1, "seed": 0.5}, "seed must be a whole number"),
        ({"epochs": 1, "validation": (X,)}, "a pair"),
        ({"epochs": 1, "lr": "0.1"}, "must be a finite number, 0 or more"),
        ({"epochs": 1, "lr": -0.1}, "must be a finite number, 0 or more"),
        ({"epochs": 1, "lr": 10**400}, "must be a finite number, 0 or more"),
        ({"epochs": 1, "l2": "a"}, "l2 must be a finite number, 0 or more, not 'a'"),
        ({"epochs": 1, "l1": -1}, "l1 must be a finite number, 0 or more, not -1"),
        ({"epochs": 1, "l2": float("nan")}, "l2 must be a finite number, 0 or more, not nan"),
        ({"epochs": 1, "clip_norm": "a"}, "clip_norm must be a finite number, 0 or more, not 'a'"),
        ({"epochs": 1, "clip_value": 0}, "clip_value must be above 0, not 0"),
        ({"epochs": 1, "tolerance": -1}, "tolerance must be a finite number, 0 or more, not -1"),
        ({"epochs": 1, "checkpoint": "run.safetensors", "every": "a"}, "every must be a finite number"),
        (
            {"epochs": 1, "schedule": "warmup", "settings": {"warmup": "a"}},
            "the setting warmup must be a finite number",
        ),
        ({"epochs": 1, "schedule": 3}, "schedule must be a text, not 3"),
        ({"epochs": 1, "loss": 3}, "loss must be a text, not 3"),
        ({"epochs": 1, "optimizer": 3}, "optimizer must be a text, or an optimizer, not 3"),
        ({"epochs": 1, "target": 3}, "target must be a text, not 3"),
        ({"epochs": 1, "dtype": 3}, "float64 or float32, not 3"),
        ({"epochs": 1, "machines": 0}, "machines must be a whole number, 1 or more, not 0"),
        (
            {"epochs": 1, "optimizer": "momentum", "settings": {"mo": 0.5}},
            "no setting of the optimizer momentum, nor of a schedule; it has lr, mu",
        ),
        ({"epochs": 1, "schedule": "base / k"}, "the schedule needs a value for 'k'"),
        ({"epochs": 1, "loss": "crosentropy"}, "did you mean 'cross_entropy'"),
        ({"epochs": 1, "dtype": "float16"}, "float64 or float32"),
        ({"epochs": 1, "optimizer": optimizer("sgd"), "lr": 0.1}, "has its rate already"),
        ({"steps": 1, "optimizer": "lbfgs", "lr": 0.1}, "L-BFGS has no rate"),
        ({"epochs": 1, "checkpoint": "/no/folder/run.safetensors"}, "no folder"),
    ):
        with pytest.raises(GraphgradError, match=said):
            fit(NET, X, [0, 1, 2, 0], **options)
    with pytest.raises(UsageError, match="a network is wanted, not str"):
        fit("X @ W", X, [0, 1, 2, 0], epochs=1)
