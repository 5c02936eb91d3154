"""Tables as people have them: how they are written, what their columns hold, what is learned of them."""

import bz2
import gzip
import json
import lzma
import pickle
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given, strategies as st

import graphgrad as gg
from graphgrad.api.learning import evaluate
from graphgrad.learn.data.columns import CellReading
from graphgrad.learn.data.dialect import is_header
from graphgrad.learn.data.files import read_table, read_task
from graphgrad.learn.data.tables import DataTable, read_csv
from graphgrad.learn.data.targets import Wanted
from graphgrad.learn.models import metrics
from graphgrad.learn.models.model import load
from graphgrad.learn.models.score import score
from graphgrad.learn.training.verdicts import FAILED, RULES

ROWS = [["1.5", "red", "2020-01-02"], ["2.5", "blue", "2020-01-04"], ["4", "red", "2020-03-01"]]
NAMES = ["size", "colour", "day"]
WAYS = {  # of writing these rows
    "commas": lambda: text(","),
    "semicolons and decimal commas": lambda: text(";", lambda cell: cell.replace(".", ",")),
    "bars": lambda: text("|"),
    "tabs": lambda: text("\t"),
    "blanks": lambda: text("   "),
    "double quotes": lambda: text(",", lambda cell: f'"{cell}"'),
    "single quotes": lambda: text(",", lambda cell: f"'{cell}'"),
    "comments": lambda: "# measured\n# twice\n" + text(","),
    "windows": lambda: "\ufeff" + text(",").replace("\n", "\r\n"),
    "old macs": lambda: text(",").replace("\n", "\r"),
    "the end of DOS": lambda: text(",").replace("\n", "\r\n") + "\x1a\r\n",
    "names of rows": lambda: "\n".join([",".join(NAMES), *(f"row{k}," + ",".join(row) for k, row in enumerate(ROWS))]),
}


def text(separator, cell=str):
    return "".join(separator.join(map(cell, row)) + "\n" for row in [NAMES, *ROWS])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_one_table_written_in_many_ways(tmp_path, way, encoding):
    (tmp_path / "table.dat").write_bytes(WAYS[way]().encode(encoding))
    table = read_csv(tmp_path / "table.dat").only(NAMES)
    assert table["size"].values.tolist() == [1.5, 2.5, 4]
    assert table["colour"].texts.tolist() == ["red", "blue", "red"]
    assert np.diff(table["day"].values).tolist() == [2, 57]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress], ids=["gzip", "bzip2", "xz"])
def test_packed_tables(tmp_path, pack):
    (tmp_path / "t.csv").write_bytes(pack("name;größe\nä;1\nö;2\n".encode("latin-1")))
    assert read_csv(tmp_path / "t.csv").names == ("name", "größe")
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as file:
        file.writestr("inside.csv", "a,b\n1,2\n3,4\n")
    assert read_csv(tmp_path / "t.zip").array().tolist() == [[1, 2], [3, 4]]


CELLS = {  # what a column's cells are read as
    "thousands": (["1,234", "1,234,567.5", "12"], "numbers", [1234, 1234567.5, 12]),
    "decimal commas": (["1,5", "1.234,5", "2"], "numbers", [1.5, 1234.5, 2]),
    "money": (["$1.50", "$2", "$3"], "numbers", [1.5, 2, 3]),
    "per cent": (["10%", "20 %", "NA"], "numbers", [10, 20, np.nan]),
    "missing": (["1", "", "N/A", "?", "null", "nan"], "numbers", [1, *[np.nan] * 5]),
    "a code that recurs": (
        ["1", "2", "3", "4", "5", "6", "7", "8", ".", "."],
        "numbers",
        [*range(1, 9), np.nan, np.nan],
    ),
    "truths": (["TRUE", "FALSE", "NA"], "truths", [1, 0, np.nan]),
    "dates by months": (["Jan 1 1970", "Feb 1 1970"], "dates", [0, 31]),
    "days first": (["13/01/1970", "01/02/1970"], "dates", [12, 31]),
    "times": (["1970-01-01T12:00:00Z", "1970-01-02"], "dates", [0.5, 1]),
    "words": (["b", "a", "b", ""], "words", [1, 0, 1, -1]),
    "words and numbers": (["1", "2", "a", "b", "c"], "words", [0, 1, 2, 3, 4]),
    "no infinities": (["inf", "-inf", "1e999"], "words", [2, 0, 1]),
}


