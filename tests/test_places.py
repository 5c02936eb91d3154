"""Where graphgrad is called from: no home, no terminal, a plain locale, folders of any name."""

import itertools
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from commandline import COMMAND

ROOT = Path(__file__).parents[1]
BARE = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}  # no home, no terminal, no locale
LINES = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
README = [
    line.removeprefix("$ graphgrad ").partition(" | ")[0]
    for line, said in itertools.pairwise(LINES)
    if line.startswith("$ graphgrad ") and not said.startswith("error: ")
]
PLACES = {
    "no home, no terminal": BARE,
    "a plain locale": {**BARE, "LANG": "C", "LC_ALL": "C", "TERM": "dumb", "HOME": "/nonexistent"},
}


def ran(call: str, folder: Path, variables: dict[str, str]) -> str:
    done = subprocess.run([*COMMAND, *shlex.split(call)], cwd=folder, env=variables, stdin=subprocess.DEVNULL,
                          capture_output=True, check=False, timeout=300)  # fmt: skip
    assert (done.returncode, done.stderr) == (1 if "--claim" in call else 0, b""), [call, done.stderr]
    return done.stdout.decode()


@pytest.fixture
def folder(tmp_path) -> Path:
    made = tmp_path / "é ü ß 变" / "a b"
    made.mkdir(parents=True)
    return made


@pytest.mark.parametrize("place", PLACES)
def test_names_and_paths_of_other_alphabets(place, folder) -> None:
    out = ran("show θ*x -o 'ñ ö.svg'", folder, PLACES[place])
    assert re.fullmatch(r"wrote .*\.svg \(3 nodes\)\n", out)
    assert "θ" in (folder / "ñ ö.svg").read_text(encoding="utf-8")
    assert [path.name for path in folder.iterdir()] == ["ñ ö.svg"]


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_the_commands_of_the_readme(place, folder) -> None:
    assert len(README) >= 6
    for call in README:
        ran(call.replace("--steps 100000", "--steps 1000"), folder, PLACES[place])
