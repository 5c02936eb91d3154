"""Reverse mode, the core: pull a cotangent back from one node, appending adjoint nodes to what is being built.

Every local rule is text of the table, lowered by the language's one lowering. Three things are done here once, and in
no rule: fan-out adds adjoints, broadcasting is undone by summing, and vectors in matrix products become matrices.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from graphgrad.core.display import told
from graphgrad.core.op import Op
from graphgrad.core.ops import OPS
from graphgrad.frontend.lower import inline
from graphgrad.transform.arithmetic import build
from graphgrad.transform.rewrite import Rewriter


class Contribution(NamedTuple):
    """One term of an adjoint sum: what a consumer passes back to one of its operands."""

    consumer: int  # primal node whose cotangent is passed on
    slot: int  # which operand of the consumer receives it
    receiver: int  # primal node that receives it
    partial: int | None  # node of the local partial; None where a full rule applies (matmul, sum, ...)
    node: int  # node of the contribution itself
    total: int  # the receiver's adjoint once this is added: the contribution itself for the first


@told(lambda found: f"of {len(found.total)} nodes, {len(found.contributions)} contributions")
class Adjoints(NamedTuple):
    """All adjoints of a gradient graph, keyed by the primal node (two adjoints may be one node)."""

    output: int  # primal output
    seed: int  # node of the seed cotangent
    contributions: tuple[Contribution, ...]  # in the order backpropagation makes them
    total: Mapping[int, int]  # primal node -> node of its finished adjoint


class Pullback:
    """Pulls `seed`, the cotangent of `output`, back to every node that `active` says matters."""

    def __init__(self, builder: Rewriter, output: int, seed: int, active: Callable[[int], bool]) -> None:
        self.builder, self.active = builder, active
        self.total: dict[int, int] = {output: seed}
        self.contributions: list[Contribution] = []
        self._guards: dict[int, int | None] = {output: None}
        waiting = [-output]
        while waiting:  # largest index first: a node's consumers are all done before it is
            node = -heapq.heappop(waiting)
            for receiver in self._pass_back(node):
                heapq.heappush(waiting, -receiver)

    def _pass_back(self, node: int) -> list[int]:
        """Add a node's contributions to its operands' adjoints; gives the operands that had none before."""
        made = self.builder.nodes[node]
        row, g = OPS.get(made.op), self.total[node]
        if row is None:
            return []
        reached: list[int] = []
        for slot, operand in enumerate(made.operands):
            if not self.active(operand):
                continue
            rule = local_rule(row, slot)
            if rule is None:
                continue
            partial, part = contribution(self.builder, node, slot, g)
            guard = self._guard(node, slot)
            if guard is not None and rule not in {"1", "-1"} and made.op != "where":
                part = self.builder.plain("where", guard, part, self.builder.const(0))
            part = unbroadcast(self.builder, part, operand)
            if operand in self.total:
                self.total[operand] = self.builder.plain("add", self.total[operand], part)
                self._guards[operand] = self._either(self._guards[operand], self._fits(guard, operand))
            else:
                self.total[operand] = part
                self._guards[operand] = self._fits(guard, operand)
                reached.append(operand)
            self.contributions.append(Contribution(node, slot, operand, partial, part, self.total[operand]))
        return reached

    def _guard(self, node: int, slot: int) -> int | None:
        """The condition outside which a contribution is exactly zero: a branch of `where` that was not selected.

        It keeps 0 * inf, which is NaN, from leaving such a branch.
        """
        b, made, guard = self.builder, self.builder.nodes[node], self._guards[node]
        if made.op == "where":
            condition = made.operands[0]
            condition = condition if slot == 1 else b.apply("logical_not", condition)
            return condition if guard is None else b.apply("logical_and", guard, condition)
        return guard if guard is None or OPS[made.op].elementwise or not b.nodes[guard].shape else None

    def _fits(self, guard: int | None, operand: int) -> int | None:
        if guard is None:
            return None
        shape = self.builder.nodes[guard].shape
        return guard if shape in {(), self.builder.nodes[operand].shape} else None

    def _either(self, one: int | None, other: int | None) -> int | None:
        if one is None or other is None or one == other:
            return one if one == other else None
        return self.builder.apply("logical_or", one, other)


def local_rule(row: Op, slot: int) -> str | None:
    """The row's rule for one operand; None where no gradient passes."""
    return (row.d or row.vjp)[0 if row.variadic else slot]


