"""Every row that is not elementwise: values against NumPy, gradients and second derivatives against differences."""

import re

import numpy as np
import pytest
from oracle import NUMPY, finite_difference

from graphgrad.core.ops import NAMES, OPS
from graphgrad.execute.run import run
from graphgrad.execute.trace import trace
from graphgrad.frontend.parse import parse
from graphgrad.transform.grad import grad, vjp
from graphgrad.transform.jvp import jvp
from graphgrad.transform.scalarize import entry_name, scalarize

A, B, C, u, v, s = ("A", (2, 3)), ("B", (3, 2)), ("C", (2, 1, 3)), ("u", (3,)), ("v", (2,)), ("s", ())
i, k, j = ("i", (2,)), ("k", (2, 2)), ("j", ())  # indices and labels
D, F = ("D", (2, 3, 2)), ("F", (4, 1, 2, 3))

CASES = {  # row: programs of it, and their inputs
    "where": [("where(A > 0.1, A, u)", A, u), ("where(u > 0, A, 2)", A, u), ("where(s > 0, A, u)", A, u, s)],
    "matmul": [("A @ B", A, B), ("A @ u", A, u), ("v @ A", v, A), ("u @ u", u), ("A @ D", A, D), ("D @ A", D, A),
               ("F @ B", F, B), ("F @ D", F, D), ("v @ F", v, F), ("F @ u", F, u), ("C @ D", C, D), ("A @ A.T", A)],
    "dot": [("dot(A, B)", A, B), ("dot(u, u)", u), ("dot(s, A)", s, A), ("dot(A, s)", A, s), ("dot(u, D)", u, D),
            ("dot(A, D)", A, D), ("dot(D, F)", D, F), ("dot(D, v)", D, v), ("dot(F, D)", F, D), ("dot(v, F)", v, F)],
    "outer": [("outer(u, v)", u, v), ("outer(A, B)", A, B), ("outer(s, v)", s, v)],
    "transpose": [("A.T", A), ("transpose(D)", D), ("transpose(D, axes=(1, 2, 0))", D), ("D.transpose(-1, 0, 1)", D)],
    "swap": [("swap(D)", D), ("matrix_transpose(F)", F), ("swap(A)", A)],
    "swapaxes": [("swapaxes(D, 0, 2)", D), ("swapaxes(A, 0, -1)", A), ("swapaxes(A, 1, 1)", A)],
    "reshape": [("reshape(A, shape=(3, 2))", A), ("A.reshape(-1)", A), ("reshape(D, shape=(4, -1))", D),
                ("reshape(s, shape=(1, 1))", s), ("reshape(A, (6,))", A)],
    "ravel": [("ravel(D)", D), ("A.flatten()", A), ("ravel(s)", s)],
    "reshape_like": [("reshape_like(A, B)", A, B)],
    "broadcast_to": [("broadcast_to(u, shape=(2, 3))", u), ("broadcast_to(s, shape=3)", s),
                     ("broadcast_to(C, shape=(4, 2, 5, 3))", C)],
    "broadcast_like": [("broadcast_like(u, A)", u, A), ("broadcast_like(s, u)", s, u)],
    "ones_like": [("ones_like(A) * s", A, s)],
    "zeros_like": [("zeros_like(A) + u", A, u)],
    "expand_dims": [("expand_dims(A, axis=1)", A), ("expand_dims(A, axis=-1)", A), ("expand_dims(s, axis=(0, 1))", s),
                    ("expand_dims(u, axis=(0, 2))", u)],
    "squeeze": [("squeeze(C)", C), ("squeeze(C, axis=1)", C), ("squeeze(C, axis=-2)", C)],
    "index": [("A[0]", A), ("A[:, 1]", A), ("A[1, 2]", A), ("A[-1, ::-1]", A), ("D[..., 0]", D), ("D[:, None, 1:]", D),
              ("A[::2, ::2]", A), ("A[:, 2:0:-1]", A), ("A[None, ..., None]", A), ("u[5:]", u), ("u[-2:]", u)],
    "concatenate": [("concatenate([A, A * 2])", A), ("concatenate([A, B.T], axis=1)", A, B),
                    ("concatenate([u, v, u], axis=-1)", u, v), ("concatenate([D, D], axis=-2)", D)],
    "stack": [("stack([u, u * 2])", u), ("stack([A, B.T], axis=-1)", A, B), ("stack([s, s])", s),
              ("stack([A, A], axis=1)", A)],
    "take": [("take(u, i)", u, i), ("take(A, i, axis=1)", A, i), ("take(D, k, axis=-2)", D, k), ("take(A, k)", A, k),
             ("B[i]", B, i), ("take(A, j, axis=0)", A, j), ("take(D, j, axis=1)", D, j), ("u[j]", u, j)],
    "untake": [("untake(v, i, u)", v, i, u), ("untake(v * u[:2], i, A, axis=None)", v, u, i, A)],
    "pick": [("pick(A, i)", A, i), ("pick(u, j)", u, j), ("pick(D[:, :2], k)", D, k)],
    "unpick": [("unpick(v, i, A)", v, i, A), ("unpick(s, i, A)", s, i, A)],
    "spread": [("spread(v, A, axis=1)", v, A), ("spread(s, A)", s, A),
               ("spread(v[:, None], A, axis=1, keepdims=True)", v, A)],
    "eye_mask": [("where(eye_mask(A, axis=1), 2, A[:, :, None])", A)],
    "size": [("A / size(A)", A), ("A / size(A, axis=0)", A)],
    "argmax": [("A[0] * argmax(A, axis=1)[0]", A)],
    "argmin": [("A[0] * argmin(A)", A)],
    "coprod": [("coprod(A)", A), ("coprod(A, axis=1)", A), ("coprod(u, axis=0)", u), ("coprod(s)", s),
               ("coprod(D, axis=-2)", D)],
    "softmax": [("softmax(A)", A), ("softmax(D, axis=1)", D), ("softmax(u)", u), ("softmax(A, axis=0)", A)],
    "log_softmax": [("log_softmax(A)", A), ("log_softmax(D, axis=0)", D)],
    "squared_error": [("squared_error(A, B.T)", A, B), ("squared_error(A, u)", A, u)],
    "half_mse": [("half_mse(A, B.T)", A, B)],
    "mse": [("mse(A, B.T)", A, B), ("mse(s, 2)", s), ("mse(A, u)", A, u)],
    "mae": [("mae(A, B.T + 5)", A, B)],
    "huber": [("huber(A, 3 * B.T)", A, B), ("huber(A, B.T, delta=0.3)", A, B)],
    "binary_cross_entropy": [("binary_cross_entropy(A, sigmoid(B.T))", A, B), ("bce(s, 1)", s)],
    "nll": [("nll(A, i)", A, i), ("nll(u, j)", u, j)],
    "cross_entropy": [("cross_entropy(A, i)", A, i), ("cross_entropy(D[:, :2], k)", D, k),
                      ("cross_entropy(u, j)", u, j)],
    "soft_cross_entropy": [("soft_cross_entropy(A, softmax(B.T))", A, B)],
}  # fmt: skip
REDUCED = [("{}({})", A), ("{}({}, axis=0)", A), ("{}({}, axis=-1, keepdims=True)", A), ("{}({}, axis=1)", D),
           ("{}({}, axis=(0, 2))", D), ("{}({}, axis=(-1, 1), keepdims=True)", D),
           ("{}({}, keepdims=True)", u), ("{}({})", s)]  # fmt: skip
