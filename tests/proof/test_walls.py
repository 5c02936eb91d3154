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


def test_no_file_is_imported_by_what_it_imports():
    files = {name(file): file for file in FOLDER.rglob("*.py") if file.name != "__init__.py"}
    needs = {one: {other for other in imported(file) if other in files} for one, file in files.items()}
    assert len(list(TopologicalSorter(needs).static_order())) == len(files)
