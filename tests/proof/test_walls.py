"""No two files of the room need each other."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import graphgrad.proof

FOLDER = Path(graphgrad.proof.__file__).parent


def imported(file):
    """The files of the room that a file imports, inside functions too."""
    for tree in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(tree, ast.ImportFrom) and tree.module == "graphgrad.proof":
            yield from (alias.name for alias in tree.names)
        elif isinstance(tree, ast.ImportFrom) and (tree.module or "").startswith("graphgrad.proof."):
            yield str(tree.module).rpartition(".")[2]


def test_no_file_is_imported_by_what_it_imports():
    needs = {file.stem: set(imported(file)) for file in FOLDER.glob("*.py")}
    assert len(list(TopologicalSorter(needs).static_order())) >= len(needs) - 1
