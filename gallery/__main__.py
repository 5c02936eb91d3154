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
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")  # products add up alike


def rebuild(script: str) -> str:
    """Run a script in its own process and folder; returns what it complained of."""
    command, alone = [sys.executable, script], os.environ | ONE_THREAD
    done = subprocess.run(command, cwd=HERE, env=alone, stderr=subprocess.PIPE, encoding="utf-8", check=False)
    return f"{script}:\n{done.stderr}" if done.returncode else ""


with ThreadPoolExecutor(os.cpu_count()) as pool:  # every script is a process, so threads are enough to wait for them
    complaints = [c for c in track(pool.map(rebuild, SCRIPTS), "gallery", total=len(SCRIPTS)) if c]
for name in LEFT:
    print(f"{name} is left as it is: it needs {_index.NEEDS[name]}")
(HERE / "index.html").write_text(_index.page(), encoding="utf-8")
sys.exit("\n".join(complaints) or 0)
