"""Data from arrays and files; what is wrong is refused with its row and column, before anything is computed."""

import contextlib
import gzip
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, strategies as st

from graphgrad.core.errors import DataError, GraphgradError, UsageError
from graphgrad.learn import datasets
from graphgrad.learn.datasets import digits, mnist
from graphgrad.learn.evaluate import parted
from graphgrad.learn.examples import examples
from graphgrad.learn.fit import fit
from graphgrad.learn.idx import TYPES, read_idx
from graphgrad.learn.losses import LOSSES
from graphgrad.learn.model import accuracy, confusion
from graphgrad.learn.network import mlp
from graphgrad.learn.optimizers import optimizer
from graphgrad.learn.tables import read_csv, read_dataset

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
    (learn, _), (held, _) = parted(mapped, np.arange(10), 0.2, seed=0)
    assert np.shares_memory(learn, mapped)
    assert len(held) == 2
    small = np.load(tmp_path / "X.npy", mmap_mode="r").astype(np.uint8)
    one, _ = fit(mlp(2, 1), small, np.arange(10), epochs=2, batch_size=4, dtype="float32")
    two, _ = fit(mlp(2, 1), np.array(small, np.float32), np.arange(10), epochs=2, batch_size=4)
    assert np.array_equal(one.weights["W1"], two.weights["W1"])


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
    with pytest.raises(DataError, match=r"y\[1\] .* is 1, but there are 1 classes"):
        fit(mlp(2, 1), X, ["a", "b", "c", "a"], epochs=1)


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


GOOD = {
    "plain": "1,2,0\n3,4,1\n",
    "header": "a,b,c\n1,2,0\n3,4,1\n",
    "semicolons": "a;b;c\n1;2;0\n3;4;1\n",
    "tabs": "1\t2\t0\n3\t4\t1\n",
    "windows": "\ufeffa,b,c\r\n1,2,0\r\n3,4,1\r\n",
    "quotes": '"a","b","c"\n"1","2","0"\n"3","4","1"\n',
    "spaces and blank lines": "a, b, c\n\n1, 2, 0\n\n3, 4, 1\n\n",
}


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_csv_of_many_kinds(tmp_path, text):
    dataset = read_dataset(write(tmp_path / "data.csv", text))
    assert dataset.X.tolist() == [[1, 2], [3, 4]]
    assert dataset.y.tolist() == [0, 1]


def test_csv_with_words_as_targets(tmp_path):
    path = write(tmp_path / "iris.csv", "kind,length,width\nsetosa,1,2\nvirginica,3,4\nsetosa,5,6\n")
    dataset = read_dataset(path, "kind")
    assert dataset.classes == ("setosa", "virginica")
    assert dataset.y.tolist() == [0, 1, 0]
    assert dataset.X.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert dataset.columns == ("length", "width")
    with pytest.raises(DataError, match="did you mean 'kind'"):
        read_dataset(path, "knd")
    with pytest.raises(DataError, match="several columns 'a'"):
        read_dataset(write(tmp_path / "twice.csv", "a,a,b\n1,2,3\n4,5,6\n"), "a")


BAD = {
    "": "is empty",
    "a,b\n": "a header and no data",
    "1,2\n3\n": "line 2: 1 values, where the first line has 2",
    "a,b,c\n1,2,3\n4,5,6,7\n": "line 3: 4 values",
    "a,b\n1,2\n,4\n": "line 3, column 'a': a value is missing",
    "a,b\n1,2\n3,nan\n": "line 3, column 'b': a value is missing",
    "1,2\n3,4\n5,x\n7,8\n": "line 3, column '1': 'x' is no number",
    "a,b\nx,1\ny,2\n": "line 2, column 'a': 'x' is no number; words can only be targets",
    "a,b\n3,1\nx,2\ny,2\n": "line 3, column 'a': 'x' is no number",
    "a;b\n1,5;1\n2,5;2\n": "line 2, column 'a': '1,5' is no number; decimals have a point",
    'a,b\n1,"2\n3,4\n': "line 3: unexpected end of data",
    "a\n1\n2\n": "one column",
}


