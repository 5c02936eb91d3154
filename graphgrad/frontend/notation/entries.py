"""Operations written entry by entry: sums along axes, repetition, slices and what they pass back, data as indices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from graphgrad.core.shapes import Slice, normal_axes
from graphgrad.frontend.notation.arrays import dimensions
from graphgrad.frontend.notation.indices import FIRST, Index
from graphgrad.frontend.notation.products import contracted, factors, inner, movement, reduction
from graphgrad.frontend.notation.spelling import Written

if TYPE_CHECKING:
    from graphgrad.frontend.notation.writer import Indices, Writer


def of_array(w: Writer, node: int, indices: Indices) -> Written:
    """An entry of what is written as a whole."""
    return w.entry_of(w.array_of(node), indices, w.graph.nodes[node].shape)


def product(w: Writer, node: int, indices: Indices) -> Written:
    """An entry of a matrix product."""
    made = w.graph.nodes[node]
    whole = contracted(w, node)
    if whole and not whole.built:
        return w.entry_of(whole, indices, made.shape) if indices else whole
    k = Index(w.letter(inner(w, made))) if inner(w, made) != 1 else FIRST
    a, b = factors(w, made, indices, k)
    product = w.spelling.scaled(w.entry(*a), w.entry(*b))
    return w.over("sum", [k.base] if k.base else [], product)


def reduced(w: Writer, node: int, indices: Indices) -> Written:
    """A sum, product, maximum, ... along axes."""
    made = w.graph.nodes[node]
    (operand,), attrs = made.operands, dict(made.attrs)
    shape = w.graph.nodes[operand].shape
    letters, inner = reduction(w, shape, attrs, indices)
    whole = made.op in {"max", "min", "argmax", "argmin", "norm", "logsumexp"} and len(letters) == len(shape)
    body = w.array(operand) if whole else None
    if body is None or body.built:
        body = w.entry(operand, inner)
    else:
        letters = []
    written = w.over(made.op, letters, body)
    return from_zero(w, written) if made.op.startswith("arg") else written


def from_zero(w: Writer, written: Written) -> Written:
    """A place as programs count it."""
    if not w.spelling.first:
        return written
    return Written(f"{written.text} - 1", 3, written.built)


def spread(w: Writer, node: int, indices: Indices) -> Written:
    """What was summed, repeated along the axes of the sum."""
    made = w.graph.nodes[node]
    operand, attrs = made.operands[0], dict(made.attrs)
    if not w.graph.nodes[operand].shape:
        return w.array(operand)
    axes = normal_axes(attrs["axis"], len(made.shape))
    kept = [FIRST if a in axes else i for a, i in enumerate(indices) if a not in axes or attrs["keepdims"]]
    return w.entry(operand, tuple(kept))


def broadcast(w: Writer, node: int, indices: Indices) -> Written:
    """An array repeated along axes."""
    made = w.graph.nodes[node]
    return w.entry(made.operands[0], w.aligned(indices, made.shape, made.operands[0]))


def moved(w: Writer, node: int, indices: Indices) -> Written:
    """An entry from before axes were exchanged."""
    return w.entry(*movement(w, node, indices))  # type: ignore[misc]


def reshaped_entry(w: Writer, node: int, indices: Indices) -> Written:
    """An entry from before axes of size 1 were put in or left out; else of the reshaped array."""
    found = movement(w, node, indices)
    return w.entry(*found) if found else of_array(w, node, indices)


def indexed_entry(w: Writer, node: int, indices: Indices) -> Written:
    """The entry that a slice's entry is."""
    made = w.graph.nodes[node]
    (operand,) = made.operands
    inner, rest = [], list(indices)
    shape = list(w.graph.nodes[operand].shape)
    for part in dict(made.attrs)["key"]:
        if part is None:
            rest.pop(0)
            continue
        size: Any = shape.pop(0)
        if not isinstance(part, Slice):
            inner.append(Index(start=part % size if isinstance(size, int) else part))
        elif part == Slice(None, None, None):
            inner.append(rest.pop(0))
        else:
            places = range(size)[slice(*part)]
            inner.append(rest.pop(0).within(places.start, places.step))
    return w.entry(operand, (*inner, *rest))


