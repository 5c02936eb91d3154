"""Random programs, of numbers and of arrays, and what the interpreter says of them."""

import numpy as np
from hypothesis import assume, strategies as st

from graphgrad.core.errors import DomainError
from graphgrad.execute.run import run
from graphgrad.frontend.parse import parse

NAMES = ("x", "y", "w")
UNARY = ("sin({})", "tanh({})", "exp(-abs({}))", "log(1 + exp({}))", "sqrt(1 + {} ** 2)", "sigmoid({})", "relu({})",
         "({}) ** 3", "1 / (1 + exp(-({})))", "log(1 + ({}) ** 2)", "abs({})", "erf({})", "-({})", "({}) ** 2",
         "softplus({})", "(exp({}) - 1)", "cbrt({})", "leaky_relu({})")  # fmt: skip
BINARY = ("({} + {})", "({} - {})", "({} * {})", "({} / (2 + {} ** 2))", "maximum({}, {})", "where({} > {}, x, y)")
SCALARS = st.recursive(
    st.sampled_from([*NAMES, "2", "0.5", "1", "0", "3", "pi"]),
    lambda inner: (
        st.builds(str.format, st.sampled_from(UNARY), inner)
        | st.builds(str.format, st.sampled_from(BINARY), inner, inner)
    ),
    max_leaves=9,
)
NUMBERS = st.sampled_from([-3.0, -1.5, -1.0, -0.1, 0.0, 0.25, 0.5, 1.0, 2.0, 5.0])
POINTS = st.fixed_dictionaries(dict.fromkeys(NAMES, NUMBERS))
GENERIC = st.permutations([-1.71, -0.63, 0.37, 0.94, 1.43]).map(lambda v: dict(zip(NAMES, v, strict=False)))  # no ties


def measured(graph, feeds):
    """The interpreter's outputs, and what they may be off: in proportion to the largest number on the way."""
    values = run(graph, feeds)
    numbers = [np.abs(np.asarray(v, float)) for v in values]
    largest = max(1.0, *(float(np.max(v)) for v in numbers if np.isfinite(v).all()))
    return {name: np.asarray(values[i], float) for name, i in graph.outputs.items()}, largest * 1e-12


def reference(graph, feeds):
    """The same, of a random program; none where a value lies outside a domain or is not finite."""
    try:
        found, tolerance = measured(graph, feeds)
    except DomainError:
        assume(condition=False)
    assume(all(np.isfinite(v).all() and (np.abs(v) < 1e12).all() for v in found.values()))
    return found, tolerance


def close(got, want, tolerance):
    np.testing.assert_allclose(np.broadcast_to(got, np.shape(want)), want, rtol=1e-9, atol=tolerance)


TENSORS = st.recursive(
    st.sampled_from(["(X @ W.T + b)", "(X @ V)", "b", "(X @ W.T)", "c"]),
    lambda inner: (
        st.builds(
            str.format,
            st.sampled_from(
                ["tanh({})", "relu({})", "sigmoid({})", "({}) ** 2", "softplus({})", "gelu({})", "abs({})"]
            ),
            inner,
        )
        | st.builds(
            str.format, st.sampled_from(["({} + {})", "({} * {})", "maximum({}, {})", "({} - {})"]), inner, inner
        )
    ),
    max_leaves=6,
)
HEADS = ("mean({} * (X @ W.T))", "cross_entropy({} + X @ W.T, y)", "sum(logsumexp({} + X @ V, axis=1))",
         "mean(square({}))", "sum(softmax({} + X @ V)[:, 0])", "sum(max({} + X @ W.T, axis=0)) / 3",
         "mean(std({} + X @ V, axis=0))", "norm({} + X @ W.T)")  # fmt: skip
SHAPES = {"X": ("N", 3), "W": (4, 3), "V": (3, 4), "b": 4, "c": (), "y": "N"}


def tensor_program(body, head):
    text = head.format(body)
    return parse(
        text, {k: v for k, v in SHAPES.items() if k in set("".join(c if c.isalnum() else " " for c in text).split())}
    )


def tensor_feeds(loss, n, seed):
    """Values of a program's inputs, with n rows of data."""
    rng = np.random.default_rng(seed)
    feeds = {k: rng.normal(size=[n if s == "N" else s for s in loss.nodes[i].shape]) for k, i in loss.inputs.items()}
    return feeds | ({"y": rng.integers(3, size=n)} if "y" in feeds else {})
