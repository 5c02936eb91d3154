"""The current folder is anybody's: no command imports, runs or reads a file of it that it was not given."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

MODULES = (
    *(
        "graphgrad",
        "numpy",
        "sympy",
        "click",
        "rich",
        "networkx",
        "mpmath",
        "graphviz",
        "safetensors",
        "ziamath",
        "PIL",
    ),
    *(
        "sitecustomize",
        "usercustomize",
        "json",
        "pickle",
        "struct",
        "random",
        "types",
        "re",
        "csv",
        "html",
        "threading",
    ),
    *(
        "numba",
        "scipy",
        "jax",
        "cffi",
        "matplotlib",
        "onnx",
        "sklearn",
        "threadpoolctl",
        "resvg_py",
        "conftest",
        "setup",
    ),
)
FILES = {
    ".numba_config.yaml": "debug: 1\n",
    "matplotlibrc": "lines.linewidth: 40\n",
    "setup.cfg": "[build_ext]\ncompiler=nothing\n",
    "pydistutils.cfg": "[build_ext]\ncompiler=nothing\n",
    "pyproject.toml": "[build-system]\nrequires = ['nothing']\n",
    "pyvenv.cfg": "home = /nowhere\n",
    ".env": "PYTHONPATH=.\n",
    "light": "x",
    "adam": "x",
}
COMMANDS = {
    "run": ["run", "log(x1*x2)*sin(x2)", "x1=0.5", "x2=0.75"],
    "show": ["show", "sigmoid(w*x + b)", "-o", "{out}/a.svg", "-o", "{out}/a.graphml", "-o", "{out}/a.dot"],
    "animate": ["animate", "x*sin(x)", "x=1", "-o", "{out}/a.html", "-o", "{out}/a.gif"],
    "derive": ["derive", "log(x1*x2)*sin(x2)"],
    "verify": ["verify", "log(x1*x2)*sin(x2)", "--claim", "x1=sin(x2)/x1", "--timeout", "60"],
    "verify sympy": ["verify", "abs(sin(x)**2 + cos(x)**2 - y)", "--timeout", "60"],
    "verify claims": ["verify", "{given}/claims.csv", "--timeout", "60"],
    "verify module": ["verify", "{given}/module.py", "--timeout", "60"],
    "compile numba": ["compile", "sum(x*x)", "--shape", "x=5", "--target", "numba", "--what", "step", "--wrt", "x"],
    "compile c": ["compile", "x*x", "-o", "{out}/a.c"],
    "train": ["train", "xor", "--layers", "2,4,1", "--steps", "1000", "--save", "{out}/m.safetensors"],
    "train numba": ["train", "xor", "--layers", "2,2,1", "--steps", "1000", "--backend", "numba"],
    "train c": ["train", "xor", "--layers", "2,2,1", "--steps", "1000", "--backend", "c"],
    "train plot": ["train", "xor", "--layers", "2,2,1", "--steps", "1000", "--history", "{out}/h.svg"],
    "train csv": ["train", "{given}/data.csv", "--layers", "2,2,2", "--steps", "1000", "--save", "{out}/m.onnx"],
    "predict": ["predict", "{given}/model.safetensors", "{given}/data2.csv"],
}
NEEDED = {
    "numba": {"train numba", "compile numba"},
    "cffi": {"train c"},
    "matplotlib": {"train plot"},
    "onnx": {"train csv"},
}
QUICK = {"run", "show", "verify claims", "predict"}

# The command as its script starts it; every file of the current folder that Python opens is noted.
SCRIPT = """
import os, sys
here, notes = os.path.realpath("."), open(sys.argv.pop(1), "a", buffering=1)
def watch(event, args):
    if event == "open" and isinstance(args[0], str) and os.path.realpath(args[0]).startswith(here + os.sep):
        notes.write("opened " + os.path.basename(args[0]) + "\\n")
sys.addaudithook(watch)
from graphgrad.cli import main
main()
"""


@pytest.fixture(scope="module")
def given(tmp_path_factory) -> Path:
    import graphgrad as gg

    folder = tmp_path_factory.mktemp("given")
    (folder / "claims.csv").write_text("expression,variable,claim\nx**2,x,2*x\nsin(x)**2,x,2*sin(x)*cos(x)\n")
    (folder / "module.py").write_text(gg.compile(gg.grad("x*sin(x)")).source)
    (folder / "data.csv").write_text("a,b,c\n" + "".join(f"{k * k % 7},{k % 3},{k % 2}\n" for k in range(12)))
    (folder / "data2.csv").write_text("a,b\n1,2\n3,4\n")
    model, _ = gg.fit(gg.mlp(2, 2, 1), np.eye(2), [0.0, 1.0], steps=10, progress=False)
    model.save(folder / "model.safetensors")
    return folder


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in COMMANDS]
)
def test_no_command_touches_a_file_that_it_was_not_given(name, given, tmp_path) -> None:
    for package, names in NEEDED.items():
        if name in names:
            pytest.importorskip(package)
    here, out, notes, script = (tmp_path / part for part in ("here", "out", "notes", "script.py"))
    here.mkdir()
    out.mkdir()
    script.write_text(SCRIPT)
    for module in MODULES:
        (here / f"{module}.py").write_text(f"open({str(notes)!r}, 'a').write('ran {module}\\n')\n")
    for file, text in FILES.items():
        (here / file).write_text(text)
    before = sorted(here.iterdir())
    command = [sys.executable, str(script), str(notes), *(part.format(given=given, out=out) for part in COMMANDS[name])]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "COLUMNS": "100"}
    done = subprocess.run(command, cwd=here, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert notes.read_text() == ""
    assert sorted(here.iterdir()) == before
