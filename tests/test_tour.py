"""The tour quotes lines that stand in the files it names."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
QUOTED = re.compile(r"^```\{code-block\} python\n:caption: (\S+)\n\n(.*?)^```$", re.DOTALL | re.MULTILINE)
QUOTES = QUOTED.findall((ROOT / "docs/tour.md").read_text(encoding="utf-8"))


def test_the_tour_has_stops():
    assert {Path(path).parts[1] for path, _ in QUOTES} == {"core", "frontend", "transform", "execute"}


@pytest.mark.parametrize(("path", "lines"), QUOTES)
def test_what_is_quoted_stands_there(path, lines):
    assert lines in (ROOT / path).read_text(encoding="utf-8")
