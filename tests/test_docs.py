"""The documentation tells the truth: its code is run, and what it shows is what comes out.

A ```python block is executed, in one namespace for its page, and a ```text block right after it is what it prints.
A ```console block holds `$ graphgrad ...` commands, each followed by what it prints. `--update-golden` rewrites what is
shown. Everything runs in an empty folder. A block that uses a peer which is not installed is left as it is, and the
page is skipped by the peer's name once the rest of it was compared.
"""

import contextlib
import io
import os
import re
import subprocess
import sys
import warnings
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import pytest

import graphgrad as gg
from graphgrad.core import errors

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<content>.*?)^```$", re.DOTALL | re.MULTILINE)
# What the compressor, the clock and the last bit decide: file sizes, times, the sign of a zero.
PEERS = {"autograd", "jax", "micrograd", "pytensor", "torch", "torchlens", "torchviz"}
VARYING = re.compile(r"\d+ kB|[\d.]+ s\b|[\d,]+ examples/s|-(?=0\.0000)")
TERMINAL = {"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}


def blocks(page):
    return list(BLOCK.finditer(page.read_text(encoding="utf-8")))


def run_python(code, namespace, where):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        if peers(code):
            warnings.simplefilter("ignore")  # theirs to mend
        exec(compile(code, where, "exec"), namespace)  # noqa: S102  # the page is ours
    return printed.getvalue()


def run_console(content, folder):
    """The block as it would have been seen: each command line, and below it what it printed."""
    seen = ""
    commands = re.findall(r"^\$ (.*(?:\\\n.*)*)$", content, re.MULTILINE)
    for command in commands:
        environment = os.environ | TERMINAL | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        assert "Traceback (most recent call last)" not in done.stdout, done.stdout
        seen += f"$ {command}\n" + "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())
    return seen


def peers(code):
    """The peers that a block imports."""
    return PEERS.intersection(re.findall(r"^(?:from|import) (\w+)", code, re.MULTILINE))


def absent_peers(code):
    """Those that nobody has installed."""
    return {name for name in peers(code) if find_spec(name) is None}


def really_shown(page, folder):
    """The page's text with the outputs that its code has today."""
    namespace = {"__name__": "__main__"}
    found, answers = blocks(page), {}
    source = page.read_text(encoding="utf-8")
    following = {
        first.start(): second
        for first, second in pairwise(found)
        if second["kind"] == "text" and not source[first.end() : second.start()].strip()
    }
    for block in found:
        if block["kind"] == "console":
            answers[block.span("content")] = run_console(block["content"], folder)
        elif block["kind"] == "html":
            named = re.findall(r'src(?:set)?="([^"]+)"', block["content"])
            assert [name for name in named if not (folder / name).is_file()] == [], "nothing on this page writes that"
        elif block["kind"] == "python" and not absent_peers(block["content"]):
            line = source.count("\n", 0, block.start("content"))
            printed = run_python("\n" * line + block["content"], namespace, str(page))
            output = following.get(block.start())
            assert output or not printed, f"{page.name}:{line}: this prints, and no ```text block shows it:\n{printed}"
            if output:
                answers[output.span("content")] = "".join(f"{line.rstrip()}\n" for line in printed.splitlines())
    for (start, end), answer in sorted(answers.items(), reverse=True):
        source = source[:start] + answer + source[end:]
    return source


def pictures_are_there(page, folder, *, update):
    """Pictures in a folder named as the page are those that its blocks write, and say the same aloud."""
    for name in re.findall(rf"!\[[^]]+\]\(({page.stem}/[^)]+)\)", page.read_text(encoding="utf-8")):
        written, kept = (folder / name).parent.parent / Path(name).name, page.parent / name
        assert written.is_file(), f"nothing on this page writes {written.name}"
        if update:
            kept.parent.mkdir(exist_ok=True)
            kept.write_bytes(written.read_bytes())
        assert told(written) == told(kept)


