"""What a module's frame is, given what it states: types, imports, signatures, and how it goes through many points.

What is computed between is judged by running it; the frame decides for which arguments that says anything.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from graphgrad.core.errors import ParseError
from graphgrad.execute import numpy_functions, python_functions
from graphgrad.proof.modules.language import bound
from graphgrad.proof.modules.library import BESIDE_INPUTS, FOR_ARRAYS, trusted
from graphgrad.proof.modules.manifest import Manifest

ARRAYS = {"jax": "jax.numpy", "numpy": "numpy", "numba": "numpy", "python": ""}  # what a target's arrays are of
TYPES = {"float64", "float32", "float16", "longdouble", "half", "single", "double"}
LIBRARIES = {"math": ("math",), "np": ("numpy", "jax.numpy")}
ENTRY, POINTS = "value_and_grad", "_of_points"
COPIED = {"numpy", "python"}  # targets whose copied functions are the library's, word for word
ENTRIES = {ENTRY, "bind", "train", "initial", "pack", "unpack", "fit"}  # which callers of a module call
Functions = Mapping[str, ast.FunctionDef]
Problems = Iterator[tuple[ast.AST, str]]


def check_frame(tree: ast.Module, manifest: Manifest, inputs: Sequence[str] = ()) -> None:
    """Raise ParseError where a module is not framed as one for its target, of its type, in these inputs, would be."""
    functions = {t.name: t for t in tree.body if isinstance(t, ast.FunctionDef)}
    own = {name: t for name, t in functions.items() if name not in trusted(functions)}
    problems = chain(
        _of_libraries(tree),
        _of_types(tree, manifest),
        _of_functions(tree, own, manifest),
        _of_gradients(own, manifest, inputs),
    )
    for node, said in problems:
        raise ParseError(f"line {getattr(node, 'lineno', 1)}: {said}")


def _of_libraries(tree: ast.Module) -> Problems:
    """What bears a library's name, by which functions copied from ours call it, and is not that library."""
    for statement in tree.body:
        imported = {a.asname or a.name: a.name for a in statement.names} if isinstance(statement, ast.Import) else {}
        for name in bound(statement):
            library = BESIDE_INPUTS.get(name, name)
            if library in LIBRARIES and imported.get(name) not in LIBRARIES[library]:
                yield statement, f"'{name}' is not {LIBRARIES[library][0]}"


def _of_types(tree: ast.Module, manifest: Manifest) -> Problems:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=[ast.alias(name=name)]) if name in ARRAYS.values():
                if name != ARRAYS.get(manifest.target, name):
                    yield node, f"a module for {manifest.target} does not import {name}"
            case ast.Attribute(attr=kind) if kind in TYPES - {manifest.dtype}:
                yield node, f"a module of {manifest.dtype} has nothing of {kind}"
            case ast.arg(annotation=said) | ast.FunctionDef(returns=said) if said is not None:
                if any(isinstance(part, ast.Call | ast.Lambda | ast.Attribute) for part in ast.walk(said)):
                    yield said, "types are names"


def _of_functions(tree: ast.Module, own: Functions, manifest: Manifest) -> Problems:
    for name, function in own.items():
        short = name.removesuffix(FOR_ARRAYS)
        if manifest.target in COPIED and _in_library(short):
            yield function, f"'{short}' is not graphgrad's own function of that name"
        if any(isinstance(part, ast.Is | ast.IsNot) for part in ast.walk(function)):
            yield function, "no module asks whether two values are one"
        if any(t.args.defaults for t in _functions(function)) and name.rstrip("_") not in {"fit", "train"}:
            yield function, "no function of a program has defaults"
        if name.rstrip("_") not in ENTRIES and not any(name in _names(t) for t in tree.body if t is not function):
            yield function, f"nothing calls '{name}'"


def _functions(tree: ast.AST) -> list[ast.FunctionDef]:
    return [t for t in ast.walk(tree) if isinstance(t, ast.FunctionDef)]


