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
OF_STEPS = "is not read: compile the same step for numpy or python, whose module trains by itself and is certified"
STEP = "A training step"  # how a module begins that is one


def is_code(path: Path) -> bool:
    """Whether a path names a file of code."""
    return path.suffix in {".py", *OTHERS} and path.is_file()


def verify_file(path: Path, timeout: float = TIMEOUT) -> Report:
    """Give the verdict on a saved module, which is read and never run; UNSUPPORTED on code that is not read.

    Raises ParseError where a file is Python, and neither a gradient nor a training step that graphgrad made.
    """
    if path.suffix in OTHERS:
        with path.open(encoding="utf-8", errors="replace") as file:
            return _unread(path, OTHERS[path.suffix], file.readline(len(STEP) + 9))
    refuse_file(path)
    try:
        source = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"'{path}' is no text", hint="a module is a file of UTF-8") from None
    target = _target(source)
    try:
        report = verify_module(source, timeout)
    except ParseError as error:
        if target in {"", *READ}:
            raise
        return _unread(path, f"this code for {target}", source, error.message)
    unsupported = {finding.reason for finding in report.values() if finding.verdict is Verdict.UNSUPPORTED}
    if len(unsupported) == 1 and target not in {"", *READ} and is_unrolled(source):
        return _unread(path, f"this code for {target}", source, *unsupported)
    return report


def _unread(path: Path, what: str, head: str, why: str = "") -> Report:
    """The verdict on code that is not read, and what would be."""
    said = f"{what} {OF_STEPS if STEP in head.partition(chr(10))[0] else ADVICE}" + f" ({why})" * bool(why)
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