@pytest.mark.parametrize(("cells", "kind", "values"), CELLS.values(), ids=CELLS)
def test_what_a_column_holds(tmp_path, cells, kind, values):
    (tmp_path / "t.csv").write_text("a;b\n" + "".join(f"{cell};{k}\n" for k, cell in enumerate(cells)))
    column = read_csv(tmp_path / "t.csv")["a"]
    assert column.kind == kind
    np.testing.assert_array_equal(column.values, values)


def test_what_a_user_says_of_cells(tmp_path):
    (tmp_path / "t.csv").write_text('a,b\n"1,234",x\n"5,678",-9\n-9,y\n')
    assert read_csv(tmp_path / "t.csv", CellReading(("-9",), ","))["a"].values[:2].tolist() == [1.234, 5.678]
    table = read_csv(tmp_path / "t.csv", CellReading(("-9",), "."))
    assert table["a"].values[:2].tolist() == [1234, 5678]
    assert table["b"].texts.tolist() == ["x", "", "y"]
    with pytest.raises(gg.UsageError, match="a point or a comma, not 'x'"):
        read_csv(tmp_path / "t.csv", CellReading((), "x"))


HEADERS = [  # the first line, the others, whether it is of names
    (["a", "b"], [["1", "2"]], True),
    (["1", "2"], [["1", "2"]], False),
    (["0", "1", "kind"], [["1.5", "2", "rose"], ["3", "4", "rose"], ["5", "6", "lily"], ["5", "6", "lily"]], True),
    (["1990", "1991", "who"], [["1", "2", "a"], ["3", "4", "a"], ["5", "6", "b"], ["5", "6", "b"]], True),
    (["5.1", "3.5", "rose"], [["1", "2", "rose"], ["3", "4", "lily"]], False),
    (["rose", "lily"], [["lily", "rose"], ["rose", "rose"]], False),
    (["from", "to"], [["rose", "lily"], ["rose", "rose"]], True),
    (["country", *map(str, range(1960, 1970))], [["Aruba", *["4.5"] * 10], ["Chad", *["6.1"] * 10]], True),
    (["Aruba", *map(str, range(1960, 1970))], [["Chad", *map(str, range(1970, 1980))], ["Mali", *["1"] * 10]], False),
    (["", "2-9", "10-19", "20+"], [["Regular", "43", "16", "3"], ["Never", "9", "18", "16"]], True),
    (["2020-01-01", "a"], [["2020-01-02", "b"]], False),
    (["", "x"], [["1", "2"], ["2", "3"]], True),
]


@pytest.mark.parametrize(("first", "rest", "header"), HEADERS)
def test_a_header_is_told_from_data(first, rest, header):
    assert is_header(first, rest) == header


@given(
    st.lists(st.lists(st.integers(-999, 999), min_size=3, max_size=3), min_size=2, max_size=9), st.sampled_from(",;|\t")
)
def test_numbers_come_back(tmp_path_factory, rows, separator):
    path = tmp_path_factory.mktemp("any") / "t"
    path.write_text("\n".join(separator.join(map(str, row)) for row in rows))
    assert read_csv(path).array().tolist() == rows


def table(**columns):
    lines = zip(*columns.values(), strict=True)
    return ",".join(columns) + "\n" + "".join(",".join(map(str, line)) + "\n" for line in lines)