def told(picture):
    """The title and the description of an SVG; its shapes are Graphviz's, of some version."""
    return re.findall(r"<(?:title|desc)[^>]*>[^<]*<", picture.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_page_shows_what_comes_out(page, tmp_path, monkeypatch, request):
    monkeypatch.chdir(tmp_path)
    for name, value in TERMINAL.items():
        monkeypatch.setenv(name, value)
    now = really_shown(page, tmp_path)
    pictures_are_there(page, tmp_path, update=request.config.getoption("--update-golden"))
    shown = page.read_text(encoding="utf-8")
    if request.config.getoption("--update-golden") and VARYING.sub("", shown) != VARYING.sub("", now):
        page.write_text(now, encoding="utf-8")
        shown = now
    assert VARYING.sub("", shown) == VARYING.sub("", now)
    if absent := set().union(*(absent_peers(block["content"]) for block in blocks(page) if block["kind"] == "python")):
        pytest.skip(f"the rest is as shown; without {', '.join(sorted(absent))} some blocks are left")


def test_what_is_not_so_is_noticed(tmp_path, monkeypatch):
    """A wrong output, a missing one, and an error are all told."""
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "page.md"
    page.write_text("```python\nprint(1 + 1)\n```\n\n```text\n3\n```\n", encoding="utf-8")
    assert "```text\n2\n```" in really_shown(page, tmp_path)
    page.write_text('```console\n$ graphgrad derive "x*x" | tail -n 1\nit is x\n```\n', encoding="utf-8")
    assert "put together: dz/dx = x + x = 2 * x\n" in really_shown(page, tmp_path)
    page.write_text("```python\nprint(1)\n```\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="no ```text block shows it"):
        really_shown(page, tmp_path)
    page.write_text("```python\n1 / 0\n```\n", encoding="utf-8")
    with pytest.raises(ZeroDivisionError):
        really_shown(page, tmp_path)


def test_every_block_is_of_a_kind_that_is_run_or_named():
    """No code hides from the tests under another name; these kinds are not ours to run."""
    kinds = {block["kind"] for page in PAGES for block in blocks(page)}
    assert kinds <= {"python", "text", "console", "html", "sh", "latex", "toml"}


def test_the_first_page_has_the_first_command():
    first = next(block["content"] for block in blocks(ROOT / "README.md") if block["kind"] == "sh")
    assert first.strip() in (ROOT / "docs" / "index.md").read_text(encoding="utf-8")


def test_readme_has_the_two_set_up_commands():
    """`.ci/run` takes them from here."""
    first, second = (block["content"] for block in blocks(ROOT / "README.md") if block["kind"] == "sh")
    assert first.startswith("pip install . && graphgrad animate")
    assert "[test]" in second
    assert second.endswith("pytest -n auto\n")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_public_name_is_in_the_reference():
    reference = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    listed = re.findall(r"auto(?:function|exception|class):: graphgrad\.(?:api\.\w+\.)?(\w+)$", reference, re.MULTILINE)
    assert sorted(listed) == sorted(gg.__all__)


ERRORS = [name for name in gg.__all__ if isinstance(made := getattr(gg, name), type) and issubclass(made, Exception)]
VERBS = [name for name in gg.__all__ if name not in ERRORS]
ASKED = {"Classifier": {"ValueError"}, "Regressor": {"ValueError"}}  # errors that scikit-learn asks of estimators
ABOUT = {  # what a public docstring says, and the words that say it
    "an example": ">>> ",
    "errors": r"[Rr]aises\s+\w*Error",
    "shapes or units": r"[Ss]hape|[Ss]calar|[Nn]umber|second|point|unit|tensor",
    "a source": r"Source:\s+\S",
}


@pytest.mark.parametrize("name", VERBS)
@pytest.mark.parametrize("what", ABOUT)
def test_every_verb_says(name, what):
    assert re.search(ABOUT[what], getattr(gg, name).__doc__), f"gg.{name} does not say {what}"


@pytest.mark.parametrize("name", gg.__all__)
def test_every_error_that_a_docstring_names_is_public(name):
    named = set(re.findall(r"\b\w+Error\b", getattr(gg, name).__doc__))
    assert named - ASKED.get(name, set()) <= set(gg.__all__)


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_says_when(name):
    assert getattr(gg, name).__doc__


def test_the_exception_tree_is_drawn_as_it_is():
    drawn = re.findall(r"(\w+Error)  ", errors.__doc__)
    there = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
    assert {*drawn, "GraphgradError"} == there
    assert all(getattr(errors, name).__bases__ == (errors.GraphgradError,) for name in drawn)
    architecture = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert all(line.strip() in architecture for line in errors.__doc__.splitlines()[2:])
