"""A network: a program in the language, the shapes of its inputs, and the values its parameters begin with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from graphgrad.compiler.compile import compile as compiled
from graphgrad.compiler.compiled import Compiled
from graphgrad.core.builder import Builder
from graphgrad.core.display import Shown, told
from graphgrad.core.errors import ShapeError, UsageError, did_you_mean
from graphgrad.core.graph import Graph
from graphgrad.core.numerals import written
from graphgrad.core.shapes import Shape, show
from graphgrad.frontend.parse import parse
from graphgrad.learn.checks import whole
from graphgrad.learn.networks.activations import activated
from graphgrad.learn.networks.initial import INITIALS, draw, fans


def _parameters(layer: Layer) -> str:
    return ", ".join(f"{name} {written(value)}" for name, value in layer._asdict().items() if value is not None)


@told(_parameters)
class Layer(NamedTuple):
    """A linear layer's parameters: the weight (out, in), and the bias (out,) where it has one."""

    weight: Any
    bias: Any

    def __call__(self, x: Any) -> Any:
        """Give what the layer makes of a vector, or of one a row.

        >>> mlp(2, 1).starting(W1=[[2.0, 3.0]], b1=[1.0]).l1([1.0, 10.0])
        array([33.])
        """
        return np.asarray(x, np.float64) @ self.weight.T + (0.0 if self.bias is None else np.ravel(self.bias))


class LayerForm(NamedTuple):
    """How layers are written: the lines before and after them, the names of what enters and leaves, and one layer."""

    linear: str
    data: str
    output: str
    first: tuple[str, ...] = ()
    last: tuple[str, ...] = ()


ROWS = LayerForm("{x} @ W{i}.T + b{i}", "X", "R")  # an example is a row
COLUMNS = LayerForm("W{i} @ {x} + b{i}", "x", "y", ("x = X.T",), ("R = y.T",))  # an example is a column


@dataclass(frozen=True, eq=False, repr=False)
class Network(Shown):
    """A program, its shapes, and initial values; the one input with a named dimension is the data, one row an example.

    Print it for its text. Any program trains: `network` makes one of a text, `mlp` writes the text too.
    """

    text: str
    shapes: Mapping[str, Shape]
    values: Mapping[str, Any]  # the parameters, float64, in order of first appearance
    names: Mapping[str, str] = field(default_factory=dict)  # of parameters in files, where they are not their own

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is computed when it is needed: the graph, and its compiled function, which no pickle takes."""
        return {part.name: getattr(self, part.name) for part in fields(self)}

    def __str__(self) -> str:
        return self.text

    def _short(self) -> str:
        count = sum(np.size(value) for value in self.values.values())
        return f"{count} parameters in {', '.join(self.values)}: {self.text}"

    def __call__(self, x: Any) -> Any:
        """Give the output for one example, or for one a row.

        >>> mlp(2, 1).starting(W1=[[2.0, 3.0]])([1.0, 10.0])
        array([32.])
        """
        rows, (one, _) = np.asarray(x, np.float64), self.sizes
        if rows.shape[max(rows.ndim - len(one), 0) :] != one or rows.ndim > len(one) + 1:
            raise ShapeError(f"an example has shape {show(one)}, and there may be rows of them; not {show(rows.shape)}")
        many = rows.ndim > len(one)
        found = self._forward(**self.values, **{self.data: rows if many else rows[None]})
        return found if many else found[0]

    def __getattr__(self, name: str) -> Layer:
        """Give a layer by the name that slides use, l1, l2, ...; its weight is W1, its bias b1."""
        number = name[1:]
        if name[:1] == "l" and number.isdecimal() and f"W{number}" in self.values:
            return Layer(self.values[f"W{number}"], self.values.get(f"b{number}"))
        raise AttributeError(f"a network has no attribute '{name}'")

    def parameters(self) -> list[Any]:
        """The parameters, layer by layer."""
        return [*self.values.values()]

    @cached_property
    def graph(self) -> Graph:
        """The program's graph; the parameters are values that it is given, so that it is traced as it is."""
        return replace(parse(self.text, self.shapes), given=self.values)

    @cached_property
    def verified(self) -> Graph:
        """What is proved of it: the sum of its output times a cotangent, which has the gradient of any loss on it."""
        graph, output = self.graph, self.output
        builder = Builder(graph)
        bar = builder.input(f"{output}_bar", graph.nodes[graph.output].shape)
        total = builder.apply("sum", builder.apply("mul", graph.output, bar), axis=None, keepdims=False)
        return builder.build({f"{output}_along_{output}_bar": total})

    @cached_property
    def _forward(self) -> Compiled:
        return compiled(self.graph)

    @property
    def data(self) -> str:
        """The name of the data input."""
        return _data(self.graph)

    @property
    def output(self) -> str:
        """The name of the output: scores or predictions, one row an example."""
        return next(iter(self.graph.outputs))

    @property
    def sizes(self) -> tuple[Shape, Shape]:
        """The shapes of one example and of its output."""
        return self.shapes[self.data][1:], self.graph.nodes[self.graph.output].shape[1:]

    def starting(self, values: Mapping[str, Any] | None = None, /, **more: Any) -> Network:
        """Give the same network with other initial values for some parameters.

        >>> mlp(2, 1).starting(b1=[3.0]).values["b1"]
        array([3.])
        """
        changed = dict(self.values)
        for name, value in {**(values or {}), **more}.items():
            if name not in changed:
                hint = did_you_mean(name, changed) or f"its parameters are {', '.join(changed)}"
                raise UsageError(f"the network has no parameter '{name}'", hint=hint)
            array = np.array(value, np.float64)
            if array.shape != changed[name].shape:
                raise ShapeError(f"'{name}' must have shape {show(changed[name].shape)}, not {show(array.shape)}")
            changed[name] = array
        return replace(self, values=changed)


