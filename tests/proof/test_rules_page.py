"""`docs/rules.md` has every row and every rewrite rule in order; `--update-golden` proves all and writes it anew.

That a line says what its proof says is asked where it is proved, in `test_rows.py`.
"""

from proof.proofs import NO_SYMBOLS
from proof.rules_page import PAGE, REWRITES, code, operation_line, proved, rules_page

from graphgrad.core.ops import OPS


def test_the_page_has_every_row_in_order(request):
    if request.config.getoption("--update-golden"):
        PAGE.write_text(proved(), encoding="utf-8")
    lines = PAGE.read_text(encoding="utf-8").splitlines()

    def line_of(said):
        (line,) = (line for line in lines if line.startswith(f"| {said} | "))
        return line

    operations = [operation_line(name, ()) if name in NO_SYMBOLS else line_of(code(OPS[name].notation)) for name in OPS]
    assert rules_page(operations, [line_of(code(rule)) for rule in REWRITES]).splitlines() == lines
