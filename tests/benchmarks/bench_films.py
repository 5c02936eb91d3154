"""Films and pictures, as whole processes with Python's start, from the base install.

A program of 15 nodes, whose film has 30 frames, in every format: as `graphgrad animate` makes it, with the verdicts on
the gradients, and without them; pictures of large graphs; and how large the player of the lecture's example is.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import report

PROGRAM = "a = x1*x2; b = sin(a); c = exp(x3); d = b + c; f = tanh(d); g = log(c); h = f*g*x5; k = sqrt(x4); z = h + k"
VALUES = ["x1=0.5", "x2=0.75", "x3=0.2", "x4=2", "x5=-1.5"]
GOALS = {  # format: seconds with verdicts, and without
    "html": (2.5, 1.3),
    "svg": (2.5, 1.3),
    "tex": (2.5, 1.3),
    "pdf": (3.0, None),
    "gif": (4.0, None),
    "apng": (None, None),
    "webp": (None, None),
}
GRAPHGRAD = [sys.executable, "-c", "from graphgrad.cli import main; main()"]
RUNS = 3


def seconds(*arguments):
    """The fastest of some runs of a command, by the clock."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run([*GRAPHGRAD, *arguments], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return min(times)


def films():
    for kind, goals in GOALS.items():
        for option, limit in zip(("--verify", "--no-verify"), goals, strict=True):
            taken = seconds("animate", PROGRAM, *VALUES, option, "-o", f"film.{kind}")
            if limit:
                report.goal(f"seconds, .{kind} {option}", taken, limit)
            else:
                print(f"           seconds, .{kind} {option}: {taken:.3g}")
    seconds("animate", PROGRAM, *VALUES, "-o", "film.json")
    film = json.loads(Path("film.json").read_text(encoding="utf-8"))
    print(f"           that is {len(film['nodes'])} nodes, {len(film['frames'])} frames")


def pictures():
    for nodes, limit in ((1000, 3.0), (10_000, 5.0)):
        names, lines = ["a", "b", "c", "d", "f", "g", "h"], []
        for k in range(nodes // 2):
            lines.append(f"t{k} = sin({names[-1]}) * {names[-7]}")
            names.append(f"t{k}")
        Path("large.txt").write_text("\n".join(lines), encoding="utf-8")
        report.goal(f"seconds, .svg of {nodes} nodes", seconds("show", "large.txt", "-o", "large.svg"), limit)


def sizes():
    seconds("animate", "log(x1*x2)*sin(x2)", "x1=0.5", "x2=0.75", "-o", "lecture.html")
    report.goal("kB of the lecture's player", Path("lecture.html").stat().st_size / 1e3, 200)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        films()
        pictures()
        sizes()
