"""Products of matrices and vectors, told by the indices of their factors, and the movements of axes around them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from graphgrad.core.graph import Node
from graphgrad.core.ops import OPS
from graphgrad.core.shapes import Shape, normal_axes
from graphgrad.frontend.notation.indices import FIRST, Index
from graphgrad.frontend.notation.spelling import Written

if TYPE_CHECKING:
    from graphgrad.frontend.notation.writer import Indices, Writer


def inner(w: Writer, made: Node) -> Any:
    """The size of the axis that a matrix product sums along."""
    return w.graph.nodes[made.operands[0]].shape[-1]


def factors(w: Writer, made: Node, indices: Indices, k: Index) -> tuple[tuple[int, Indices], tuple[int, Indices]]:
    """The entries that a matrix product multiplies."""
    a, b = made.operands
    left, right = (w.graph.nodes[o].shape for o in (a, b))
    rows = 1 if len(left) > 1 else 0
    columns = 1 if len(right) > 1 else 0
    batch = indices[: len(indices) - rows - columns]
    shape = made.shape[: len(batch)]
    row = indices[len(batch) : len(batch) + rows]
    column = indices[len(batch) + rows :]

    def lead(own: Shape) -> Indices:
        ends = zip(batch[len(batch) - len(own) :], shape[len(shape) - len(own) :], own, strict=True)
        return tuple(FIRST if have == 1 != size else i for i, size, have in ends)

    return (a, (*lead(left[:-2]), *row, k)), (b, (*lead(right[:-2]), k, *column))


def movement(w: Writer, node: int, indices: Indices) -> tuple[int, Indices] | None:
    """The operand's entry that an entry is, where axes are exchanged, or those of size 1 put in and left out."""
    made = w.graph.nodes[node]
    attrs, (operand, *_) = dict(made.attrs), made.operands or (-1,)
    if made.op == "transpose":
        order = range(len(made.shape))[::-1] if attrs["axes"] is None else [a % len(made.shape) for a in attrs["axes"]]
        return operand, tuple(indices[list(order).index(axis)] for axis in range(len(made.shape)))
    if made.op == "swap":
        return operand, (*indices[:-2], indices[-1], indices[-2])
    if made.op in {"reshape", "reshape_like", "expand_dims", "squeeze"}:
        below = w.graph.nodes[operand].shape
        if without_ones(below) == without_ones(made.shape):
            kept = iter([i for i, size in zip(indices, made.shape, strict=True) if size != 1])
            return operand, tuple(FIRST if size == 1 else next(kept) for size in below)
    if made.op == "sum":
        shape = w.graph.nodes[operand].shape
        axes = normal_axes(attrs["axis"], len(shape))
        if axes and all(shape[a] == 1 for a in axes):
            return operand, reduction(w, shape, attrs, indices)[1]
    if made.op in {"broadcast_to", "broadcast_like"} and made.shape == w.graph.nodes[operand].shape:
        return operand, indices
    return None


def reduction(w: Writer, shape: Shape, attrs: Mapping[str, Any], indices: Indices) -> tuple[list[str], Indices]:
    """New letters for reduced axes, and the indices inside."""
    axes, rest = normal_axes(attrs["axis"], len(shape)), list(indices)
    letters: list[str] = []
    within: list[Index] = []
    for axis, size in enumerate(shape):
        if axis not in axes:
            within.append(rest.pop(0))
            continue
        if attrs.get("keepdims"):
            rest.pop(0)
        within.append(FIRST if size == 1 else Index(w.letter(size)))
        letters += [within[-1].base] if size != 1 else []
    return letters, tuple(within)


