"""Rebuild the gallery: `python -m gallery` runs every script beside this one; its outputs lie beside it too."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.progress import track

HERE = Path(__file__).parent
SCRIPTS = sorted(HERE.glob("[!_]*.py"))


def rebuild(script: Path) -> str:
    """Run a script in its own process and folder; returns what it complained of."""
    done = subprocess.run(
        [sys.executable, script.name], cwd=HERE, stderr=subprocess.PIPE, encoding="utf-8", check=False
    )
    return f"{script.name}:\n{done.stderr}" if done.returncode else ""


with ThreadPoolExecutor() as pool:  # every script is a process of its own, so threads are enough to wait for them
    complaints = [c for c in track(pool.map(rebuild, SCRIPTS), "gallery", total=len(SCRIPTS)) if c]
sys.exit("\n".join(complaints) or 0)
