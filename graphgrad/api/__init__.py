"""Floor 7: the public verbs, composed from the rooms. Wherever a graph is wanted, its text will do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphgrad.core.display import register

if TYPE_CHECKING:
    from graphgrad.core.graph import Graph
    from graphgrad.execute.trace import Trace


def _picture(graph: Graph) -> str:
    from graphgrad.api.pictures import show

    return show(graph).svg()


def _last_frame(traced: Trace) -> str:
    from graphgrad.render.backprop.film import film

    return film(traced).frames[-1].svg()


def _numbers(traced: Trace) -> str:
    from graphgrad.core.numerals import number
    from graphgrad.transform.lesson import NOTHING

    slopes = {} if traced.adjoints.seed == NOTHING else traced.grad
    gradient = ", ".join(f"{name}: {number(slope)}" for name, slope in slopes.items())
    return f"value {number(traced.value)}" + f", gradient {{{gradient}}}" * bool(slopes)


register("Graph", "image/svg+xml", _picture)
register("Trace", "image/svg+xml", _last_frame)
register("Trace", "text/plain", _numbers)

ORDER = (  # from the bottom up: what stands here imports from earlier lines alone
    "client files learning models source tables training types",
    "code graphs plots",
    "proofs",
    "pictures",
    "passes",
)
