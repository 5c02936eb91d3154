"""The table of passes, and what is run in which order.

Stable forms come before algebra, which would turn `2 * (1 / (1 + exp(-x)))` into what no stable form knows; whatever
one pass makes possible for another is done in the next round.
"""

from __future__ import annotations

from graphgrad.compiler.passes.by_rules import by_rules, folding
from graphgrad.compiler.passes.cleanup import dead_code, sharing
from graphgrad.compiler.passes.passed import Pass
from graphgrad.compiler.passes.rules import LOOPED, MATRICES, STRENGTH, WRITTEN_OUT
from graphgrad.compiler.passes.written_out import write_out
from graphgrad.transform.rewrite import EXACT
from graphgrad.transform.rules import RULES
from graphgrad.transform.stable import SATURATED, STABLE

PASSES = {
    row.name: row
    for row in (
        folding("constant folding", EXACT),
        by_rules("stable forms", STABLE),
        by_rules("saturated forms", SATURATED),
        by_rules("algebra", RULES),
        by_rules("matrices", MATRICES),
        by_rules("strength reduction", STRENGTH),
        sharing,
        dead_code,
        write_out("write out", WRITTEN_OUT),
        write_out("write out for loops", WRITTEN_OUT | LOOPED),
    )
}


def _rows(*names: str) -> tuple[Pass, ...]:
    return tuple(PASSES[name] for name in names)


AS_WRITTEN = _rows("constant folding", "algebra", "matrices", "strength reduction", sharing.name, dead_code.name)
SIMPLER = (*_rows("constant folding", "stable forms"), *AS_WRITTEN[1:])
STABLER = (*_rows("constant folding", "stable forms", "saturated forms"), *AS_WRITTEN[1:])  # of programs, not of steps
TIDIER = _rows("constant folding", "algebra", "matrices", sharing.name, dead_code.name)
STEPWISE, LOOPWISE = (*_rows("write out"), *TIDIER), (*_rows("write out for loops"), *TIDIER)
