"""How many files of the package a journey runs through: those of which a function is really called, in a fresh process.

`python tests/journeys.py` prints them; `--files` names them. It is a measure of the house, and no test: what it counts
goes up with every idea that gets a file of its own, and is looked at when rooms are drawn anew.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import graphgrad

PACKAGE = Path(graphgrad.__file__).parent
FORMULA = "log(x1*x2)*sin(x2)"
JOURNEYS = {
    "fit a 4-8-2 network on 50 rows, 2 epochs": """
import numpy as np
dice = np.random.default_rng(0)
X, y = dice.normal(size=(50, 4)), dice.integers(0, 2, 50)
gg.fit(gg.mlp(4, 8, 2), X, y, epochs=2)
""",
    f"a film of {FORMULA}, as HTML": f"""
import tempfile
gg.animate({FORMULA!r}, x1=0.5, x2=0.75).save(tempfile.mkdtemp() + "/film.html")
""",
    "check of one claim": f"""
assert gg.check({FORMULA!r}, x1="sin(x2)/x1").ok
""",
    "value and gradient, compiled and called": f"""
gg.compile(gg.grad({FORMULA!r}))(x1=0.5, x2=0.75)
""",
}
WATCHED = """
import sys, threading
called = set()
def watch(frame, event, _):
    code = frame.f_code
    if event == "call" and code.co_name != "<module>":
        called.add(code.co_filename)
threading.setprofile(watch)
sys.setprofile(watch)
import graphgrad as gg
{journey}
sys.setprofile(None)
print(*sorted(f for f in called if f.startswith({package!r})), sep="\\n")
"""


def files(journey: str) -> list[str]:
    """Give the files of the package of which a journey calls a function."""
    program = WATCHED.format(journey=journey, package=str(PACKAGE))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    found = [line for line in done.stdout.splitlines() if line.startswith(str(PACKAGE))]
    return [Path(line).relative_to(PACKAGE).as_posix() for line in found]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", action="store_true", help="name the files")
    chosen = parser.parse_args()
    for said, journey in JOURNEYS.items():
        found = files(journey)
        sys.stdout.write(f"{len(found):3}  {said}\n")
        for file in found if chosen.files else ():
            sys.stdout.write(f"     {file}\n")