def _names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _in_library(name: str) -> bool:
    return any(callable(getattr(module, name, None)) for module in (numpy_functions, python_functions))


def _of_gradients(own: Functions, manifest: Manifest, inputs: Sequence[str]) -> Problems:
    """What is not as in a module of gradients, which takes the program's inputs."""
    named = {name: t for name, t in own.items() if inputs and (name == ENTRY or name.startswith(f"_{ENTRY}_of_"))}
    given = ", ".join(inputs)
    for name, function in named.items():
        if ast.unparse(function.args).replace(": Array", "").replace(": float", "") != given:
            yield function, f"'{name}' does not take {given}, in this order"
        if name.endswith(POINTS) and not _goes_through_points(function, inputs, manifest.dtype):
            yield function, f"'{name}' does not go through points as modules do"
        for node in ast.walk(function):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if called in named and ast.unparse(node) != f"{called}({given})":
                yield node, f"'{called}' is not called with {given}"


def _goes_through_points(tree: ast.FunctionDef, inputs: Sequence[str], dtype: str) -> bool:
    """Whether all inputs are spread over one shape, taken chunk by chunk to their end, and the results shaped so."""
    lines = [ast.unparse(s) for s in tree.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    loops, last = [s for s in ast.walk(tree) if isinstance(s, ast.For | ast.While)], 2 * len(inputs) + 1
    head = re.match(r"(\w+) = (\w+)\.broadcast_shapes\(", lines[0])
    if head is None or len(loops) != 1 or not isinstance(loops[0], ast.For) or len(lines) < last + 2:
        return False
    shape, np = head.groups()
    names = [line.partition(" = ")[0] for line in lines]
    whole, size, kind = names[1:last:2], names[last], f"{np}.{dtype}"
    wanted = [f"{shape} = {np}.broadcast_shapes({', '.join(f'{np}.shape({n})' for n in inputs)})"]
    for name, all_ in zip(inputs, whole, strict=True):
        wanted += [f"{all_} = {np}.broadcast_to({name}, {shape})", f"{all_} = {np}.asarray({all_}, {kind}).reshape(-1)"]
    wanted.append(f"{size} = len({whole[0]})")
    results = [name for name, line in zip(names, lines, strict=True) if line == f"{name} = {np}.empty({size}, {kind})"]
    given = re.findall(r"(\w+)(\.\w+\(\w+\))?(?=[,)}]|$)", lines[-1].removeprefix("return "))
    return (
        lines[: len(wanted)] == wanted
        and _is_loop(loops[0], size, dict(zip(inputs, whole, strict=True)), results)
        and sorted(given) == sorted((result, f".reshape({shape})") for result in results)
    )


def _is_loop(loop: ast.For, size: str, inputs: Mapping[str, str], results: Sequence[str]) -> bool:
    steps = re.fullmatch(rf"range\(0, {size}, (\d+)\)", ast.unparse(loop.iter))
    if steps is None:
        return False
    start, chunk, lines = ast.unparse(loop.target), steps[1], [ast.unparse(s) for s in loop.body]
    part, first = lines[0].partition(" = ")[0], next(iter(inputs))
    parts = [line.partition(" = ")[::2] for line in lines[1 : 1 + len(inputs) + len(results)]]
    shortened = [s for s in loop.body if isinstance(s, ast.If)]
    shorter = [ast.unparse(line) for s in shortened for line in s.body]
    return (
        lines[0] == f"{part} = slice({start}, min({start} + {chunk}, {size}))"
        and [a for _, a in parts] == [f"{a}[{part}]" for a in (*inputs.values(), *results)]
        and [name for name, _ in parts[: len(inputs)]] == list(inputs)
        and len(shortened) <= 1
        and all(ast.unparse(s.test) == f"len({first}) < {chunk}" and not s.orelse for s in shortened)
        and all(re.fullmatch(rf"(\w+) = \1\[:len\({first}\)\]", line) for line in shorter)
    )
