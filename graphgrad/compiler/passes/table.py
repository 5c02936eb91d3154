"""The table of passes, and what is run in which order.

Stable forms come before algebra, which would turn `2 * (1 / (1 + exp(-x)))` into what no stable form knows; whatever
one pass makes possible for another is done in the next round.
"""

from __future__ import annotations

from graphgrad.compiler.passes.by_rules import by_rules, folding
from graphgrad.compiler.passes.cleanup import dead_code, sharing
from graphgrad.compiler.passes.passed import Pass
from graphgrad.compiler.passes.written_out import write_out
from graphgrad.core.lookup import Table
from graphgrad.transform.rewrite import EXACT

PASSES = Table(
    "pass",
    (
        folding("constant folding", EXACT),
        by_rules("stable forms"),
        by_rules("saturated forms"),
        by_rules("algebra"),
        by_rules("matrices"),
        by_rules("strength reduction"),
        sharing,
        dead_code,
        write_out("write out"),
        write_out("write out for loops", "write out"),
    ),
)


def _rows(*names: str) -> tuple[Pass, ...]:
    return tuple(PASSES[name] for name in names)


AS_WRITTEN = _rows("constant folding", "algebra", "matrices", "strength reduction", sharing.name, dead_code.name)
SIMPLER = (*_rows("constant folding", "stable forms"), *AS_WRITTEN[1:])
STABLER = (*_rows("constant folding", "stable forms", "saturated forms"), *AS_WRITTEN[1:])  # of programs, not of steps
TIDIER = _rows("constant folding", "algebra", "matrices", sharing.name, dead_code.name)
STEPWISE, LOOPWISE = (*_rows("write out"), *TIDIER), (*_rows("write out for loops"), *TIDIER)
