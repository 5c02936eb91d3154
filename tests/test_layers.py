"""The house rules that no reader can watch all the time: who imports whom, how long files are, what lies where."""

import ast
import itertools
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "graphgrad"
MODULES = sorted(PACKAGE.rglob("*.py"))

# The rooms, and which floor each stands on: imports point down. A module counts for the longest prefix that names it.
FLOORS = {
    "graphgrad": 7,  # api, cli: the verbs and the commands
    "graphgrad.learn": 6,
    "graphgrad.render": 6,
    "graphgrad.proof": 6,
    "graphgrad.compiler": 5,
    "graphgrad.execute": 4,
    "graphgrad.transform": 3,
    "graphgrad.frontend": 2,
    "graphgrad.core.builder": 1,
    "graphgrad.core.graph": 1,
    "graphgrad.core": 0,
    "graphgrad.__version__": 0,
}

# These live on one floor, and do not know each other: what needs two of them is composed on floor 7.
STRANGERS = {"graphgrad.learn", "graphgrad.render", "graphgrad.proof"}

# Packages that cost a tenth of a second or more, and the rooms that may use them at all.
HEAVY = {
    "sympy": {"graphgrad.frontend", "graphgrad.execute", "graphgrad.transform", "graphgrad.proof"},
    "networkx": {"graphgrad.core.graph", "graphgrad.frontend", "graphgrad.execute", "graphgrad.render", "graphgrad"},
    "PIL": {"graphgrad.render", "graphgrad.learn"},
    "graphviz": {"graphgrad.render"},
    "resvg_py": {"graphgrad.render"},
    "ziamath": {"graphgrad.render"},
}

TOP_LEVEL = {"pyproject.toml", "README.md", "LICENSE", "graphgrad", "tests", "gallery", "docs"}


class Import(NamedTuple):
    name: str
    line: int
    lazy: bool  # inside a function


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room(module: str) -> str:
    prefixes = itertools.accumulate(module.split("."), "{}.{}".format)
    return [prefix for prefix in prefixes if prefix in FLOORS][-1]


def imports(path: Path) -> Iterator[Import]:
    """Every import of a file, lazy ones and those for type checkers included, as absolute module names."""

    def walk(node: ast.AST, *, lazy: bool) -> Iterator[Import]:
        match node:
            case ast.Import(names=names):
                yield from (Import(alias.name, node.lineno, lazy) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                here = path.relative_to(ROOT).parts
                base = ".".join((*here[: len(here) - level], *([module] if module else []))) if level else module
                # `from graphgrad.core import graph` may name a module: the longer name is the truer one.
                yield from (Import(f"{base}.{alias.name}", node.lineno, lazy) for alias in names)
            case _:
                inside = lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
                for child in ast.iter_child_nodes(node):
                    yield from walk(child, lazy=inside)

    yield from walk(ast.parse(path.read_text(encoding="utf-8")), lazy=False)


def ids(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_imports_point_down(path):
    mine = room(module_name(path))
    for found in imports(path):
        if found.name.partition(".")[0] != "graphgrad":
            continue
        theirs = room(found.name)
        down = FLOORS[theirs] <= FLOORS[mine] and not {mine, theirs} <= STRANGERS
        assert theirs == mine or down, (
            f"{ids(path)}:{found.line}: {mine} (floor {FLOORS[mine]}) imports {found.name} (floor {FLOORS[theirs]})"
        )


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_heavy_packages_stay_in_their_rooms(path):
    mine = room(module_name(path))
    for found in imports(path):
        rooms = HEAVY.get(found.name.partition(".")[0])
        assert rooms is None or mine in rooms, f"{ids(path)}:{found.line}: {mine} has no business with {found.name}"


@pytest.mark.parametrize("command", ["import graphgrad", "import graphgrad.cli"])
def test_importing_loads_nothing_heavy(command):
    program = f"{command}; import sys; print(*({set(HEAVY)!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=ROOT)
    assert not done.stdout.split()


def test_no_room_hides_a_verb():
    """Importing the room graphgrad.compiler must leave the verb gg.compile what it is, and so for every name."""
    rooms = sorted({room(module_name(path)) for path in MODULES})
    program = f"import {', '.join(rooms)}, types; gg = graphgrad; "
    program += "print(*(name for name in gg.__all__ if isinstance(getattr(gg, name), types.ModuleType)))"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=ROOT)
    assert not done.stdout.split()


@pytest.mark.parametrize("folder", sorted({path.parent for path in MODULES}), ids=ids)
def test_no_room_has_one_file(folder):
    content = [path for path in folder.iterdir() if path.name not in {"__init__.py", "__pycache__"}]
    assert len(content) > 1, f"{ids(folder)} holds one file: it is no room"


def test_one_place_starts_browsers():
    """Two Playwrights in one process refuse each other, so every test takes the fixture of conftest.py."""
    starting = "sync_" + "playwright"
    assert [ids(p) for p in (ROOT / "tests").rglob("*.py") if starting in p.read_text(encoding="utf-8")] == [
        "tests/conftest.py"
    ]


def test_top_level():
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    there = {
        path.name
        for path in ROOT.iterdir()
        if not path.name.startswith(".") and not any(fnmatch(path.name, pattern.rstrip("/")) for pattern in ignored)
    }
    assert there <= TOP_LEVEL, f"no place for {there - TOP_LEVEL}"
