"""Where graphgrad is called from: no home, no terminal, a plain locale, folders of any name."""

import itertools
import os
import shlex
import shutil
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
    "a locale that is ASCII": {**BARE, "LC_ALL": "POSIX", "PYTHONUTF8": "0"},
    "a plain locale": {**BARE, "LANG": "C", "LC_ALL": "C", "TERM": "dumb", "HOME": "/nonexistent"},
}


OBEYING = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search"]


def ran(call: str, folder: Path, variables: dict[str, str], before: list[str] | None = None) -> str:
    command = [*(before or []), *COMMAND, *shlex.split(call)]
    done = subprocess.run(command, cwd=folder, env=variables, stdin=subprocess.DEVNULL,
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
    out = ran("show θ*x θ=2 -o 'ñ ö.svg'", folder, PLACES[place])
    assert out == "wrote ñ ö.svg (3 nodes)\n"
    assert "θ" in (folder / "ñ ö.svg").read_text(encoding="utf-8")
    assert [path.name for path in folder.iterdir()] == ["ñ ö.svg"]


@pytest.mark.slow
@pytest.mark.parametrize("place", ["no home, no terminal", "a plain locale"])
def test_the_commands_of_the_readme(place, folder) -> None:
    assert len(README) >= 6
    for call in README:
        ran(call.replace("--steps 100000", "--steps 1000"), folder, PLACES[place])


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> tuple[Path, list[str]]:
    """A copy of the package that nobody may write to, and what makes root obey that."""
    site = tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT / "graphgrad", site / "graphgrad", ignore=shutil.ignore_patterns("__pycache__"))
    places = [site, *site.rglob("*")]
    for place in places:
        place.chmod(0o555 if place.is_dir() else 0o444)
    root = not hasattr(os, "geteuid") or os.geteuid() == 0
    if root and shutil.which(OBEYING[0]) is None:
        pytest.skip("root writes anywhere, and there is no setpriv")
    before = OBEYING if root else []
    there = str(site / "graphgrad" / "new")
    assert subprocess.run([*before, "touch", there], capture_output=True, check=False).returncode != 0
    yield site, before
    for place in places:
        place.chmod(0o755)
    assert not [place for place in site.rglob("*") if place not in places]


@pytest.mark.parametrize("call", ["show x*y -o a.svg", "compile x*y --target numpy -o a.py"])
def test_an_installation_that_is_read_only(call, installed, folder) -> None:
    site, before = installed
    assert ran(call, folder, {**BARE, "PYTHONPATH": str(site)}, before).startswith("wrote a.")


@pytest.mark.slow
def test_the_commands_of_the_readme_where_the_installation_is_read_only(installed, folder) -> None:
    site, before = installed
    for call in README:
        ran(call.replace("--steps 100000", "--steps 1000"), folder, {**BARE, "PYTHONPATH": str(site)}, before)
