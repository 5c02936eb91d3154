"""Provenance of a gradient graph, kept beside it: which node passed what on to whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Contribution(NamedTuple):
    """One term of an adjoint sum: what a consumer passes back to one of its operands."""

    consumer: int  # primal node whose cotangent is passed on
    slot: int  # which operand of the consumer receives it
    receiver: int  # primal node that receives it
    partial: int | None  # node of the local partial; None where a full rule applies (matmul, sum, ...)
    node: int  # node of the contribution itself
    total: int  # the receiver's adjoint once this is added: the contribution itself for the first


class Adjoints(NamedTuple):
    """All adjoints of a gradient graph, keyed by the primal node (two adjoints may be one node)."""

    output: int  # primal output
    seed: int  # node of the seed cotangent
    contributions: tuple[Contribution, ...]  # in the order backpropagation makes them
    total: Mapping[int, int]  # primal node -> node of its finished adjoint
