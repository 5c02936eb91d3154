"""The benchmarks are found by name, whole or in part, and what they quote exists; they are run by hand."""

import ast
import subprocess
import sys
from pathlib import Path
from runpy import run_path

import pytest

HERE = Path(__file__).parent
BENCHMARKS = HERE / "benchmarks"
PARTS = run_path(str(BENCHMARKS / "__main__.py"))["PARTS"]
LAWS = run_path(str(BENCHMARKS / "bench_laws.py"))["LAWS"]


def test_every_benchmark_is_a_part():
    assert sorted(part.file for part in PARTS.values()) == sorted(path.name for path in BENCHMARKS.glob("bench_*.py"))


@pytest.mark.parametrize("test", LAWS.values(), ids=list(LAWS))
def test_every_law_is_a_test(test):
    file, _, name = test.partition("::")
    tree = ast.parse((HERE / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_a_part_that_does_not_exist_is_told_which_do():
    done = subprocess.run([sys.executable, BENCHMARKS, "film"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert all(part in done.stderr for part in PARTS)


def test_a_goal_is_reached_or_missed(capsys):
    report = run_path(str(BENCHMARKS / "report.py"))
    report["goal"]("seconds", 2.0, 3)
    report["at_least"]("accuracy", 0.9, 0.95)
    assert capsys.readouterr().out == "  reached  seconds: 2, at most 3\n  MISSED   accuracy: 0.9, at least 0.95\n"
    summary = run_path(str(BENCHMARKS / "__main__.py"))["summary"]
    said = summary({"films": "  reached  seconds: 2, at most 3\n  MISSED   accuracy: 0.9, at least 0.95\n"})
    assert said == ["1 of 2 goals are reached; missed:", "", "- Films: accuracy: 0.9, at least 0.95"]


def test_a_peer_that_is_not_there_is_skipped_by_name(capsys):
    assert run_path(str(BENCHMARKS / "report.py"))["peer"]("no_such_package") is None
    assert capsys.readouterr().out == "  skipped  no_such_package is not installed\n"
