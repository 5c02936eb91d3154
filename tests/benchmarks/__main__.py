"""Every benchmark in one run, beside the peers that are installed: `python tests/benchmarks` writes docs/benchmarks.md.

MNIST is measured where GRAPHGRAD_MNIST says where its files lie. Half an hour on two cores; `pip install ".[peers]"`
brings the peers.
"""

import importlib.metadata
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "benchmarks.md"
TITLES = {  # file: what it measures
    "bench_language.py": "The language, gradients, traces",
    "films.py": "Films",
    "bench_verify.py": "Proofs, and who accepts which wrong gradient",
    "bench_compile_scalars.py": "Compiled programs of numbers",
    "bench_compile_arrays.py": "Compiled training steps and programs of arrays",
    "bench_train.py": "Training beside scikit-learn and PyTorch",
    "bench_train_xor.py": "XOR over many seeds",
}
PACKAGES = ["numpy", "sympy", "networkx", "torch", "jax", "autograd", "micrograd", "scikit-learn", "numba", "casadi"]


def version(package):
    """A package and its version, or that it was skipped."""
    try:
        return f"{package} {importlib.metadata.version(package)}"
    except importlib.metadata.PackageNotFoundError:
        return f"{package} not installed: skipped"


def main(files):
    """Run the benchmarks, printing as they go, and write the page."""
    python = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    parts = ["# Benchmarks", "", f"Made by `python tests/benchmarks`. {python}; {', '.join(map(version, PACKAGES))}."]
    for file in files:
        print(f"== {TITLES[file]}", flush=True)
        done = subprocess.run([sys.executable, HERE / file], capture_output=True, text=True, check=False)
        said = done.stdout if not done.returncode else f"{done.stdout}\nstopped: {done.stderr[-500:]}"
        print(said, flush=True)
        parts += ["", f"## {TITLES[file]}", "", "```text", said.rstrip(), "```"]
    PAGE.write_text("\n".join([*parts, ""]), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:] or list(TITLES))
