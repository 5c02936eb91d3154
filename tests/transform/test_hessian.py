"""Second derivatives against sympy's, for scalars and for tensors."""

import numpy as np
import pytest
import sympy as sp

from graphgrad.core.errors import ShapeError
from graphgrad.execute.run import run
from graphgrad.frontend.parse import parse
from graphgrad.transform.hessian import hessian


def outputs(graph, **feeds):
    values = run(graph, feeds)
    return {name: values[i] for name, i in graph.outputs.items()}


@pytest.mark.parametrize("text", ["x**2 * y", "log(x*y) * sin(y)", "tanh(x / y) ** 3", "x ** y", "exp(-x**2 - y**2)",
                                  "sigmoid(x*y)", "sqrt(x**2 + y**2)", "x + 3*y"])  # fmt: skip
def test_scalar_hessians_are_sympys(text: str) -> None:
    x, y = sp.symbols("x y", positive=True)
    truth = sp.sympify(text.replace("sigmoid(x*y)", "1/(1+exp(-x*y))"), locals={"x": x, "y": y})
    found = outputs(hessian(parse(text)), x=0.7, y=1.3)
    for a, b in [(x, x), (x, y), (y, y)]:
        expected = float(sp.diff(truth, a, b).subs({x: sp.Rational(7, 10), y: sp.Rational(13, 10)}).evalf(30))
        assert found[f"d2z_d{a}_d{b}"] == pytest.approx(expected, rel=1e-12, abs=1e-14)


def test_tensor_hessian_is_sympys() -> None:
    text, shape = "sum(tanh(W @ x) ** 2) + sum(prod(W, axis=0))", (2, 3)
    graph = hessian(parse(text, W=shape, x=3), "W", "x")
    W, x = sp.Matrix(2, 3, sp.symbols("w0:6")), sp.Matrix(3, 1, sp.symbols("x0:3"))
    truth = sum(sp.tanh(h) ** 2 for h in W * x) + sum(W[0, j] * W[1, j] for j in range(3))
    random = np.random.default_rng(1)
    at = {"W": random.normal(size=shape), "x": random.normal(size=3)}
    point = dict(zip([*W, *x], [*at["W"].ravel(), *at["x"]], strict=True))
    found = outputs(graph, **at)
    for name, rows, columns in [("d2z_dW_dW", W, W), ("d2z_dW_dx", W, x), ("d2z_dx_dx", x, x)]:
        expected = [[float(sp.diff(truth, a, b).subs(point)) for b in columns] for a in rows]
        np.testing.assert_allclose(found[name].reshape(len(rows), len(columns)), expected, atol=1e-10)
    assert found["d2z_dW_dx"].shape == (2, 3, 3)


def test_a_product_with_zeros_has_a_finite_hessian() -> None:
    found = outputs(hessian(parse("prod(x)", x=3)), x=np.array([0.0, 2.0, 3.0]))
    np.testing.assert_allclose(found["d2z_dx_dx"], [[0, 3, 2], [3, 0, 0], [2, 0, 0]])


def test_what_has_no_hessian_says_what_to_do() -> None:
    with pytest.raises(ShapeError, match="'x' of shape \\(N,\\) has a named dimension"):
        hessian(parse("sum(x**2)", x="N"))
    with pytest.raises(ShapeError, match="the gradient of jvp multiplies by it"):
        hessian(parse("sum(x**2)", x=65))
