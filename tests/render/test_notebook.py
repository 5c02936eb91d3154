"""Notebooks: graphs, traces and films show themselves, within the cell."""

import pytest

CELLS = [
    "import graphgrad as gg\ng = gg.parse('log(x1*x2)*sin(x2)')\ng",
    "gg.trace(g, x1=0.5, x2=0.75)",
    "gg.animate(g, x1=0.5, x2=0.75, proof=False)",
    "gg.show(g)",
    "gg.check(g, x1='sin(x2)/x1', x2='1')",
    "gg.animate_training(gg.fit(gg.mlp(2, 1), [[0, 1]], [1], steps=5, film=True, progress=False)[1])",
]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_notebook_is_executed():
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    *bundles, report, training = [cell.outputs[0].data for cell in notebook.cells]
    for bundle in (*bundles, training):
        assert "max-width:100%" in bundle["image/svg+xml"]
        assert "<svg" in bundle["image/svg+xml"]
    assert bundles[2]["text/html"].startswith("<iframe")
    assert "width:100%" in bundles[2]["text/html"]
    assert "dz/dx1 ≈ 1.363" in bundles[2]["text/plain"]
    for bundle in (bundles[2], training):
        assert bundle["text/html"].startswith("<iframe")
    for verdict in ("✓ PROVED", "✗ REFUTED"):
        assert f"{verdict}</span>" in report["text/html"]
    assert "| `x1` | PROVED |" in report["text/markdown"]
    assert "REFUTED" in report["text/plain"]
