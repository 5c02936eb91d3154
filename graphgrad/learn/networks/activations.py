"""Activations, a row each: text in the language, of x."""

from __future__ import annotations

import ast
from typing import NamedTuple

from graphgrad.core import syntax
from graphgrad.core.display import told
from graphgrad.core.errors import ParseError, UsageError
from graphgrad.core.lookup import Table
from graphgrad.core.ops import NAMES
from graphgrad.frontend.parse import parse


@told(lambda row: f"{row.name}: {row.text}")
class Activation(NamedTuple):
    """An activation: an expression of x."""

    name: str
    text: str
    aliases: tuple[str, ...] = ()


ACTIVATIONS = Table(
    "activation",
    (
        Activation("tanh", "tanh(x)"),
        Activation("sigmoid", "sigmoid(x)", ("logistic",)),
        Activation("relu", "relu(x)"),
        Activation("leaky_relu", "leaky_relu(x)"),
        Activation("elu", "elu(x)"),
        Activation("gelu", "gelu(x)"),  # Hendrycks & Gimpel (2016)
        Activation("silu", "silu(x)", ("swish",)),  # Elfwing, Uchibe & Doya (2018)
        Activation("softplus", "softplus(x)"),
        Activation("identity", "x", ("linear",)),
    ),
    otherwise="another function of one operand, or an expression in x",
)


def activated(activation: str, operand: str) -> str:
    """Write an activation of a name.

    >>> activated("relu", "h1"), activated("maximum(minimum(0, 0.1*x), x)", "h1")
    ('relu(h1)', 'maximum(minimum(0, 0.1 * h1), h1)')
    """
    if activation in ACTIVATIONS.spellings:
        return _of(ACTIVATIONS.row(activation).text, operand)
    if activation in NAMES and NAMES[activation].elementwise and len(NAMES[activation].operands) == 1:
        return f"{activation}({operand})"
    if activation.isidentifier() and activation != "x":
        raise UsageError(f"there is no activation '{activation}'", hint=ACTIVATIONS.suggestion(activation))
    check(activation)
    return _of(activation, operand)


def check(text: str) -> None:
    """Refuse a text that is no expression of x alone."""
    graph = parse(text)
    if set(graph.inputs) != {"x"} or len(graph.outputs) != 1 or ";" in text or "\n" in text:
        raise UsageError(f"'{text}' is no activation", hint="write an expression in x alone, such as x**2")


def _of(text: str, operand: str) -> str:
    try:
        tree = syntax.expression(text.strip())
    except SyntaxError as error:
        raise ParseError("an activation is one expression", source=text) from error
    for name in ast.walk(tree):
        if isinstance(name, ast.Name) and name.id == "x":
            name.id = operand
    return ast.unparse(tree)
