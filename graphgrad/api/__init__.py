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


register("Graph", "image/svg+xml", _picture)
register("Trace", "image/svg+xml", _last_frame)
register("Trace", "text/plain", lambda traced: f"value {traced.value}, gradient {dict(traced.grad)}")

ORDER = (  # from the bottom up: what stands here imports from earlier lines alone
    "source tables training",
    "code graphs plots proofs",
    "pictures",
    "passes",
)