def scattered(w: Writer, node: int, indices: Indices) -> Written:
    """What a slice passes back: zero but where the slice came from."""
    made = w.graph.nodes[node]
    operand, rest = made.operands[0], list(indices)
    shape, relation, first = list(made.shape), w.spelling.relation, w.spelling.first
    inner: list[Index] = []
    conditions, letters, brackets = [], [], []
    for part in dict(made.attrs)["key"]:
        if part is None:
            inner.append(FIRST)
            continue
        size: Any = shape.pop(0)
        index = rest.pop(0)
        if not isinstance(part, Slice):
            place = part % size if isinstance(size, int) else part
            if index.base or index.start != place:
                conditions.append(relation(index.written(first), "==", str(place + first)))
            continue
        places = range(size)[slice(*part)] if isinstance(size, int) else None
        if places is None or places == range(size):
            inner.append(index)
        elif abs(places.step) == 1 or len(places) <= 1:
            inner.append(index.unsliced(places.start, places.step) if len(places) != 1 else FIRST)
            low, high = sorted((places[0], places[-1])) if places else (1, 0)
            where = index.written(first)
            if len(places) == size:
                continue
            if low == high:
                conditions.append(relation(where, "==", str(low + first)))
            else:
                between = relation(str(low + first), "<=", where)
                conditions.append(relation(between, "<=", str(high + first)))
        else:
            k = Index(w.letter(len(places)))
            letters.append(k.base)
            inner.append(k)
            at = k.within(places.start, places.step)
            brackets.append(relation(index.written(first), "==", at.written(first)))
    body = w.entry(operand, (*inner, *rest))
    for condition in brackets:
        body = w.spelling.scaled(w.spelling.bracket(condition), body)
    body = w.over("sum", letters, body)
    return w.spelling.cases(body, (r",\; " if first else " and ").join(conditions)) if conditions else body


def taken(w: Writer, node: int, indices: Indices) -> Written:
    """An entry at a place out of the data."""
    made = w.graph.nodes[node]
    source, places = made.operands
    axis = dict(made.attrs)["axis"]
    if axis is None:
        at = data(w, places, indices)
        flat = w.spelling.call("reshape", "-1", [w.array(source)])
        return w.entry_of(flat, (at,), ()) if len(w.graph.nodes[source].shape) != 1 else w.entry(source, (at,))
    shape = w.graph.nodes[source].shape
    axis = normal_axes(axis, len(shape))[0]
    width = len(w.graph.nodes[places].shape)
    at = data(w, places, indices[axis : axis + width])
    return w.entry(source, (*indices[:axis], at, *indices[axis + width :]))


def untaken(w: Writer, node: int, indices: Indices) -> Written:
    """What taking passes back: to every entry the sum of all that took it."""
    made = w.graph.nodes[node]
    g, places, _ = made.operands
    axis, relation, first = dict(made.attrs)["axis"], w.spelling.relation, w.spelling.first
    several = tuple(FIRST if size == 1 else Index(w.letter(size)) for size in w.graph.nodes[places].shape)
    letters = [i.base for i in several if i.base]
    at = data(w, places, several)
    if axis is None and len(made.shape) > 1:
        place = Index(
            w.letter(prod(size for size in made.shape if isinstance(size, int)))
        )  # among all entries, one after the other
        condition = relation(place.written(first), "==", at.written(first))
        body = w.spelling.scaled(w.spelling.bracket(condition), w.entry(g, several))
        flat = w.spelling.built(w.over("sum", letters, body), [w.bound(place, w.sizes[place.base])])
        return w.entry_of(w.spelling.call("reshape", dimensions(w, made.shape), [flat]), indices, made.shape)
    axis = 0 if axis is None else normal_axes(axis, len(made.shape))[0]
    taken = w.entry(g, (*indices[:axis], *several, *indices[axis + 1 :]))
    condition = relation(indices[axis].written(first), "==", at.written(first))
    return w.over("sum", letters, w.spelling.scaled(w.spelling.bracket(condition), taken))


