"""Every number in one run, beside the peers that are installed.

    python tests/benchmarks                everything, into docs/benchmarks.md: half an hour on two cores
    python tests/benchmarks films proofs   these parts, to be read

`pip install ".[peers]"` brings the peers; MNIST is measured where GRAPHGRAD_MNIST says where its files lie.
"""

import argparse
import importlib.metadata
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "benchmarks.md"


class Part(NamedTuple):
    """A part: the file that measures, and what."""

    file: str
    title: str


PARTS = {
    "language": Part("bench_language.py", "The language, gradients, traces"),
    "films": Part("bench_films.py", "Films"),
    "stage": Part("bench_stage.py", "Layout by size"),
    "proofs": Part("bench_verify.py", "Proofs, and who accepts which wrong gradient"),
    "scalars": Part("bench_compile_scalars.py", "Compiled programs of numbers"),
    "arrays": Part("bench_compile_arrays.py", "Compiled training steps and programs of arrays"),
    "targets": Part("bench_targets.py", "Targets beyond NumPy: numba, C"),
    "training": Part("bench_train.py", "Training beside scikit-learn and PyTorch"),
    "parity": Part("bench_parity.py", "Estimators beside scikit-learn's, on 25 sets"),
    "xor": Part("bench_train_xor.py", "XOR over many seeds"),
    "laws": Part("bench_laws.py", "Numbers that tests count"),
}
OURS = ("graphgrad", "numpy", "sympy", "networkx", "scipy", "numba")
PEERS = ("torch", "jax", "autograd", "micrograd", "scikit-learn", "pytensor", "casadi", "mkl")


def version(package):
    """A package and its version, or that it was skipped."""
    try:
        return f"{package} {importlib.metadata.version(package)}"
    except importlib.metadata.PackageNotFoundError:
        return f"{package} not installed: skipped"


def machine():
    """The processor's model, and how many cores this process may use."""
    model = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{model}, {cores} cores"


def measured(part):
    """What a part prints, shown as it comes."""
    command = [sys.executable, "-u", HERE / PARTS[part].file]
    lines = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        for line in running.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    if running.returncode:
        lines.append(f"  MISSED   this part stopped with exit code {running.returncode}\n")
        print(lines[-1], end="")
    return "".join(lines).rstrip()


def summary(said):
    """How many goals were reached, and which were not, by part."""
    goals = [(part, line.split(maxsplit=1)) for part, text in said.items() for line in text.splitlines()]
    goals = [(part, words) for part, words in goals if words and words[0] in {"reached", "MISSED"}]
    missed = [f"- {PARTS[part].title}: {words[1]}" for part, words in goals if words[0] == "MISSED"]
    reached = f"{len(goals) - len(missed)} of {len(goals)} goals are reached"
    return [f"{reached}; missed:", "", *missed] if missed else [f"{reached}."]


def main(parts):
    """Run the benchmarks, printing as they go; all of them together are written to the page."""
    python = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    packages = ", ".join(map(version, OURS + PEERS))
    head = f"Made by `python tests/benchmarks`. {machine()}; {python}; {packages}."
    print(head)
    said = {}
    for part in parts:
        print(f"\n== {PARTS[part].title}", flush=True)
        said[part] = measured(part)
    counted = summary(said)
    print("", *counted, sep="\n")
    if parts == list(PARTS):
        blocks = [f"\n## {PARTS[part].title}\n\n```text\n{text}\n```" for part, text in said.items()]
        PAGE.write_text("\n".join(["# Benchmarks", "", head, "", *counted, *blocks, ""]), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser("python tests/benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=", ".join(PARTS))
    main(parser.parse_args().parts or list(PARTS))
