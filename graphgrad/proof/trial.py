"""A training step run in floats, on top of its certificate: how many digits its gradient and its update keep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from graphgrad.frontend.parse import parse
from graphgrad.proof.allowed import in_floats
from graphgrad.proof.interpret import Module
from graphgrad.proof.rounding import HELD, centred, drawn, kinds_of, long, shared
from graphgrad.proof.stepped import CALLS, Place, Stepped
from graphgrad.proof.sweep import sweep
from graphgrad.transform.grad import derivative_name, reverse

Array = np.ndarray[Any, Any]
RATE = 0.5


def step_digits(step: Stepped) -> dict[str, dict[str, int]]:
    """The fewest digits that a step keeps of each parameter's gradient and of its change, by the type it is run in.

    Nothing where the gradient has no value at the numbers that are drawn.
    """
    kinds = kinds_of(step.source)
    inputs = drawn(step.fixed, centred, kinds[-1])
    true = _true(step, dict(inputs))
    if not all(np.isfinite(gradient).all() for gradient in true.values()):
        return {}
    found: dict[str, dict[str, int]] = {}
    for kind in kinds:
        start = np.concatenate([_stored(place, inputs[place.name]).ravel() for place in step.places]).astype(kind)
        theta, states = start.copy(), [np.zeros_like(start) for _ in step.update.slots]
        call, gradient = step.bound(Module(step.source, in_floats(kind)), theta, states)
        for _ in range(CALLS):
            theta[...] = start
            for state in states:
                state[...] = 0
            data = {name: inputs[name] for name in step.data}
            step.called(call, data, 1, dict.fromkeys(step.update.rates, RATE))
        found[kind] = {}
        for place in step.places:
            part, wanted = place.part, _stored(place, true[place.name]).ravel()
            moved = _moved(step, start[part], gradient[part])
            kept = (shared(gradient[part], wanted, HELD[kind]), shared(theta[part] - start[part], moved, HELD[kind]))
            found[kind][place.name] = min(kept)
    return found


def _stored(place: Place, value: Any) -> Array:
    """A parameter as it stands in the vector."""
    return np.asarray(value).T if place.transposed else np.asarray(value)


def _true(step: Stepped, inputs: dict[str, Any]) -> Mapping[str, Any]:
    names = tuple(place.name for place in step.places)
    derived, _ = reverse(step.fixed, names)
    output = next(iter(step.fixed.outputs))
    return dict(sweep(derived, inputs, long, {n: derived.outputs[derivative_name(output, n)] for n in names}))


def _moved(step: Stepped, old: Array, gradient: Array) -> Array:
    """By how much the stated update moves numbers in its first step, from no state."""
    graph = parse(f"{step.update.text}\np * 1", dict.fromkeys((*step.update.vectors, "g"), old.size))
    zeros = dict.fromkeys(step.update.slots, np.zeros(old.size))
    given = {"p": old, "g": gradient, "t": 1.0, **dict.fromkeys(step.update.rates, RATE), **zeros}
    ((_, new),) = sweep(graph, {name: given[name] for name in graph.inputs}, long, graph.outputs)
    return np.asarray(new - old)
