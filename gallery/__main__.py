"""Rebuild the gallery: `python -m gallery` runs every script beside this one; its outputs lie beside it too."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

from rich.progress import track

from gallery import _index

HERE = Path(__file__).parent
NAMES = [name for entries in _index.SECTIONS.values() for name in entries]
LEFT = [name for name in NAMES if name in _index.NEEDS and find_spec(_index.NEEDS[name]) is None]
SCRIPTS = [f"{name}.py" for name in NAMES if name not in LEFT]


def rebuild(script: str) -> str:
    """Run a script in its own process and folder; returns what it complained of."""
    done = subprocess.run([sys.executable, script], cwd=HERE, stderr=subprocess.PIPE, encoding="utf-8", check=False)
    return f"{script}:\n{done.stderr}" if done.returncode else ""


with ThreadPoolExecutor(os.cpu_count()) as pool:  # every script is a process, so threads are enough to wait for them
    complaints = [c for c in track(pool.map(rebuild, SCRIPTS), "gallery", total=len(SCRIPTS)) if c]
for name in LEFT:
    print(f"{name} is left as it is: it needs {_index.NEEDS[name]}")
(HERE / "index.html").write_text(_index.page(), encoding="utf-8")
sys.exit("\n".join(complaints) or 0)
