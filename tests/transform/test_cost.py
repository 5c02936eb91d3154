"""The cheap gradient principle, as a law over random programs."""

from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from graphgrad.core.errors import GraphgradError, UsageError
from graphgrad.core.graph import Graph
from graphgrad.core.ops import OPS
from graphgrad.frontend.parse import parse
from graphgrad.transform.cost import cost

SHAPES = {"A": (3, 4), "B": (4, 3), "C": (3, 3), "v": (3,), "s": (), "x": ()}


@st.composite
def rational_programs(draw: st.DrawFn) -> Graph:
    """Programs of + - * / @ over scalars, vectors and matrices; statements that do not fit are left out."""
    names, lines = list(SHAPES), []
    for k in range(draw(st.integers(1, 12))):
        left, right = draw(st.sampled_from(names)), draw(st.sampled_from([*names, "2", "3"]))
        candidate = [*lines, f"t{k} = {left} {draw(st.sampled_from('+-*/@'))} {right}"]
        if _graph(candidate) is not None:
            lines, names = candidate, [*names, f"t{k}", f"t{k}"]
    return _graph(lines or ["t = s * x"]) or parse("s * x")


def _graph(lines: list[str]) -> Graph | None:
    text = "\n".join(lines)
    try:
        return parse(text, {name: shape for name, shape in SHAPES.items() if name in parse_names(text)})
    except GraphgradError:
        return None


def parse_names(text: str) -> set[str]:
    return set("".join(c if c.isalnum() else " " for c in text).split())


@given(rational_programs())
def test_a_gradient_of_sums_and_products_costs_at_most_four_forward_passes(graph: Graph) -> None:
    counted = cost(graph)
    assert counted.gradient <= 4 * counted.forward


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu", "leaky_relu", "gelu", "softplus", "silu", "elu"])
@pytest.mark.parametrize("loss", ["mse", "half_mse", "mae", "huber", "squared_error", "cross_entropy",
                                  "soft_cross_entropy", "binary_cross_entropy"])  # fmt: skip
def test_every_mlp_loss_stays_within_four(activation: str, loss: str) -> None:
    shapes = {
        "X": ("N", 8),
        "W1": (16, 8),
        "b1": 16,
        "W2": (5, 16),
        "b2": 5,
        "y": "N" if loss == "cross_entropy" else ("N", 5),
    }
    graph = parse(f"{loss}({activation}(X @ W1.T + b1) @ W2.T + b2, y)", shapes)
    assert 0 < cost(graph, "W1", "b1", "W2", "b2", sizes={"N": 32}).ratio <= 4


def test_cost_is_linear_in_the_program() -> None:
    counts = [cost(parse("\n".join(["y = x", *["y = sin(y) * y + x"] * n])))[:2] for n in (10, 20, 40)]
    first, second = ([b - a for a, b in pairwise(c)] for c in zip(*counts, strict=True))
    assert first[1] == 2 * first[0] > 0
    assert second[1] == 2 * second[0] > 0


def test_a_product_of_matrices_counts_two_m_n_k() -> None:
    assert cost(parse("A @ B", A=(3, 4), B=(4, 5))).forward == 2 * 3 * 4 * 5
    assert cost(parse("x @ y", x=7, y=7)).forward == 2 * 7


def test_a_named_size_must_be_given() -> None:
    with pytest.raises(UsageError, match="the size of dimension 'N' is not known"):
        cost(parse("sum(x ** 2)", x="N"))


def test_every_row_states_a_cost_in_known_words() -> None:
    for row in OPS.values():
        words = {f for f in row.cost.split(" * ") if not f.isdigit()}
        assert words <= {*row.operands, "v", "k"}, row.name