def data(w: Writer, places: int, indices: Indices) -> Index:
    """A place that is told by data."""
    return Index(w.entry(places, indices).text, letter=False)


def picked(w: Writer, node: int, indices: Indices) -> Written:
    """Of every row the entry that its label says."""
    made = w.graph.nodes[node]
    source, labels = made.operands
    return w.entry(source, (*indices, data(w, labels, indices)))


def unpicked(w: Writer, node: int, indices: Indices) -> Written:
    """What picking passes back: zero but at the label."""
    made = w.graph.nodes[node]
    g, labels, _ = made.operands
    at = data(w, labels, indices[:-1])
    first = w.spelling.first
    condition = w.spelling.relation(indices[-1].written(first), "==", at.written(first))
    value = w.entry(g, indices[:-1])
    mask = w.spelling.bracket(condition)
    if w.graph.nodes[g].op == "const" and w.graph.nodes[g].value == 1:
        return mask
    return w.spelling.scaled(value, mask)


def masked(w: Writer, node: int, indices: Indices) -> Written:
    """Where two indices are equal."""
    made = w.graph.nodes[node]
    axis = normal_axes(dict(made.attrs)["axis"], len(w.graph.nodes[made.operands[0]].shape))[0]
    first = w.spelling.first
    condition = w.spelling.relation(indices[axis].written(first), "==", indices[-1].written(first))
    return Written(condition, 0)


def others(w: Writer, node: int, indices: Indices) -> Written:
    """Every entry's product of all the others."""
    made = w.graph.nodes[node]
    (operand,) = made.operands
    axes = normal_axes(dict(made.attrs)["axis"], len(made.shape))
    sizes = [made.shape[a] for a in axes]
    if all(size == 1 for size in sizes):
        return Written("1")
    letters = {a: Index(w.letter(made.shape[a])) for a in axes if made.shape[a] != 1}
    first = w.spelling.first
    own = [indices[a].written(first) for a in letters]
    others = [i.written(first) for i in letters.values()]
    condition = w.spelling.relation(_tuple(others), "!=", _tuple(own))
    inner = tuple(letters.get(a, i) for a, i in enumerate(indices))
    return w.spelling.reduced("prod", [condition], w.entry(operand, inner))


def size(w: Writer, node: int, indices: Indices) -> Written:
    """A number of entries, by the names of dimensions."""
    made = w.graph.nodes[node]
    del indices
    shape = w.graph.nodes[made.operands[0]].shape
    sizes = [shape[a] for a in normal_axes(dict(made.attrs)["axis"], len(shape))]
    known = 1
    names = []
    for size in sizes:
        if isinstance(size, int):
            known *= size
        else:
            names.append(w.spelling.dimension(size))
    parts = [Written(str(known)), *map(Written, names)] if known != 1 or not names else [*map(Written, names)]
    product = parts[0]
    for part in parts[1:]:
        product = w.spelling.scaled(product, part)
    return product


# Products of matrices


def _tuple(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"({','.join(parts)})"


ENTRIES: Mapping[str, Callable[[Writer, int, Indices], Written]] = {
    "matmul": product,
    "transpose": moved,
    "swap": moved,
    "reshape": reshaped_entry,
    "reshape_like": reshaped_entry,
    "expand_dims": reshaped_entry,
    "squeeze": reshaped_entry,
    "broadcast_to": broadcast,
    "broadcast_like": broadcast,
    "spread": spread,
    "index": indexed_entry,
    "scatter": scattered,
    "concatenate": of_array,
    "take": taken,
    "untake": untaken,
    "pick": picked,
    "unpick": unpicked,
    "eye_mask": masked,
    "coprod": others,
    "softmax": of_array,
    "log_softmax": of_array,
    "cross_entropy": of_array,
    "size": size,
    **dict.fromkeys(("sum", "prod", "max", "min", "argmax", "argmin", "logsumexp", "norm"), reduced),
}
