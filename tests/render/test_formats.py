"""Files: every format is what it says it is, the same bytes each time, whole or not at all."""

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from graphgrad.core.errors import UsageError
from graphgrad.execute.trace import trace
from graphgrad.frontend.parse import parse
from graphgrad.render.backprop.film import film
from graphgrad.render.formats import raster, table
from graphgrad.render.formats.raster import milliseconds, png
from graphgrad.render.formats.table import FILM, PICTURE
from graphgrad.render.formats.tikz import _lines
from graphgrad.render.layout.graphviz import engine

POINT = {"x1": 0.5, "x2": 0.75}
LATEX = [program for program in ("pdflatex", "lualatex") if shutil.which(program)]


@pytest.fixture(scope="module")
def made():
    return film(trace(parse("log(x1*x2)*sin(x2)"), POINT))


@pytest.fixture(scope="module")
def network():
    given = {"W1": np.arange(-4.0, 4.0).reshape(4, 2) / 5, "W2": np.ones((1, 4)), "x": np.array([2.0, 3.0]), "y": 5.0}
    text = "h = tanh(W1 @ x)\nL = sum((y - W2 @ h) ** 2) / 2"
    return film(trace(parse(text, {k: np.shape(v) for k, v in given.items()}), given))


@pytest.mark.parametrize("suffix", [".gif", ".apng", ".webp"])
def test_moving_pictures_have_every_frame_and_its_time(made, tmp_path, suffix):
    shown = []
    with Image.open(made.save(tmp_path / f"film{suffix}")) as image:
        assert image.n_frames == len(made)
        assert image.width == 960
        for k in range(image.n_frames):
            image.seek(k)
            image.load()
            shown.append((image.info["duration"], image.convert("RGB").tobytes()))
    assert [round(d) for d, _ in shown] == [milliseconds(p) for p in made.frames]
    assert len({pixels for _, pixels in shown}) == len(made)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the reader leaves its pipes open
def test_the_video_shows_every_frame_for_its_time(tmp_path, monkeypatch):
    """Read back, a small one: in the middle of each frame's time, the video shows that frame."""
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    monkeypatch.setattr(raster, "WIDTH", 320)
    made = film(trace(parse("x * y"), x=2.0, y=3.0))
    reader = ffmpeg.read_frames(made.save(tmp_path / "film.mp4"), pix_fmt="rgb24")
    about = next(reader)
    (width, height), rate = about["size"], about["fps"]
    assert (about["codec"], width, width % 2, height % 2, rate) == ("h264", 320, 0, 0, 10)
    ends = [end / 1000 for end in accumulate(map(milliseconds, made.frames))]
    middles = [round((end - milliseconds(p) / 2000) * rate) for end, p in zip(ends, made.frames, strict=True)]
    stills = [np.asarray(Image.open(io.BytesIO(png(p, width))).convert("RGB"), int) for p in made.frames]
    seen = []
    for count, frame in enumerate(reader, 1):
        if count - 1 in middles:
            pixels = np.frombuffer(frame, np.uint8).reshape(height, width, 3)[: len(stills[0])]
            seen.append(int(np.argmin([np.abs(pixels - still).mean() for still in stills])))
    assert seen == list(range(len(made)))
    assert count / rate == pytest.approx(ends[-1], abs=0.1)
    first = (tmp_path / "film.mp4").read_bytes()
    assert made.save(tmp_path / "film.mp4").read_bytes() == first


def test_svg_is_well_formed_and_needs_nothing(made, network):
    for svg in (*(p.svg() for p in made.frames), FILM[".svg"].load()(made).decode(), network.frames[-1].svg()):
        root = ET.fromstring(svg)
        ids = {e.attrib["id"] for e in root.iter() if "id" in e.attrib}
        used = {e.attrib["href"] for e in root.iter() if "href" in e.attrib}
        assert used <= {f"#{i}" for i in ids}
        assert "<text" not in svg
        assert svg.count("http") == 1  # the namespace


def test_the_animated_svg_shows_each_shape_in_its_frames_only(made):
    svg = FILM[".svg"].load()(made).decode()
    assert "prefers-reduced-motion" in svg
    assert svg.count("@keyframes") > 10
    assert "infinite" in svg


def test_frames_get_files_of_their_own(made, tmp_path):
    made.save(tmp_path / "step{}.svg")
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"step{k:02}.svg" for k in range(len(made))]