for name in ("sum", "mean", "prod", "max", "min", "var", "std", "logsumexp", "norm"):
    CASES[name] = [(text.format(name, given[0]), given) for text, given in REDUCED]
CASES["std"].pop()  # std of one number is 0, and its textbook root has a derivative nowhere
CASES["var"].append(("var(A, axis=1, ddof=1)", A))

PROGRAMS = [pytest.param(text, dict(inputs), id=text) for cases in CASES.values() for text, *inputs in cases]


def filled(shapes):
    """Distinct numbers, none of them near zero or each other; indices for i, j and k."""
    known = {"i": np.array([2, 0]), "k": np.array([[1, 0], [1, 1]]), "j": np.array(1)}
    generator = np.random.default_rng(7)
    return {
        name: known.get(name, generator.permutation(np.linspace(-1.3, 1.6, int(np.prod(shape)) + 1))[1:].reshape(shape))
        for name, shape in shapes.items()
    }


def test_every_row_has_a_case():
    arrays = {name for name, row in OPS.items() if not row.d and not row.composite}
    assert arrays - set(CASES) == {"scatter"}


NUMPYS = [p for p in PROGRAMS if all(name in NUMPY for name in re.findall(r"(?<!\.)\b(\w+)\(", p.values[0]))]


@pytest.mark.parametrize(("text", "shapes"), NUMPYS)
def test_values_are_numpys(text, shapes):
    values = filled(shapes)
    graph = parse(text, shapes)
    meant = np.asarray(eval(text, dict(NUMPY), dict(values)))  # noqa: S307  (our own text)
    found = run(graph, values)[graph.output]
    np.testing.assert_allclose(found, meant, rtol=1e-12)
    assert np.shape(found) == meant.shape == graph.nodes[graph.output].shape


