"""A scalar graph computes what the tensor graph does, entry by entry, gradients too."""

import numpy as np
import pytest

from graphgrad.core.errors import ShapeError, UsageError
from graphgrad.execute.run import run
from graphgrad.frontend.parse import parse
from graphgrad.transform.grad import vjp
from graphgrad.transform.scalarize import entry_name, scalarize

SHAPES = {
    "A": (3, 4),
    "B": (4, 2),
    "T": (2, 3, 4),
    "M": (2, 4, 5),
    "x": (4,),
    "y": (4,),
    "s": (),
    "c": (3,),
    "d": (2, 2),
    "k": (),
    "o": (2,),
}
LABELS = {"c": np.array([0, 2, -1]), "d": np.array([[0, -3], [2, 2]]), "k": np.array(-2), "o": np.array([0, -1])}
EMPTY = """
sum(A[:0]) | sum(A[:, :0], axis=1) | prod(x[:0]) | norm(x[:0]) | A[:, :0] @ B[:0] | concatenate([x[:0], y]) | x[:0] * 2
sum(A[:0], axis=0, keepdims=True) | mean(A[:0], axis=1)
""".replace("\n", "|").split("|")
PROGRAMS = """
A @ B | A @ x | x @ y | T @ M | x @ M | A.T @ A | s * A + x | sum(A, axis=0) | mean(T, axis=(0, 2)) | max(A, axis=1)
min(T) | prod(A, axis=1) | prod(T, axis=(0, 1)) | logsumexp(A, axis=1) | softmax(A) | log_softmax(A, axis=0)
norm(A, axis=1) | var(A, axis=0) | std(x, ddof=1) | concatenate([A, T[0]], axis=1) | stack([x, y]) | T[0, None, 1:]
transpose(T, axes=(2, 0, 1)) | reshape(T, (6, 4)) | outer(x, y) | dot(A, M) | cross_entropy(A, c) | pick(A, c)
huber(x, y) | where(x > y, x * y, x + y) | maximum(A, x) | coprod(A, axis=0) | broadcast_to(x, (3, 4)) | swap(T)
""".replace("\n", "|").split("|")
FORWARD_ONLY = [
    "take(x, k)",
    "x[k]",
    "take(A, k, axis=1)",
    "take(A[:, :1], o, axis=1)",
    "take(x[:1], o)",
    "take(T, o, axis=-3)",
    "take(T, d, axis=-2)",
    "take(T, c, axis=-1)",
    "take(A, c, axis=1)",
    "take(A, c)",
    "B[c]",
    "take(T, d, axis=1)",
]


def graph_of(text: str):
    words = set("".join(c if c.isalnum() or c == "." else " " for c in text).split())
    return parse(text, {name: shape for name, shape in SHAPES.items() if name in words or f"{name}.T" in words})


def check(graph) -> None:
    random = np.random.default_rng(0)
    feeds = {n: LABELS.get(n, random.uniform(0.3, 1.5, graph.nodes[i].shape)) for n, i in graph.inputs.items()}
    entries = {entry_name(n, p): np.asarray(v)[p] for n, v in feeds.items() for p in np.ndindex(np.shape(v))}
    scalar = scalarize(graph)
    assert all(not node.shape for node in scalar.nodes)
    whole, parts = run(graph, feeds), run(scalar, entries)
    for name, i in graph.outputs.items():
        got = [parts[scalar.outputs[entry_name(name, p)]] for p in np.ndindex(np.shape(whole[i]))]
        np.testing.assert_allclose(got, np.ravel(whole[i]), rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("text", [p.strip() for p in PROGRAMS + EMPTY if p.strip()])
def test_values_and_gradients_agree_entry_by_entry(text: str) -> None:
    graph = graph_of(text)
    check(graph)
    check(vjp(graph))


@pytest.mark.parametrize("text", FORWARD_ONLY)
def test_gathers_become_choices(text: str) -> None:
    check(graph_of(text))


def test_names_are_kept_entry_by_entry() -> None:
    graph = scalarize(parse("h = W @ x; y = sum(h)", W=(2, 2), x=2))
    assert list(graph.inputs) == ["W_0_0", "W_0_1", "W_1_0", "W_1_1", "x_0", "x_1"]
    assert {"h_0", "h_1", "y"} <= set(graph.labels)


@pytest.mark.parametrize(
    ("text", "shapes", "error", "message"),
    [
        ("sum(x)", {"x": "N"}, ShapeError, "'x' of shape (N,) has no fixed, small number of entries"),
        ("A @ A", {"A": (400, 400)}, ShapeError, "the scalar graph would have more than 200000 nodes"),
        ("max(x)", {"x": 0}, ShapeError, "there is no maximum of no entries"),
        ("argmax(x)", {"x": 3}, UsageError, "'argmax' has no scalar meaning"),
        ("sum(x) + x_0", {"x": 3}, UsageError, "an entry of 'x' would be called 'x_0', as an input is"),
    ],
)
def test_what_cannot_be_written_out_is_refused(text, shapes, error, message) -> None:
    with pytest.raises(error) as caught:
        scalarize(parse(text, shapes))
    assert caught.value.message == message
