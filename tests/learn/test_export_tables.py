"""Models of tables in other worlds: words, gaps, dates, names, probabilities, the same to twelve digits."""

import json
import subprocess
import sys

import numpy as np
import pytest

import graphgrad as gg
from graphgrad.core.ops import OPS
from graphgrad.learn.models.model import Model
from graphgrad.learn.networks.losses import LOSSES

GENERATOR = np.random.default_rng(0)
WORDS = ["rose", "lily", "", "oak", "elm", 'it\'s "one"']
ROWS = 60
COLUMNS = {
    "kind of plant": [WORDS[i] for i in GENERATOR.integers(0, 6, ROWS)],
    "size": [None if i % 7 == 3 else float(i) for i in range(ROWS)],
    "scores": GENERATOR.normal(size=ROWS).tolist(),
    "blooms": np.datetime64("2020-01-01") + np.arange(ROWS),
    "X": GENERATOR.normal(size=ROWS).tolist(),
    "wild": [bool(i % 3) for i in range(ROWS)],
}
NEW = {name: (*values[:9],) if isinstance(values, list) else values[:9] for name, values in COLUMNS.items()} | {
    "kind of plant": ["rose", "never seen", "", "oak", "oak", "elm", "x", "lily", "rose"]
}
TARGETS = {
    "words": (np.array(["poor", "good", "best"])[GENERATOR.integers(0, 3, ROWS)], 3),
    "yes or no": (np.array(["no", "yes"])[GENERATOR.integers(0, 2, ROWS)], 1),
    "numbers": (GENERATOR.normal(size=ROWS) * 50 + 7, 1),
}


@pytest.fixture(scope="module", params=TARGETS)
def model(request):
    y, outputs = TARGETS[request.param]
    how = {"epochs": 3, "lr": 0.01, "validation": 0, "progress": False}
    try:
        return gg.fit(gg.mlp(1, 5, outputs), COLUMNS, y, **how)[0]
    except gg.DataError as error:
        return gg.fit(gg.mlp(int(error.hint.split()[-1]), 5, outputs, seed=1), COLUMNS, y, **how)[0]


def wanted(model):
    with pytest.warns(UserWarning, match="never seen") if not model.preparation.sources[0].rest else _nothing():
        return model.scores(NEW), model.predict(NEW)


def _nothing():
    from contextlib import nullcontext

    return nullcontext()


def test_a_module_takes_the_table(model, tmp_path):
    scores, answers = wanted(model)
    model.export(tmp_path / "net.py")
    given = {
        name: values if isinstance(values, (list, tuple)) else [str(v) for v in values] for name, values in NEW.items()
    }
    (tmp_path / "rows.json").write_text(json.dumps(given))
    program = (
        "import sys; sys.modules['graphgrad'] = None; sys.path.insert(0, '.')\n"
        "import json, net, numpy as np; rows = json.load(open('rows.json'))\n"
        "np.savez('found.npz', scores=net.scores(rows), predictions=net.predict(rows))"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, cwd=tmp_path)
    with np.load(tmp_path / "found.npz") as found:
        np.testing.assert_allclose(found["scores"], scores, rtol=1e-12)
        np.testing.assert_array_equal(found["predictions"].ravel(), answers)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_onnx_takes_a_column_each(model, tmp_path):
    pytest.importorskip("onnx", reason="onnx is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    scores, answers = wanted(model)
    model.export(tmp_path / "net.onnx")
    session = runtime.InferenceSession(tmp_path / "net.onnx", providers=["CPUExecutionProvider"])
    days = NEW["blooms"].astype(float)
    given = {**NEW, "blooms": days, "size": [np.nan if v is None else v for v in NEW["size"]]}
    fed = {
        one.name: np.array(column, object if one.type == "tensor(string)" else float)[:, None]
        for one, column in zip(session.get_inputs(), given.values(), strict=True)
    }
    found = dict(zip([one.name for one in session.get_outputs()], session.run(None, fed), strict=True))
    output = next(name for name in found if name.startswith("scores"))
    np.testing.assert_allclose(found[output], scores, rtol=1e-12)
    said = session.get_modelmeta().custom_metadata_map
    assert json.loads(said["columns"]) == [*COLUMNS]
    if model.classes:
        assert json.loads(said["classes"]) == [*model.classes]
        assert found["label"].ravel().tolist() == answers.tolist()
        chances = model.chances(scores)
        np.testing.assert_allclose(found["probabilities"], chances, rtol=1e-12)


UNARY = [
    name for name, row in OPS.items() if row.onnx and row.elementwise and len(row.operands) == 1 and not row.boolean
]


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_operation_has_its_digits_in_the_runtime(name, tmp_path):
    pytest.importorskip("onnx", reason="onnx is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    X = np.linspace(0.02, 0.97, 12).reshape(4, 3) + (1 if name == "acosh" else 0)
    X[1::2] *= -1 if OPS[name].domain is None or not OPS[name].domain else 1
    ours = Model(gg.network(f"R = {name}(X) * w", X=("N", 3), w=3), LOSSES["mse"])
    wanted = ours.scores(X)
    ours.export(tmp_path / "net.onnx")
    session = runtime.InferenceSession(tmp_path / "net.onnx", providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(None, {"X": X})[0], wanted, rtol=2e-12, atol=1e-15)