N = 60
SIZE = [(7 * k * k) % 31 + 0.5 for k in range(N)]
TASKS = {  # a target's values, and what is said of it
    "two words": (["yes please", "no thanks"] * 30, "two classes (no thanks, yes please)"),
    "truths": (["true", "false"] * 30, "two classes (no, yes)"),
    "two numbers": ([0, 1] * 30, "two classes (0, 1)"),
    "indices": ([0, 1, 2] * 20, "3 classes (0, 1, 2)"),
    "whole numbers": ([4, 6, 8] * 20, "a regression"),
    "numbers": ([k / 7 for k in range(N)], "a regression"),
}


@pytest.mark.parametrize(("values", "said"), TASKS.values(), ids=TASKS)
def test_the_task_is_decided_by_the_target(tmp_path, values, said):
    (tmp_path / "t.csv").write_text(table(size=SIZE, y=values))
    assert said in read_task(tmp_path / "t.csv").described()


def test_columns_that_teach_nothing_are_left_out_and_named(tmp_path):
    days = [f"2020-{1 + k % 12:02}-{1 + k // 12:02}" for k in range(N)]
    names = [f"name{k}" for k in range(N)]
    columns = {"": range(1, N + 1), "same": [3] * N, "none": [""] * N, "size": SIZE, "y": SIZE[::-1], "who": names}
    (tmp_path / "t.csv").write_text(table(**columns, when=days))
    found = read_task(tmp_path / "t.csv")
    assert (found.targets, found.X.names) == (("y",), ("size", "when"))
    said = " ".join(found.notes)
    for part in (
        "'column 1' counts the rows", "'same' is the same in all rows", "'none' is empty", "'who' has another value",
        "'when' is not learned: it holds dates",
    ):  # fmt: skip
        assert part in said
    found = read_task(tmp_path / "t.csv", Wanted(targets=("size", "y"), columns=("when",)))
    assert (found.y.shape, found.X.names) == ((N, 2), ("when",))
    for wanted, error in (
        (Wanted(("sise",)), "did you mean 'size'"),
        (Wanted(task="clases"), "did you mean 'classes'"),
        (Wanted(("who",)), "60 different words in 60 rows, too many for classes"),
        (Wanted(("size",), ("size",)), "'size' is learned, and is no column to learn from"),
    ):
        with pytest.raises(gg.GraphgradError, match=error):
            read_task(tmp_path / "t.csv", wanted)


def mixed(count=N):
    generator = np.random.default_rng(0)
    size, kind = generator.normal(50, 10, count), generator.choice(["a", "b", "c"], count)
    gaps = np.where(generator.random(count) < 0.2, np.nan, generator.normal(size=count))
    price = 1e4 * (size + 5 * (kind == "a") + np.nan_to_num(gaps))
    return {"size": size, "kind": kind, "gaps": gaps}, price


def test_what_is_prepared_is_part_of_the_model(tmp_path):
    X, y = mixed()
    model, _ = gg.fit(gg.mlp(6, 8, 1), X, y, epochs=150, lr=0.01, progress=False)
    assert np.mean((model.predict(X) - y) ** 2) < 0.1 * np.var(y)
    assert model.predict(X).shape == (N,)
    turned = dict(reversed(X.items()), more=y)
    assert np.array_equal(model.predict(turned), model.predict(X))
    model.save(tmp_path / "m.safetensors")
    assert np.array_equal(load(tmp_path / "m.safetensors").predict(X), model.predict(X))
    assert str(load(tmp_path / "m.safetensors").preparation) == str(model.preparation)
    with pytest.raises(gg.DataError, match=r"no column 'kind'; it has 'size', 'knd', 'gaps'.*is it 'knd'"):
        model.predict({"size": X["size"], "knd": X["kind"], "gaps": X["gaps"]})
    with pytest.warns(UserWarning, match="holds 'new', which was never seen"):
        model.predict({"size": [1.0], "kind": ["new"], "gaps": [None]})
    again, _ = gg.fit(model, X, y, epochs=1, progress=False)
    assert {*again.net.values} == {"W1", "b1", "W2", "b2"}


