"""The verdict on a file that graphgrad saved, by what it is: a gradient, a training step, or code that is not read."""

from __future__ import annotations

from pathlib import Path

from graphgrad.core.errors import DataError, ParseError
from graphgrad.core.memory import refuse_file
from graphgrad.proof.gradients import TIMEOUT
from graphgrad.proof.modules.manifest import stated
from graphgrad.proof.modules.symbolic import verify_source
from graphgrad.proof.report import Finding, Report, Verdict
from graphgrad.proof.steps.certificate import certify_step, is_step
from graphgrad.proof.steps.unrolled import verify_unrolled
from graphgrad.proof.steps.unrolled_text import is_unrolled

OTHERS = {".c": "C", ".js": "JavaScript", ".mjs": "JavaScript"}  # suffixes of code that is not Python
READ = ("numpy", "python")
ADVICE = "is not read: compile the same program for numpy or python, or compare its numbers with gg.verify_function"


def is_code(path: Path) -> bool:
    """Whether a path names a file of code."""
    return path.suffix in {".py", *OTHERS} and path.is_file()


def verify_file(path: Path, timeout: float = TIMEOUT) -> Report:
    """Give the verdict on a saved module, which is read and never run; UNSUPPORTED on code that is not read.

    Raises ParseError where a file is Python, and neither a gradient nor a training step that graphgrad made.
    """
    if path.suffix in OTHERS:
        return Report(str(path), {"module": Finding(Verdict.UNSUPPORTED, f"{OTHERS[path.suffix]} {ADVICE}")})
    refuse_file(path)
    try:
        source = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"'{path}' is no text", hint="a module is a file of UTF-8") from None
    try:
        return verify_module(source, timeout)
    except ParseError as error:
        target = _target(source)
        if target in {"", *READ}:
            raise
        said = f"this code for {target} {ADVICE} ({error.message})"
        return Report(str(path), {"module": Finding(Verdict.UNSUPPORTED, said)})


def _target(source: str) -> str:
    """What a module says that it is for."""
    try:
        return stated(source).target
    except ParseError:
        return ""


def verify_module(source: str, timeout: float = TIMEOUT) -> Report:
    """Give the verdict on a module's text: a gradient is proved at small shapes, a training step at its own."""
    if is_unrolled(source):
        return verify_unrolled(source, timeout=timeout)
    return certify_step(source, timeout=timeout) if is_step(source) else verify_source(source, timeout=timeout)
