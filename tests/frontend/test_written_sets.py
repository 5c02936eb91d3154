"""Comprehensions over sets that the text writes: the lecture's losses, and sums as its formulas have them."""

import numpy as np
import pytest

import graphgrad as gg

T = "T = {((0, 0), 0), ((0, 1), 1), ((1, 0), 1), ((1, 1), 0)}"
X, Y = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0.0, 1, 1, 0])
AT = {"w": np.array([0.5, -0.25]), "b": 0.1}
MEAN = np.mean((Y - (X @ AT["w"] + AT["b"])) ** 2 / 2)
LOSSES = [
    f"{T}; local_losses = [mean(square(y - (w @ x + b))/2) for (x, y) in T]; loss = mean(stack(local_losses))",
    f"{T}\nL = mean([square(y - (w @ x + b))/2 for (x, y) in T])",
    f"net(x) = w @ x + b\n{T}\nL = 1/4 * sum((y - net(x))**2 / 2 for x, y in T)",
    f"{T.replace('{', '[').replace('}', ']')}; np.mean(np.stack([1/2*(y - w @ x - b)**2 for x, y in T]))",
    "mean(array([(y - w @ x - b)**2/2 for (x, y) in (([0, 0], 0), ([0, 1], 1), ([1, 0], 1), ([1, 1], 0))]))",
]


@pytest.mark.parametrize("text", LOSSES)
def test_a_loss_over_a_set(text):
    told = gg.trace(gg.parse(text, w=2), AT)
    assert told.value == pytest.approx(MEAN)
    residual = X @ AT["w"] + AT["b"] - Y
    assert told.grad["w"] == pytest.approx(X.T @ residual / 4)
    assert told.grad["b"] == pytest.approx(residual.mean())


def test_it_is_proved():
    assert gg.verify(gg.parse(LOSSES[2], w=2), sympy=False).ok


def test_a_sum_over_indices():
    A, x, b = np.arange(6.0).reshape(2, 3), np.array([1.0, -2, 0.5]), np.array([3.0, 4])
    graph = gg.parse("sum(A[1, k] * x[k] for k in range(3)) + b[1]", A=(2, 3), x=3, b=2)
    assert gg.trace(graph, A=A, x=x, b=b).value == pytest.approx((A @ x + b)[1])
    assert gg.trace("E = 1/3 * sum(1/2*(f[k] - R[k])**2 for k in range(0, 3))", f=x, R=2 * x).value == pytest.approx(
        np.mean(x**2) / 2
    )


@pytest.mark.parametrize(("text", "said"), [
    ("[x*w for x in y]", "a comprehension is not part of the language; its set is written"),
    ("[x*w for x in (1, 2) if x > 1]", "a comprehension is not part of the language; its set is written"),
    ("sum(x*y for x, y in (1, 2))", "a comprehension is not part of the language"),
    ("sum(x for x in range(2001))", "a comprehension is not part of the language"),
    ("sum([open(x) for x in (1,)])", "unknown function 'open'"),
])  # fmt: skip
def test_other_comprehensions_are_refused(text, said):
    with pytest.raises(gg.ParseError) as told:
        gg.parse(text)
    assert said in str(told.value)


@pytest.mark.parametrize(("uses", "member", "members"), [(200, "1", 1999), (60, "1" * 200, 1000)])
def test_what_is_too_long_when_written_out_is_refused(uses, member, members):
    with pytest.raises(gg.ParseError, match="written out over its sets"):
        gg.parse(f"sum({' + '.join('x' * uses)} for x in ({', '.join([member] * members)}))")


def test_entries_of_members_are_numbers_and_the_loss_is_drawn():
    text = "T = {((0, 1), 1), ((1, 3), 0)}; L = sum([(y - (w * x[0] + v * x[1]))**2 for (x, y) in T])"
    loss = gg.parse(text)
    assert loss == gg.parse("L = sum(stack([(1 - (w*0 + v*1))**2, (0 - (w*1 + v*3))**2]))")
    assert gg.show(loss).svg().startswith("<svg")
    assert gg.show(gg.parse("w * np.array([0, 1])[1]")).svg().startswith("<svg")
