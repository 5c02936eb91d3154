"""The traced graph as JavaScript, by the table's column, so that a page computes what Python computed."""

from __future__ import annotations

import json
import re
from typing import Any

from graphgrad.core.graph import Node
from graphgrad.core.ops import OPS
from graphgrad.execute.trace import Trace

ERF = """const erf = x => {
  const a = Math.abs(x), small = a < 2.5;
  let term = small ? a : 0, sum = term;
  for (let n = 1; small && n < 80; n++) { term *= -a * a / n; sum += term / (2 * n + 1); }
  if (small) return Math.sign(x) * 2 * sum / Math.sqrt(Math.PI);
  let tail = a;
  for (let n = 60; n > 0; n--) tail = a + n / 2 / tail;
  return Math.sign(x) * (1 - Math.exp(-a * a) / tail / Math.sqrt(Math.PI));
};"""


def program(trace: Trace) -> str:
    """A JavaScript function from the inputs' values to all values of the gradient graph; `null` where arrays are in it.

    >>> from graphgrad.execute.trace import trace
    >>> from graphgrad.frontend.parse import parse
    >>> print(program(trace(parse("x * sin(x)"), x=1.0)))  # doctest: +ELLIPSIS
    x => {
    const v = [];
    v[0] = x["x"];
    v[1] = Math.sin(v[0]);
    ...
    """
    lines = [_line(i, node) for i, node in enumerate(trace.gradient.nodes)]
    if not all(lines):
        return "null"
    body = "\n".join(str(line) for line in lines)
    function = f"x => {{\nconst v = [];\n{body}\nreturn v;\n}}"
    return f"(() => {{\n{ERF}\nreturn {function};\n}})()" if "erf(" in body else function


def _line(i: int, node: Node) -> str | None:
    if node.shape:
        return None
    if node.op == "input":
        return f"v[{i}] = x[{json.dumps(node.value)}];"
    if node.op == "const":
        return f"v[{i}] = {_constant(node.value)};"
    row = OPS[node.op]
    if not row.js or row.variadic:
        return None
    names: dict[str, str] = {a: f"v[{o}]" for a, o in zip(row.operands, node.operands, strict=True)}
    names |= {k: _constant(v) for k, v in node.attrs}
    words = "|".join(sorted(names, key=len, reverse=True))
    expression = re.sub(rf"(?<![.\w])({words})(?!\w)", lambda m: names[m[1]], row.js)
    return f"v[{i}] = {expression};"


def _constant(value: Any) -> str:
    number = repr(float(value))
    return {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}.get(number, number)
