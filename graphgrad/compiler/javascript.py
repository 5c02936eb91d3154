"""Scalars in JavaScript, for players in a browser: one function body that computes every node of a graph."""

from __future__ import annotations

from graphgrad.compiler.spell import ATOM, Spelled, spell, template
from graphgrad.core.errors import TargetError
from graphgrad.core.graph import Graph

ERF = """\
function erf(x) { // W. J. Cody, Math. Comp. 23 (1969): rational approximations, exact to about 1e-16
  const y = Math.abs(x);
  const quotient = (p, q, t) => p.reduce((s, c) => s * t + c) / q.reduce((s, c) => s * t + c);
  if (y <= 0.46875) return x * quotient(
    [1.85777706184603153e-1, 3.1611237438705656, 1.1386415415105016e2, 3.774852376853020208e2, 3.2093775891384694e3],
    [1, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3], y * y);
  let tail;
  if (y <= 4) tail = quotient(
    [2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1,
     2.98635138197400131e2, 8.8195222124176909e2, 1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3],
    [1, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
     3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3], y);
  else {
    const t = 1 / (y * y);
    tail = (0.564189583547756287 - t * quotient(
      [1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
       1.60837851487422766e-2, 6.58749161529837803e-4],
      [1, 2.56852019228982242, 1.87295284992346047, 5.27905102951428412e-1, 6.05183413124413191e-2,
       2.33520497626869185e-3], t)) / y;
  }
  return Math.sign(x) * (1 - Math.exp(-y * y) * tail);
}
"""


def javascript_body(graph: Graph, /) -> str:
    """Give the body of a JavaScript function of an object `x`, the inputs by name, that returns all nodes' values.

    The result is an array indexed by node id; `new Function("x", body)` makes the function. Conditions are true and
    false. Raises TargetError for a program of arrays, or for an operation without a spelling.

    >>> from graphgrad.frontend.parse import parse
    >>> print(javascript_body(parse("x * sin(x)")))
    const v = new Array(3);
    v[0] = x["x"];
    v[1] = Math.sin(v[0]);
    v[2] = v[0] * v[1];
    return v;
    """
    if any(node.shape for node in graph.nodes):
        raise TargetError("the target 'javascript' computes with numbers, and this program has arrays")
    lines, erf = [f"const v = new Array({len(graph)});"], ""
    for i, node in enumerate(graph.nodes):
        if node.op == "input":
            text = f'x["{node.value}"]'
        elif node.op == "const":
            text = repr(float(node.value))
        else:
            form = template(node.op, node.attrs, "js")
            text = spell(form, node.op, [Spelled(f"v[{o}]", ATOM) for o in node.operands]).text
            erf = ERF if "erf" in form.calls else erf
        lines.append(f"v[{i}] = {text};")
    return erf + "\n".join([*lines, "return v;"])
