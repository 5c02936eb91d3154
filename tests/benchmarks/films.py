"""Films, as whole processes with Python's start: how long each format takes, from the base install.

python tests/benchmarks/films.py [runs]
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILM = """
import sys
from graphgrad.execute.trace import trace
from graphgrad.frontend.parse import parse
from graphgrad.render.film import film
text = "a = x1*x2; b = sin(a); c = exp(b); d = c + x3; p = d*x1; f = tanh(p); g = f*b; h = log(c); k = g + h; m = k*x2"
film(trace(parse(text), x1=0.5, x2=0.75, x3=0.2)).save(sys.argv[1])
"""
STATIC = """
import sys
from graphgrad.frontend.parse import parse
from graphgrad.render.picture import picture
names = ["a", "b", "c", "d", "f", "g", "h"]
lines = []
for i in range(int(sys.argv[2]) // 2):
    lines.append(f"t{i} = sin({names[-1]}) * {names[-7]}")
    names.append(f"t{i}")
picture(parse(chr(10).join(lines))).save(sys.argv[1])
"""
GOALS = {"film.html": 1.3, "film.svg": 1.3, "film.tex": 1.3, "film.pdf": 3.0, "film.gif": 4.0}  # without verdicts


def seconds(program: str, *arguments: str, runs: int) -> float:
    """The fastest of some runs of a whole process."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", program, *arguments], check=True, cwd=ROOT)
        times.append(time.perf_counter() - start)
    return min(times)


def main(runs: int) -> None:
    """Print a line a format."""
    with tempfile.TemporaryDirectory() as folder:
        for name, goal in GOALS.items():
            path = str(Path(folder, name))
            print(f"{name:12} {seconds(FILM, path, runs=runs):5.2f} s   (goal {goal} s)")
        for nodes, goal in ((1000, 3.0), (10_000, 5.0)):
            path = str(Path(folder, "static.svg"))
            print(f"{nodes:6} nodes {seconds(STATIC, path, str(nodes), runs=runs):5.2f} s   (goal {goal} s)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
