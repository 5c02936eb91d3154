"""A trained network for others: PyTorch's state_dict, a NumPy module that needs no graphgrad, ONNX."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from graphgrad.compiler.compile import compile as compiled
from graphgrad.core.errors import UsageError
from graphgrad.core.files import check_kind, check_writable, write_whole
from graphgrad.frontend.parse import parse
from graphgrad.learn.models.plain_code import c_model, javascript_model
from graphgrad.learn.models.scaling import GIVEN, TAKEN, folded

if TYPE_CHECKING:
    from graphgrad.learn.models.model import Model


def export(model: Model, path: str | os.PathLike[str]) -> None:
    """Write a model to .safetensors (as PyTorch's state_dict), .py (NumPy and nothing else), .onnx, .c or .js.

    Raises UsageError for other suffixes, TargetError for what the other world does not have.
    """
    place = Path(path)
    write_whole(place, exported(model, place))


def exported(model: Model, path: Path) -> bytes:
    """Give what `export` would write; raises what it would raise."""
    check_kind(path, WRITERS)
    check_writable(path)
    return WRITERS[path.suffix](model.whole)


def state_dict(model: Model) -> dict[str, Any]:
    """Give the parameters under the names that PyTorch has for them; both keep weights as (out, in).

    Those of an `mlp` are named as in Sequential(Linear, activation, Linear, ...), or as its `names` say, others by
    their own names. Where data were standardized, the first layer and the last take and give the user's own numbers.

    >>> from graphgrad.learn.networks.losses import LOSSES
    >>> from graphgrad.learn.models.model import Model
    >>> from graphgrad.learn.networks.network import mlp
    >>> list(state_dict(Model(mlp(2, 4, 1), LOSSES["mse"])))
    ['0.weight', '0.bias', '2.weight', '2.bias']
    """
    model = model.whole
    lines = model.net.text.splitlines()
    first, last = (line.format(name, f"{name}_mean", f"{name}_scale") for line, name in ((TAKEN, "X"), (GIVEN, "R")))
    if not _layered(lines[lines[0] == first : len(lines) - (lines[-1] == last)]):
        return dict(model.weights)
    if model.net.names:
        return {model.net.names[name]: value for name, value in folded(model).items()}
    kinds = {"W": "weight", "b": "bias"}
    return {f"{2 * int(name[1:]) - 2}.{kinds[name[0]]}": value for name, value in folded(model).items()}


def _layered(lines: list[str]) -> bool:
    """Whether lines are those that `mlp` writes: a linear layer, an activation of it alone, ..., a linear layer."""
    for i, line in enumerate(lines):
        layer = i // 2 + 1
        if i % 2:
            name, _, text = line.partition(" = ")
            if name != f"t{layer}" or set(parse(text).inputs) != {f"h{layer}"}:
                return False
        else:
            name, given = "R" if i == len(lines) - 1 else f"h{layer}", f"t{layer - 1}" if i else "X"
            if line != f"{name} = {given} @ W{layer}.T + b{layer}":
                return False
    return len(lines) % 2 == 1


def _safetensors(model: Model) -> bytes:
    from safetensors.numpy import save

    return save({name: value.copy(order="C") for name, value in state_dict(model).items()}, {"format": "pt"})


MODULE = '''

def _array(dtype: str, shape: tuple[int, ...], text: str) -> Array:
    return np.frombuffer(base64.b64decode(text), dtype).reshape(shape)


WEIGHTS = {{
{weights}
}}


CLASSES = {classes}
{sources}

def scores(X: Array) -> Array:
    """Give the network's outputs for examples, one a row{names}."""
    return value(**{{"{data}": {rows}, **WEIGHTS}})


def predict(X: Array) -> Array:
    """Give {what}, one a row."""
    return {decision}
{chances}'''
_CHANCES = '''

def probabilities(X: Array) -> Array:
    """Give {what}, one a row."""
    {lines}
'''
_PROBABILITIES = {
    "labels": (
        "every class's probability",
        """found = scores(X)
    powers = np.exp(found - found.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)""",
    ),
    "yes or no": ("the probability of yes", "return np.exp(-np.logaddexp(0, -scores(X)))"),
}
_SOURCES = "SOURCES: Any = (  # name, kind, what stands for a missing value, words, others?, a number more?\n"
_ROWS = '''

def numbers(columns: Any) -> Array:
    """Give a frame, or a mapping of names to values, as numbers, a row an example; None, nan and "" are missing."""
    found = []
    for name, kind, fill, words, rest, flagged in SOURCES:
        given = list(columns[name])
        lost = np.array([value is None or value != value or value == "" for value in given], bool)
        if kind == "words":
            texts = [f"{{value:.15g}}" if isinstance(value, float) else str(value) for value in given]
            parts = [np.array([text == word for text in texts], bool) for word in words]
            parts += [~np.logical_or.reduce([lost, *parts])] if rest else []
        else:
            days = np.timedelta64(86_400_000_000, "us")
            known = [value for value, missing in zip(given, lost) if not missing]
            if kind == "dates" and not all(isinstance(value, (int, float)) for value in known):
                known = list((np.array(known, "datetime64[us]") - np.datetime64(0, "D")) / days)
            value = np.full(len(given), fill)
            value[~lost] = np.array(known, float)
            parts = [value]
        found += [*parts, lost] if flagged else parts
    return np.stack(found, axis=1).astype(float)
'''
_DECISIONS = {
    "numbers": ("the outputs", "scores(X)"),
    "labels": ("class indices", "scores(X).argmax(axis=-1)"),
    "yes or no": ("1 for yes and 0 for no", "(scores(X) > 0).astype(np.int64)"),
}


def module(model: Model) -> str:
    """Give the text of a Python module with `scores` and `predict`, on NumPy and nothing else, weights included."""
    source = compiled(model.net.graph, dtype=model.dtype).source
    if "\ndef value(" not in source:
        raise UsageError("the network has no function of arrays")
    source = re.sub(r"\n(import math|from math|from typing)", r"\nimport base64\n\1", source, count=1)
    written = [_literal(name, value) for name, value in model.weights.items()]
    what, decision = _DECISIONS[model.loss.target]
    prepared, chances = model.preparation, ""
    worded = prepared is not None and bool(prepared.worded)
    if model.loss.target in _PROBABILITIES:
        kind, lines = _PROBABILITIES[model.loss.target]
        chances = _CHANCES.format(what=kind, lines=lines)
    sources = [] if prepared is None else [tuple(row) for row in prepared.sources]
    rows = "\n".join(f"    {row!r}," for row in sources)
    said = MODULE.format(
        weights="\n".join(written),
        data=model.net.data,
        what="class names" if worded and model.classes else what,
        decision=f"np.array(CLASSES)[{decision}]" if worded and model.classes else decision,
        chances=chances,
        classes=repr(model.classes),
        sources=f"{_SOURCES}{rows}\n)\n{_ROWS.format()}" if worded else f"COLUMNS = {model.columns!r}\n",
        rows="numbers(X)" if worded else "X",
        names=": columns by their names" if worded else ", of COLUMNS" if model.columns else "",
    )
    if worded:
        source = re.sub(r"\nfrom typing import (?!.*Any)", r"\nfrom typing import Any, ", source, count=1)
    return source.rstrip("\n") + "\n" + said


def _literal(name: str, value: Any) -> str:
    little = np.ascontiguousarray(value, value.dtype.newbyteorder("<"))
    text = base64.b64encode(little.tobytes()).decode()
    lines = [f"        {text[start : start + 100]}" for start in range(0, len(text), 100)]
    head = [f'    "{name}": _array(', f'        "{little.dtype.str}",', f"        {value.shape},", '        """']
    return "\n".join([*head, *lines, '        """,', "    ),"])


def _module(model: Model) -> bytes:
    return module(model).encode()


def _onnx(model: Model) -> bytes:
    from graphgrad.learn.models.onnx import onnx_model

    return onnx_model(model)


WRITERS: dict[str, Callable[[Model], bytes]] = {
    ".safetensors": _safetensors,
    ".py": _module,
    ".onnx": _onnx,
    ".c": c_model,
    ".js": javascript_model,
    ".mjs": javascript_model,
}
