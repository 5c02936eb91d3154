"""What README says of graphgrad."""

import importlib.util
import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import graphgrad as gg


def command(*arguments, folder, env=None):
    program = [sys.executable, "-c", "from graphgrad.cli import main; main()", *arguments]
    return subprocess.run(program, capture_output=True, text=True, cwd=folder, env=env, check=False)


def draws(folder):
    film = gg.animate("x*x + sin(x)", x=1.5, proof=False)
    film.save(folder / "film.json")
    frames = json.loads((folder / "film.json").read_text(encoding="utf-8"))["frames"]
    return all(any(frame[part] for frame in frames) for part in ("known", "adjoints", "partials"))


def draws_alone(folder):
    ours = shutil.which("graphviz-pure") or str(Path(sys.executable).parent / "graphviz-pure")
    alone = {**os.environ, "PATH": str(Path(ours).parent)}
    if shutil.which("dot", path=alone["PATH"]):
        pytest.skip("the system's Graphviz lies beside ours")
    command("show", "x*sin(x)", "-o", "graph.svg", folder=folder, env=alone)
    return (folder / "graph.svg").exists()


def films(folder):
    command("animate", "x*x", "x=3", "--no-verify", "-o", "film.gif", folder=folder)
    return (folder / "film.gif").exists()


def own_code(folder):
    files = {"numpy": "arrays.py", "python": "numbers_.py", "javascript": "body.js"}
    files |= {"c": "program.c"} if importlib.util.find_spec("cffi") else {}
    for target, name in files.items():
        command("compile", "x*sin(x)", "--target", target, "-o", name, folder=folder)
    texts = [(folder / name).read_text(encoding="utf-8") for name in files.values()]
    return not any("import graphgrad" in text for text in texts)


def own_loops(_):
    def power(x):
        y = x
        for _ in range(3):
            y = np.where(y > 0, y * x, -y)
        return y

    return math.isclose(gg.trace(gg.capture(power), x=2.0).grad["x"], 32.0)


def own_jax(_):
    if importlib.util.find_spec("jax") is None:
        pytest.skip("jax is not installed")
    return math.isclose(gg.compile(gg.grad("x*sin(x)"), target="jax")(x=0.0)[0], 0.0)


def own_training(_):
    model, _ = gg.fit(gg.mlp(1, 1), [[0.0], [1.0]], [1.0, 3.0], optimizer="sgd", lr=0.1, steps=2000, progress=False)
    return math.isclose(model.predict([[2.0]]).item(), 5.0, rel_tol=1e-3)


CHECKS = {
    "draws a graph": draws,
    "draws without a system's Graphviz": draws_alone,
    "film of backpropagation": films,
    "derivation by hand, line by line": lambda _: "(1) dz/dx = 1 * (2 * x) = 2 * x" in str(gg.derive("x**2")),
    "gradient is a program to read and differentiate again": lambda _: str(
        gg.simplify(gg.grad(gg.closed_form(gg.grad("x**3"), "dz_dx"), "x"))
    ).endswith("3 * (2 * x)"),
    "verdict on a claimed gradient": lambda _: (
        [str(gg.check("x**2", x=claim)["x"].verdict) for claim in ("2*x", "2*x + 1e-12")] == ["PROVED", "REFUTED"]
    ),
    "code that runs without the library": own_code,
    "trains networks": own_training,
    "loops and branches on data": own_loops,
    "GPU": own_jax,
}
