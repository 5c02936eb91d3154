"""Arrays among the numbers: which inputs a program of numbers would take as arrays without a word.

A function of `math` refuses an array, and NumPy takes over; what only adds, compares or divides refuses none. What a
row's spelling does with an array of one entry, which has a truth and an order as numbers have, is asked of itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from graphgrad.compiler.source.lines import OF_NUMBERS
from graphgrad.core.graph import Graph, Node
from graphgrad.core.ops import OPS
from graphgrad.execute.kernels import Kernel, kernel

PROBES = (-1e300, -0.5, 0.0, 0.5, 1e300)  # numbers that lead through every branch of a spelling


class Many(np.ndarray[Any, Any]):
    """An array that is no number: older versions of NumPy make one of an array of one entry."""

    def __float__(self) -> float:
        raise TypeError

    def __index__(self) -> int:
        raise TypeError


class Slot(NamedTuple):
    """What a spelling does with an array in one operand's place."""

    refuses: bool  # by TypeError, whatever the numbers are
    carries: bool  # gives an array again, where it does not refuse


@cache
def slots(op: str, attrs: tuple[tuple[str, Any], ...]) -> tuple[Slot, ...]:
    """Give what the spelling of a row does with an array, operand by operand.

    >>> slots("neg", ()), slots("sign", ())
    ((Slot(refuses=False, carries=True),), (Slot(refuses=False, carries=False),))
    """
    row = OPS[op]
    function = kernel(Node(op, (), attrs, (), row.dtype), "python")
    numbers = [(False, True) if name in row.boolean else PROBES for name in row.operands]
    with np.errstate(all="ignore"):
        return tuple(_slot(function, slot, [*product(*numbers)]) for slot in range(len(row.operands)))


def _slot(function: Kernel, slot: int, points: Sequence[tuple[float, ...]]) -> Slot:
    refused = False
    carried = []
    for point in points:
        given: list[Any] = [*point]
        given[slot] = np.array([point[slot]]).view(Many)
        try:
            carried.append(isinstance(function(*given), Many))
        except TypeError:
            refused = True
        except (ValueError, ArithmeticError):
            continue
    return Slot(refused and not carried, all(carried))


def unnoticed(graph: Graph) -> list[str]:
    """Give the inputs that no function refuses as arrays before they divide, or at all.

    >>> from graphgrad.frontend.parse import parse
    >>> unnoticed(parse("1 / x + log(y) + 1 / y + w"))
    ['x', 'w']
    >>> unnoticed(parse("relu(x) * exp(y) + where(z > 0, exp(w), z)"))
    ['x', 'z', 'w']
    """
    bits = {i: 1 << k for k, i in enumerate(graph.inputs.values())}
    always = _always(graph)
    needs: list[int] = []  # of every node: the inputs that make it an array where they are one
    noticed = missed = 0
    every = sum(bits.values())
    for i, node in enumerate(graph.nodes):
        if noticed == every:
            break
        needs.append(bits.get(i, 0))
        form = OF_NUMBERS.template(graph, i)
        if form is None:
            continue
        for operand, slot in zip(node.operands, slots(node.op, node.attrs), strict=True):
            needs[i] |= needs[operand] if slot.carries else 0
            if slot.refuses and i in always:
                noticed |= needs[operand]
            elif form.calls or any("/" in text for text in form.texts):
                missed |= needs[operand] & ~noticed
    missed |= every & ~noticed
    return [name for name, i in graph.inputs.items() if bits[i] & missed]


def _always(graph: Graph) -> set[int]:
    """The nodes that are computed whatever the numbers are: others may stand in a branch that is not taken."""
    found = set(graph.outputs.values())
    for i in range(len(graph) - 1, -1, -1):
        users = graph.users[i]
        if len(users) > 1 or (users and users[0] in found and not _in_branch(graph, i, users[0])):
            found.add(i)
    return found


def _in_branch(graph: Graph, node: int, user: int) -> bool:
    """Whether the one use of a value may stand in a branch of its user's spelling."""
    form = OF_NUMBERS.template(graph, user)
    assert form is not None
    return form.branches and form.once[graph.nodes[user].operands.index(node)]
