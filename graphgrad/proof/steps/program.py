"""Whether a training step's module trains as it states: its initial values, its loop, and what packs the vector.

These few lines are not computed with: each must be, name by name, what is written here for the module's own statement.
"""

from __future__ import annotations

import ast
import copy
import itertools
from collections.abc import Iterator, Mapping, Sequence
from math import prod

import numpy as np

from graphgrad.core import syntax
from graphgrad.proof.modules.interpreter import Module
from graphgrad.proof.modules.language import bound
from graphgrad.proof.modules.manifest import InitialValue
from graphgrad.proof.report import Finding, Verdict
from graphgrad.proof.steps.text import BIND, Stepped
from graphgrad.proof.steps.unrolled_text import TRAIN, Entry, Unrolled

NAMES = ("initial", "pack", "unpack", "fit")


def with_program(findings: dict[str, Finding], source: str, written: Mapping[str, Sequence[str]]) -> dict[str, Finding]:
    """Findings on a step, with what is found of the functions that train with it, where the module has such.

    `written` holds the functions as they may be, by name: one text of each must stand there.
    """
    tree = syntax.statements(source)
    there = {t.name.rstrip("_"): t for t in tree.body if isinstance(t, ast.FunctionDef)}
    if not written and not there.keys() & {*NAMES}:
        return findings
    problem = next(_problems(tree, there, written), "")
    if not problem:
        said = "it trains from the initial values that it states"
        return {name: f.with_(reason=f"{f.reason}; {said}") if f.ok else f for name, f in findings.items()}
    return {name: Finding(Verdict.UNSUPPORTED, problem) if f.ok else f for name, f in findings.items()}


