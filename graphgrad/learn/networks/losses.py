"""Losses, a row each: text in the network's output R and the target Y, and what a target is."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

import numpy as np

from graphgrad.core.display import told
from graphgrad.core.errors import ShapeError, UsageError
from graphgrad.core.graph import Graph
from graphgrad.core.lookup import Table
from graphgrad.core.shapes import Shape
from graphgrad.frontend.language.program_text import renamed
from graphgrad.frontend.parse import parse
from graphgrad.learn.checks import named, real
from graphgrad.learn.networks.network import Network

TARGETS = ("numbers", "labels", "yes or no")  # of the output's shape; a class index a row; 0 or 1


@told(lambda row: f"{row.name}, of {row.target}: {row.text}")
class Loss(NamedTuple):
    """A loss: its text, and which of `TARGETS` a target is."""

    name: str
    text: str
    target: str
    aliases: tuple[str, ...] = ()


OWN = "loss"  # the name of a text that is no row
LOSSES = Table(
    "loss",
    (
        Loss("squared_error", "squared_error(R, Y)", "numbers"),
        Loss("half_mse", "half_mse(R, Y)", "numbers"),
        Loss("mse", "mse(R, Y)", "numbers", ("mean_squared_error",)),
        Loss("mae", "mae(R, Y)", "numbers", ("mean_absolute_error",)),
        Loss("huber", "huber(R, Y)", "numbers"),
        Loss("binary_cross_entropy", "binary_cross_entropy(R, Y)", "yes or no", ("bce",)),
        Loss("cross_entropy", "cross_entropy(R, Y)", "labels"),
        # the sum over the set, as likelihood has it; cross_entropy is its mean
        Loss("nll", "-sum(pick(log_softmax(R), Y))", "labels", ("negative_log_likelihood",)),
        # Szegedy et al. (2016), section 7: a tenth of the target is spread over all classes
        Loss("smoothed_cross_entropy", "0.9 * cross_entropy(R, Y) - 0.1 * mean(log_softmax(R))", "labels"),
    ),
    otherwise="or write a text in R and Y",
)


def loss_row(loss: str) -> Loss:
    """Give a row of the table, or make one of the user's own text in R and Y.

    >>> loss_row("mean(abs(R - Y) ** 3)")
    <Loss loss, of numbers: mean(abs(R - Y) ** 3)>
    """
    if named(loss, "loss") in LOSSES.spellings or loss.isidentifier():
        return LOSSES.row(loss)
    try:
        _, target = _read(loss, {"R": ("N", 3)}, "Y", ("N", 3))
    except ShapeError:  # it speaks of a network's parameters, whose shapes are not known here
        target = "numbers"
    except UsageError:
        raise UsageError(f"the loss '{loss}' must speak of the output R and the target Y") from None
    return Loss(OWN, loss, target)


def loss_said(row: Loss) -> str:
    """Give what a row is asked for by: its name, or a text of the user's own."""
    return row.text if row.name == OWN else row.name


def _read(program: str, shapes: Mapping[str, Shape], target: str, output: Shape) -> tuple[Graph, str]:
    """Give a program's graph, and what its target is: labels, where something in the graph takes it for indices."""
    with suppress(ShapeError):
        graph = parse(program, {**shapes, target: output[:1]})
        if graph.nodes[graph.inputs[target]].dtype == "int":
            return graph, "labels"
    return parse(program, {**shapes, target: output}), "numbers"


class Objective(NamedTuple):
    """What is minimised: the network and its loss as one program, with the target as an input more."""

    graph: Graph
    text: str
    shapes: dict[str, Shape]
    target: str  # the target's name among the inputs
    loss: Loss
    output: str  # the network's
    weights: str = ""  # of rows, where they have any: an input more


def objective(net: Network, loss: str, *, l2: float = 0.0, l1: float = 0.0) -> Objective:
    """Join a network, a loss and penalties on its weights (parameters of two axes or more) into one program.

    >>> from graphgrad.learn.networks.network import mlp
    >>> print(objective(mlp(2, 1), "mse", l2=0.01).text)
    R = X @ W1.T + b1
    L = mse(R, Y) + 0.01 * sum(square(W1))
    """
    row, graph = loss_row(loss), net.graph
    known = {*graph.inputs, *graph.first_named}
    target, value = free("Y", known), free("L", known)
    lines, output = named_output(net, known)
    text = renamed(row.text, (("R", output), ("Y", target)), called=False)
    weights = [name for name, array in net.values.items() if np.ndim(array) > 1]
    if (l1 or l2) and not weights:
        hint = "they are the parameters of two axes or more; write a penalty on others into the loss"
        raise UsageError("the network has no weights to penalise", hint=hint)
    for strength, penalty in ((real(l2, "l2"), "square"), (real(l1, "l1"), "abs")):
        if strength:
            terms = " + ".join(f"sum({penalty}({name}))" for name in weights)
            text += f" + {strength!r} * " + (f"({terms})" if len(weights) > 1 else terms)
    program = f"{lines}\n{value} = {text}"
    shape = graph.nodes[graph.output].shape
    if row.name == OWN:
        row = row._replace(target=_read(program, net.shapes, target, shape)[1])
    shapes = {**net.shapes, target: shape[:1] if row.target == "labels" else shape}
    made = parse(program, shapes)
    if made.nodes[made.output].shape:
        raise UsageError(f"the loss '{row.text}' is no single number", hint="sum it, or take its mean")
    return Objective(made, program, shapes, target, row, output)


def named_output(net: Network, known: set[str]) -> tuple[str, str]:
    """Give the program's lines with its output named, and that name."""
    output = net.output
    if output in known:
        return net.text, output
    return str(net.graph) if "\n" in str(net.graph) else f"{output} = {net.graph}", output


def free(name: str, taken: set[str]) -> str:
    """Give a name that nothing has."""
    while name in taken:
        name += "_"
    return name
