"""`docs/operations.md` is the table, made readable; `--update-golden` writes it anew."""

import re
from pathlib import Path

import pytest

from graphgrad.core.op import ATOM
from graphgrad.core.ops import OPS
from graphgrad.frontend.latex import latex
from graphgrad.frontend.parse import parse
from graphgrad.transform.cost import cost

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "operations.md"

INTRODUCTION = """\
# Operations

Made from the table in `core/ops.py` by `pytest --update-golden`: all that graphgrad knows about an operation stands in
one row there. In rules, $v$ is the operation's own result and $g$ its cotangent; a dash means that no gradient passes.
The verdict on each rule is [proved by the tests](rules.md), at every operand pattern. For elementwise operations the
table says how many arithmetic operations the gradient takes for one of the forward pass, simplified, with the sums of
adjoints: at most four for + - * /, and so for every program of them and of @. `gg.cost` counts any program's. At
kinks a convention holds; where an operation is steep its slope is infinite, and refused.
"""

SECTIONS = {  # title: introduction, and the rules that a row of the section has
    "Elementwise": (
        """\
Operands broadcast as NumPy's do. The rule gives the local partial for each operand; broadcasting back is done once, for
all of them.""",
        lambda row: row.d,
    ),
    "With a rule of their own": (
        "The rule gives the whole contribution to each operand's adjoint.",
        lambda row: row.vjp,
    ),
    "By definition": (
        "Programs in the language itself: graph, gradient and proof follow from the definition.",
        lambda row: (row.define,) if row.composite else (),
    ),
}


def code(text):
    """A table cell with code, or a dash. A definition that depends on shapes is told by its docstring."""
    said = text.__doc__.splitlines()[0] if callable(text) else f"`{text}`" if text else "–"
    return said.replace("|", r"\|")


def price(row):
    """What a row's gradient costs inside a program, in operations: any cotangent, and adjoints that are summed."""
    if not row.d or not any(row.d):
        return "–"
    call = row.notation if row.precedence < ATOM else f"{row.name}({', '.join(row.operands)})"
    moved = [name for name, rule in zip(row.operands, row.d, strict=True) if rule]
    program = " + ".join([f"({call}) * cotangent", *(f"{name} * other_{name}" for name in moved)])
    return str(cost(parse(program), *moved).gradient)


def formula(rule):
    """A local partial, typeset."""
    graph = parse(rule.replace("order + 1", "1"))
    return f"${latex(graph, graph.output)}$"


def verdicts():
    """What the tests of the proofs wrote of each operation: docs/rules.md, by notation."""
    found = re.findall(r"^\| (`.*?`) \| (\w+|–) \|", (DOCS / "rules.md").read_text(encoding="utf-8"), re.MULTILINE)
    return dict(reversed(found))


def described(row, rules, verdict):
    names = f", also {', '.join(map(code, row.aliases))}" if row.aliases else ""
    stated = {"domain": row.domain, "kinks": row.kinks, "steep": row.steep}
    remarks = "; ".join(f"{column} {code(text)}" for column, text in stated.items() if text)
    typeset = [", ".join(formula(rule) if rule else "–" for rule in rules), price(row)] if row.d else []
    cells = [f"{code(row.notation)}{names}", ", ".join(map(code, rules)), *typeset, remarks, verdict]
    return f"| {' | '.join(cells)} |"


def operations_page():
    parts, proved = [INTRODUCTION], verdicts()
    for title, (introduction, rules) in SECTIONS.items():
        rows = [described(row, rules(row), proved.get(code(row.notation), "–")) for row in OPS.values() if rules(row)]
        typeset = ["as formulas", "cost"] if title == "Elementwise" else []
        heads = ["operation", "rule", *typeset, "domain, and zeros of what are kinks or steep", "verdict"]
        head = f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|"
        parts.append("\n".join([f"## {title}\n\n{introduction}\n\n{head}", *rows, ""]))
    return "\n".join(parts)


def test_the_page_is_the_table(request):
    page = operations_page()
    if request.config.getoption("--update-golden"):
        PAGE.write_text(page, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page


@pytest.mark.parametrize("row", OPS.values(), ids=list(OPS))
def test_every_row_is_in_one_section(row):
    assert sum(bool(rules(row)) for _, rules in SECTIONS.values()) == 1
