"""One door: every question about derivatives, what is given, what is allowed, and what is refused in a line."""

import numpy as np
import pytest
from commandline import graphgrad

import graphgrad as gg
from graphgrad.core.errors import GraphgradError

S, SCALARS = {"s": 3, "t": 3}, ("x", "y")
ASKED = [  # subject, claim, options: verdicts by name
    ("x**3", "3*x**2", {}, "x PROVED"),
    ("x*y", None, {"wrt": "y"}, "y PROVED"),
    ("x*y", "y", {"wrt": "x"}, "x PROVED"),
    ("x*y", ("y", "2*x"), {"wrt": SCALARS}, "x PROVED, y REFUTED"),
    ("x*y", {"y": 5}, {}, "y REFUTED"),
    ("x*y", lambda x, y: (y, x), {}, "x PROVED, y PROVED"),
    ("sum(x**3)", lambda x: 3 * x**2, {"shapes": {"x": 3}}, "x PROVED"),
    ("x**2*y", None, {"order": 2}, "d2z_dx_dx PROVED, d2z_dx_dy PROVED, d2z_dy_dy PROVED"),
    ("x**2*y", "2*x", {"order": 2, "wrt": ("y", "x")}, "d2z_dy_dx PROVED"),
    ("x**2*y", {"d2z_dx_dx": "2*x"}, {"order": 2}, "d2z_dx_dx REFUTED"),
    ("sin(x)*y", None, {"order": "jvp"}, "z_dot PROVED"),
    ("sin(x)", "cos(x)*x_dot", {"order": "jvp"}, "z_dot PROVED"),
    ("sin(x)", "cos(x)", {"order": "jvp"}, "z_dot REFUTED"),
    (lambda x: np.sum(x**2), lambda x: 2 * x, {"shapes": {"x": 3}}, "x PROVED"),
    (lambda a, b: a * b, lambda g, _, b: (g * b, g), {"shapes": {"a": 3, "b": (3,)}, "order": "vjp"},
     "a PROVED, b REFUTED"),
    ("sqrt(x**2)", "1", {"given": "x > 0"}, "x PROVED"),
    ("sqrt(x**2)", "1", {"given": "x > -1"}, "x REFUTED"),
    ("sqrt(x**2)", "-1", {"given": ["x < 0"]}, "x PROVED"),
    ("x*y", "x", {"wrt": "x", "given": "x == y"}, "x PROVED"),
    ("x*y", "x", {"wrt": "x", "given": "x >= y"}, "x REFUTED"),
    ("-sum(t*log_softmax(s))", "softmax(s) - t", {"wrt": "s", "shapes": S}, "s REFUTED"),
    ("-sum(t*log_softmax(s))", "softmax(s) - t", {"wrt": "s", "shapes": S, "given": "sum(t) == 1"}, "s PROVED"),
    ("-sum(t*log_softmax(s))", "softmax(s) - t*1.001", {"wrt": "s", "shapes": S, "given": "sum(t) == 1"}, "s REFUTED"),
    ("softplus(x)", "where(x > 20, 1, sigmoid(x))", {"atol": 1e-8}, "x AGREED"),
    ("softplus(x)", "where(x > 20, 1, sigmoid(x))", {"atol": 1e-10}, "x REFUTED"),
    ("relu(x)", "where(x == 0, 1.01, x > 0)", {"atol": 0.1}, "x NON-SMOOTH"),
    ("sum(x**2)", "reshape_like(1, x)", {"shapes": {"x": 3}}, "x UNSUPPORTED"),
    ("x**2", "+".join(["x"] * 5000), {}, "x UNKNOWN"),
    ("x**2", "1" + "0" * 5000, {}, "x UNSUPPORTED"),
]  # fmt: skip


@pytest.mark.parametrize(("subject", "claim", "options", "verdicts"), ASKED)
def test_what_is_asked_is_answered(subject, claim, options, verdicts):
    report = gg.verify(subject, claim, timeout=60, sympy=False, **options)
    assert ", ".join(f"{name} {finding.verdict}" for name, finding in report.items()) == verdicts
    given = options.get("given", ())
    for text in (given,) if isinstance(given, str) else given:
        assert all(f"given {text}" in finding.assumptions for finding in report.values())