def test_frames_of_pandas_come_and_go():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    X, y = mixed()
    frame, words = pandas.DataFrame(X), pandas.Series(np.where(y > np.median(y), "dear", "cheap"), name="price")
    model, _ = gg.fit(gg.mlp(6, 8, 2), frame, words, epochs=60, lr=0.01, validation=0.2, progress=False)
    found = model.predict(frame.iloc[5:9, ::-1])
    assert (found.name, found.index.tolist()) == ("price", [5, 6, 7, 8])
    assert {*found} <= {"dear", "cheap"}
    assert gg.accuracy(model, frame, words) > 0.8


def test_what_is_standardized_unasked_is_said(capfd):
    X, y = mixed()
    for how, said in (({}, True), ({"progress": False}, False), ({"standardize": True}, False)):
        gg.fit(gg.mlp(6, 2, 1), X, y, epochs=1, **how)
        assert ("columns with names are standardized" in capfd.readouterr().err) == said


def test_names_come_with_arrays_that_are_read(tmp_path):
    X, _ = mixed()
    (tmp_path / "t.csv").write_text(table(size=X["size"], twice=X["size"] ** 2, kind=X["kind"]))
    data = gg.datasets.read(tmp_path / "t.csv")
    model, _ = gg.fit(gg.mlp(2, 4, 3), data.X, data.y, epochs=2, progress=False)
    assert (model.classes, model.columns) == (("a", "b", "c"), ("size", "twice"))
    assert gg.accuracy(model, data.X, data.y) == np.mean(model.predict(data.X) == data.y)


@pytest.mark.parametrize("lines", [True, False])
def test_json(tmp_path, lines):
    records = [{"a": 1, "b": "x"}, {"a": None, "b": "y"}]
    said = "\n".join(map(json.dumps, records)) if lines else json.dumps(records)
    (tmp_path / "t.json").write_text(said)
    found = read_table(tmp_path / "t.json")
    np.testing.assert_array_equal(found["a"].values, [1, np.nan])
    assert found["b"].texts.tolist() == ["x", "y"]
    (tmp_path / "t.json").write_text("[1, 2")
    with pytest.raises(gg.DataError, match="is no JSON"):
        read_table(tmp_path / "t.json")


def test_labels_may_be_any_whole_numbers():
    X = np.random.default_rng(0).normal(size=(30, 2))
    y = np.array([5, 7, 9])[np.arange(30) % 3]
    model, _ = gg.fit(gg.mlp(2, 3), X, y, epochs=1)
    assert model.classes == ("5", "7", "9")
    assert gg.accuracy(model, X, y) == np.mean(y == np.array([5, 7, 9])[model.predict(X)])


def test_labels_in_a_column_are_labels_and_models_that_predicted_are_pickled():
    X, y = np.random.default_rng(0).normal(size=(30, 2)), (np.arange(30) % 3)[:, None]
    (one, _), (two, _) = (gg.fit(gg.mlp(2, 3), X, labels, epochs=2) for labels in (y, y[:, 0]))
    assert np.array_equal(one.predict(X), two.predict(X))
    assert np.array_equal(pickle.loads(pickle.dumps(one)).predict(X), one.predict(X))  # noqa: S301
    assert gg.accuracy(one, X, y) == gg.accuracy(one, X, y[:, 0])


