"""Fuzz what reads: `python -m tests.fuzz --minutes 10`.

The parser, the values of the command line, LaTeX of what was parsed, and the readers of CSV, IDX, NPZ, safetensors,
themes and claims get texts and bytes that hypothesis makes up, valid files with damage among them. Whatever is read or
refused with an error of graphgrad's own is well; anything else is shown, made as small as it gets.
"""

import argparse
import gzip
import io
import random
import re
import struct
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from hypothesis import HealthCheck, given, seed, settings, strategies as st

from graphgrad.cli.arguments import read_shapes, read_values
from graphgrad.core.errors import GraphgradError
from graphgrad.core.ops import NAMES
from graphgrad.frontend.latex import latex
from graphgrad.frontend.parse import parse
from graphgrad.frontend.printers import program
from graphgrad.learn.data.arrays import read_idx
from graphgrad.learn.data.files import read_dataset
from graphgrad.learn.data.tables import read_csv
from graphgrad.learn.models.model import load
from graphgrad.proof.grading import read_claims
from graphgrad.render.drawing.style import style
from tests.attack.corpus import TABLES, TEXTS, tensors

ROUND = 100  # examples of a target before the next has its turn
SIGNS = [*"+-*/@()[]{},:;=<>&|~.!^%'\"\\# \n", "**", "==", ":=", "x", "y", "A", "1", "0.5", "1e9", "pi", "np.", "axis="]


class Target(NamedTuple):
    """What is fuzzed: a name, what it is given, and what is called."""

    name: str
    given: st.SearchStrategy[Any]
    called: Callable[[Any], object]


def damaged(*whole: bytes) -> st.SearchStrategy[bytes]:
    """Files as they should be, with bytes changed, cut, doubled or put in; and bytes of any kind."""

    def change(content: bytes, edits: list[tuple[int, bytes, int]]) -> bytes:
        for place, new, gone in edits:
            at = place % (len(content) + 1)
            content = content[:at] + new + content[at + gone :]
        return content

    edits = st.lists(st.tuples(st.integers(0, 5000), st.binary(max_size=4), st.integers(0, 8)), max_size=4)
    return st.builds(change, st.sampled_from(whole), edits) | st.binary(max_size=200)


def parsed(text: str) -> None:
    """Read a program, print it, read that, and write it as LaTeX, whose groups end where they should."""
    graph = parse(text)
    parse(program(graph), {name: graph.nodes[i].shape for name, i in graph.inputs.items()})
    depth = 0
    for sign in re.findall(r"(?<!\\)[{}]", latex(graph).replace(r"\\", "")):
        depth += 1 if sign == "{" else -1
        assert depth >= 0
    assert depth == 0


def of_file(suffix: str, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    """Call a reader on a file with the content."""

    def called(content: bytes) -> object:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"f{suffix}"
            path.write_bytes(content)
            return read(path)

    return called


def files() -> dict[str, bytes]:
    """A small file of every kind, as it should be."""
    packed, one = io.BytesIO(), io.BytesIO()
    np.savez_compressed(packed, X=np.eye(3), y=np.arange(3.0))
    np.savez(one, X=np.eye(3), y=np.array(["a", "b", "a"]))
    idx = b"\0\0\x08\x03" + struct.pack(">III", 2, 2, 3) + bytes(12)
    said = {"graphgrad": "0", "program": "R = X @ W1.T + b1", "shapes": {"X": ["N", 2], "W1": [1, 2], "b1": [1]},
            "loss": ["mse", "mse(R, Y)", "numbers"], "dtype": "float64", "classes": [], "columns": []}  # fmt: skip
    return {"npz": packed.getvalue(), "npz of words": one.getvalue(), "idx": idx, "idx.gz": gzip.compress(idx, mtime=0),
            "model": tensors("model", said), "theme": b'base = "dark"\nname = "a"\nground = "#ffffff"\nline = 1.5\n',
            "claims": b"expression,variable,claim\nx**2,x,2*x\n",
            "jsonl": b'{"expression": "x**2", "variable": "x", "claim": "2*x"}\n'}  # fmt: skip


def targets() -> list[Target]:
    """All that is fuzzed."""
    whole = files()
    words = st.lists(st.sampled_from([*SIGNS, *NAMES, *TEXTS]) | st.text(max_size=3), max_size=12).map("".join)
    value = st.builds("{}={}".format, st.sampled_from(["x", "X1", "é", "x y", ""]), words)
    return [
        Target("parser", words | st.text(max_size=60), parsed),
        Target("values", value, lambda text: read_values([text])),
        Target("shapes", value, lambda text: read_shapes([text])),
        Target("csv", damaged(*TABLES), of_file(".csv", read_csv)),
        Target("table", damaged(*TABLES), of_file(".csv", read_dataset)),
        Target("idx", damaged(whole["idx"], whole["idx.gz"]), of_file(".idx", read_idx)),
        Target("npz", damaged(whole["npz"], whole["npz of words"]), of_file(".npz", read_dataset)),
        Target("safetensors", damaged(whole["model"]), of_file(".safetensors", load)),
        Target("theme", damaged(whole["theme"]), of_file(".toml", style)),
        Target("claims", damaged(whole["claims"], *TABLES), of_file(".csv", read_claims)),
        Target("jsonl", damaged(whole["jsonl"]), of_file(".jsonl", read_claims)),
    ]


def fuzz(target: Target, examples: int, number: int) -> BaseException | None:
    """Try a target; gives what got through, after hypothesis has shown what brought it about."""

    @seed(number)
    @settings(max_examples=examples, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(target.given)
    def one(content: Any) -> None:
        try:
            target.called(content)
        except GraphgradError:
            pass
        except OSError as error:  # a name that no file can have
            assert error.strerror  # noqa: PT017

    try:
        one()
    except Exception as error:  # noqa: BLE001  (any other is a finding)
        return error
    return None


def main() -> None:
    """Fuzz until the time is over; the exit code says whether all is well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--target", default="", help="fuzz one target only")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    chosen = parser.parse_args()
    end, number, counted, found = time.monotonic() + 60 * chosen.minutes, chosen.seed, Counter[str](), set[str]()
    while time.monotonic() < end:
        for target in targets():
            if chosen.target in {"", target.name} and target.name not in found and time.monotonic() < end:
                number += 1
                counted[target.name] += ROUND
                if (error := fuzz(target, ROUND, number)) is not None:
                    found.add(target.name)
                    print(f"{target.name}: {type(error).__name__}: {error}\n  {getattr(error, '__notes__', '')}")
    print(f"seed {chosen.seed}, {sum(counted.values())} examples: {dict(counted)}; found: {sorted(found) or 'nothing'}")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
