"""A module that raises an error where its program has a value: a counterexample, whose witness is the error."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from graphgrad.core.graph import Graph
from graphgrad.execute.kernels import kernel
from graphgrad.proof.cases import labels, sizes_of
from graphgrad.proof.interpret import Failed
from graphgrad.proof.sweep import sweep
from graphgrad.proof.symbols import SymbolsLost
from graphgrad.proof.verdicts import Finding, Verdict, Witness

NUMBERS = (0.5, 2.0, -0.5)  # that stand everywhere in the inputs, until the program has a value


def raised(fixed: Graph, run: Callable[[Mapping[str, Any]], Any], error: SymbolsLost) -> Finding:
    """REFUTED where code raises an error on floats, too, and the program has a value there; else what was not read."""
    for number in NUMBERS if isinstance(error, Failed) else ():
        inputs = {name: labels(fixed, i) if fixed.nodes[i].dtype == "int" else np.full(sizes_of(fixed, i), number)[()]
                  for name, i in fixed.inputs.items()}  # fmt: skip
        with np.errstate(all="ignore"):
            ((_, true),) = sweep(fixed, dict(inputs), _applied, fixed.outputs)
        if not np.isfinite(true):
            continue
        try:
            run(inputs)
        except Failed as failed:
            point = {name: _shown(a, number) for name, a in inputs.items()}
            witness = Witness(point, (), str(failed), repr(float(true)))
            return Finding(Verdict.REFUTED, "an error where the program has a value", witness)
        break
    return Finding(Verdict.UNSUPPORTED, str(error))


def _shown(a: Any, number: float) -> str:
    """An input, as it is made again."""
    if np.asarray(a).dtype.kind == "i":
        return str(np.asarray(a).tolist())
    return f"{number} everywhere" if np.ndim(a) else str(number)


def _applied(node: Any, operands: Sequence[Any]) -> Any:
    return float(node.value) if node.op == "const" else kernel(node, "numpy")(*operands)