def test_dot_is_drawn_by_graphviz_where_it_is_pinned(made):
    source = made.frames[-1].dot()
    ran = subprocess.run(
        [engine(), "-Kneato", "-n2", "-Tplain"], input=source, capture_output=True, text=True, check=True
    )
    assert "too small" not in ran.stderr  # for its label
    places = {row.split()[1]: [float(x) * 72 for x in row.split()[2:4]] for row in ran.stdout.splitlines()
              if row.startswith("node") and row.split()[1].isdigit()}  # fmt: skip
    for card in made.scene.cards:
        x, y = made.stage.layout.nodes[card.node]
        first = made.stage.layout.nodes[made.scene.cards[0].node]
        moved = [a - b for a, b in zip(places[str(card.node)], places["0"], strict=True)]
        assert moved == pytest.approx([x - first[0], first[1] - y], abs=0.1)
    for text in ("v1 = x1 * x2", "−0.9808", "∂z/∂x1 ≈ 1.363", made.style.adjoint, made.style.value):
        assert text in source


def test_the_json_says_everything(made):
    data = json.loads(FILM[".json"].load()(made))
    assert [f["phase"] for f in data["frames"]] == [f.phase for f in made.scene.frames]
    assert data["closing"][0]["value"] == made.trace.gradient.outputs["dz_dx1"]
    assert data["values"][str(data["closing"][0]["value"])] == made.trace.grad["x1"]
    assert all(len(edge["curve"]) % 3 == 1 for edge in data["edges"])


def test_pdf_has_a_page_a_frame_and_text_to_search(made, network, tmp_path):
    for name, shown in (("film", made), ("network", network)):
        path = shown.save(tmp_path / f"{name}.pdf")
        assert path.read_bytes().count(b"/Type/Page/") == len(shown)
        if shutil.which("pdftotext"):
            said = subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, check=True).stdout
            assert not said.isspace()
            assert ("1.363" in said) == (name == "film")


@pytest.mark.slow
@pytest.mark.parametrize("program", LATEX or [pytest.param("", marks=pytest.mark.skip(reason="no LaTeX"))])
def test_tikz_compiles(made, network, tmp_path, program):
    for name, shown in (("film", made), ("network", network)):
        shown.save(tmp_path / f"{name}.tex")
        ran = subprocess.run([program, "-interaction=nonstopmode", "-halt-on-error", f"{name}.tex"], cwd=tmp_path,
                             capture_output=True, text=True, check=False, encoding="latin-1")  # fmt: skip
        assert ran.returncode == 0, ran.stdout[-2000:]
        assert f"({len(shown)} pages" in ran.stdout


def deep():
    """A network of three layers: values and program."""
    sizes, given = [3, 5, 4, 2], {"X": np.sin(np.arange(12.0)).reshape(4, 3), "Y": np.cos(np.arange(8.0)).reshape(4, 2)}
    lines, name = [], "X"
    for k, (inner, outer) in enumerate(pairwise(sizes), 1):
        given |= {
            f"W{k}": np.cos(np.arange(outer * inner) + k).reshape(outer, inner),
            f"b{k}": np.sin(np.arange(outer)),
        }
        lines.append(f"h{k} = relu({name} @ W{k}.T + b{k})")
        name = f"h{k}"
    return "\n".join([*lines, "L = mean((h3 - Y)**2)"]), given


def test_tikz_sets_each_piece_once_and_pages_refer_to_all_of_theirs(network):
    text, given = deep()
    three_layers = film(trace(parse(text, {k: np.shape(v) for k, v in given.items()}), given))
    for shown in (network, three_layers):
        source = FILM[".tex"].load()(shown).decode()
        forms = dict(re.findall(r"\\begin\{ggform\}\{(\d+)\}\n(.*?)\n\\end\{ggform\}", source, re.DOTALL))
        pages = re.findall(r"^\\ggframe\{(\d+)\}\{(.*)\}$", source, re.MULTILINE)
        assert [int(number) for number, _ in pages] == list(range(1, len(shown) + 1))
        assert f"\\only<{len(shown)}>" in source
        assert len(set(forms.values())) == len(forms)
        for (_, page), picture in zip(pages, shown.frames, strict=True):
            drawn = "\n".join(forms[form] for form in page.split(",")).splitlines()
            assert sorted(drawn) == sorted(set(_lines(picture.shapes, shown.values).splitlines()))
            inks = [line.startswith("\\node") for line in drawn]
            assert not any(
                line.startswith(r"\draw[") and any(inks[:k]) for k, line in enumerate(drawn)
            )  # wires lie below
        assert len(source) < 200_000
        assert "opacity" not in source  # which a form would need resources of its own for


