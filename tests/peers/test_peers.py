"""README's table beside other libraries: every cell has a check that the installed version passes.

A column whose package is absent is skipped by name; `pip install ".[peers]"` brings them all.
"""

import importlib.util
from pathlib import Path

import pytest
from peers import graphgrad_, jax_, micrograd_, pytensor_, sympy_, torch_

ROOT = Path(__file__).parents[2]
COLUMNS = {  # column of the table: what has to be installed, and the checks
    "graphgrad": ("graphgrad", graphgrad_.CHECKS),
    "micrograd": ("micrograd", micrograd_.CHECKS),
    "torchviz": ("torchviz", torch_.TORCHVIZ),
    "TorchLens": ("torchlens", torch_.TORCHLENS),
    "sympy": ("sympy", sympy_.CHECKS),
    "PyTensor": ("pytensor", pytensor_.CHECKS),
    "JAX": ("jax", jax_.CHECKS),
}


def table():
    """README's table: by row and column."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = readme[readme.index("| | graphgrad") :].partition("\n\n")[0].splitlines()
    head, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return {(row[0], peer): cell for row in rows for peer, cell in zip(head[1:], row[1:], strict=True)}


def test_every_cell_has_a_check():
    assert set(table()) == {(row, peer) for peer, (_, checks) in COLUMNS.items() for row in checks}
    assert all(table().values()), "a cell says nothing"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # theirs
@pytest.mark.parametrize(("row", "peer"), table())
def test_a_cell_is_true(row, peer, tmp_path):
    package, checks = COLUMNS[peer]
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    assert checks[row](tmp_path), f"{peer}, {row}: {table()[row, peer]}?"
