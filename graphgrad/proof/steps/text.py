"""A training step over arrays, at fixed sizes: program, update, and where the parameters stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from graphgrad.core.errors import ParseError
from graphgrad.core.graph import Graph
from graphgrad.frontend.parse import parse
from graphgrad.proof.judge.cases import source_of
from graphgrad.proof.modules.certificate import ROWS
from graphgrad.proof.modules.interpreter import Module, attempted
from graphgrad.proof.modules.manifest import Manifest, ParameterPlace, stated
from graphgrad.proof.modules.printed import check_frame
from graphgrad.proof.scalars.symbols import SymbolsLost
from graphgrad.proof.steps.update import StatedUpdate, stated_update

BIND = "bind"
CALLS = 2  # of a step: what one leaves behind in its arrays must not spoil the next


@dataclass(frozen=True)
class Stepped:
    """What a step's text says of itself, at fixed sizes."""

    source: str
    manifest: Manifest
    fixed: Graph
    update: StatedUpdate
    places: tuple[ParameterPlace, ...]

    @property
    def length(self) -> int:
        """How many numbers the parameters are."""
        return sum(prod(place.shape) for place in self.places)

    @property
    def data(self) -> dict[str, int]:
        """The inputs that are no parameters, and their nodes."""
        known = {place.name for place in self.places}
        return {name: i for name, i in self.fixed.inputs.items() if name not in known}

    def bound(self, module: Module, theta: Any, states: Sequence[Any]) -> tuple[Any, Any]:
        """The step on vectors of the caller's making, and the gradient that it leaves behind."""
        named = [self.fixed.nodes[i].shape[0] for i in self.data.values() if self.fixed.nodes[i].shape]
        rows = [max(named, default=ROWS)] * (len(module.parameters(BIND)) - 1 - len(states))

        def run() -> tuple[Any, Any]:
            step, gradient = module.call(BIND, theta, *states, *rows)
            return step, gradient

        return attempted("the step", run)

    def called(self, step: Any, data: Mapping[str, Any], t: Any, rates: Mapping[str, Any]) -> Any:
        """The loss that a step gives; Failed where it raises an error.

        Rates go by their names, which a step may have to change.
        """

        def run() -> Any:
            number, *others = [name for name in step.parameters if name not in data]
            if strange := [name for name in others if name.rstrip("_") not in rates]:
                raise SymbolsLost(f"the step takes '{strange[0]}', which its update does not state")
            return step(**data, **{number: t}, **{name: rates[name.rstrip("_")] for name in others})

        return attempted("the step", run)


def read_step(source: str, sizes: Mapping[str, int]) -> Stepped:
    """Read what a step's text says of itself; ParseError where it is no such module, or of forms that none has."""
    manifest = stated(source)
    check_frame(Module(source, {}).tree, manifest)
    program, update = manifest.graph(), stated_update(manifest.update)
    shapes = {n: tuple(sizes.get(d, ROWS) if isinstance(d, str) else d for d in program.nodes[i].shape)
              for n, i in program.inputs.items()}  # fmt: skip
    return Stepped(source, manifest, parse(source_of(program), shapes), update, placed(manifest, shapes))


def placed(manifest: Manifest, shapes: Mapping[str, tuple[int, ...]]) -> tuple[ParameterPlace, ...]:
    """Where parameters of these shapes stand in the vector, end to end; ParseError where they do not."""
    at = 0
    for place in manifest.places:
        if place.start != at or shapes.get(place.name) != place.shape:
            raise ParseError(f"the parameter '{place.name}' has no place of its own in the vector")
        at = place.part.stop
    if not at or len({place.name for place in manifest.places}) < len(manifest.places):
        raise ParseError("no parameter stands in the vector of the step, or one stands there twice")
    return manifest.places
