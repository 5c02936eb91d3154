"""One line in which a module states, for programs that read it, what it was made of and where its parameters stand.

The line stands under the docstring, which tells people the same. It is JSON in ASCII, so that no text of a user's can
end it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from graphgrad.compiler.source.primal import primal_program
from graphgrad.core.graph import Graph

MARK, FORMAT = "# graphgrad: ", 1


def manifest(graph: Graph, target: str, dtype: str, step: Mapping[str, Any]) -> str:
    """Give the line; `step` holds what a training step states besides its loss.

    >>> from graphgrad.frontend.parse import parse
    >>> manifest(parse("sum(x)", x=(3,)), "numpy", "float64", {})
    '# graphgrad: {"format": 1, "target": "numpy", "dtype": "float64", "program": "sum(x)", "shapes": {"x": [3]}}'
    """
    stated = {
        "format": FORMAT,
        "target": target,
        "dtype": dtype,
        "program": primal_program(graph),
        "shapes": {name: list(graph.nodes[i].shape) for name, i in graph.inputs.items()},
        **step,
    }
    return MARK + json.dumps(stated)
