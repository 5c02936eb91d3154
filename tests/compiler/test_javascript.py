"""JavaScript bodies, run by node where there is one, against the interpreter."""

import json
import shutil
import subprocess

import pytest

from graphgrad.compiler.javascript import javascript_body
from graphgrad.core.errors import TargetError
from graphgrad.core.ops import OPS
from graphgrad.execute.run import run
from graphgrad.frontend.parse import parse
from graphgrad.transform.grad import grad

NODE = shutil.which("node")
ROWS = [row for row in OPS.values() if row.elementwise and row.d and row.dtype == "float" and not row.boolean]


def evaluate(body, feeds):
    values = f"new Function('x', {json.dumps(body)})({json.dumps(feeds)})"
    program = f"console.log(JSON.stringify({values}.map(Number)))"
    return json.loads(subprocess.run([NODE, "-e", program], check=True, capture_output=True, text=True).stdout)


@pytest.mark.skipif(NODE is None, reason="no node")
def test_every_node_of_every_row_at_once():
    texts, feeds = ["where(a > b, a, b) + (a >= b) / 2"], {"a": 0.25, "b": 2.5, "c": 3.5}
    for row in ROWS:
        if row.precedence == 7:
            point = ["a" if row.name != "acosh" else "b", "b", "c"][: len(row.operands)]
            texts.append(f"{row.name}({', '.join(point)})")
    graph = grad(parse(" + ".join(texts) + " + a ** b / c - -a"), "a", "b", "c")
    values = run(graph, feeds)
    got = evaluate(javascript_body(graph), feeds)
    for i, (have, want) in enumerate(zip(got, values, strict=True)):
        assert have == pytest.approx(float(want), rel=1e-14), (graph.label(i), graph.nodes[i])


@pytest.mark.skipif(NODE is None, reason="no node")
@pytest.mark.parametrize("x", [-6.5, -4.5, -1.0, -1e-9, 0.0, 0.3, 2.0, 5.0, 9.0])
def test_erf(x):
    graph = parse("erf(x)")
    assert evaluate(javascript_body(graph), {"x": x})[-1] == pytest.approx(run(graph, {"x": x})[-1], rel=4e-16, abs=0)


def test_arrays_are_refused():
    with pytest.raises(TargetError, match="arrays"):
        javascript_body(parse("sum(x)", x=3))
