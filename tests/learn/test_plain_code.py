"""Models as C and JavaScript: built by gcc with all its warnings, and run by node, the same to twelve digits."""

import ctypes
import json
import math
import shutil
import subprocess

import numpy as np
import pytest

import graphgrad as gg
from graphgrad.core.errors import TargetError
from graphgrad.learn.models.export import exported
from graphgrad.learn.models.model import Model
from graphgrad.learn.networks.losses import LOSSES
from tests.learn.test_export import ACTIVATIONS, PROGRAMS

GCC = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
NODE = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
X = np.random.default_rng(0).normal(size=(7, 4))
FLAGS = ["-Wall", "-Wextra", "-Werror", "-std=c99", "-shared", "-fPIC"]
CALLED = ("scores", "probabilities", "predict", "columns", "classes")

MODELS = {  # networks of examples (N, 4)
    **{a: Model(gg.mlp(4, 6, 5, 3, activation=a, seed=1), LOSSES["mse"]) for a in ACTIVATIONS},
    **{
        name: Model(gg.network(text, X=("N", 4), **shapes, seed=2), LOSSES["mse"])
        for name, (text, shapes) in PROGRAMS.items()
        if "argmax" not in text
    },
    "columns turned": Model(
        gg.network("sum(swap(reshape(X, (-1, 2, 2))), axis=1) * w", X=("N", 4), w=2), LOSSES["mse"]
    ),
    "a middle axis": Model(gg.network("max(reshape(X, (-1, 1, 4, 1)), axis=2) * w", X=("N", 4), w=3), LOSSES["mse"]),
}


def built(models, folder):
    """Give the libraries of some models, of which each has names of its own, in one."""
    for k, model in enumerate(models):
        renamed = "".join(f"#define {name} {name}_{k}\n" for name in CALLED)
        (folder / f"net{k}.c").write_bytes(renamed.encode() + exported(model, folder / f"net{k}.c"))
    files = [f"net{k}.c" for k in range(len(models))]
    subprocess.run(["gcc", *FLAGS, *files, "-o", "nets.so", "-lm"], cwd=folder, check=True)
    return ctypes.CDLL(str(folder / "nets.so"))


def answers(function, rows, count):
    """What a function of C writes for each row."""
    found = []
    for row in rows:
        y = (ctypes.c_double * count)()
        function((ctypes.c_double * len(row))(*row), y)
        found.append([*y])
    return np.array(found)


def node(program, folder):
    """What a module prints, as data."""
    (folder / "run.mjs").write_text(program)
    done = subprocess.run(["node", "run.mjs"], cwd=folder, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


@GCC
def test_c_computes_what_the_network_does(tmp_path):
    library = built(MODELS.values(), tmp_path)
    for k, (name, model) in enumerate(MODELS.items()):
        wanted = model.scores(X).reshape(len(X), -1)
        found = answers(library[f"scores_{k}"], X, wanted.shape[1])
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-15, err_msg=name)


@NODE
def test_javascript_computes_what_the_network_does(tmp_path):
    for k, model in enumerate(MODELS.values()):
        model.export(tmp_path / f"net{k}.mjs")
    loads = "".join(f"import {{ scores as f{k} }} from './net{k}.mjs';\n" for k in range(len(MODELS)))
    calls = ", ".join(f"rows.map(f{k})" for k in range(len(MODELS)))
    found = node(f"{loads}const rows = {json.dumps(X.tolist())};\nconsole.log(JSON.stringify([{calls}]));", tmp_path)
    for said, (name, model) in zip(found, MODELS.items(), strict=True):
        wanted = model.scores(X).reshape(len(X), -1)
        np.testing.assert_allclose(said, wanted, rtol=1e-12, atol=1e-15, err_msg=name)


ROWS = 60
NAMES = ['it\'s "one"', "a??/b\\", "größe\n"]  # what no string of C or JavaScript may end at
GENERATOR = np.random.default_rng(0)
TABLE = {
    "size": [None if i % 7 == 3 else float(i) for i in range(ROWS)],
    'sc"ores': (GENERATOR.normal(size=ROWS) * 1e4).tolist(),
    "day": np.datetime64("2020-01-01") + np.arange(ROWS),
    "wild": [bool(i % 3) for i in range(ROWS)],
}
TARGETS = {
    "labels": (np.array(NAMES)[GENERATOR.integers(0, 3, ROWS)], 3),
    "yes or no": (np.array(["no", "yes"])[GENERATOR.integers(0, 2, ROWS)], 1),
    "numbers": (GENERATOR.normal(size=ROWS) * 50 + 7, 1),
}
DAYS = TABLE["day"].astype(float)
GIVEN = np.stack([[np.nan if v is None else v for v in TABLE["size"]], TABLE['sc"ores'], DAYS, TABLE["wild"]], axis=1)


