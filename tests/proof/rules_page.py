"""The lines of `docs/rules.md`: the verdict on every row and every rewrite rule."""

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


REWRITES = tuple(dict.fromkeys(row.text for row in RULES.values()))


def operation_line(name, proofs):
    """What the page says of an operation with these proofs."""
    if name in NO_SYMBOLS:
        said = "the transpose of index, proved with it" if name == "scatter" else "no gradient passes"
        return f"| {code(OPS[name].notation)} | – | {said} |"
    verdicts = ", ".join(dict.fromkeys(str(p.verdict) for p in proofs))
    return f"| {code(OPS[name].notation)} | {verdicts} | {len(proofs)} |"


def rewrite_line(line, finding):
    """What the page says of a rewrite rule with this finding."""
    return f"| {code(line)} | {finding.verdict} |"


def rules_page(operations, rewrites):
    """The page of these lines."""
    return "\n".join([
        INTRODUCTION, "## Operations\n\n| operation | verdict | patterns |\n|---|---|---|", *operations,
        "\n## Rewrite rules\n\n| rule | verdict |\n|---|---|", *rewrites, "",
    ])  # fmt: skip


def proved():
    """The page as the proofs have it."""
    operations = [operation_line(name, () if name in NO_SYMBOLS else row_proofs(name)) for name in OPS]
    return rules_page(operations, [rewrite_line(line, rewrite_proof(line)) for line in REWRITES])
