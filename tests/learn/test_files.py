"""Data from files: CSV, .npz, IDX, and data sets by name; what is wrong is refused with its line and column."""

import contextlib
import gzip
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, strategies as st

from graphgrad.core.errors import DataError, UsageError
from graphgrad.learn.data import datasets
from graphgrad.learn.data.arrays import TYPES, read_idx
from graphgrad.learn.data.datasets import digits, mnist
from graphgrad.learn.data.files import read_dataset
from graphgrad.learn.data.tables import read_csv

X = np.zeros((4, 2))


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
    "x" * 200_000: "line 1: field larger than field limit",
    "": "is empty",
    "a,b\n": "a header and no data",
    "1,2\n3\n": "line 2: 1 values, where the first line has 2",
    "a,b,c\n1,2,3\n4,5,6,7\n": "line 3: 4 values",
    "\n\na,b\n1,2\n\n5,6,7\n": "line 6: 3 values, where the header has 2",
    "1,2\n3,4\n5,x\n7,8\n": "line 3, column '1': 'x' is no number",
    "a,b\n" + "3,1\n" * 9 + "x,2\n": "line 11, column 'a': 'x' is no number; --missing 'x' takes it for a missing",
    'a,b\n"1,234",1\n"5,678",2\n': r"line 2, column 'a': '1,234' reads two ways; it is 1234 by --decimal \.",
    "a,b,c\n" + "".join(f"word{k},1,{k}\n" for k in range(9)): "no column to learn 'c' from .'a' has another value",
    'a,b\n1,"2\n3,4\n': "line 3: unexpected end of data",
    "a\n1\n2\n": "one column",
}


@pytest.mark.parametrize(("text", "said"), BAD.items())
def test_bad_csv_is_refused_with_line_and_column(tmp_path, text, said):
    with pytest.raises(DataError, match=said):
        read_dataset(write(tmp_path / "data.csv", text))


def test_a_large_table_of_numbers_takes_little_more_memory_than_they_do(tmp_path):
    rows = np.random.default_rng(0).integers(0, 255, size=(2000, 100))
    np.savetxt(tmp_path / "data.csv", rows, fmt="%d", delimiter=",")
    tracemalloc.start()
    dataset = read_dataset(tmp_path / "data.csv")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert np.array_equal(dataset.X, rows[:, :-1])
    assert peak < 4.5 * dataset.X.nbytes  # as Python's words they are ten times as large


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
    words = {"y": np.array(["no", "yes"] * 2), "y_test": np.array(["yes"])}
    np.savez(tmp_path / "w.npz", X=X, X_test=X[:1], **words)
    dataset = read_dataset(tmp_path / "w.npz")
    assert (dataset.y.tolist(), dataset.classes) == ([0, 1, 0, 1], ("no", "yes"))
    assert dataset.test[1].tolist() == [1]
    np.savez(tmp_path / "w.npz", X=X, X_test=X[:1], y=words["y"], y_test=np.array(["maybe"]))
    with pytest.raises(DataError, match=r"y_test\[0\] .* is 'maybe', which is no class"):
        read_dataset(tmp_path / "w.npz")
    np.savez(tmp_path / "e.npz", X=X[:0], y=np.arange(0))
    with pytest.raises(DataError, match="has no examples"):
        read_dataset(tmp_path / "e.npz")
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
    assert len(read_dataset(write(tmp_path / "data.whatever", "1,2\n3,5\n")).X) == 2


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