def contracted(w: Writer, node: int) -> Written | None:
    """A product of matrices and vectors as one writes it, W x or W^T x or x y^T; None for what is no such thing."""
    shape = w.graph.nodes[node].shape
    out = tuple(Index(f"#{k}") for k in range(len(shape)))
    moved = movement(w, node, out)
    at, indices = stripped(w, *moved) if moved else (node, out)
    made = w.graph.nodes[at]
    if len(shape) > 2 or (moved and w.ends(at)):
        return None
    if made.op == "matmul":
        alone = inner(w, made) == 1 and any(_moves(w, o) for o in made.operands)
        pairs = [factors(w, made, indices, k) for k in ([FIRST] * alone + [Index("#k")])]  # of vectors, or of columns
    elif made.op == "mul" and (moved or (len(shape) == 2 and all(_moves(w, o) for o in made.operands))):
        a, b = made.operands
        pairs = [((a, w.aligned(indices, made.shape, a)), (b, w.aligned(indices, made.shape, b)))]
    else:
        return None
    for k, pair in enumerate(pairs):
        (a, i), (b, j) = (stripped(w, *factor) for factor in pair)
        if all(index.base for index in (*i, *j)) and (k == 0 or (_written_whole(w, a) and _written_whole(w, b))):
            return _matched(w, (a, _bases(i)), (b, _bases(j)), _bases(out))
    return None


def _written_whole(w: Writer, node: int) -> bool:
    """Whether a factor is a name, entrywise, or a product again: others are told by their entries."""
    op = w.graph.nodes[node].op
    return w.ends(node) or op == "matmul" or OPS[op].elementwise


def _moves(w: Writer, node: int) -> bool:
    return not w.ends(node) and movement(w, node, (FIRST,) * len(w.graph.nodes[node].shape)) is not None


def stripped(w: Writer, node: int, indices: Indices) -> tuple[int, Indices]:
    """The entry behind movements of axes."""
    while not w.ends(node) and (found := movement(w, node, indices)):
        node, indices = found
    return node, indices


Bases = tuple[str, ...]


def _matched(w: Writer, a: tuple[int, Bases], b: tuple[int, Bases], out: Bases) -> Written | None:
    """The product of two factors in the order that needs the fewest transposes, a column where it is a vector."""
    found = [
        (2 * sum(turned) + order + 2 * _lies(w, left[1], right[1]), left, right, turned)
        for order, (left, right) in enumerate(((a, b), (b, a)))
        if (turned := _turned(left[1], right[1], out)) is not None
    ]
    if not found:
        return None
    _, (x, i), (y, j), (first, second) = min(found)
    if len(i) == len(j) == len(out) - 1 == 1:
        return w.spelling.outer(w.array(x), w.array(y))
    if not i or not j:
        return w.spelling.scaled(w.array(x), w.array(y))
    turn = w.row if len(i) == 1 else lambda node: w.spelling.transposed(w.array(node))
    left, right = turn(x) if first else w.array(x), w.array(y)
    return w.spelling.product(left, w.spelling.transposed(right) if second else right)


def _lies(w: Writer, i: Bases, j: Bases) -> bool:
    """Whether a product is a row, x^T A, where formulas have columns; programs have neither."""
    return w.spelling.first == 1 and len(i) == 1 and len(j) == 2


def _turned(i: Bases, j: Bases, out: Bases) -> tuple[bool, bool] | None:
    """Whether the left and the right factor are transposed in a product with entries `out`; None where it is none."""
    if len(i) > 2 or len(j) > 2:
        return None
    if not i or not j:
        return (False, False) if (i or j) == out else None
    common = [k for k in i if k in j and k not in out]
    if not common:
        return (False, True) if len(i) == len(j) == 1 and out == (*i, *j) and i != j else None
    if len(common) > 1 or len(i) + len(j) - 2 != len(out):
        return None
    (k,) = common
    rest = tuple(x for x in (*i, *j) if x != k)
    return (i[0] == k, j[-1] == k and len(j) == 2) if rest == out else None


def _bases(indices: Indices) -> Bases:
    return tuple(index.base for index in indices)


def without_ones(shape: Shape) -> Shape:
    """The sizes that are not 1."""
    return tuple(size for size in shape if size != 1)
