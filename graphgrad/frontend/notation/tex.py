"""Formulas in LaTeX."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from graphgrad.core.graph import Graph, Node
from graphgrad.core.op import ADD, ATOM, COMPARE, MUL, NEG, POW, Op
from graphgrad.core.ops import OPS
from graphgrad.core.quoting import tex
from graphgrad.frontend.notation.indices import Index
from graphgrad.frontend.notation.names import GREEK, number
from graphgrad.frontend.notation.spelling import BIG, LOOSE, Written
from graphgrad.frontend.printers import is_operator, shown_attrs

COMMA = r",\,"  # between indices
ELEMENTWISE = {  # of arrays, lest they are read as powers and exponentials of matrices
    "pow": r"{0}^{{\odot {2}}}",
    "square": r"{0}^{{\odot 2}}",
    "exp": r"\exp\left({1}\right)",
}
CHAINS = {"times": float(MUL), "odot": MUL - 0.1, "matmul": MUL - 0.2}  # how tightly a product of each kind binds
SLOPE = re.compile(r"\\frac\{\\partial (.+)\}\{\\partial (.+)\}")


class Tex:
    """LaTeX, in math mode."""

    first = 1
    reductions: Mapping[str, str] = {"sum": r"\sum", "prod": r"\prod"}
    signs: Mapping[str, str] = {"<=": r"\leq", "==": "=", "!=": r"\neq"}

    def name(self, label: str, written: Mapping[str, str]) -> str:
        return written[label]

    def constant(self, graph: Graph, node: int) -> Written:
        text = number(graph.nodes[node].value)
        return Written(text, NEG if text.startswith("-") else MUL if r"\times" in text else ATOM)

    def apply(self, node: Node, operands: Sequence[Written], arrays: Sequence[bool]) -> Written:
        row, built = OPS[node.op], any(o.built for o in operands)
        if node.op == "mul":
            elementwise = all(arrays)
            kind = "odot" if elementwise else "times"
            return self._multiplied(operands[0], operands[1], r" \odot " if elementwise else r" \, ", kind)
        if arrays[0] and row.name in ELEMENTWISE:
            first = self._enclosed(operands[0], POW + 1)
            return Written(ELEMENTWISE[row.name].format(first, *(o.text for o in operands)), POW, built)
        if "$" not in row.tex:
            return self.call(row.tex, "", [*operands, *map(Written, _attributes(row, node))])
        words = "|".join(sorted(row.operands, key=len, reverse=True))
        given = dict(zip(row.operands, enumerate(operands), strict=True))

        def put(found: re.Match[str]) -> str:
            slot, operand = given[found[1]]
            before, after = row.tex[: found.start()][-1:], row.tex[found.end() :][:1]
            if before in {"{", "|"} or r"\left" in row.tex[: found.start()] or r"\begin" in row.tex:
                return operand.text
            if is_operator(row):
                return self._enclosed(operand, 0.0) if self.binds(row, slot, operand) else self._paren(operand)
            return self._enclosed(operand, POW + 1 if after == "^" else ATOM)

        text = re.sub(rf"\$({words})(?![A-Za-z])", put, row.tex)
        said = _attributes(row, node)
        text += f"_{{{', '.join(said)}}}" if said else ""
        tight: float = row.precedence if is_operator(row) else POW if "^" in row.tex or row.tex[0] == "\\" else ATOM
        tight = {"div": POW, "xlogy": MUL, "where": LOOSE}.get(row.name, ATOM if r"\left" in row.tex else tight)
        if row.name == "neg":
            tight = min(tight, operands[0].tight) if operands[0].tight == BIG else tight
        return Written(text, tight, built)

    def binds(self, row: Op, slot: int, operand: Written) -> bool:
        """Whether an operand of an operator stands without parentheses."""
        if slot == 1 and operand.head == "-" and row.name != "pow":
            return False  # x (-y) is no difference
        if row.name == "pow":
            return operand.tight > POW
        if row.name == "neg":
            return (operand.tight >= POW or operand.tight == BIG) and not operand.head.isdigit()
        if row.precedence == NEG:
            return operand.tight >= POW
        return operand.tight > row.precedence or (operand.tight == row.precedence and slot == 0 and row.dtype != "bool")

    def bare(self, node: Node, symbol: Written) -> Written:
        tex = OPS[node.op].tex
        if "$" in tex or tex.removeprefix("\\") in GREEK or _attributes(OPS[node.op], node):
            return self.apply(node, [symbol], [bool(node.shape)])
        return Written(f"{tex} {symbol.text}", MUL)

    def indicator(self, condition: Written) -> Written:
        return condition if condition.text.startswith(r"\left[") else self.bracket(condition.text)

    def product(self, left: Written, right: Written) -> Written:
        return self._multiplied(left, right, r" \, ", "matmul")

    def outer(self, left: Written, right: Written) -> Written:
        return self.product(left, self.transposed(right))

    def row(self, a: Written) -> Written:
        return self.transposed(a)

    def factor(self, a: Written) -> str:
        return a.text if a.tight > MUL and a.head != "-" else self._paren(a)

    def scaled(self, left: Written, right: Written) -> Written:
        if "1" in {left.text, right.text}:
            return right if left.text == "1" else left
        return self._multiplied(left, right, r" \, ", "times")

    def _multiplied(self, left: Written, right: Written, sign: str, kind: str) -> Written:
        """Products of one kind go on from left to right; those of another kind stand in parentheses."""
        first = left.text if left.tight > MUL or left.tight == CHAINS[kind] else self._paren(left)
        loose = right.tight <= MUL or right.head == "-"
        second = self._paren(right) if loose else right.text
        if kind == "times" and (loose or right.head.isdigit()):  # two numbers are no number, x (y + 1) is no function
            sign = r" \cdot "
        return Written(first + sign + second, CHAINS[kind], left.built or right.built)

    def side(self, a: Written) -> Written:
        return a._replace(text=self._paren(a), tight=ATOM) if COMPARE <= a.tight < ADD else a

    def term(self, a: Written, place: int) -> str:
        return a.text if self.binds(OPS["add"], min(place, 1), a) else self._paren(a)

    def transposed(self, a: Written) -> Written:
        return Written(rf"{self._enclosed(a, POW + 1)}^{{\top}}", POW, a.built)

    def reduced(self, op: str, letters: Sequence[str], body: Written) -> Written:
        below = f"_{{{','.join(letters)}}}" if letters else ""
        if op in self.reductions:
            inner = body.text if body.tight > BIG or not letters else self._paren(body)
            return Written(f"{self.reductions[op]}{below} {inner}", BIG, body.built) if letters else body
        if op == "norm":
            return Written(rf"\left\|{body.text}\right\|{below}", ATOM, body.built)
        return Written(rf"{OPS[op].tex}{below}\left({body.text}\right)", ATOM, body.built)

    def entry(self, a: Written, indices: Sequence[Index], *, lone: bool = True) -> Written:
        if slope := SLOPE.fullmatch(a.text):
            inner = self.entry(Written(slope[2]), indices, lone=lone)
            return Written(rf"\frac{{\partial {slope[1]}}}{{\partial {inner.text}}}", POW, a.built)
        base = a.text if lone and a.tight == ATOM and "_" not in a.text else self._paren(a)
        base = f"{{{base}}}" if base.startswith(r"\begin") else base  # the typesetter's wish
        return Written(f"{base}_{{{self.subscript(indices)}}}", ATOM, a.built)

    def subscript(self, indices: Sequence[Index]) -> str:
        """Indices below a symbol: letters side by side, others with commas."""
        return ("" if all(i.plain for i in indices) else COMMA).join(i.written(1) for i in indices)

    def sliced(self, a: Written, slots: Sequence[str]) -> Written:
        base = a.text if a.tight == ATOM and "_" not in a.text else self._paren(a)
        base = f"{{{base}}}" if base.startswith(r"\begin") else base
        return Written(rf"{base}_{{{COMMA.join(slots)}}}", ATOM, a.built)

    def built(self, body: Written, bounds: Sequence[str]) -> Written:
        return Written(rf"\left[{body.text}\right]_{{{COMMA.join(bounds)}}}", ATOM, built=True)

    def call(self, name: str, below: str, operands: Sequence[Written]) -> Written:
        function = name if name.startswith("\\") else rf"\operatorname{{{name}}}"
        below = f"_{{{below}}}" if below else ""
        inner = ", ".join(o.text for o in operands)
        return Written(rf"{function}{below}\left({inner}\right)", ATOM, any(o.built for o in operands))

    def cases(self, body: Written, condition: str) -> Written:
        return Written(rf"\begin{{cases}} {body.text} & {condition} \\ 0 & \mathrm{{otherwise}}\end{{cases}}", LOOSE,
                       body.built)  # fmt: skip

    def bracket(self, condition: str) -> Written:
        return Written(rf"\left[{condition}\right]", ATOM)

    def dimension(self, size: int | str) -> str:
        return str(size) if isinstance(size, int) else rf"\mathit{{{tex(size)}}}"

    def relation(self, left: str, sign: str, right: str) -> str:
        return f"{left} {self.signs[sign]} {right}"

    def _enclosed(self, a: Written, least: float) -> str:
        return a.text if a.tight >= least else self._paren(a)

    def _paren(self, a: Written) -> str:
        return rf"\left({a.text}\right)"


def _attributes(row: Op, node: Node) -> list[str]:
    shown = {k.replace("_", " "): v for k, v in shown_attrs(row, node).items() if k not in {"keepdims", "axis", "key"}}
    return [rf"\mathrm{{{k}}}={v}" for k, v in shown.items()]


TEX = Tex()