@pytest.mark.parametrize(("text", "shapes"), PROGRAMS)
def test_gradients_are_differences(text, shapes):
    graph = parse(f"y = {text}\nz = sum(sin(y) + y * y)", shapes)
    gradient, values = grad(graph), filled(shapes)
    results = run(gradient, values)
    for name in shapes:
        if name in "ijk":
            assert f"dz_d{name}" not in gradient.outputs
            continue
        found = np.asarray(results[gradient.outputs[f"dz_d{name}"]])
        expected = finite_difference(lambda given: run(graph, given)[graph.output], values, name)
        assert found.shape == shapes[name]
        np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize(("text", "shapes"), PROGRAMS)
def test_second_derivatives_are_differences(text, shapes):
    """The gradient's gradient, in one direction: what is written for gradients alone is differentiated here."""
    graph, values = parse(f"y = {text}\nz = sum(sin(y) + y * y)", shapes), filled(shapes)
    wrt = next(name for name in shapes if name not in "ijk")
    slope = grad(graph, wrt)
    direction = np.linspace(0.5, 1.5, int(np.prod(shapes[wrt]))).reshape(shapes[wrt])
    product = vjp(slope, "cotangent", wrt, of=f"dz_d{wrt}")
    found = run(product, {**values, "cotangent": direction})[product.outputs[f"d2z_d{wrt}_d{wrt}"]]

    def along(given):
        return np.sum(direction * run(slope, given)[slope.outputs[f"dz_d{wrt}"]])

    np.testing.assert_allclose(found, finite_difference(along, values, wrt), rtol=1e-6, atol=1e-6)
    pushed = jvp(slope, wrt, of=f"dz_d{wrt}")
    tangent = run(pushed, {**values, f"{wrt}_dot": direction})[pushed.outputs[f"dz_d{wrt}_dot"]]
    np.testing.assert_allclose(tangent, found, rtol=1e-9, atol=1e-9)  # a Hessian is symmetric


TIES = [  # expression, values of x, its gradient
    ("max(x)", [1.0, 3.0, 3.0], [0, 0.5, 0.5]),
    ("min(x)", [1.0, 1.0, 1.0], [1 / 3, 1 / 3, 1 / 3]),
    ("sum(max(x, axis=0))", [[1.0, 2.0], [1.0, 0.0]], [[0.5, 1], [0.5, 0]]),
    ("prod(x)", [0.0, 2.0, 3.0], [6, 0, 0]),
    ("prod(x)", [0.0, 0.0, 3.0], [0, 0, 0]),
    ("norm(x)", [0.0, 0.0, 0.0], [0, 0, 0]),
    ("sum(norm(x, axis=1))", [[0.0, 0.0], [3.0, 4.0]], [[0, 0], [0.6, 0.8]]),
    ("std(x)", [2.0, 2.0, 2.0], [0, 0, 0]),
    ("std(x, ddof=1)", [0.1, 0.1, 0.1], [0, 0, 0]),
    ("sum(std(x, axis=1))", [[1.0, 1.0], [1.0, 3.0]], [[0, 0], [-0.5, 0.5]]),
    ("std(x)", 3.0, 0),
    ("sum(maximum(x, 0))", [-1.0, 0.0, 1.0], [0, 0.5, 1]),
    ("sum(relu(x))", [-1.0, 0.0, 1.0], [0, 0, 1]),
    ("sum(where(x > 0, log(x), 0))", [-1.0, 0.0, 2.0], [0, 0, 0.5]),
    ("sum(where(x > 0, sqrt(x) * log(x), x))", [-1.0, 0.0, 1.0], [1, 1, 1]),
    ("logsumexp(x)", [1000.0, 1000.0, -1000.0], [0.5, 0.5, 0]),
    ("sum(softmax(x) * softmax(x))", [800.0, -800.0, 0.0], [0, 0, 0]),
]


@pytest.mark.parametrize(("text", "x", "expected"), TIES)
def test_conventions_of_arrays(text, x, expected):
    gradient = grad(parse(text, x=np.shape(x)))
    found = run(gradient, {"x": x})[gradient.outputs["dz_dx"]]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("text", "x", "expected"), [case for case in TIES if np.max(case[1]) < 100])
def test_conventions_of_arrays_hold_entry_by_entry(text, x, expected):
    """The scalar graph keeps them, but for ties of three, which a chain of maxima of two shares otherwise."""
    entries = {entry_name("x", place): np.asarray(x)[place] for place in np.ndindex(np.shape(x))}
    found = trace(scalarize(parse(text, x=np.shape(x))), entries).grad
    shared = [1 / 4, 1 / 4, 1 / 2] if (text, x) == ("min(x)", [1.0, 1.0, 1.0]) else np.ravel(expected)
    np.testing.assert_allclose([found.get(name, 0) for name in entries], shared, rtol=1e-12, atol=1e-12)


def test_every_alias_means_its_row():
    for alias, row in NAMES.items():
        assert OPS[row.name] is row, alias
