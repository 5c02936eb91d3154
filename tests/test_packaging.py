"""Wheel and sdist hold what they must and no more, and what stands about them in several places is the same."""

import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

import graphgrad as gg

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CITATION = (ROOT / "docs" / "CITATION.cff").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    if find_spec("build") is None or find_spec("hatchling") is None:
        pytest.skip("build and hatchling, of the extra dev, are not installed")
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT]
    subprocess.run(command, check=True, capture_output=True, cwd=folder)
    return folder


def test_the_wheel_is_the_package_alone(built):
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        names = wheel.namelist()
        metadata = wheel.read(next(name for name in names if name.endswith("METADATA"))).decode()
    assert {name.split("/")[0] for name in names} == {"graphgrad", f"graphgrad-{gg.__version__}.dist-info"}
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / "graphgrad").rglob("*") if path.is_file()}
    assert {name for name in names if name.startswith("graphgrad/")} == {f for f in files if "__pycache__" not in f}
    assert "graphgrad/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert "License-Expression: MIT" in metadata
    assert path.stat().st_size < 1_000_000


def test_the_sdist_can_be_tested_and_read(built):
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    there = {name.split("/")[0] for name in names}
    assert {"graphgrad", "tests", "docs", "gallery", "README.md", "LICENSE", "pyproject.toml"} <= there
    assert not [name for name in names if "__pycache__" in name or "_build" in name or name.startswith("backprop.")]
    assert path.stat().st_size < 3_000_000


def test_the_wheel_makes_a_film_by_itself(built, tmp_path):
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")  # noqa: S202  (our own)
    program = "import graphgrad; print(graphgrad.__file__); from graphgrad.cli import main; main()"
    arguments = ["animate", "log(x1*x2)*sin(x2)", "x1=0.5", "x2=0.75", "--no-verify", "-o", "backprop.html"]
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "installed")}
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path))
    assert (tmp_path / "backprop.html").stat().st_size > 10_000


def test_the_version_is_the_same_everywhere():
    assert PROJECT["version"] == gg.__version__
    assert re.search(r"^version: (\S+)$", CITATION, re.MULTILINE)[1] == gg.__version__


def test_the_citation_has_what_its_format_wants():
    keys = set(re.findall(r"^([\w-]+):", CITATION, re.MULTILINE))
    assert {"cff-version", "message", "title", "authors"} <= keys
    assert keys <= {"cff-version", "message", "type", "title", "abstract", "version", "license", "authors", "keywords"}


def test_every_python_that_is_promised_is_named():
    low, high = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", PROJECT["requires-python"]).groups()
    named = [int(c.rpartition(".")[2]) for c in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", c)]
    assert named == list(range(int(low), int(high)))


def test_the_extra_that_ci_tests_has_what_its_targets_need():
    extras = PROJECT["optional-dependencies"]
    named = re.search(r"\[(.*)\]", extras["extras"][0])[1].split(",")
    assert set(named) <= set(extras)
