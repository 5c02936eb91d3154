"""graphgrad verify: classes of claims, and exit codes."""

import pytest
from commandline import graphgrad

CLASSES = {  # a file of claims: what is said of it, and the exit code
    "Expression; Variable; Claim; student\nx**2;x;2*x;Anna\nx**2;x;;Ben\n": (
        ("2 claims: 1 PROVED, 1 UNSUPPORTED\n  1  Anna  PROVED  identical; wherever both sides are defined;"
        " sympy: 2*x, equal\n"
        "  2  Ben   UNSUPPORTED  line 3: no claim\n"), 3),
    "expression,variable,claim\nx*y,x,maximum(y,y)\n": (
        ("1 claim: 1 UNSUPPORTED\n"
        "  1  UNSUPPORTED  line 2: more cells than there are columns; put a claim with commas in quotes\n"), 3),
    "expression,variable,claim\n": ("error: 'class.csv' holds no claims\n", 2),
    "": ("error: 'class.csv' holds no claims\n", 2),
    "expression,variable\nx,x\n": (
        ("error: 'class.csv', line 1: there is no 'claim'; a claim has expression, variable, claim, and here are"
        " expression, variable\n"), 2),
}  # fmt: skip


@pytest.mark.parametrize("content", CLASSES, ids=range(len(CLASSES)))
def test_a_class_is_graded_whatever_one_answer_is(content, tmp_path) -> None:
    (tmp_path / "class.csv").write_text(content)
    done = graphgrad("verify", "class.csv", folder=tmp_path)
    assert (done.stdout + done.stderr, done.returncode) == CLASSES[content]


@pytest.mark.parametrize("arguments", [("x**2", "--claim", "x=stack([x,x])"), ("x", "--claim", "x=2")])
def test_only_a_gradient_that_can_be_trusted_exits_with_zero(arguments) -> None:
    assert graphgrad("verify", *arguments).returncode in {1, 2}
    assert graphgrad("verify", "x", "--claim", "x=1").returncode == 0