def test_a_model_is_evaluated_on_a_file(tmp_path):
    X, y = mixed()
    (tmp_path / "t.csv").write_text(table(**X, price=y))
    (tmp_path / "w.csv").write_text(table(**X, price=np.where(y > np.median(y), "dear", "cheap")))
    for file, net in (("t.csv", gg.mlp(6, 8, 1)), ("w.csv", gg.mlp(6, 8, 2))):
        found = read_task(tmp_path / file)
        model, _ = gg.fit(net, found.X, found.y, epochs=150, lr=0.01, classes=found.classes, progress=False)
        with pytest.raises(gg.UsageError, match="name its column by --target"):
            evaluate(model, tmp_path / file)
        scores = evaluate(model, tmp_path / file, target="price")
        assert (scores.rows, scores.better) == (N, True)
        metrics = {metric.name: metric.value for metric in scores.metrics}
        if found.classes:
            assert metrics["accuracy"] == gg.accuracy(model, found.X, found.y)
        else:
            assert metrics["RMSE"] == pytest.approx(np.sqrt(np.mean((model.predict(found.X) - y) ** 2)))
    with pytest.raises(gg.DataError, match="holds words, where numbers are learned"):
        evaluate(
            gg.fit(gg.mlp(6, 2, 1), *read_task(tmp_path / "t.csv")[:2], epochs=1)[0], tmp_path / "w.csv", target="price"
        )


def test_metrics_are_those_of_scikit_learn():
    theirs = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    generator = np.random.default_rng(0)
    y, found = generator.normal(size=(2, 50))
    numbers = metrics.Answers(y, found)
    assert metrics.r2(numbers) == pytest.approx(theirs.r2_score(y, found))
    assert metrics.mae(numbers) == pytest.approx(theirs.mean_absolute_error(y, found))
    for count in (2, 3):
        y, chances = generator.integers(count, size=50), generator.dirichlet(np.ones(count), size=50).round(1) + 0.01
        chances /= chances.sum(axis=1, keepdims=True)
        said = metrics.Answers(y, chances.argmax(axis=1), chances)
        assert metrics.balanced_accuracy(said) == pytest.approx(theirs.balanced_accuracy_score(y, said.found))
        assert metrics.f1(said) == pytest.approx(theirs.f1_score(y, said.found, average="macro"))
        assert metrics.log_loss(said) == pytest.approx(theirs.log_loss(y, chances))
        if count == 2:
            assert metrics.auc(said) == pytest.approx(theirs.roc_auc_score(y, chances[:, 1]))