def test_witnesses_satisfy_what_is_given():
    claim, given = "(softmax(s) - t)*1.01", ["sum(t) == 1", "t > 0", "s[0] >= 100"]
    report = gg.verify("-sum(t*log_softmax(s))", claim, wrt="s", shapes=S, given=given, sympy=False)
    point = {name: gg.trace(value).value for name, value in report["s"].witness.point.items()}
    labels = [float(point[f"t[{k}]"]) for k in range(3)]
    assert sum(labels) == pytest.approx(1)
    assert min(labels) > 0
    assert float(point["s[0]"]) >= 100


REFUSED = [  # subject, claim, options, and a word of the error
    ("x*y", "y", {}, "one of x, y"), ("x", "1", {"order": 3}, "no order 3"), ("x", "1", {"given": "x"}, "no condition"),
    ("x", "1", {"given": "x**2 == 3"}, "solved for no input"), ("x", "1", {"given": "q > 0"}, "names 'q'"),
    ("x", "1", {"given": "1 > 2"}, "never hold"), ("x", "1", {"atol": -1}, "tolerance"),
    ("x", "1", {"wrt": 5}, "wrt=5"),
    ("x", "1", {"wrt": "y"}, "no input"), ("x*y", {"d2z_dx": "1"}, {"order": 2}, "no second derivative"),
    ("x", "1", {"timeout": "soon"}, "timeout"), (np.sum, None, {"shapes": {"x": 3}}, "function for its gradient"),
    (np.sum, np.sum, {}, "no shapes"), (np.sum, np.sum, {"shapes": [3]}, "no shapes"),
    (np.sum, np.sum, {"shapes": {"x": "N"}}, "sizes that are numbers"),
    (np.sum, np.sum, {"shapes": {"x": (10**6, 10**6)}}, "too large"),
    (np.sum, np.sum, {"shapes": {"x": None}}, "no shape"),
]  # fmt: skip


@pytest.mark.parametrize(("subject", "claim", "options", "said"), REFUSED)
def test_what_cannot_be_asked_is_said(subject, claim, options, said):
    with pytest.raises(GraphgradError, match=said):
        gg.verify(subject, claim, **options)


def test_an_int_is_a_vector_in_every_verb():
    for report in (
        gg.verify_function(lambda x: np.sum(x**2), lambda x: 2 * x, x=3),
        gg.verify_vjp(lambda x: x**2, lambda g, x: 2 * g * x, {"x": 3}),
        gg.check(gg.parse("sum(x**2)", x=3), x="2*x", sympy=False),
    ):
        assert (report.ok, report.shapes["x"]) == (True, (3,))
    assert gg.verify_function(lambda x: x**2, lambda x: 2 * x, x=3.0).shapes["x"] == ()


COMMANDS = [  # arguments, and the exit code
    (("x**3", "--claim", "3*x**2", "--strict"), 0), (("x**3", "--claim", "3*x"), 1), (("x*y", "--claim", "y"), 2),
    (("log10(x)", "--claim", "1/(x*2.302585092994046)"), 0),
    (("sum(x)", "--shape", "x=3", "--claim", "x=reshape_like(1, x)"), 2),
    (("log10(x)", "--claim", "1/(x*2.302585092994046)", "--strict"), 3), (("log(-1 - x**2)",), 3),
    (("abs(x)", "--claim", "1", "--given", "x > 0", "--strict"), 0),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "code"), COMMANDS)
def test_exit_codes(arguments, code):
    done = graphgrad("verify", *arguments, "--no-sympy")
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)


def test_files_of_claims_have_conditions_and_shapes():
    rows = [
        {"expression": "sqrt(x**2)", "variable": "x", "claim": "1", "given": "x > 0; x < 5"},
        {"expression": "sum(x*w)", "variable": "x", "claim": "w", "shapes": "x=3; w=3"},
        {"expression": "sum(x*w)", "variable": "x", "claim": "2*w", "shapes": {"x": [3], "w": [3]}},
        {"expression": "sum(u**2)", "variable": "u", "claim": "2*u"},
    ]
    report = gg.grade(rows, timeout=60, sympy=False, processes=1, shapes={"u": 4})
    assert [str(finding.verdict) for finding in report.values()] == ["PROVED", "PROVED", "REFUTED", "PROVED"]
    assert report["1"].assumptions == ("given x > 0, x < 5",)