@pytest.fixture(scope="module")
def trained():
    how = {"epochs": 3, "lr": 0.01, "validation": 0, "progress": False}
    return {kind: gg.fit(gg.mlp(5, 6, outputs), TABLE, y, **how)[0] for kind, (y, outputs) in TARGETS.items()}


def wanted(model):
    """Scores, probabilities and answers, as numbers and class indices."""
    chances = model.probabilities(TABLE) if model.classes else None
    found = np.asarray(model.predict(TABLE)).ravel()
    return model.scores(TABLE), chances, np.searchsorted(model.classes, found) if model.classes else found


@GCC
def test_c_takes_columns_of_numbers_as_they_are(trained, tmp_path):
    library = built(trained.values(), tmp_path)
    for k, model in enumerate(trained.values()):
        scores, chances, answer = wanted(model)
        np.testing.assert_allclose(answers(library[f"scores_{k}"], GIVEN, scores.shape[1]), scores, rtol=1e-12)
        listed = (ctypes.c_char_p * 4).in_dll(library, f"columns_{k}")
        assert [name.decode() for name in listed] == [*TABLE]
        if chances is None:
            np.testing.assert_allclose(answers(library[f"predict_{k}"], GIVEN, 1).ravel(), answer, rtol=1e-12)
            continue
        found = answers(library[f"probabilities_{k}"], GIVEN, scores.shape[1])
        np.testing.assert_allclose(found, chances, rtol=1e-12)
        assert [library[f"predict_{k}"]((ctypes.c_double * 4)(*row)) for row in GIVEN] == answer.tolist()
        listed = (ctypes.c_char_p * len(model.classes)).in_dll(library, f"classes_{k}")
        assert tuple(name.decode() for name in listed) == model.classes


@NODE
def test_javascript_takes_columns_of_numbers_by_their_names(trained, tmp_path):
    rows = [dict(zip(reversed([*TABLE]), reversed(row), strict=True)) for row in GIVEN.tolist()]
    rows = [{name: None if math.isnan(value) else value for name, value in row.items()} for row in rows]
    for k, model in enumerate(trained.values()):
        model.export(tmp_path / f"net{k}.mjs")
    program = "".join(f"import * as net{k} from './net{k}.mjs';\n" for k in range(len(trained)))
    program += f"const rows = {json.dumps(rows)}, nets = [{', '.join(f'net{k}' for k in range(len(trained)))}];\n"
    program += "const tried = (f) => { try { return f(); } catch (error) { return error.message; } };\n"
    program += "console.log(JSON.stringify(nets.map((net) => [net.columns, net.classes, rows.map(net.scores),"
    program += (
        " rows.map(net.probabilities ?? net.scores), rows.map(net.predict), tried(() => net.predict([1, 2]))])));"
    )
    for said, model in zip(node(program, tmp_path), trained.values(), strict=True):
        columns, classes, scores, chances, answer, refused = said
        right = wanted(model)
        assert (columns, tuple(classes)) == ([*TABLE], model.classes)
        np.testing.assert_allclose(scores, right[0], rtol=1e-12)
        np.testing.assert_allclose(chances, right[0] if right[1] is None else right[1], rtol=1e-12)
        found = np.searchsorted(model.classes, answer) if model.classes else np.ravel(answer)
        np.testing.assert_allclose(found, right[2], rtol=1e-12)
        assert refused == "2 numbers, and the model takes 4"


REFUSED = {
    "has no operation for 'argmax'": gg.network("X @ w + argmax(X, axis=1)", X=("N", 4), w=4),
    "depends on the examples beside it": gg.network("(X - mean(X, axis=0)) @ w", X=("N", 4), w=4),
}


@pytest.mark.parametrize("suffix", [".c", ".js", ".mjs"])
def test_what_is_refused(suffix, tmp_path):
    for said, net in REFUSED.items():
        with pytest.raises(TargetError, match=said):
            Model(net, LOSSES["mse"]).export(tmp_path / f"net{suffix}")
    words = {"kind": ["rose", "lily"] * 9, "size": [1.0, 2.0] * 9}
    model, _ = gg.fit(gg.mlp(3, 1), words, [1.0, 3.0] * 9, epochs=1, progress=False)
    with pytest.raises(TargetError, match=r"takes no categories, and column 'kind' holds words.*\.onnx or \.py"):
        model.export(tmp_path / f"net{suffix}")
    with pytest.raises(gg.UsageError, match=r"model\.export writes this kind"):
        model.save(tmp_path / f"net{suffix}")
