"""Formulas in plain text, for those who read them aloud and for those who write programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graphgrad.core.constants import ConstantArray
from graphgrad.core.graph import Graph, Node
from graphgrad.core.op import ADD, ATOM, MUL, NEG
from graphgrad.core.ops import OPS
from graphgrad.frontend import printers
from graphgrad.frontend.notation.indices import Index
from graphgrad.frontend.notation.spelling import BIG, Written
from graphgrad.frontend.printers import Text, is_operator


def _list(entries: Any) -> str:
    """Numbers in brackets, as people write them: whole ones without a point."""
    if isinstance(entries, list):
        return f"[{', '.join(map(_list, entries))}]"
    return str(int(entries)) if isinstance(entries, float) and entries.is_integer() else repr(entries)


class Plain:
    """Plain text: the language of programs, and sums with their indices."""

    first = 0
    reductions: Mapping[str, str] = {"sum": "Σ", "prod": "Π"}
    signs: Mapping[str, str] = {"<": "<", "<=": "≤", "==": "=", "!=": "≠"}

    def name(self, label: str, written: Mapping[str, str]) -> str:  # noqa: ARG002
        return label

    def constant(self, graph: Graph, node: int) -> Written:
        value = graph.nodes[node].value
        if isinstance(value, ConstantArray) and value.array.size <= ConstantArray.SHOWN:
            return Written(_list(value.array.tolist()), ATOM)
        return Written(*printers.leaf(graph, node))

    def apply(self, node: Node, operands: Sequence[Written], arrays: Sequence[bool]) -> Written:
        del arrays  # * is elementwise for whatever it stands between
        row = OPS[node.op]
        if node.op == "neg" and operands[0].text[:1].isdigit() and operands[0].tight == ATOM:
            return Written(f"-{operands[0].text}", NEG)  # what a program has to write as negative(1)
        safe = [
            Text(f"({o.text})", ATOM) if is_operator(row) and o.tight == BIG and row.precedence > ADD else
            Text(o.text, int(o.tight)) for o in operands
        ]  # fmt: skip
        spelled = printers.spell(node, safe)
        return Written(spelled.text, spelled.precedence, any(o.built for o in operands))

    def bare(self, node: Node, symbol: Written) -> Written:
        return self.apply(node, [symbol], [False])

    def indicator(self, condition: Written) -> Written:
        return condition  # a truth value is 1 or 0 in arithmetic

    def product(self, left: Written, right: Written) -> Written:
        return self._infix(left, "@", right)

    def outer(self, left: Written, right: Written) -> Written:
        return self.call("outer", "", [left, right])

    def row(self, a: Written) -> Written:
        return a

    def factor(self, a: Written) -> str:
        return a.text if a.tight > MUL and not a.text.startswith("-") else f"({a.text})"

    def scaled(self, left: Written, right: Written) -> Written:
        if "1" in {left.text, right.text}:
            return right if left.text == "1" else left
        return self._infix(left, "*", right)

    def _infix(self, left: Written, sign: str, right: Written) -> Written:
        first = left.text if left.tight >= MUL else f"({left.text})"
        second = right.text if right.tight > MUL else f"({right.text})"
        return Written(f"{first} {sign} {second}", MUL, left.built or right.built)

    def side(self, a: Written) -> Written:
        return a  # what compares is written ==

    def term(self, a: Written, place: int) -> str:
        return f"({a.text})" if a.tight < ADD or (place and a.text.startswith("-")) else a.text

    def transposed(self, a: Written) -> Written:
        return Written(f"{self._enclosed(a)}.T", ATOM, a.built)

    def reduced(self, op: str, letters: Sequence[str], body: Written) -> Written:
        if op in self.reductions:
            if not letters:
                return body
            inner = body.text if body.tight > BIG else f"({body.text})"
            return Written(f"{self.reductions[op]}{_below(letters)} {inner}", BIG, body.built)
        return Written(f"{op}{_below(letters)}({body.text})", ATOM, body.built)

    def entry(self, a: Written, indices: Sequence[Index], *, lone: bool = True) -> Written:  # noqa: ARG002
        return self.sliced(a, [i.written(0) for i in indices])

    def sliced(self, a: Written, slots: Sequence[str]) -> Written:
        return Written(f"{self._enclosed(a)}[{', '.join(slots)}]", ATOM, a.built)

    def built(self, body: Written, bounds: Sequence[str]) -> Written:
        return Written(f"[{body.text}]_({', '.join(bounds)})", ATOM, built=True)

    def call(self, name: str, below: str, operands: Sequence[Written]) -> Written:
        below = f"_{below}" if below else ""
        return Written(f"{name}{below}({', '.join(o.text for o in operands)})", ATOM, any(o.built for o in operands))

    def cases(self, body: Written, condition: str) -> Written:
        return Written(f"({body.text} if {condition} else 0)", ATOM, body.built)

    def bracket(self, condition: str) -> Written:
        return Written(f"[{condition}]", ATOM)

    def dimension(self, size: int | str) -> str:
        return str(size)

    def relation(self, left: str, sign: str, right: str) -> str:
        return f"{left} {self.signs[sign]} {right}"

    def _enclosed(self, a: Written) -> str:
        return a.text if a.tight == ATOM and not a.text[:1].isdigit() else f"({a.text})"


def _below(letters: Sequence[str]) -> str:
    """The letters that a sum runs over, side by side; those that say how far they run, one by one."""
    if any(" " in letter for letter in letters):
        return f"_({', '.join(letters)})"
    return f"_{''.join(letters)}" if letters else ""


PLAIN = Plain()
