"""Training films: what they show is what the run's snapshots say."""

import re
import subprocess
import sys

import numpy as np
import pytest

import graphgrad as gg
from graphgrad.api.training import around, centres
from graphgrad.core.errors import UsageError
from graphgrad.learn.training.snapshots import due
from graphgrad.render.drawing.shapes import Box, Curve, Ink, Patch
from graphgrad.render.training.charts import OWNERS, Area, Fitted, Surface, decades, loss_curve
from graphgrad.render.training.film import PAGE, STILLS, TRAINING
from graphgrad.render.training.neurons import MOST, drawn_of, network, places

GENERATOR = np.random.default_rng(0)
PLANE = GENERATOR.normal(size=(30, 2))
LINE = np.linspace(-3, 3, 25)[:, None]
RUNS = {  # network, inputs, targets, loss, and what is drawn of the answers
    "xor": (gg.mlp(2, 4, 1), gg.datasets.xor().X, gg.datasets.xor().y, "squared_error", Surface),
    "sin": (gg.mlp(1, 16, 1), LINE, np.sin(LINE).ravel(), "mse", Fitted),
    "classes": (gg.mlp(2, 30, 20, 3), PLANE, np.arange(30) % 3, "cross_entropy", Surface),
    "yes or no": (gg.mlp(2, 3, 1), PLANE, np.arange(30) % 2, "binary_cross_entropy", Surface),
    "chance of one": (gg.mlp(1, 3, 1), LINE, np.arange(25) % 2, "binary_cross_entropy", Fitted),
    "wide": (gg.mlp(64, 40, 10), GENERATOR.normal(size=(20, 64)), np.arange(20) % 10, "cross_entropy", type(None)),
    "constant": (gg.mlp(1, 1), LINE, np.ones(25), "mse", Fitted),
    "program": (
        gg.network("tanh(X @ V.T + c) @ U.T + X @ S.T", X=("N", 2), V=(3, 2), c=3, U=(1, 3), S=(1, 2)),
        *(PLANE, PLANE[:, 0] * PLANE[:, 1], "mse", Surface),
    ),
}


def run(kind, **more):
    net, X, y, loss, _ = RUNS[kind]
    return gg.fit(net, X, y, loss=loss, steps=60, batch_size=8, lr=0.05, film=True, progress=False, **more)


@pytest.fixture(scope="module", params=RUNS)
def filmed(request):
    model, history = run(request.param)
    return request.param, model, history, gg.animate_training(history)


def corners(shape):
    match shape:
        case Box(x, y, width, height):
            return [(x, y), (x + width, y + height)]
        case Curve(points):
            return points
        case Patch():
            return [point for x, y, right, low in shape.rectangles for point in ((x, y), (right, low))]
        case Ink(_, x, y, size, _, room, centred):
            left = x - room / 2 if centred else x
            return [(left, y - 0.8 * size), (left + room, y + 0.25 * size)]


def test_nothing_leaves_the_page(filmed):
    for picture in filmed[3].frames:
        for shape in picture.shapes:
            for x, y in corners(shape):
                assert 0 <= x <= PAGE.width, shape
                assert 0 <= y <= PAGE.height, shape


def test_a_picture_stands_on_its_ground(filmed):
    """Without one, a moving picture is black wherever nothing is drawn."""
    for shot in filmed[3].frames:
        assert shot.shapes[0] == Box(0.0, 0.0, PAGE.width, PAGE.height, 0.0, "ground")


def test_the_field_is_what_the_inputs_allow(filmed):
    kind, _, _, film = filmed
    assert type(film.scene.field) is RUNS[kind][4]
    assert bool(film.scene.weights) == (kind != "program")


def test_lines_have_the_sign_and_the_size_of_their_weights():
    weights = [[GENERATOR.normal(size=(4, 2)), GENERATOR.normal(size=(1, 4))] for _ in range(3)]
    biases = [[GENERATOR.normal(size=4), GENERATOR.normal(size=1)] for _ in range(3)]
    for k, matrices in enumerate(weights):
        shapes = network(Area(0, 0, 300, 300), weights, biases, k)
        lines = [shape for shape in shapes if isinstance(shape, Curve)][:12]
        flat = np.concatenate([matrix.ravel() for matrix in matrices])
        assert [line.stroke for line in lines] == ["adjoint" if w < 0 else "value" for w in flat]
        widths = np.array([line.line for line in lines])
        assert np.array_equal(np.argsort(widths), np.argsort(np.abs(flat)))
        neurons = [shape for shape in shapes if isinstance(shape, Box)]
        wanted = ["adjoint" if b < 0 else "value" for b in np.concatenate(biases[k])]
        assert [neuron.stroke for neuron in neurons] == ["faint"] * 2 + wanted


def test_large_layers_show_their_ends():
    for size in range(1, 200):
        assert len(drawn_of(size)) == min(size, MOST)
        stands = places(Area(0, 0, 100, 200), [size])[0]
        heights = [y for _, y in stands.values()]
        assert heights == sorted(heights)
        assert list(stands) == drawn_of(size)


def test_the_curve_is_the_losses(filmed):
    _, _, history, film = filmed
    scene, snapshots = film.scene, history.reel.snapshots
    assert list(scene.losses) == [snapshot.loss for snapshot in snapshots]
    assert list(scene.steps) == due(60).tolist()
    area, (low, high) = Area(10, 20, 300, 200), decades(scene.losses)
    for k in (0, 5, len(film) - 1):
        *_, curve, head = loss_curve(area, scene.steps, scene.losses, k)
        drawn = np.array(curve.points[::3])
        plot = area.inner
        powers = low + (high - low) * (plot.y + plot.height - drawn[:, 1]) / plot.height
        np.testing.assert_allclose(10**powers, scene.losses[: k + 1], rtol=1e-9)
        steps = (1 + scene.steps[-1]) ** ((drawn[:, 0] - plot.x) / plot.width) - 1
        np.testing.assert_allclose(steps, scene.steps[: k + 1], rtol=1e-9, atol=1e-9)
        assert (head.x + head.width / 2, head.y + head.height / 2) == curve.points[-1]