NOISE = np.random.default_rng(1).normal(size=(80, 3))
RUNS = {  # what is trained, and how, and which verdict it ends with
    "better than naive": ((gg.mlp(3, 1), NOISE, NOISE @ [1, 2, 3]), {"epochs": 200, "lr": 0.05}),
    "no better than naive": ((gg.mlp(3, 8, 1), NOISE, NOISE[::-1, 0] * 10 + 90), {"epochs": 5, "validation": 0.3}),
    "still improving": ((gg.mlp(3, 8, 1), NOISE, NOISE @ [1, 2, 3]), {"epochs": 20, "lr": 0.002}),
    "rate too low": ((gg.mlp(3, 8, 1), NOISE, NOISE @ [1, 2, 3] + 9), {"epochs": 30, "lr": 0.0004}),
    "leak suspected": ((gg.mlp(3, 8, 1), NOISE, NOISE[:, 1] * 2 + 1), {"epochs": 100, "lr": 0.01}),
    "rate too high": ((gg.mlp(3, 8, 1), NOISE, NOISE @ [1, 2, 3]), {"epochs": 40, "lr": 0.6, "batch_size": 8}),
    "overfitting": (
        (gg.mlp(3, 64, 1), NOISE, np.roll(NOISE[:, 0], 7)),
        {"epochs": 400, "lr": 0.01, "validation": 0.4},
    ),
    "dead units": (
        (gg.mlp(3, 8, 1, activation="relu").starting(b1=np.full(8, -9.0)), NOISE, NOISE @ [1, 2, 3]),
        {"epochs": 12, "lr": 0.0001},
    ),
    "diverged": (
        (gg.mlp(3, 1), NOISE, NOISE @ [1, 2, 3]),
        {"epochs": 12, "lr": 1.02, "optimizer": "sgd", "batch_size": 80},
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_run_ends_with_a_verdict_and_what_to_try(name):
    given, how = RUNS[name]
    _, history = gg.fit(*given, progress=False, **how)
    assert name in [verdict.name for verdict in history.verdicts], history.verdicts
    assert all(verdict.advice or verdict.name == "better than naive" for verdict in history.verdicts)


def test_every_rule_of_verdicts_has_a_run_that_it_is_said_of():
    assert len(RUNS) == len(RULES) + 2  # two rates by one rule, and what is said where there is nothing to say


@pytest.mark.parametrize("name", sorted(FAILED))
def test_fit_says_by_itself_that_a_run_came_to_nothing(capsys, name):
    given, how = RUNS[name]
    gg.fit(*given, **how)
    assert f"note: {name.partition(' than')[0]}" in capsys.readouterr().err


def test_files_without_headers_are_predicted_and_scored_with_their_targets_in_them(tmp_path):
    np.savetxt(tmp_path / "bare.csv", np.c_[np.full(80, 7), NOISE, NOISE @ [1, 2, 3]], delimiter=",")
    found = read_task(tmp_path / "bare.csv")  # whose first column is left out
    model, _ = gg.fit(gg.mlp(3, 1), found.X, found.y, epochs=200, lr=0.05, progress=False)
    with pytest.warns(UserWarning, match="5 columns without names: '1', '2', '3' are taken"):
        assert np.array_equal(model.predict(read_table(tmp_path / "bare.csv")), model.predict(found.X))
    with pytest.warns(UserWarning, match="4 columns without names"):
        assert evaluate(model, tmp_path / "bare.csv", target="4").metrics[0].value > 0.9


def test_few_examples_tell_nothing():
    model, _ = gg.fit(gg.mlp(3, 1), NOISE, NOISE @ [1, 2, 3], epochs=200, lr=0.05, progress=False)
    assert not score(model, NOISE, NOISE @ [1, 2, 3]).doubt
    assert score(model, NOISE[:6], NOISE[:6] @ [1, 2, 3]).doubt.startswith("6 examples are too few to tell it from")


def test_the_command_line_says_how_a_backend_is_named(tmp_path):
    from click.testing import CliRunner

    from graphgrad.cli.training.train import command

    (tmp_path / "t.csv").write_text(table(a=SIZE, b=SIZE[::-1]))
    for said, error in (
        (["--target", "numba"], "compiled to numba by --backend"),
        (["--column", "b"], "--target b"),
        (["--task", "clases"], "did you mean 'classes'"),
    ):
        found = CliRunner().invoke(command, [str(tmp_path / "t.csv"), *said])
        assert error in str(found.exception)


def test_a_table_takes_little_more_memory_than_its_numbers(tmp_path):
    import tracemalloc

    numbers = np.random.default_rng(0).integers(0, 255, size=(4000, 50))
    (tmp_path / "t.csv").write_text("".join(",".join(map(str, row)) + f",{'ab'[row[0] % 2]}\n" for row in numbers))
    tracemalloc.start()
    found = read_csv(tmp_path / "t.csv")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(found, DataTable)
    assert peak < 5 * numbers.nbytes


FORMATS = {".xlsx": "to_excel", ".parquet": "to_parquet", ".feather": "to_feather", ".dta": "to_stata"}


@pytest.mark.parametrize("suffix", FORMATS)
def test_files_of_other_programs(tmp_path, suffix):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    pytest.importorskip("openpyxl" if suffix == ".xlsx" else "pyarrow", reason="what pandas reads it with is missing")
    frame = pandas.DataFrame(
        {
            "kind": ["a", "b", None, "a"],
            "size": [1, 2, 3.5, None],
            "when": pandas.date_range("2020-01-01", periods=4),
        }
    )
    path = tmp_path / f"table{suffix}"
    getattr(frame, FORMATS[suffix])(path, **({} if suffix in {".parquet", ".feather"} else FLAT[suffix]))
    found = read_table(path)
    assert [column.kind for column in found.columns] == ["words", "numbers", "dates"]
    assert found["kind"].texts.tolist() == ["a", "b", "", "a"]
    assert np.array_equal(found["size"].values, [1, 2, 3.5, np.nan], equal_nan=True)
    assert found["when"].values.tolist() == [18262, 18263, 18264, 18265]


FLAT = {".xlsx": {"index": False}, ".dta": {"write_index": False}}


def test_a_model_that_is_better_by_chance_alone_is_told_so():
    """Sixty rows of noise: whichever way the held-out ones fall, nothing is claimed."""
    from graphgrad.learn.models.score import score

    generator = np.random.default_rng(0)
    said = []
    for seed in range(6):
        X, y = generator.normal(size=(60, 3)), generator.normal(size=60)
        model, _ = gg.fit(gg.mlp(3, 4, 1, seed=seed), X[:45], y[:45], epochs=2, progress=False)
        found = score(model, X[45:], y[45:])
        said.append(found.doubt.partition(" than")[0])
        assert bool(found.doubt) == (not found.better or found.metrics[0].interval[0] <= found.metrics[0].naive)
    assert {*said} <= {"no better", "hardly better"}


LARGE = {  # texts of many rows, each of which begins as the others go on, or not
    "numbers": lambda k: f"{k},{k / 7},{-k}",
    "words": lambda k: f"{k / 7},{'rose' if k % 3 else 'lily'},{k}",
    "quoted words": lambda k: f'{k / 7},"{"rose, red" if k % 3 else "a lily"}",{k}',
    "gaps": lambda k: f"{k},{'' if k % 5 == 2 else k / 7},{k * 2}",
    "a late gap": lambda k: f"{k},{'NA' if k == 190 else k / 7},{'x' if k % 2 else 'y'}",
    "a late word": lambda k: f"{k},{'rose' if k == 190 else k / 7},{k}",
    "late words": lambda k: f"{k},{'rose' if k > 150 else k / 7},{k}",
    "dates": lambda k: f"2020-01-{k % 28 + 1:02},{k},{'yes' if k % 3 else 'no'}",
    "decimal commas": lambda k: f"{k};{k},5;{k}",
    "thousands": lambda k: f'"{k + 1},234,567",{k},a',
    "a late thousand": lambda k: f"{'''1,234,567''' if k == 190 else k},{k},a",
    "ragged": lambda k: f"{k},{k}" + ",7" * (k == 180),
    "underscores": lambda k: f"{k},{'1_0' if k == 170 else k},a",
    "infinite": lambda k: f"{k},{'inf' if k == 170 else k},a",
    "comments": lambda k: f"# {k}" if k % 9 == 4 else f"{k},{k},a",
    "blank lines": lambda k: "" if k % 9 == 4 else f"{k},{k},a",
    "torn": lambda k: f"{k},{k},a" + '"b' * (k == 180),
    "latin": lambda k: f"{k},{k},{'größe' if k > 150 else 'a'}",
}


def what_is_read(path):
    try:
        table = read_csv(path)
    except gg.DataError as error:
        return str(error)
    columns = [(*column._replace(values=None), column.values.tolist()) for column in table.columns]
    return repr((table.names, table.header, table.notes, columns))


@pytest.mark.parametrize("kind", LARGE)
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_large_file_is_read_as_a_small_one(tmp_path, monkeypatch, kind, encoding):
    (tmp_path / "t.csv").write_bytes("".join(f"{LARGE[kind](k)}\n" for k in range(200)).encode(encoding))
    small = what_is_read(tmp_path / "t.csv")
    monkeypatch.setattr("graphgrad.learn.data.text.BEGIN", 800)
    assert what_is_read(tmp_path / "t.csv") == small


def test_a_large_file_takes_little_more_than_its_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr("graphgrad.learn.data.text.BEGIN", 100_000)
    row = ",".join(f"{k}.25" for k in range(20))
    (tmp_path / "t.csv").write_text("".join(f"{row},{'rose' if k % 3 else 'lily'}\n" for k in range(20_000)))
    tracemalloc.start()
    table = read_csv(tmp_path / "t.csv")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert table.shape == (20_000, 21)
    assert peak < 1.5 * 20_000 * 21 * 8
