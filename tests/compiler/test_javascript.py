"""JavaScript, run by node where there is one or else by a browser, against the interpreter."""

import json
import math
import shutil
import subprocess

import pytest

from graphgrad.compiler.backends.javascript import javascript_body
from graphgrad.compiler.compile import compile  # noqa: A004
from graphgrad.core.errors import TargetError
from graphgrad.core.ops import OPS
from graphgrad.execute.run import run
from graphgrad.frontend.parse import parse
from graphgrad.transform.grad import grad
from graphgrad.transform.hessian import hessian

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
            first = {"a >= 1": "b", "a < 0": "-a"}.get(row.domain, "a")
            point = [first, "b", "c"][: len(row.operands)]
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


def in_javascript(module, call, folder, request):
    """What a call of a module gives: the module imported by node, or by a page in a browser."""
    (folder / "t.mjs").write_text(module, encoding="utf-8")
    program = f"import * as t from './t.mjs'; console.log(JSON.stringify({call}));"
    (folder / "call.mjs").write_text(program, encoding="utf-8")
    if NODE is not None:
        done = subprocess.run([NODE, "call.mjs"], cwd=folder, check=True, capture_output=True, text=True)
        return json.loads(done.stdout)
    page = request.getfixturevalue("browser").new_page()
    page.set_content(f"<script type='module'>\n{module}\nwindow.t = {{ {call[2:].partition('(')[0]} }};</script>")
    return json.loads(page.evaluate(f"JSON.stringify({call})"))


MODULES = {  # programs, and names that JavaScript keeps for itself
    "log(x1*x2)*sin(x2)": {"x1": 0.5, "x2": 0.75},
    "erf(new) + gelu(delete) - -2*pi + e**new": {"new": 0.5, "delete": -0.75},
    "relu(a) * 2 + where(a > inputs, a, inputs ** 3)": {"a": 0.5, "inputs": -2.0},
    "Math + value * (value > Math)": {"Math": 1.5, "value": 2.0},
    "1 / (1 + exp(-x)) + x * 0": {"x": 0.25},
}


@pytest.mark.parametrize("text", MODULES)
@pytest.mark.parametrize("returns", ["names", "tuple"])
def test_a_module_gives_what_python_gives(text, returns, tmp_path, request):
    graph, feeds = grad(parse(text)), MODULES[text]
    module = compile(graph, target="javascript", returns=returns).source
    found = in_javascript(module, f"t.value_and_grad({json.dumps(feeds)})", tmp_path, request)
    wanted = compile(graph, target="python", returns=returns)(**feeds)
    if returns == "names":
        assert (found[0], found[1]) == (pytest.approx(wanted[0], rel=1e-14), pytest.approx(wanted[1], rel=1e-14))
    else:
        assert found == pytest.approx(list(wanted), rel=1e-14)


def test_a_module_of_a_value_and_one_of_several(tmp_path, request):
    one = compile(parse("x * sin(x)"), target="javascript").source
    assert in_javascript(one, "t.value({ x: 2 })", tmp_path, request) == pytest.approx(2 * math.sin(2))
    many = compile(hessian(parse("x ** 3 * y")), target="javascript").source
    found = in_javascript(many, "t.values({ x: 2, y: 5 })", tmp_path, request)
    assert found == pytest.approx(compile(hessian(parse("x ** 3 * y")))(x=2.0, y=5.0))


def test_a_module_reads_well():
    assert compile(grad(parse("x * sin(x)")), target="javascript").source.partition("*/")[2] == (
        """

export function value_and_grad(inputs) {
  const { x } = inputs;
  const v1 = Math.sin(x); // sin(a)
  const z = x * v1; // a * b
  const v2 = Math.cos(x); // cos(a)
  const v3 = x * v2; // a * b
  const dz_dx = v1 + v3; // adjoint of x: from z (∂(a * b)/∂a = b), v1 (∂(sin(a))/∂a = cos(a))
  return [z, { x: dz_dx }];
}
"""
    )
