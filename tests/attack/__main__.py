"""Attack the command line with the corpus: `python -m tests.attack`, or every tenth case with `--every 10`.

Every case runs in a process of its own, forked from one that has imported what commands need. It must end with a code
that is right for it, in time and memory, without a traceback or a fault of graphgrad's own, with no character that steers
a terminal in what it says, and with no temporary file left behind.
"""

import argparse
import contextlib
import os
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from importlib import import_module
from pathlib import Path

from tests.attack.corpus import Case, corpus

SECONDS, MEMORY = 60, 3_000_000_000  # of a case; bytes of address space beyond those of the process that is forked
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def wrong(case: Case) -> str:
    """Run a case; gives what is wrong with how it ended, or nothing."""
    folder = Path(tempfile.mkdtemp(prefix="graphgrad-attack-"))
    here, temporary = folder / "here", folder / "tmp"
    here.mkdir()
    temporary.mkdir()
    try:
        for name, content in case.files.items():
            (here / name).write_bytes(content)
        start = time.monotonic()
        code = forked(case, here, temporary)
        seconds = time.monotonic() - start
        said = "".join((folder / name).read_text(encoding="utf-8", errors="replace") for name in ("out", "err"))
        left = [
            path.name
            for path in (*here.iterdir(), *temporary.iterdir())
            if path.name.startswith((".graphgrad", "graphgrad-"))
        ]
        if code not in case.codes:
            return f"ended with {code}, not {case.codes}: {said[-300:]}"
        if "Traceback" in said or "fault of graphgrad's own" in said:
            return f"a fault: {said[-300:]}"
        if (found := STEERING.search(said)) is not None:
            return f"says {found[0]!r}"
        if left or (here / "RAN").exists():
            return f"left {left or 'RAN'}"
        return f"took {seconds:.0f} s" if seconds > SECONDS else ""
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def forked(case: Case, here: Path, temporary: Path) -> int:
    """The exit code of a case; that of a signal is negative."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 70
    try:
        for number, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(here.parent / name, os.O_WRONLY | os.O_CREAT), number)
        sys.stdout, sys.stderr = (open(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))  # noqa: SIM115
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.chdir(here)
        tempfile.tempdir = os.environ["TMPDIR"] = str(temporary)
        used = (
            int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            if sys.platform == "linux"
            else 0
        )
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY,) * 2)
        signal.alarm(2 * SECONDS)
        sys.argv = ["graphgrad", *case.arguments]
        import_module("graphgrad.cli.main").main()
        code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
    except BaseException as error:  # noqa: BLE001  (what got through is a fault)
        sys.stderr.write(f"Traceback: {error!r}")
    finally:
        with contextlib.suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Run the corpus; the exit code says whether all is well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="run every n-th case only")
    parser.add_argument("--kind", default="", help="run cases of one kind only")
    chosen = parser.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    for module in ("numpy", "sympy", "graphgrad.cli.run", "graphgrad.compiler.compile", "graphgrad.learn.training.fit",
                   "graphgrad.render.formats.table", "graphgrad.proof.claims", "graphgrad.execute.trace"):  # fmt: skip
        import_module(module)
    cases = [case for case in corpus() if chosen.kind in {"", case.kind}][:: chosen.every]
    counted, failed = Counter(case.kind for case in cases), 0
    for case in cases:
        if problem := wrong(case):
            failed += 1
            shown = [argument[:80] for argument in case.arguments]
            print(f"{case.kind}: {shown} {[content[:80] for content in case.files.values()]}\n    {problem!r}")
    print(f"{len(cases)} cases, {failed} failed: {', '.join(f'{count} {kind}' for kind, count in counted.items())}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