@pytest.mark.parametrize(("text", "said"), BAD.items())
def test_bad_csv_is_refused_with_line_and_column(tmp_path, text, said):
    with pytest.raises(DataError, match=said):
        read_dataset(write(tmp_path / "data.csv", text))


@given(st.binary(max_size=200))
def test_no_file_gives_anything_but_data_or_a_data_error(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "data.csv"
    path.write_bytes(content)
    for read in (read_csv, read_idx):
        with contextlib.suppress(DataError):
            read(path)


def idx(array):
    code = next(code for code, kind in TYPES.items() if np.dtype(kind) == array.dtype)
    return bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


@pytest.mark.parametrize("kind", TYPES.values())
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_idx_gives_back_what_was_written(tmp_path, kind, pack):
    array = np.arange(24).reshape(2, 3, 4).astype(kind)
    (tmp_path / "file").write_bytes(pack(idx(array)))
    found = read_idx(tmp_path / "file")
    assert found.tolist() == array.tolist()
    assert found.dtype == array.dtype.newbyteorder("=")


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_truncated_idx_is_refused_wherever_it_ends(tmp_path, pack):
    whole = pack(idx(np.arange(24, dtype=np.uint8).reshape(2, 3, 4)))
    for end in range(len(whole)):
        (tmp_path / "file").write_bytes(whole[:end])
        with pytest.raises(DataError):
            read_idx(tmp_path / "file")
    (tmp_path / "file").write_bytes(pack(idx(np.zeros((2, 3), np.uint8)) + b"more"))
    with pytest.raises(DataError):
        read_idx(tmp_path / "file")


def test_a_header_that_lies_about_its_size_reserves_no_memory(tmp_path):
    (tmp_path / "file").write_bytes(bytes([0, 0, 8, 3]) + b"\xff" * 12 + b"abc")
    with pytest.raises(DataError, match="holds 3"):
        read_idx(tmp_path / "file")


def test_npz(tmp_path):
    np.savez(tmp_path / "a.npz", x_train=X, y_train=np.arange(4), x_test=X[:1], y_test=np.arange(1))
    dataset = read_dataset(tmp_path / "a.npz")
    assert len(dataset.X) == 4
    assert len(dataset.test[0]) == 1
    np.savez(tmp_path / "b.npz", X=X)
    with pytest.raises(DataError, match="no array 'y'"):
        read_dataset(tmp_path / "b.npz")
    (tmp_path / "c.npz").write_bytes((tmp_path / "a.npz").read_bytes()[:100])
    with pytest.raises(DataError):
        read_dataset(tmp_path / "c.npz")
    np.savez(tmp_path / "d.npz", X=np.array([{}], object), y=np.arange(1))
    with pytest.raises(DataError):
        read_dataset(tmp_path / "d.npz")


def test_files_that_are_not_there(tmp_path, monkeypatch):
    monkeypatch.delenv("GRAPHGRAD_MNIST", raising=False)
    for read in (lambda: read_dataset(tmp_path / "no.csv"), lambda: mnist(tmp_path)):
        with pytest.raises(UsageError, match="there is no file"):
            read()
    with pytest.raises(UsageError, match=r"did you mean '\.csv'"):
        read_dataset(write(tmp_path / "data.cvs", "1,2\n"))


def test_mnist_reads_its_own_files(tmp_path):
    """With files of its format made here, gzipped and not."""
    pixels, labels = np.arange(2 * 784, dtype=np.uint8).reshape(2, 28, 28), np.array([3, 7], np.uint8)
    for part, pack, end in (("train", gzip.compress, ".gz"), ("t10k", bytes, "")):
        (tmp_path / f"{part}-images-idx3-ubyte{end}").write_bytes(pack(idx(pixels)))
        (tmp_path / f"{part}-labels-idx1-ubyte{end}").write_bytes(pack(idx(labels)))
    dataset = mnist(tmp_path)
    assert dataset.X.dtype == np.float32
    np.testing.assert_allclose(dataset.X, pixels.reshape(2, 784) / 255, rtol=1e-6)
    assert dataset.y.tolist() == dataset.test[1].tolist() == [3, 7]


def test_files_through_the_front_door(tmp_path):
    write(tmp_path / "data.csv", "a,b,kind\n1,2,x\n3,4,y\n")
    assert datasets.read(tmp_path / "data.csv").classes == ("x", "y")
    pixels, labels = np.arange(2 * 9, dtype=np.uint8).reshape(2, 3, 3), np.array([3, 7], np.uint8)
    (tmp_path / "images").write_bytes(gzip.compress(idx(pixels)))
    (tmp_path / "labels").write_bytes(idx(labels))
    dataset = datasets.idx(tmp_path / "images", str(tmp_path / "labels"))
    assert dataset.X.tolist() == pixels.tolist()
    assert dataset.y.tolist() == [3, 7]
    (tmp_path / "labels").write_bytes(idx(labels[:1]))
    with pytest.raises(DataError, match="has 2 examples, and"):
        datasets.idx(tmp_path / "images", tmp_path / "labels")


def test_digits_are_split_by_class_and_seed():
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    from sklearn.datasets import load_digits

    one, same, other = digits(0), digits(0), digits(1)
    assert len(one.X) + len(one.test[0]) == 1797
    assert np.array_equal(one.X, same.X)
    assert not np.array_equal(one.X, other.X)
    counts = np.bincount(one.test[1])
    assert counts.min() >= 34
    together = np.vstack([one.X, one.test[0]]).astype(float)
    theirs = load_digits().data / 16
    assert np.array_equal(np.sort(together.sum(axis=1)), np.sort(theirs.sum(axis=1)))


def test_errors_of_the_front_door_come_before_training():
    for options, said in (
        ({}, "how long"),
        ({"epochs": 1, "steps": 1}, "not both"),
        ({"epochs": 0}, "1 or more"),
        ({"epochs": 1, "seed": -1}, "0 or more"),
        ({"epochs": 1, "validation": 1.5}, "between 0 and 1"),
        ({"epochs": 1, "patience": 3}, "needs validation"),
        ({"epochs": 1, "patience": 0, "validation": 0.5}, "1 or more"),
        ({"epochs": 1.5}, "epochs must be a whole number"),
        ({"epochs": 1, "seed": 0.5}, "seed must be a whole number"),
        ({"epochs": 1, "validation": (X,)}, "a pair"),
        ({"epochs": 1, "lr": "0.1"}, "must be a finite number, 0 or more"),
        ({"epochs": 1, "lr": -0.1}, "must be a finite number, 0 or more"),
        (
            {"epochs": 1, "optimizer": "momentum", "settings": {"mo": 0.5}},
            "no setting of the optimizer momentum, nor of a schedule; it has lr, mu",
        ),
        ({"epochs": 1, "schedule": "base / k"}, "the schedule needs a value for 'k'"),
        ({"epochs": 1, "loss": "crossentropy"}, "did you mean 'cross_entropy'"),
        ({"epochs": 1, "dtype": "float16"}, "float64 or float32"),
        ({"epochs": 1, "optimizer": optimizer("sgd"), "lr": 0.1}, "has its rate already"),
        ({"steps": 1, "optimizer": "lbfgs", "lr": 0.1}, "L-BFGS has no rate"),
        ({"epochs": 1, "checkpoint": "/no/folder/run.safetensors"}, "no folder"),
    ):
        with pytest.raises(GraphgradError, match=said):
            fit(NET, X, [0, 1, 2, 0], **options)
    with pytest.raises(UsageError, match="a network is wanted, not str"):
        fit("X @ W", X, [0, 1, 2, 0], epochs=1)