@pytest.mark.parametrize("losses", [(0.83, 0.82, 0.8, 0.77), (0.83, 0.5, 0.2, 0.011), (1.0, 1.0, 1.0, 1.0)])
def test_the_name_of_the_curve_is_not_on_it(losses):
    *_, name, curve, _ = loss_curve(Area(10, 20, 300, 200), (0, 1, 10, 60), losses, 3)
    assert abs(curve.points[-1][1] - name.y) > 2 * name.size


def test_the_last_snapshot_is_the_model(filmed):
    _, model, history, _ = filmed
    last = history.reel.snapshots[-1]
    assert all(np.array_equal(last.values[name], value) for name, value in model.weights.items())


def test_filming_changes_no_bit():
    net, X, y, loss, _ = RUNS["xor"]
    plain, history = gg.fit(net, X, y, loss=loss, steps=60, batch_size=8, lr=0.05, progress=False)
    model, _ = run("xor")
    assert all(np.array_equal(plain.weights[name], value) for name, value in model.weights.items())
    with pytest.raises(UsageError, match="no snapshots"):
        gg.animate_training(history)


def test_the_answers_are_the_models(filmed):
    kind, model, history, film = filmed
    field, (_, X, y, loss, _) = film.scene.field, RUNS[kind]
    if field is None:
        return
    for k in (0, len(film) // 2, len(film) - 1):
        now = history.reel.at(history.reel.snapshots[k].values)
        if isinstance(field, Fitted):
            said = now.scores(field.x[:, None]) if loss == "mse" else now.probabilities(field.x[:, None])
            np.testing.assert_array_equal(field.y[k], said.ravel())
            continue
        across, up = (centres(*around(X[:, i])) for i in (0, 1))
        for i, j in ((0, 0), (5, 60), (63, 63), (30, 11)):
            said = now.scores([[across[j], up[i]]])
            if loss == "cross_entropy":
                assert field.owners[k, i, j] == said.argmax()
                continue
            value = said.item() if loss != "binary_cross_entropy" else now.probabilities([[across[j], up[i]]]).item()
            away = (value - (y.min() + y.max()) / 2) / (np.ptp(y) / 2)
            assert OWNERS[field.owners[k, i, j]] == ("adjoint" if away < 0 else "value")
            assert field.strengths[k, i, j] == pytest.approx(min(abs(away), 1))
    assert model.net.text


def test_patches_fill_the_surface_without_overlap():
    _, history = run("xor")
    picture = gg.animate_training(history).frames[-1]
    seen = np.zeros((64, 64), int)
    rectangles = [r for shape in picture.shapes if isinstance(shape, Patch) for r in shape.rectangles]
    left, top = min(r[0] for r in rectangles), min(r[1] for r in rectangles)
    right, low = max(r[2] for r in rectangles), max(r[3] for r in rectangles)
    for a, b, c, d in rectangles:
        i, j = ((np.array([b, d]) - top) / (low - top) * 64, (np.array([a, c]) - left) / (right - left) * 64)
        (i0, i1), (j0, j1) = np.rint(i).astype(int), np.rint(j).astype(int)
        seen[i0:i1, j0:j1] += 1
    assert seen.max() == 1
    assert seen.mean() > 0.95  # what is undecided has no patch


def test_files(tmp_path):
    _, history = run("xor")
    film = gg.animate_training(history, theme="dark")
    film.frames = film.frames[::20]
    for suffix, start in ((".gif", b"GIF"), (".apng", b"\x89PNG"), (".webp", b"RIFF"), (".png", b"\x89PNG")):
        film.save(tmp_path / f"one{suffix}")
        first = (tmp_path / f"one{suffix}").read_bytes()
        assert first.startswith(start)
        film.save(tmp_path / f"one{suffix}")
        assert (tmp_path / f"one{suffix}").read_bytes() == first
    film.save(tmp_path / "frame{}.svg")
    assert len(list(tmp_path.glob("frame*.svg"))) == len(film.frames)
    for name in ("film.tex", "film{}.gif", "film"):
        with pytest.raises(UsageError, match=r"known are|no file type|unknown file type"):
            film.save(tmp_path / name)
    assert set(STILLS) < set(TRAINING)


def test_the_same_bytes_in_another_process(tmp_path):
    """Under another hash seed."""
    program = (
        "import graphgrad as gg; d = gg.datasets.xor();"
        "_, h = gg.fit(gg.mlp(2, 4, 1), d.X, d.y, steps=30, film=True, progress=False);"
        "gg.animate_training(h).save('{}.svg')"
    )
    found = []
    for seed in "12":
        folder = tmp_path / seed
        folder.mkdir()
        subprocess.run([sys.executable, "-c", program], cwd=folder, env={"PYTHONHASHSEED": seed}, check=True)
        found.append([path.read_bytes() for path in sorted(folder.iterdir())])
    assert found[0] == found[1]
    assert len(found[0]) == len(due(30))


def test_a_caption_says_what_is_shown():
    _, history = run("xor")
    for picture in gg.animate_training(history).frames:
        snapshot = history.reel.snapshots[picture.number]
        step, loss = re.fullmatch(r"Step (\d+): the loss is (.*)\.", picture.caption).groups()
        assert int(step) == snapshot.step
        assert float(loss.replace("×10", "e").translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))) == pytest.approx(
            snapshot.loss, rel=1e-3
        )
