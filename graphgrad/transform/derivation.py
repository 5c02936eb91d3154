"""What a derivation by hand is: its lines, what they come to, and how its derivatives are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from graphgrad.core.display import short, told
from graphgrad.core.lookup import Table
from graphgrad.frontend.notation.counting import COUNTED, PROGRAMMED
from graphgrad.frontend.notation.names import MACRON

LONGEST = 160  # characters of a gradient written out in full
TOO_LONG = "too long to write out: put the lines above into the first"
TOO_LONG_TEX = rf"\text{{{TOO_LONG}}}"


class Notation(NamedTuple):
    """How the derivative of one name with respect to another is written.

    A notation that names what is differentiated nowhere has names for derivatives of the output alone: its derivations
    go back from there.
    """

    name: str
    derivative: Callable[[str, str], str]
    aliases: tuple[str, ...] = ()
    backward: bool = False


NOTATIONS: Table[Notation] = Table("notation", [
    Notation("d", "d{}/d{}".format, ("leibniz",)),
    Notation("partial", "∂{}/∂{}".format, ("∂",)),
    Notation("bar", lambda _, below: f"{below[0]}{MACRON}{below[1:]}", ("adjoint",), backward=True),
])  # fmt: skip


@told(lambda line: " = ".join(line.text))
class Line(NamedTuple):
    """One line of a derivation: its sides, to be joined by equals signs, as text and as LaTeX."""

    text: tuple[str, ...]
    latex: tuple[str, ...]

    def equals(self, side: str, formula: str) -> Line:
        """The line with one more side, unless that is said already."""
        return self if side in self.text else Line((*self.text, side), (*self.latex, formula))

    def after(self, side: str, formula: str) -> Line:
        """The line with a side before all others, unless that is said already."""
        if side in self.text:
            return self
        return Line((self.text[0], side, *self.text[1:]), (self.latex[0], formula, *self.latex[1:]))


class Derivation(NamedTuple):
    """A derivation: the program it differentiates, the numbered lines for every input, and what they come to.

    Inputs that are derived in parallel have their lines together, under all of their names. A result that is too long
    to be read has no sides but the derivative's name. Where lines tell places in arrays by number, `counted`, the last
    says how.
    """

    steps: tuple[Line, ...]
    lines: Mapping[str, tuple[Line, ...]]
    result: Mapping[str, Line]
    counted: bool = False

    @property
    def program(self) -> str:
        """The program, one operation a line, so that every name in the derivation is known."""
        return "\n".join(" = ".join(step.text) for step in self.steps)

    def ends(self, name: str) -> tuple[Line, ...]:
        """What the lines under a name come to: its own result, or that of every input that it speaks of."""
        return (self.result[name],) if name in self.result else tuple(self.result.values())

    def __repr__(self) -> str:
        return short("Derivation", f"of {', '.join(self.result)} in {self.program}")

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/markdown": self.markdown, "text/latex": self.latex}

    def __str__(self) -> str:
        parts = [self.program]
        for name, lines in self.lines.items():
            numbered = [f"({k}) " + " = ".join(line.text) for k, line in enumerate(lines, 1)]
            ends = [" = ".join(end.text if end.text[1:] else (*end.text, TOO_LONG)) for end in self.ends(name)]
            parts.append("\n".join([*numbered, *(f"put together: {end}" for end in ends)]))
        parts += [f"({PROGRAMMED})"] * self.counted
        return "\n\n".join(parts)

    @property
    def markdown(self) -> str:
        """The derivation as Markdown, with LaTeX in dollars."""
        parts = ["```\n" + self.program + "\n```"]
        for name, lines in self.lines.items():
            parts.append("\n".join(f"{k}. ${' = '.join(line.latex)}$" for k, line in enumerate(lines, 1)))
            parts += [
                f"Put together: $${' = '.join(end)}$$" if end[1:] else f"Put together, ${end[0]}$ is {TOO_LONG}."
                for _, end in self.ends(name)
            ]
        parts += [f"({COUNTED})"] * self.counted
        return "\n\n".join(parts)

    @property
    def latex(self) -> str:
        """The derivation as LaTeX: the program, then one `align*` an input, lines numbered as in the text."""
        blocks = [[f"{name} &= {formula}" for name, formula in (step.latex for step in self.steps)]]
        for name, lines in self.lines.items():
            rows = [rf"{line.latex[0]} &= {' = '.join(line.latex[1:])} \tag{{{k}}}" for k, line in enumerate(lines, 1)]
            for _, (derivative, *sides) in self.ends(name):
                rows.append(f"{derivative} &= {' = '.join(sides or [TOO_LONG_TEX])}")
            blocks.append(rows)
        blocks[-1] += [rf"& \text{{({COUNTED})}}"] * self.counted
        return "\n\n".join("\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}" for rows in blocks)
