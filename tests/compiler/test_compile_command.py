"""The command `graphgrad compile`: modules that run without graphgrad, and what the passes did."""

import importlib.util
import shutil
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

import graphgrad as gg
from graphgrad.cli.main import group
from graphgrad.compiler.compiled import load

RUNNER = CliRunner()
BUILT = pytest.mark.skipif(
    shutil.which("cc") is None or importlib.util.find_spec("cffi") is None, reason="no C compiler, or no cffi"
)
REGRESSION = ("mean(square(X @ w - y))", "--shape", "X=N,2", "--shape", "w=2", "--shape", "y=N")


def said(*arguments):
    done = RUNNER.invoke(group, ["compile", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


def test_a_training_step_that_trains_alone(tmp_path):
    out = said(*REGRESSION, "--what", "step", "--optimizer", "adam", "-o", str(tmp_path / "step.py"))
    assert out.startswith(f"wrote {tmp_path / 'step.py'}")
    alone = """
import sys; sys.modules["graphgrad"] = None
import numpy as np, step
theta, m, v = np.zeros((3, 2)); m[:] = v[:] = 0
X = np.random.default_rng(0).normal(size=(50, 2)); y = X @ [1.0, -2.0]
go, gradient = step.bind(theta, m, v, 50)
for t in range(1, 2000): go(X, y, t, 0.01)
print(theta.round(3))
"""
    done = subprocess.run([sys.executable, "-c", alone], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert done.stdout == "[ 1. -2.]\n"


@pytest.mark.parametrize("optimizer", ["sgd", "m = 0.9 * m + g; p = p - lr * m"])
def test_the_step_is_that_of_the_library(optimizer):
    step = gg.compile_step("square(w * x - y)", ["w"], optimizer, dtype="float64")
    printed = said("square(w * x - y)", "--what", "step", "--wrt", "w", "--optimizer", optimizer)
    assert printed.split("Made by")[1] == step.source.split("Made by")[1]
    assert step.update.rates == ("lr",)


@BUILT
@pytest.mark.parametrize(
    "arguments",
    [("log(x1*x2)*sin(x2) + relu(x1) ** 3 + erf(x1)",),
     ("square(w*x - y)", "--what", "step", "--wrt", "w", "--optimizer", "adam")],
)  # fmt: skip
def test_a_file_of_c_is_standard_c(arguments, tmp_path):
    said(*arguments, "-o", str(tmp_path / "t.c"))
    strict = ["cc", "-std=c99", "-Wall", "-Wextra", "-Wno-unused-function", "-pedantic", "-Werror", "-c", "t.c"]
    subprocess.run(strict, cwd=tmp_path, check=True)


@BUILT
def test_a_file_of_c_says_what_stands_where(tmp_path):
    said("log(x1*x2)*sin(x2)", "-o", str(tmp_path / "t.c"))
    assert "x[0]: x1; x[1]: x2; y[0]: z; y[1]: dz_dx1; y[2]: dz_dx2." in (tmp_path / "t.c").read_text(encoding="utf-8")
    main = """
    #include <stdio.h>
    void compute(const double *x, double *y);
    int main(void) { double x[] = {0.5, 0.75}, y[3]; compute(x, y); printf("%.17g %.17g %.17g", y[0], y[1], y[2]); }
    """
    (tmp_path / "main.c").write_text(main, encoding="utf-8")
    subprocess.run(["cc", "t.c", "main.c", "-lm", "-o", "t"], cwd=tmp_path, check=True)
    done = subprocess.run([str(tmp_path / "t")], check=True, capture_output=True, text=True)
    value, grads = gg.compile(gg.grad("log(x1*x2)*sin(x2)"))(0.5, 0.75)
    assert [*map(float, done.stdout.split())] == pytest.approx([value, *grads.values()], rel=1e-14)


def test_settings_of_an_optimizer():
    assert gg.compile_step("square(w * x)", ["w"], "momentum", lr=0.1, mu=0.5).update.rates == ()
    assert "0.5 * m" in gg.compile_step("square(w * x)", ["w"], "momentum", mu=0.5).source


def test_products_with_the_hessian():
    f = load(said("log(x1*x2)*sin(x2)", "--what", "hvp"), "hvp")["values"]
    at = {"x1": 2.0, "x2": 3.0}
    hessian = gg.compile(gg.hessian("log(x1*x2)*sin(x2)"))(**at)
    found = f(**at, x1_dot=0.5, x2_dot=-1.0)
    wanted = [
        0.5 * hessian["d2z_dx1_dx1"] - hessian["d2z_dx1_dx2"],
        0.5 * hessian["d2z_dx1_dx2"] - hessian["d2z_dx2_dx2"],
    ]
    np.testing.assert_allclose([found["dz_dot_dx1"], found["dz_dot_dx2"]], wanted, rtol=1e-12)
    along = load(said("log(x1*x2)*sin(x2)", "--what", "jvp"), "jvp")["values"](**at, x1_dot=0.5, x2_dot=-1.0)
    slopes = gg.compile(gg.grad("log(x1*x2)*sin(x2)"))(**at)[1]
    assert along["z_dot"] == pytest.approx(0.5 * slopes["x1"] - slopes["x2"], rel=1e-12)


def test_a_known_batch():
    assert (
        "N" not in gg.compile(gg.grad(gg.parse("mean(x)", x="N")), batch=4).source.split('"""')[1].split("Made by")[0]
    )
    assert "/ 4" in said("mean(x)", "--shape", "x=N", "--batch", "4", "--what", "value")


def test_what_the_passes_did(tmp_path):
    assert "log1p(exp(x)) -> softplus(x)" in said("log(1 + exp(x))", "--explain", "-")
    assert said("log(1 + exp(x))", "--explain", str(tmp_path / "p.html")) == f"wrote {tmp_path / 'p.html'}\n"
    assert "softplus" in (tmp_path / "p.html").read_text(encoding="utf-8")


REFUSALS = {
    ("x", "--optimizer", "adam"): "an optimizer is of a training step; add --what step",
    (
        "square(w*x)",
        "--what",
        "step",
    ): "no input comes in rows, and could be told from a parameter; name the parameters",
    ("square(w*x)", "--what", "step", "--wrt", "w", "--optimizer", "adm"): "there is no optimizer 'adm'; did you mean",
    ("square(w*x)", "--what", "step", "--wrt", "W"): "'W'",
    ("x", "--explain", "passes.svg"): "the passes are no '.svg'; save them as .html, .txt, .json, or as passes-{}.svg",
    ("x", "--batch", "4"): "a batch of 4 wants one named dimension, and there are 0",
}


@pytest.mark.parametrize("arguments", REFUSALS)
def test_refusals(arguments):
    done = RUNNER.invoke(group, ["compile", *arguments])
    assert REFUSALS[arguments] in str(done.exception)
