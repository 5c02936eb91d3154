"""How one looks at a library: what it defines, what it lacks, and what a program that uses it prints."""

import importlib.util
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

NO_GRAPHVIZ = {**os.environ, "PATH": "/nowhere"}  # a machine without the system's Graphviz


@cache
def definitions(package):
    """The names that a package defines: of its files, its functions and its classes."""
    root = Path(importlib.util.find_spec(package).origin)
    files = [root] if root.name != "__init__.py" else [*root.parent.rglob("*.py")]
    texts = [file.read_text(encoding="utf-8", errors="replace") for file in files if "tests" not in file.parts]
    names = {name.lower() for text in texts for name in re.findall(r"^\s*(?:def|class) (\w+)", text, re.MULTILINE)}
    return names | {file.stem.lower() for file in files}


def lacks(package, *words):
    """Whether no name of a package has one of the words in it."""
    return not [name for name in definitions(package) if any(word in name for word in words)]


def prints(code, said, env=None):
    """Whether a program of its own, somewhere else, prints that."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=False, cwd="/")
    return said in done.stdout + done.stderr