PROGRAM = """
import sys
from graphgrad.execute.trace import trace
from graphgrad.frontend.parse import parse
from graphgrad.render.formats.table import FILM
from graphgrad.render.backprop.film import film
import hashlib
made = film(trace(parse("y = x1*x2; w = log(y)*sin(x2) + y"), x1=0.5, x2=0.75))
for suffix in sys.argv[1:]:
    print(suffix, hashlib.sha256(FILM[suffix].load()(made)).hexdigest())
"""
BYTES = [suffix for suffix in FILM if suffix != ".mp4"]


def digests(seed, suffixes):
    ran = subprocess.run([sys.executable, "-c", PROGRAM, *suffixes], capture_output=True, text=True, check=True,
                         env={**os.environ, "PYTHONHASHSEED": str(seed)}, cwd=Path(__file__).parents[2])  # fmt: skip
    return ran.stdout


def test_two_runs_give_the_same_bytes():
    assert digests(1, BYTES) == digests(2, BYTES)


@pytest.mark.slow
def test_twenty_hash_seeds_give_the_same_bytes():
    suffixes = [".html", ".svg", ".dot", ".json", ".tex", ".pdf"]
    assert len({digests(seed, suffixes) for seed in range(20)}) == 1


@pytest.mark.parametrize(
    ("name", "message"),
    [("film.gfi", "did you mean '.gif'"), ("film.xyz", r"known are \.html \.gif"), ("film", "no file type"),
     ("nowhere/film.gif", "no folder"), ("folder.svg", "is a folder")],
)  # fmt: skip
def test_what_cannot_be_written_is_refused_before_the_work(made, tmp_path, monkeypatch, name, message):
    (tmp_path / "folder.svg").mkdir()
    monkeypatch.setattr(table.Format, "load", lambda _: pytest.fail("the work has begun"))
    with pytest.raises(UsageError) as caught:
        made.save(tmp_path / name)
    assert re.search(message, str(caught.value))
    assert [p.name for p in tmp_path.iterdir()] == ["folder.svg"]


def test_a_missing_extra_names_the_command(made, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(UsageError, match="pip install"):
        made.save(tmp_path / "film.mp4")


def test_an_interrupted_write_leaves_the_old_file(made, tmp_path, monkeypatch):
    target = tmp_path / "film.svg"
    target.write_text("old")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        made.save(target)
    assert [p.name for p in tmp_path.iterdir()] == ["film.svg"]
    assert target.read_text() == "old"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_ctrl_c_leaves_no_half_written_file(tmp_path):
    """A real SIGINT, wherever in the drawing and writing of three files it falls."""
    command = [sys.executable, "-c", "from graphgrad.cli import main; main()", "animate", "sin(x)*exp(x)*x", "x=0.5"]
    command += ["--no-verify", *(part for name in ("a.gif", "b.pdf", "c.png") for part in ("-o", str(tmp_path / name)))]
    for wait in (0.3, 0.7, 1.0, 1.3, 1.6):
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
            time.sleep(wait)
            running.send_signal(signal.SIGINT)
            running.communicate()
        for path in tmp_path.iterdir():
            starts = {"a.gif": b"GIF89a", "b.pdf": b"%PDF", "c.png": b"\x89PNG"}[path.name]  # and nothing beside them
            ends = {"a.gif": b"\x3b", "b.pdf": b"%%EOF\n", "c.png": b"IEND\xaeB`\x82"}[path.name]
            assert path.read_bytes().startswith(starts)
            assert path.read_bytes().endswith(ends)
            path.unlink()


def test_a_picture_is_saved_in_every_format(network, tmp_path):
    for suffix in PICTURE:
        assert network.frames[-1].save(tmp_path / f"still{suffix}").stat().st_size > 500
    with Image.open(tmp_path / "still.png") as image:
        assert image.width == 1920


def test_notebooks_get_a_picture(made):
    bundle = made.frames[0]._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg")
    assert bundle["text/plain"] == "Nothing is computed yet."
