"""Mathematics as it is typed: letters that Python makes others of without a word, and formulas over several lines."""

from __future__ import annotations

import re
import unicodedata

from graphgrad.core.errors import ParseError, Span

RAISED = {"<super>": "**", "<sub>": "_"}
HEAD = re.compile(r"\*\*|[*/@%&|<>+-]|[=!]=")  # of a line that goes on with the one above
TAIL = re.compile(r"([-+*/@%&|<>=])$")


def refuse_raised(source: str) -> None:
    """Raise ParseError for a letter that stands high or low: Python takes it for the letter itself.

    >>> refuse_raised("e\u02e3")
    Traceback (most recent call last):
        ...
    graphgrad.core.errors.ParseError: '\u02e3' is not part of the language; write **x
      e\u02e3
       ^
    """
    for k, line in enumerate(source.split("\n"), 1):
        for column, letter in enumerate(line.partition("#")[0]):
            kind = "" if letter.isascii() else unicodedata.decomposition(letter).partition(" ")[0]
            if kind in RAISED and not letter.isdigit() and letter.isidentifier():
                plain = unicodedata.normalize("NFKC", letter)
                hint = "write .T to transpose" if plain == "T" else f"write {RAISED[kind]}{plain}"
                span = Span(k, column, k, column + 1)
                raise ParseError(f"'{letter}' is not part of the language", hint=hint, source=source, span=span)


def continued(source: str) -> str:
    r"""Give the program with formulas that go over several lines in one each.

    A line goes on where the one above ends in an operator, or where it begins with one; with a sign it may be a formula
    of its own, too, and is refused below an assignment.

    >>> continued("x**2\n+ y**2"), continued("z = x *\ny\nz + 1")
    ('x**2 + y**2', 'z = x * y\nz + 1')
    """
    lines, depth = [""][:0], 0
    for line in source.split("\n"):
        above = lines[-1].partition("#")[0].rstrip() if lines else ""
        text = line.partition("#")[0].rstrip()
        if depth == 0 and above and text:
            if text[0] in "+-" and not TAIL.search(above) and _assigns(above):
                span = Span(len(lines) + 1, 0, len(lines) + 1, 1)
                hint = "end the line above with it, or put the formula into parentheses"
                whole = "\n".join([*lines, line])
                raise ParseError(f"a line that begins with {text[0]} may go on with the one above, or not", hint=hint,
                                 source=whole, span=span)  # fmt: skip
            if HEAD.match(text) or TAIL.search(above):
                lines[-1] = f"{above} {line}"
                depth += _open(text)
                continue
        lines.append(line)
        depth += _open(text)
    return "\n".join(lines)


def _assigns(line: str) -> bool:
    return bool(re.search(r"(?<![<>=!])=(?!=)", line.rpartition(";")[2]))


def _open(text: str) -> int:
    """How many brackets a line opens more than it closes."""
    return sum(text.count(c) for c in "([{") - sum(text.count(c) for c in ")]}")
