"""`docs/rules.md` states the verdict on every row and every rewrite rule; `--update-golden` writes it anew."""

from pathlib import Path

from proof.proofs import NO_SYMBOLS, rewrite_proof, row_proofs

from graphgrad.core.ops import OPS
from graphgrad.transform.rules import RULES

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"

INTRODUCTION = """\
# Rules and their proofs

Made by `pytest --update-golden`: the verdict on the derivative rule of every operation, at every operand pattern
(broadcasts, ranks of a matrix product, axes), and on every rewrite rule. Each pattern is a program `sum(pattern * G)`
whose gradients are compared, entry by entry in symbols, with those of a second reading of the text; the derivatives of
the elementary functions behind that are held to sympy.
"""


def code(said):
    return f"`{said}`".replace("|", r"\|")


def rules_page():
    rows = []
    for name, row in OPS.items():
        if name in NO_SYMBOLS:
            said = "the transpose of index, proved with it" if name == "scatter" else "no gradient passes"
            rows.append(f"| {code(row.notation)} | – | {said} |")
            continue
        proofs = row_proofs(name)
        verdicts = ", ".join(dict.fromkeys(str(p.verdict) for p in proofs))
        rows.append(f"| {code(row.notation)} | {verdicts} | {len(proofs)} |")
    rewriting = [
        f"| {code(line)} | {rewrite_proof(line).verdict} |"
        for line in dict.fromkeys(row.text for row in RULES.values())
    ]
    return "\n".join([
        INTRODUCTION, "## Operations\n\n| operation | verdict | patterns |\n|---|---|---|", *rows,
        "\n## Rewrite rules\n\n| rule | verdict |\n|---|---|", *rewriting, "",
    ])  # fmt: skip


def test_the_page_is_what_the_proofs_say(request):
    page = rules_page()
    if request.config.getoption("--update-golden"):
        PAGE.write_text(page, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page
