"""The house rules that no reader can watch all the time: who imports whom, in which order, and what lies where."""

import ast
import itertools
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
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
}

# These live on one floor, and do not know each other: what needs two of them is composed on floor 7.
STRANGERS = {"graphgrad.learn", "graphgrad.render", "graphgrad.proof"}

# Packages that cost a tenth of a second or more, and the rooms that may use them at all.
HEAVY = {
    "sympy": {"graphgrad.frontend", "graphgrad.execute", "graphgrad.transform", "graphgrad.proof"},
    "flint": {"graphgrad.proof"},
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
    typed: bool  # for type checkers alone


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room(module: str) -> str:
    prefixes = itertools.accumulate(module.split("."), "{}.{}".format)
    return [prefix for prefix in prefixes if prefix in FLOORS][-1]


@cache
def imports(path: Path) -> tuple[Import, ...]:
    """Every import of a file, lazy ones and those for type checkers included, as absolute module names."""

    def walk(node: ast.AST, *, lazy: bool, typed: bool) -> Iterator[Import]:
        match node:
            case ast.Import(names=names):
                yield from (Import(alias.name, node.lineno, lazy, typed) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                here = path.relative_to(ROOT).parts
                base = ".".join((*here[: len(here) - level], *([module] if module else []))) if level else module
                # `from graphgrad.core import graph` may name a module: the longer name is the truer one.
                yield from (Import(f"{base}.{alias.name}", node.lineno, lazy, typed) for alias in names)
            case _:
                inside = lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
                said = typed or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
                for child in ast.iter_child_nodes(node):
                    yield from walk(child, lazy=inside, typed=said)

    return tuple(walk(ast.parse(path.read_text(encoding="utf-8")), lazy=False, typed=False))


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


NAMES = {module_name(path) for path in MODULES}
ROOMS = sorted({name.split(".")[1] for name in NAMES if name.count(".") > 1})


def used(path: Path) -> Iterator[tuple[str, int]]:
    """The modules of the package that a file needs to run, with the lines where it says so."""
    for found in imports(path):
        name = found.name if found.name in NAMES else found.name.rpartition(".")[0]
        if name in NAMES and not found.typed:
            yield name, found.line


def order(room_name: str) -> list[list[str]]:
    """What stands in a room, from the bottom up, as its `__init__` states it."""
    tree = ast.parse((PACKAGE / room_name / "__init__.py").read_text(encoding="utf-8"))
    said = [
        node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ORDER"
    ]
    assert said, f"graphgrad/{room_name}/__init__.py states no ORDER: what stands in the room, from the bottom up"
    return [line.split() for line in ast.literal_eval(said[0])]


@pytest.mark.parametrize("room_name", ROOMS)
def test_a_room_keeps_the_order_that_it_states(room_name):
    level = {entry: k for k, line in enumerate(order(room_name)) for entry in line}
    inside = {
        path
        for path in MODULES
        if path.is_relative_to(PACKAGE / room_name) and path != PACKAGE / room_name / "__init__.py"
    }
    assert set(level) == {module_name(path).split(".")[2] for path in inside}, (
        f"the ORDER of graphgrad/{room_name}/__init__.py"
    )
    for path in inside:
        mine = module_name(path).split(".")[2]
        for name, line in used(path):
            theirs = name.split(".")[2:3]
            if name.startswith(f"graphgrad.{room_name}.") and theirs[0] != mine:
                assert level[theirs[0]] < level[mine], (
                    f"{ids(path)}:{line}: {mine} imports {theirs[0]}, which stands no lower"
                )


def test_nothing_imports_in_circles():
    needs = {module_name(path): {name for name, _ in used(path)} - {module_name(path)} for path in MODULES}
    while free := [name for name, below in needs.items() if not below & needs.keys()]:
        for name in free:
            del needs[name]
    circle = {name: sorted(below & needs.keys()) for name, below in needs.items()}
    assert not circle, f"files that import each other, or lie above such: {circle}"


def test_no_class_name_stands_twice():
    places: dict[str, list[str]] = {}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(ids(path))
    twice = {name: there for name, there in places.items() if len(there) > 1}
    assert not twice, f"one name, one meaning: {twice}"


def test_no_room_imports_the_package_itself():
    """Which is on top: its names are for users and for the two rooms beside it."""
    for path in MODULES:
        if module_name(path).split(".")[1:2] not in ([], ["api"], ["cli"], ["testing"]):
            assert all(name != "graphgrad" for name, _ in used(path)), ids(path)


def test_the_command_line_is_a_client_of_the_verbs():
    """As a user's program would be: it imports public names and what stands in api, and no room behind them."""
    for path in MODULES:
        for found in imports(path) if path.is_relative_to(PACKAGE / "cli") else ():
            package, _, rest = found.name.partition(".")
            room_or_name = rest.partition(".")[0]
            public = room_or_name in {"", "api", "cli", "datasets"} or (rest == room_or_name and rest not in ROOMS)
            assert package != "graphgrad" or public, f"{ids(path)}:{found.line}: {found.name}"


READING = ("text", "functions", "numpy_arrays")  # of proof/readings: what the proof itself knows of the language
BLIND = ("graphgrad.core.op", "graphgrad.core.ops", "graphgrad.transform", "graphgrad.frontend", "graphgrad.execute")


def test_the_proofs_own_reading_knows_neither_table_nor_transform():
    """Nor does anything that it needs: else a row could prove itself."""
    seen, todo = set(), [f"graphgrad.proof.readings.{name}" for name in READING]
    paths = {module_name(path): path for path in MODULES}
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += [below for below, _ in used(paths[name])]
    assert len(seen) > len(READING)
    assert not [name for name in seen if name.startswith(BLIND)]


def test_the_proofs_own_reading_runs_without_table_and_transform():
    program = f"import sys, {', '.join(f'graphgrad.proof.readings.{name}' for name in READING)}\n"
    program += f"print(*(m for m in sys.modules if m.startswith({BLIND!r})))"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=ROOT)
    assert not done.stdout.split()


def test_a_module_of_ours_has_one_name():
    """A file is called by its name wherever it is used; only the short names of scalars, f and s, are excused."""
    for path in (*MODULES, *sorted((ROOT / "tests").rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for alias in node.names if isinstance(node, ast.ImportFrom) else ():
                ours = f"{node.module}.{alias.name}" in NAMES
                assert not ours or alias.asname in {None, "f", "s", alias.name}, (
                    f"{ids(path)}:{node.lineno}: {alias.asname}"
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
