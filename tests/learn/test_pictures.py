"""A model of pixels answers for pictures, prepared as its training data were."""

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image, ImageDraw

import graphgrad as gg
from graphgrad.cli.main import group
from graphgrad.learn.data.datasets import digits
from graphgrad.learn.data.pictures import PictureFrame, frame_of, read_picture


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    pytest.importorskip("sklearn")
    path = tmp_path_factory.mktemp("model") / "digits.safetensors"
    asked = ["train", "digits", "--epochs", "12", "--save", str(path)]
    told = CliRunner().invoke(group, asked, catch_exceptions=False)
    assert told.exit_code == 0
    begin, *_, verdict, _, last = told.stdout.splitlines()  # of a preset, as of a file
    assert "loss smoothed_cross_entropy" in begin
    assert "\nlog loss " in told.stdout  # of the labels as they are
    assert verdict.startswith("verdict: ")
    assert last == f"to predict: graphgrad predict {path} FILE"
    return path


def picture(row, path, *, size=None, dark_ink=False, margin=0):
    """One of the data's own rows as a file."""
    pixels = np.uint8(np.reshape(row, (8, 8)) * 255)
    image = Image.fromarray(255 - pixels if dark_ink else pixels)
    if size:
        image = image.resize((size, size), Image.Resampling.NEAREST)
    if margin:
        page = Image.new("L", (image.width + 2 * margin, image.height + 3 * margin), 255 if dark_ink else 0)
        page.paste(image, (margin, 2 * margin))
        image = page
    image.save(path)
    return path


HOW = [{}, {"dark_ink": True}, {"size": 80}, {"size": 120, "dark_ink": True, "margin": 60}]


@pytest.mark.parametrize("how", HOW, ids=range(len(HOW)))
def test_its_own_examples_are_known_from_files(trained, tmp_path, how):
    X, y = digits().test
    for k in range(20):
        picture(X[k], tmp_path / f"{k:02}.png", **how)
    told = CliRunner().invoke(group, ["predict", str(trained), str(tmp_path)], catch_exceptions=False)
    lines = [line.rsplit(",", 1) for line in told.output.splitlines()]
    assert [name for name, _ in lines] == [str(tmp_path / f"{k:02}.png") for k in range(20)]
    known = gg.load(trained).predict(X[:20])
    assert np.mean(known == y[:20]) > 0.8
    same = sum(int(found) == answer for (_, found), answer in zip(lines, known, strict=True))
    assert same >= (16 if "size" in how else 20)  # a figure that is scaled and centred anew loses a little


def test_a_picture_of_the_frames_size_is_taken_as_it_is(trained, tmp_path):
    X, _ = digits().test
    model = gg.load(trained)
    assert model.frame.size == (8, 8)
    for how in HOW[:2]:
        seen = read_picture(picture(X[3], tmp_path / "a.png", **how), model.frame)
        np.testing.assert_allclose(seen, X[3], atol=1 / 250)


def test_figures_fill_the_frame_as_in_the_data(tmp_path):
    image = Image.new("RGB", (400, 300), "white")
    ImageDraw.Draw(image).rectangle((30, 20, 129, 219), fill="navy")  # 100 wide, 200 high, in a corner
    frame = PictureFrame(28, 28, 20 / 28)
    image.save(tmp_path / "wide.png")
    pixels = read_picture(tmp_path / "wide.png", frame).reshape(28, 28)
    rows, columns = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
    assert (rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1) == (20, 10)
    y, x = (np.average(grid, weights=pixels) for grid in np.indices((28, 28)))
    assert abs(y - 13.5) <= 0.5
    assert abs(x - 13.5) <= 0.5
    assert frame_of(pixels.reshape(1, -1), 28, 28).fill == pytest.approx(20 / 28, abs=1e-4)


def test_what_was_seen_is_shown(trained, tmp_path):
    X, _ = digits().test
    file, seen = picture(X[0], tmp_path / "a.png", size=64), tmp_path / "seen.png"
    CliRunner().invoke(group, ["predict", str(trained), str(file), "--seen", str(seen)], catch_exceptions=False)
    with Image.open(seen) as shown:
        assert shown.width > 112
        assert np.asarray(shown).min() == 0


def test_what_is_no_picture_is_refused(trained, tmp_path):
    (tmp_path / "no.png").write_bytes(b"\x89PNG\r\n\x1a\nand then nothing")
    Image.new("L", (50, 50), 255).save(tmp_path / "blank.png")
    (tmp_path / "empty").mkdir()
    other = tmp_path / "xor.safetensors"
    CliRunner().invoke(group, ["train", "xor", "--steps", "10", "--save", str(other)], catch_exceptions=False)
    for model, name, said in (
        (trained, "no.png", "is no picture that can be read"),
        (trained, "blank.png", "shows nothing"),
        (trained, "lost.png", "there is no file"),
        (trained, "empty", "there is no picture in"),
        (other, "blank.png", "was not trained on pictures"),
    ):
        told = CliRunner().invoke(group, ["predict", str(model), str(tmp_path / name)])
        assert isinstance(told.exception, gg.GraphgradError)
        assert said in str(told.exception)
