"""A sample of the attack on the command line; the whole is `python -m tests.attack`."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.attack.corpus import corpus
from tests.fuzz import fuzz, targets

ROOT = Path(__file__).parents[1]
SAMPLE = 80  # every so many of the corpus


def test_the_corpus_is_large_and_of_many_kinds() -> None:
    cases = [*corpus()]
    assert len({(case.arguments, *case.files.items()) for case in cases}) >= 600
    assert len({case.kind for case in cases}) >= 12


@pytest.mark.skipif(not hasattr(sys.modules["os"], "fork"), reason="cases are forked")
def test_a_sample_of_the_attack_ends_as_it_should() -> None:
    command = [sys.executable, "-m", "tests.attack", "--every", str(SAMPLE)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("target", targets(), ids=lambda target: target.name)
def test_whatever_is_read_is_read_or_refused(target) -> None:
    error = fuzz(target, 20, 1)
    assert error is None, [error, getattr(error, "__notes__", "")]