def contribution(b: Rewriter, node: int, slot: int, g: int) -> tuple[int | None, int]:
    """Give the local partial, where there is one, and what a node with cotangent g passes to an operand."""
    made = b.nodes[node]
    row, env, attrs = OPS[made.op], _env(b, node, g), dict(made.attrs) | {"i": slot}
    rule = local_rule(row, slot) or ""
    if row.d:
        partial = build(b, rule, env, attrs)
        if rule == "1":
            return partial, g
        return partial, b.plain("neg", g) if rule == "-1" else b.plain("mul", g, partial)
    if rule == "by definition":
        assert callable(row.define)
        text = row.define(tuple(b.nodes[i].shape for i in made.operands), attrs)
        meaning = inline(b, text or "", row, list(made.operands), dict(made.attrs))
        return None, pull(b, meaning, g, made.operands[slot])
    part = build(b, rule, env, attrs)
    if made.op == "matmul" and slot == 1 and len(b.nodes[made.operands[1]].shape) == 1:
        part = b.apply("squeeze", part, axis=-1)
    return None, part


def unbroadcast(b: Rewriter, part: int, operand: int) -> int:
    """Sum a contribution over the axes along which its receiver was repeated."""
    have, want = b.nodes[part].shape, b.nodes[operand].shape
    if have == want:
        return part
    if len(have) < len(want) or any(h == 1 != w for h, w in zip(have[::-1], want[::-1], strict=False)):
        part = b.apply("broadcast_like", part, operand)
        return part if b.nodes[part].shape == want else unbroadcast(b, part, operand)
    extra = len(have) - len(want)
    if extra:
        part = b.apply("sum", part, axis=tuple(range(extra)) if extra > 1 else 0, keepdims=False)
    repeated = tuple(i for i, (h, w) in enumerate(zip(have[extra:], want, strict=True)) if w == 1 != h)
    if repeated:
        part = b.apply("sum", part, axis=repeated if len(repeated) > 1 else repeated[0], keepdims=True)
    return part


def _env(b: Rewriter, node: int, g: int) -> dict[str, Any]:
    made = b.nodes[node]
    row = OPS[made.op]
    if row.variadic:
        return {row.operands[0]: made.operands, "g": g, "v": node}
    env: dict[str, Any] = {**dict(zip(row.operands, made.operands, strict=True)), "g": g, "v": node}
    if made.op == "matmul":  # a vector on the left is a row, on the right a column
        left, right = (len(b.nodes[i].shape) == 1 for i in made.operands)
        if left:
            env["a"] = b.apply("expand_dims", env["a"], axis=0)
        if right:
            env["b"], env["g"] = (b.apply("expand_dims", env[k], axis=-1) for k in "bg")
        if left:
            env["g"] = b.apply("expand_dims", env["g"], axis=-2)
    return env


def pull(builder: Rewriter, output: int, cotangent: int, wrt: int) -> int:
    """Give the cotangent of one node, pulled back from another; zero where it does not depend on it."""
    known: dict[int, bool] = {wrt: True}

    def active(node: int) -> bool:
        stack = [node]
        while stack:
            top = stack[-1]
            unknown = [i for i in builder.nodes[top].operands if i > wrt and i not in known]
            if top in known or not unknown:
                known.setdefault(top, any(known.get(i, False) for i in builder.nodes[top].operands))
                stack.pop()
            stack += unknown if top not in known else []
        return known[node]

    total = Pullback(builder, output, cotangent, active).total if active(output) else {}
    return total[wrt] if wrt in total else zero(builder, wrt)


def zero(builder: Rewriter, like: int) -> int:
    """Give a zero of a node's shape."""
    nothing = builder.const(0)
    return builder.apply("broadcast_like", nothing, like) if builder.nodes[like].shape else nothing
