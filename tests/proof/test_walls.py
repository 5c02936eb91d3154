"""No two files of the room need each other."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import graphgrad.proof

FOLDER = Path(graphgrad.proof.__file__).parent


def name(file):
    return ".".join(("graphgrad.proof", *file.relative_to(FOLDER).with_suffix("").parts))


def imported(file):
    """The files of the room that a file imports, inside functions too."""
    for tree in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(tree, ast.ImportFrom) and (tree.module or "").startswith("graphgrad.proof"):
            yield tree.module
            yield from (f"{tree.module}.{alias.name}" for alias in tree.names)


def test_one_room_computes():
    """Balls and exact rationals stand behind one small room, and there is no second arithmetic beside them."""
    users = set()
    for file in FOLDER.rglob("*.py"):
        trees = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if any({"flint", "mpmath"} & set(_packages(tree)) for tree in trees):
            users.add(name(file).split(".")[2])
    assert users == {"arithmetic"}


def _packages(tree):
    if isinstance(tree, ast.Import):
        return [alias.name.partition(".")[0] for alias in tree.names]
    return [(tree.module or "").partition(".")[0]] if isinstance(tree, ast.ImportFrom) else []


def test_no_file_is_imported_by_what_it_imports():
    files = {name(file): file for file in FOLDER.rglob("*.py") if file.name != "__init__.py"}
    needs = {one: {other for other in imported(file) if other in files} for one, file in files.items()}
    assert len(list(TopologicalSorter(needs).static_order())) == len(files)
