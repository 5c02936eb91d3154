"""What every test may use: the hypothesis profile, golden files, and a browser."""

import atexit
import gc
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# Benchmarks import peers and print tables: they are run, never collected.
collect_ignore = ["benchmarks"]

# Timings are no part of a law; in CI the same examples every time, on a developer's machine new ones; and many by
# `--hypothesis-profile thorough`.
settings.register_profile("graphgrad", max_examples=30, deadline=None, derandomize="CI" in os.environ, print_blob=True)
settings.register_profile("thorough", max_examples=1000, deadline=None, print_blob=True)
settings.load_profile("graphgrad")

if "NUMBA_CACHE_DIR" not in os.environ:  # tests leave no machine code behind
    os.environ["NUMBA_CACHE_DIR"] = tempfile.mkdtemp(prefix="graphgrad-tests-")
    atexit.register(shutil.rmtree, os.environ["NUMBA_CACHE_DIR"], ignore_errors=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite golden files and outputs in the docs")
    parser.addoption("--skipped-before", action="store_true",
                     help="run only what earlier runs skipped for want of a package")  # fmt: skip


# What runs skipped for want of a package, so that it is run once the package is there, and nothing else a second time.
SKIPPED = "graphgrad/skipped"
WANTING = re.compile(r"could not import|\w is not installed")
ran: set[str] = set()
wanting: set[str] = set()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note a test that ran, and one that could not."""
    ran.update((report.nodeid, report.nodeid.split("::")[0]))
    if report.skipped and WANTING.search(str(report.longrepr)):
        wanting.add(report.nodeid)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Note a file that could not be imported."""
    if report.skipped and WANTING.search(str(report.longrepr)):
        wanting.add(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Keep what still has to be run; of xdist's processes, the one that hears of every test does."""
    cache = getattr(session.config, "cache", None)  # -p no:cacheprovider
    if cache is not None and not hasattr(session.config, "workerinput"):
        cache.set(SKIPPED, sorted({*cache.get(SKIPPED, []), *wanting} - (ran - wanting)))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave what earlier runs skipped."""
    if config.getoption("--skipped-before"):
        before = set(config.cache.get(SKIPPED, []))
        left = [item for item in items if {item.nodeid, item.nodeid.split("::")[0]} & before]
        config.hook.pytest_deselected(items=[item for item in items if item not in left])
        items[:] = left


def pytest_runtest_teardown() -> None:
    """Rows that a test or a page added from outside are gone after it."""
    lookup = sys.modules.get("graphgrad.core.lookup")
    if lookup is None or not lookup.ADDED:
        return
    from graphgrad.proof.readings.functions import ALIASES, FUNCTIONS

    known = [table for table in gc.get_objects() if isinstance(table, lookup.Table)]
    for addition in lookup.ADDED:
        for name in (addition.row.name, *addition.row.aliases):
            for names in (*known, *(table.spellings for table in known)):
                if names.get(name) is addition.row:
                    del names[name]
            if addition.function == "_operation":  # which alone the proof's own reading learns, too
                FUNCTIONS.pop(name, None)
                ALIASES.pop(name, None)
    lookup.ADDED.clear()


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str | bytes], None]:
    """Compare a text or bytes with the file `golden/NAME` beside the test; `--update-golden` rewrites it."""
    folder: Path = request.path.parent / "golden"
    update: bool = request.config.getoption("--update-golden")

    def compare(name: str, actual: str | bytes) -> None:
        path = folder / name
        actual_bytes = actual.encode() if isinstance(actual, str) else actual
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(actual_bytes)
        assert path.exists(), f"no golden file {path}: make it with --update-golden, and read it"
        expected = path.read_bytes()
        if isinstance(actual, str):
            assert actual == expected.decode()  # as text, so that pytest shows the lines that differ
        else:
            assert actual == expected, f"{path} differs"

    return compare


CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@pytest.fixture(scope="session")
def browser():
    """Give the one browser of a test process: a second Playwright beside it would refuse to start."""
    if CHROMIUM is None:
        pytest.skip("no chromium")
    with pytest.importorskip("playwright.sync_api").sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()
