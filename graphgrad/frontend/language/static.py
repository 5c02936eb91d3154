"""What is known before anything runs: static attributes and indices, read from the syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from graphgrad.core.builder import Builder
from graphgrad.core.shapes import Key, Slice, is_size, normal_axes


def refusal(name: str, value: Any) -> str:
    """Say what an attribute of that name must be where a value is not that; nothing where it is.

    >>> refusal("keepdims", 3), refusal("axis", (0, 1))
    ('keepdims must be True or False', '')
    """
    fits, words = _WANTED.get(name, (_is_number, "a number"))
    return "" if fits(value) else f"{name} must be {words}"


def static_value(tree: ast.expr, attrs: Mapping[str, Any], env: Mapping[str, Any], builder: Builder) -> Any:  # noqa: PLR0911
    """Give the value of an attribute: a number, a tuple, True, False, None, or a rule's own attribute.

    A name inside a tuple is a named dimension, and `np.s_[...]` an index. ValueError where the tree is none of these.
    """
    match tree:
        case ast.Constant(value=bool() | int() | float() | str() | None as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
        case ast.Name(id=name) if name in attrs:
            return attrs[name]
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return tuple(_dimension(t, attrs) or static_value(t, attrs, env, builder) for t in elements)
        case ast.Subscript(value=ast.Attribute(attr="s_"), slice=key) if (parts := static_key(key, 0)) is not None:
            return parts
        case ast.BinOp(left=ast.Name(id=name), op=ast.Add(), right=ast.Constant(value=int() as more)) if name in attrs:
            return attrs[name] + more
        case ast.Call(func=ast.Name(id="inverse" | "part" as name)) if attrs:
            return _inverse(attrs["axes"]) if name == "inverse" else _part(env["a"], attrs["i"], attrs["axis"], builder)
    raise ValueError


def static_key(tree: ast.expr, rank: int) -> Key | None:
    """Give an index, its ellipsis written out, or None where it is not known before the program runs."""
    parts: list[Any] = []
    for part in tree.elts if isinstance(tree, ast.Tuple) else [tree]:
        match part:
            case ast.Slice(lower=lower, upper=upper, step=step):
                ends = [None if t is None else _integer(t) for t in (lower, upper, step)]
                if any(end is None and t is not None for end, t in zip(ends, (lower, upper, step), strict=True)):
                    return None
                parts.append(Slice(*ends))
            case ast.Constant(value=value) if value is None or value is ...:
                parts.append(value)
            case _:
                parts.append(_integer(part))
                if parts[-1] is None:
                    return None
    return written_out(parts, rank)


def written_out(parts: list[Any], rank: int) -> tuple[Any, ...]:
    """Give an index with its ellipsis written out.

    >>> written_out([..., 0], 2)
    (Slice(start=None, stop=None, step=None), 0)
    """
    if (where := next((k for k, part in enumerate(parts) if part is ...), -1)) >= 0:
        filled = rank - sum(p is not None for p in parts) + 1
        parts[where : where + 1] = [Slice(None, None, None)] * filled
    return tuple(parts)


def _integer(tree: ast.expr) -> int | None:
    match tree:
        case ast.Constant(value=int() as value) if not isinstance(value, bool):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as value)):
            return -value
    return None


def _dimension(tree: ast.expr, attrs: Mapping[str, Any]) -> str:
    return tree.id if isinstance(tree, ast.Name) and tree.id not in attrs else ""


def _inverse(order: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """The axes that undo a transposition."""
    return order and tuple(sorted(range(len(order)), key=lambda i: order[i] % len(order)))


def _part(operands: tuple[int, ...], i: int, axis: int, builder: Builder) -> Key:
    """The place of operand i in a concatenation."""
    sizes = [builder.nodes[o].shape for o in operands]
    (where,) = normal_axes(axis, len(sizes[0]))
    start = sum(s[where] for s in sizes[:i] if isinstance(s[where], int))  # type: ignore[misc]
    stop = start + sizes[i][where]  # type: ignore[operator]
    return tuple(Slice(start, stop, None) if k == where else Slice(None, None, None) for k in range(len(sizes[0])))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _are_integers(value: Any) -> bool:
    return isinstance(value, tuple) and all(map(_is_integer, value))


def _are_sizes(value: Any) -> bool:
    sizes = value if isinstance(value, tuple) else (value,)
    return all(is_size(size) or (_is_integer(size) and size == -1) for size in sizes)


def _is_key(value: Any) -> bool:
    return isinstance(value, tuple) and all(p is None or isinstance(p, Slice) or _is_integer(p) for p in value)


_WANTED: dict[str, tuple[Callable[[Any], bool], str]] = {
    "axis": (lambda v: v is None or _is_integer(v) or _are_integers(v), "an integer, a tuple of integers, or None"),
    "axis1": (_is_integer, "an integer"),
    "axis2": (_is_integer, "an integer"),
    "axes": (lambda v: v is None or _are_integers(v), "a tuple of integers"),
    "order": (lambda v: _is_integer(v) and v >= 0, "a whole number, 0 or more"),
    "keepdims": (lambda v: isinstance(v, bool), "True or False"),
    "shape": (_are_sizes, "a tuple of sizes, numbers or names"),
    "key": (_is_key, "an index, as in np.s_[0, 1:]"),
}
