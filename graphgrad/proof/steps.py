"""The certificate of a compiled training step: the gradient that it leaves behind, at the step's own size.

As in `certificate`, the text runs on residues. Where the parameters stand in the flat vector is read from the text too.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from math import prod
from typing import Any, NamedTuple

import numpy as np

from graphgrad.core.errors import GraphgradError
from graphgrad.core.graph import Graph
from graphgrad.frontend.parse import parse
from graphgrad.proof.cases import labels, sizes_of, source_of
from graphgrad.proof.certificate import ROWS, applied, bounded, dot, meanings, only, random_residues
from graphgrad.proof.field import PRIMES
from graphgrad.proof.interpret import Failed, Module, docstring
from graphgrad.proof.modules import stated
from graphgrad.proof.report import Report
from graphgrad.proof.residues import Residues
from graphgrad.proof.sweep import sweep
from graphgrad.proof.symbols import SymbolsLost
from graphgrad.proof.verdicts import Finding, Verdict
from graphgrad.transform.jvp import jvp

BIND = "bind"
PLACE = re.compile(
    r"^    (\w+) = theta\[(\d+):(\d+)\]\.reshape\(\(([\d, ]*)\)\)( +# stored as its transpose)?$", re.MULTILINE
)


class Place(NamedTuple):
    """Where a parameter stands in the flat vector."""

    name: str
    part: slice
    shape: tuple[int, ...]
    transposed: bool

    def of(self, flat: Residues) -> Residues:
        """The parameter, as the program has it."""
        found = flat[self.part].reshape(self.shape)
        return found.T if self.transposed else found


def is_step(source: str) -> bool:
    """Whether a module is a training step of arrays, and not a gradient."""
    return f"\ndef {BIND}(" in source


def certify_step(source: str, /, sizes: Mapping[str, int] | None = None) -> Report:
    """Give the verdict on the gradients that a compiled training step takes, all together; not on its update.

    The program is the one that the module's docstring states; `sizes` gives named dimensions, 8 where it does not.
    Raises ParseError where the text is no such module.
    """
    start = time.monotonic()
    program = stated(docstring(source))
    shapes = {n: tuple((sizes or {}).get(d, ROWS) if isinstance(d, str) else d for d in program.nodes[i].shape)
              for n, i in program.inputs.items()}  # fmt: skip
    fixed = parse(source_of(program), shapes)
    places = [Place(name, slice(int(a), int(b)), tuple(int(n) for n in shape.split(",") if n.strip()), bool(turned))
              for name, a, b, shape, turned in PLACE.findall(source)]  # fmt: skip
    forward, problem, bound = jvp(fixed, *(place.name for place in places)), None, 1.0
    for trial, p in enumerate(PRIMES):
        try:
            problem = _problem(Module(source, meanings(p)), places, fixed, forward, trial)
        except (SymbolsLost, GraphgradError) as error:
            problem = Finding(Verdict.UNSUPPORTED, str(error))
        if problem:
            break
        bound *= bounded(forward, p)
    said = f"the gradient modulo {len(PRIMES)} primes; the chance of an error is below {bound:.1e}; not the update"
    seconds = time.monotonic() - start
    finding = (problem or Finding(Verdict.CERTIFIED, said)).with_(seconds=seconds)
    return Report(source_of(program), {place.name: finding for place in places}, seconds, shapes)


def _problem(module: Module, places: list[Place], fixed: Graph, forward: Graph, trial: int) -> Finding | None:
    """What is wrong with the loss or the gradient that a step leaves behind; None if nothing is."""
    p, dice = PRIMES[trial], np.random.default_rng(trial)
    length = max(place.part.stop for place in places)
    theta, direction = (random_residues((length,), p, dice) for _ in range(2))
    data = {n: labels(fixed, i) if fixed.nodes[i].dtype == "int" else random_residues(sizes_of(fixed, i), p, dice)
            for n, i in fixed.inputs.items() if n not in {place.name for place in places}}  # fmt: skip
    inputs = {**data, **{place.name: place.of(theta.copy()) for place in places}}
    dots = {f"{place.name}_dot": place.of(direction) for place in places}
    loss, gradient = _taken(module, theta, data, p, dice)
    if gradient.shape != (length,) or any(prod(place.shape) != place.part.stop - place.part.start for place in places):
        return Finding(Verdict.UNSUPPORTED, f"the gradient has shape {gradient.shape}, not ({length},)")
    values = dict(sweep(forward, {**inputs, **dots}, applied(theta), forward.outputs))
    wanted, tangent = (only(values[name]) for name in forward.outputs)
    if wanted != only(loss):
        return Finding(Verdict.UNKNOWN, "a mismatch over a prime field, of the value")
    same = (dot(gradient, direction) - tangent) % p == 0
    return None if same else Finding(Verdict.UNKNOWN, "a mismatch over a prime field")


def _taken(module: Module, theta: Residues, data: Mapping[str, Any], p: int, dice: Any) -> tuple[Residues, Residues]:
    """The loss and the flat gradient of one step; every other vector and number that it wants is random."""
    sizes = {n: len(v) for n, v in data.items() if np.ndim(v)}
    rows = max(sizes.values(), default=ROWS)
    states = {name: random_residues(theta.shape, p, dice) for name in module.parameters(BIND)[1:] if name.islower()}
    dimensions = {name: rows for name in module.parameters(BIND)[1:] if name not in states}
    try:
        step, gradient = module.call(BIND, theta, **states, **dimensions)
        others = {name: 1 if name == "t" else random_residues((), p, dice) for name in step.parameters}
        loss = step(**{**others, **data})
        return theta.lift(loss), theta.lift(gradient)
    except (SymbolsLost, GraphgradError):
        raise
    except Exception as error:  # noqa: BLE001  (a module may be anything, and raise anything)
        raise Failed(f"the step raises {type(error).__name__}: {error}") from None
