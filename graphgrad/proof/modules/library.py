"""Functions that a module copies from graphgrad's library: known word for word, their meaning is tested elsewhere."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping

from graphgrad.core import syntax
from graphgrad.execute import numpy_functions, python_functions

FOR_ARRAYS = "_of_arrays"  # what the compiler adds to a name that a scalar function has already
BESIDE_INPUTS = {"math_": "math", "np_": "np"}  # how a library is called where an input has its name


def trusted(functions: Mapping[str, ast.FunctionDef]) -> dict[str, str]:
    """Functions that are, word for word, and with all that they call, those of graphgrad's library: their names there.

    Their meaning is known, and tested; they need not be run.
    """
    found = {name: known for name, tree in functions.items() if (known := _known(tree))}
    while wrong := [name for name in found if _called(functions[name]) & functions.keys() - found.keys()]:
        found = {name: known for name, known in found.items() if name not in wrong}
    return found


def _known(tree: ast.FunctionDef) -> str:
    name = tree.name.removesuffix(FOR_ARRAYS)
    body = [ast.dump(_Plain().visit(statement)) for statement in syntax.statements(ast.unparse(tree)).body[0].body]  # type: ignore[attr-defined]
    for library in (numpy_functions, python_functions):
        original = getattr(library, name, None)
        if original is not None:
            (known,) = syntax.statements(inspect.getsource(original)).body
            assert isinstance(known, ast.FunctionDef)
            same = [a.arg for a in tree.args.args] == [a.arg for a in known.args.args]
            if same and body == [ast.dump(statement) for statement in known.body]:
                return name
    return ""


class _Plain(ast.NodeTransformer):
    """Gives functions, and the libraries that they call, the names that they have in the library."""

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(BESIDE_INPUTS.get(node.id, node.id.removesuffix(FOR_ARRAYS)), node.ctx)


def _called(tree: ast.FunctionDef) -> set[str]:
    return {t.id for t in ast.walk(tree) if isinstance(t, ast.Name)} - {tree.name}