def network(
    text: str,
    shapes: Mapping[str, Any] | None = None,
    /,
    *,
    initial: str = "glorot",
    seed: int | np.random.Generator = 0,
    **more: Any,
) -> Network:
    """Make a network of a program: skip connections, shared weights, any operation.

    `shapes` are as for `parse`; the data's begins with a named dimension, the number of examples. All other inputs are
    parameters, drawn in order of first appearance by `initial`: glorot, he, lecun, pytorch, ... (see `INITIALS`).

    Raises ShapeError where parameters have no fixed size, UsageError where there are none, and ParseError for the text.
    Source: the program is the user's; initial values by Glorot and Bengio (2010) unless `initial` says otherwise.

    >>> net = network("tanh(X @ W.T + b) + X", X=("N", 3), W=(3, 3), b=3)
    >>> list(net.values), net.data, net.sizes
    (['W', 'b'], 'X', ((3,), (3,)))
    """
    row = INITIALS.row(initial)
    generator = seed if isinstance(seed, np.random.Generator) else np.random.default_rng(whole(seed, "seed", 0))
    graph = parse(text, shapes, **more)
    data = _data(graph)
    values = {}
    for name, node in graph.inputs.items():
        if name != data:
            shape = tuple(size for size in graph.nodes[node].shape if isinstance(size, int))
            values[name] = draw(row, fans(graph, name), shape, generator)
    if not values:
        raise UsageError("the network has no parameters", hint="every input but the data is one")
    return Network(graph.source, {name: graph.nodes[i].shape for name, i in graph.inputs.items()}, values)


def mlp(
    *sizes: int,
    activation: str | Sequence[str] = "tanh",
    initial: str = "glorot",
    seed: int | np.random.Generator = 0,
    names: str = "",
    columns: bool = False,
) -> Network:
    """Make a multilayer perceptron: linear layers with an activation between them, weights (out, in).

    `activation` is a row of `ACTIVATIONS`, another elementwise function of the language, an expression in x, "x**2", or
    a list of these, one for each hidden layer. With `columns` the layers are W @ x + b, the examples in x and the
    biases being columns, as in textbooks; the data stay in rows, and the numbers are the same. With `names`, such as
    "l{}", files call the parameters l1.weight and l1.bias, as classes of PyTorch do.

    Maps X of shape (N, sizes[0]) to (N, sizes[-1]). Raises UsageError for sizes, an activation or an `initial` that
    cannot be. Source: Rosenblatt (1958); initial values by Glorot and Bengio (2010) unless `initial` says otherwise.

    >>> print(mlp(2, 4, 1))
    h1 = X @ W1.T + b1
    t1 = tanh(h1)
    R = t1 @ W2.T + b2
    >>> print(mlp(2, 4, 1, columns=True))
    x = X.T
    h1 = W1 @ x + b1
    t1 = tanh(h1)
    y = W2 @ t1 + b2
    R = y.T
    """
    if len(sizes) < 2:
        raise UsageError(f"layer sizes must be two or more numbers, not {sizes}", hint="such as mlp(2, 4, 1)")
    sizes = tuple(whole(size, "a layer's size") for size in sizes)
    hidden = [activation] * (len(sizes) - 2) if isinstance(activation, str) else [*activation]
    for said in {activation} if isinstance(activation, str) else hidden:
        activated(said, "x")  # refused even where no layer uses it
    if len(hidden) != len(sizes) - 2:
        raise UsageError(f"{len(sizes) - 2} hidden layers have an activation each, and {len(hidden)} are given")
    if names.count("{}") != (1 if names else 0):
        raise UsageError(f"names of layers have their number in them, as in 'l{{}}', not '{names}'")
    form = COLUMNS if columns else ROWS
    if names and columns:
        raise UsageError("names of layers in files are for networks whose examples are rows")
    lines, below = [*form.first], form.data
    shapes: dict[str, Shape] = {"X": ("N", sizes[0])}
    layers = len(sizes) - 1
    for i in range(1, layers + 1):
        linear = form.linear.format(x=below, i=i)
        below = f"t{i}"
        lines += (
            [f"h{i} = {linear}", f"{below} = {activated(hidden[i - 1], f'h{i}')}"]
            if i < layers
            else [f"{form.output} = {linear}", *form.last]
        )
        shapes |= {f"W{i}": (sizes[i], sizes[i - 1]), f"b{i}": (sizes[i], 1) if columns else (sizes[i],)}
    made = network("\n".join(lines), shapes, initial=initial, seed=seed)
    kinds = {"W": "weight", "b": "bias"}
    return replace(made, names={n: f"{names.format(n[1:])}.{kinds[n[0]]}" for n in made.values} if names else {})


def _data(graph: Graph) -> str:
    named = [n for n, i in graph.inputs.items() if any(isinstance(size, str) for size in graph.nodes[i].shape)]
    if len(named) != 1 or not isinstance(graph.nodes[graph.inputs[named[0]]].shape[0], str):
        found = ", ".join(named) or "none has one"
        raise ShapeError(
            f"one input must be the data, with a named first dimension, such as X=('N', 2); here: {found}",
            hint="all others are parameters, of sizes known",
        )
    rows = graph.nodes[graph.inputs[named[0]]].shape[0]
    shape = graph.nodes[graph.output].shape
    if not shape or shape[0] != rows:
        raise ShapeError(
            f"the output has shape {show(shape)}, where its first dimension should be {rows}, the examples"
        )
    return named[0]
