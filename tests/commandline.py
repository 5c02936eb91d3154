"""The command line as a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-c", "from graphgrad.cli import main; main()"]


def graphgrad(*arguments, folder=None, stdin="", **variables):
    here = str(Path(__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": here, "COLUMNS": "100", "NO_COLOR": "1", **variables}
    given = [said if isinstance(said, bytes) else str(said) for said in arguments]
    return subprocess.run(
        [*COMMAND, *given], capture_output=True, text=True, cwd=folder, env=environment, input=stdin,
        check=False, timeout=120,
    )  # fmt: skip