def _problems(
    tree: ast.Module, there: Mapping[str, ast.FunctionDef], written: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    names = [name for statement in tree.body for name in bound(statement)]
    shorts = [name.rstrip("_") for name in names]
    if hidden := {"len", "range"} & {*names}:
        yield f"the module gives '{min(hidden)}' another meaning"
    if twice := [name for name in (*NAMES, "train", "bind", "np", "Random") if shorts.count(name) > 1]:
        yield f"the module has two meanings of '{twice[0]}'"
    if "Random" in shorts and not any(map(_is_random, tree.body)):
        yield "'Random' is not the one of Python's own module"
    if not written:
        yield "the module states no initial values, and a function trains"
    for name, texts in written.items():
        wanted = [_function(text) for text in texts]
        if name not in there:
            yield f"the module has no function '{name}', and states initial values"
        elif not wanted:
            yield "the module states no initial values that could be of its parameters"
        elif _normal(there[name], wanted[0]) not in [_normal(function, wanted[0]) for function in wanted]:
            what = "begin with the values that" if name == "initial" else "do what"
            yield f"line {there[name].lineno}: '{name}' does not {what} the module states"


def _is_random(statement: ast.stmt) -> bool:
    match statement:
        case ast.ImportFrom(module="random", level=0, names=[ast.alias(name="Random")]):
            return True
    return False


def _function(text: str) -> ast.FunctionDef:
    (tree,) = syntax.statements(text).body
    assert isinstance(tree, ast.FunctionDef)
    return tree


def _normal(tree: ast.FunctionDef, wanted: ast.FunctionDef) -> str:
    """A function without what is said of it; a name with underscores behind it that is not wanted so loses them."""
    kept = {node.arg if isinstance(node, ast.arg) else node.id for node in ast.walk(wanted)
            if isinstance(node, ast.arg | ast.Name)}  # fmt: skip
    bare, new = copy.deepcopy(tree), dict[str, str]()
    bare.returns, bare.name = None, bare.name.rstrip("_")
    bare.body = bare.body[1:] if ast.get_docstring(tree) is not None else bare.body
    for node in ast.walk(bare):
        if isinstance(node, ast.arg):
            node.arg, node.annotation = _short(node.arg, kept, new), None
        elif isinstance(node, ast.Name):
            node.id = _short(node.id, kept, new)
    return ast.dump(bare)


def _short(name: str, kept: set[str], new: dict[str, str]) -> str:
    """A name without the underscores that tell it from a user's; never one that another name has."""
    short = name if name in kept else name.rstrip("_")
    return new.setdefault(name, short if short not in new.values() else f"another {name}")


def of_numbers(step: Unrolled) -> dict[str, list[str]]:
    """The functions of an unrolled step's module; nothing where it states no initial values."""
    shapes = {entry.name: np.shape(step.examined.inputs[entry.name]) for entry in step.entries}
    whole = [Entry(name, place) for name, shape in shapes.items() for place in np.ndindex(shape)]
    begun, signature = step.manifest.initial, Module(step.source, {}).parameters(TRAIN)
    if not begun:
        return {}
    count = len(step.update.vectors)
    vectors, rates = signature[:count], signature[count + 3 :]
    dice, rows, order, steps, seed, losses = _free(OWN, [*signature[:count], *rates, *shapes])
    theta, each, cuts, at = vectors[0], list[str](), list[str](), 0
    for name, shape in shapes.items():
        start = begun.get(name, InitialValue("", 0))
        law = {"normal": "gauss"}.get(start.law, start.law)
        made = f"{dice}.{law}({start.spread})" if law else str(start.value)
        for size in () if isinstance(start.value, list) else shape[::-1]:
            made = f"[{made} for _ in range({size})]"
        each.append(f"'{name}': {made}")
        cuts.append(f"'{name}': {_cut(theta, shape, at)}")
        at += prod(shape)
    if step.entries != whole or not _lawful(begun, shapes):
        return {name: [] for name in NAMES}
    packed = ", ".join(_flat(name, len(shape)) for name, shape in shapes.items())
    times = steps if step.batch == 1 else f"{steps} * {step.batch}"
    fit = [
        f"def fit({', '.join([rows, steps, *rates, f'{seed}=0'])}):",
        f"    {dice} = Random({seed})",
        f"    {theta} = pack(**initial({dice}))",
        *(f"    {slot} = [0.0] * len({theta})" for slot in vectors[1:]),
        f"    {order} = [{dice}.randrange(len({rows})) for _ in range({times})]",
        f"    {losses} = train({', '.join([*vectors, rows, order, '0', *rates])})",
        f"    return unpack({theta}), {losses}",
    ]
    return {
        "initial": [f"def initial({dice}): return {{{', '.join(each)}}}"],
        "pack": [f"def pack({', '.join(shapes)}): return [{packed}]"],
        "unpack": [f"def unpack({theta}): return {{{', '.join(cuts)}}}"],
        "fit": ["\n".join(fit)],
    }


OWN = ("dice", "rows", "order", "steps", "seed", "losses")


def _free(words: Sequence[str], taken: Sequence[str]) -> list[str]:
    """Words with as many underscores behind them as make them no name of the user's."""
    return [next(name for k in itertools.count() if (name := word + "_" * k) not in taken) for word in words]


def _lawful(begun: Mapping[str, InitialValue], shapes: Mapping[str, tuple[int, ...]]) -> bool:
    """Whether every parameter has an initial value that is finite numbers of its shape, or a spread."""
    if begun.keys() != shapes.keys():
        return False
    try:
        arrays = {name: np.asarray(start.value, float) for name, start in begun.items()}
    except (ValueError, TypeError):
        return False
    fits = (np.shape(arrays[n]) in ({()} if begun[n].law else {(), s}) for n, s in shapes.items())
    return all(fits) and all(np.isfinite(array).all() for array in arrays.values())


def _flat(name: str, rank: int) -> str:
    """A parameter's numbers, row by row."""
    if rank < 2:
        return "*" * rank + name
    loops = "".join(f" for k{k} in {f'k{k - 1}' if k > 1 else name}" for k in range(1, rank + 1))
    return f"*(k{rank}{loops})"


def _cut(theta: str, shape: tuple[int, ...], start: int) -> str:
    """A parameter's numbers, from the vector."""
    if not shape:
        return f"{theta}[{start}]"
    names = ["k" + "_" * k for k in range(len(shape) - 1)]
    ends = [(str(start), str(start + prod(shape)))]
    ends += [(name, f"{name} + {prod(shape[k + 1 :])}") for k, name in enumerate(names)]
    text = f"{theta}[{ends[-1][0]}:{ends[-1][1]}]"
    for k in range(len(names))[::-1]:
        text = f"[{text} for {names[k]} in range({ends[k][0]}, {ends[k][1]}, {prod(shape[k + 1 :])})]"
    return text


def of_arrays(step: Stepped) -> dict[str, list[str]]:
    """The functions of the module of a step over arrays; nothing where it states no initial values."""
    begun, shapes = step.manifest.initial, {place.name: place.shape for place in step.places}
    if not begun:
        return {}
    module = Module(step.source, {})
    inner = [t for t in module.functions()[BIND].body if isinstance(t, ast.FunctionDef)]
    if len(inner) != 1 or not _lawful(begun, shapes):
        return {name: [] for name in NAMES}
    program, signature = step.manifest.graph(), [a.arg for a in inner[0].args.args]
    data = [name for name in signature if name in step.data]
    t, *rates = [name for name in signature if name not in step.data]
    vectors = module.parameters(BIND)[: len(step.update.vectors)]
    dice, rows, _, steps, seed, losses, one = _free([*OWN, "step"], [*vectors, *signature, *shapes])
    theta, np_, each, packed, cuts = vectors[0], _numpy(step.source), list[str](), list[str](), list[str]()
    for place, (name, shape) in zip(step.places, shapes.items(), strict=True):
        start, turned = begun[name], ".T" if place.transposed else ""
        made = f"{np_}.full({shape}, {start.value})"
        made = f"{dice}.{start.law}({start.spread}, {shape})" if start.law else made
        each.append(f"'{name}': {made}")
        packed.append(f"{np_}.reshape({name}, {shape}){turned}.ravel()")
        cuts.append(f"'{name}': {theta}[{place.part.start}:{place.part.stop}].reshape({place.held}){turned}")
    sizes: dict[str, tuple[str, int]] = {}
    for name in step.data:
        for axis, size in enumerate(program.nodes[program.inputs[name]].shape):
            if isinstance(size, str):
                sizes.setdefault(size, (name, axis))
    in_rows = [n for n in data if not sizes or isinstance((*program.nodes[program.inputs[n]].shape, 0)[0], str)]
    in_order = [name for name in step.data if name in in_rows]
    joined = f"{np_}.concatenate([{', '.join(packed)}]).astype({np_}.{step.manifest.dtype})"

    def fit(drawn: str) -> str:
        ends = [drawn if drawn and not axis else f"{np_}.shape({name})[{axis}]" for name, axis in sizes.values()]
        given = [f"{np_}.asarray({name})[{rows}]" if drawn and name in in_rows else name for name in data]
        some = f"len({in_order[0]})" + (f", size={drawn}" if sizes else "") if drawn else ""
        lines = [
            f"def fit({', '.join([*data, steps, *rates, f'{seed}=0'])}):",
            f"    {dice} = {np_}.random.default_rng({seed})",
            f"    {theta} = pack(**initial({dice}))",
            *(f"    {slot} = {np_}.zeros_like({theta})" for slot in vectors[1:]),
            f"    {one}, _ = bind({', '.join([*vectors, *ends])})",
            f"    {losses} = []",
            f"    for {t} in range(1, {steps} + 1):",
            *([f"        {rows} = {dice}.integers({some})"] if drawn else []),
            f"        {losses}.append({one}({', '.join([*given, t, *rates])}))",
            f"    return unpack({theta}), {losses}",
        ]
        return "\n".join(lines)

    batch = step.manifest.batch
    ways = [""] if sizes or not in_rows else ["1"]
    return {
        "initial": [f"def initial({dice}): return {{{', '.join(each)}}}"],
        "pack": [f"def pack({', '.join(shapes)}): return {joined}"],
        "unpack": [f"def unpack({theta}): return {{{', '.join(cuts)}}}"],
        "fit": [fit(way) for way in [*ways, *([str(batch)] if batch and sizes and in_rows else [])]],
    }


def _numpy(source: str) -> str:
    """What a module calls NumPy."""
    found = [n.asname or n.name for s in syntax.statements(source).body if isinstance(s, ast.Import) for n in s.names
             if n.name == "numpy"]  # fmt: skip
    return (*found, "np")[0]
