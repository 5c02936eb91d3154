r"""Text of users in files of every language: one function each gives what stands for it, and can be nothing but text.

What a user writes (names, comments, dimensions, class names, file names, captions) goes into emitted files through
here alone. Characters that steer a terminal, an editor or a parser without being seen, such as ESC, the null and
the marks that turn the direction of writing (Boucher & Anderson, 2021), are written out everywhere, as in `\x1b`.

>>> print(python("a \\"), c("*/"), html("<b>"), css_string("]}"), tex("50%_"))
a \\ * / &lt;b&gt; "\5d \7d " 50\%\_
"""

from __future__ import annotations

import json
import re
from html import escape
from typing import Any


def terminal(text: str) -> str:
    r"""Text for a screen, and for every file below; ends of lines and tabs are kept.

    >>> print(terminal("\x1b[31mred"), terminal("a\u202eb"))
    \x1b[31mred a\u202eb
    """
    return text if text.isascii() and text.isprintable() else _UNSEEN.sub(_written_out, text)


def one_line(text: str) -> str:
    r"""Text for one line of a screen: a name, a cell of a table.

    >>> print(one_line("a\nb"))
    a\nb
    """
    return terminal(text).replace("\n", r"\n").replace("\t", r"\t")


def python(text: str) -> str:
    r"""Text for Python: in a docstring in three quotes whose last line is another, or in a comment of one line.

    >>> print(python(2 * '"' + "\\"))
    \""\\
    """
    return re.sub(r'\\|"(?=")', r"\\\g<0>", terminal(text))


def c(text: str) -> str:
    """Text for C, and for JavaScript: in a comment between its marks, or behind two slashes on one line."""
    said = re.sub(r"\*(?=/)|/(?=\*)|\?(?=\?)", r"\g<0> ", terminal(text))
    return re.sub(r"\\(?=\s*(?:\n|$))", r"\\x5c", said)  # a line that ends so goes on in the next


def javascript(value: Any) -> str:
    r"""Data for a script in a page, as JSON in which no tag, comment or entity of HTML can begin.

    >>> print(javascript({"title": "</script>"}))
    {"title":"\u003c/script\u003e"}
    """
    said = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _IN_SCRIPT.sub(lambda found: f"\\u{ord(found[0]):04x}", said)


def xml(text: str) -> str:
    """Text for XML: in an element, or in an attribute between double quotes."""
    return escape(terminal(text), quote=False).replace('"', "&quot;")


def html(text: str) -> str:
    """Text for HTML: in an element, or in an attribute between quotes."""
    return escape(terminal(text))


def css_string(text: str) -> str:
    """Text for CSS, as a string in its quotes; also the value of an attribute in a selector."""
    return '"' + re.sub(r"[^A-Za-z0-9 _-]", lambda found: f"\\{ord(found[0]):x} ", text) + '"'


def markdown(text: str) -> str:
    r"""Text for a line of Markdown, in a table too, where it is nothing but text.

    >>> print(markdown("a|b <i> [x](y)"))
    a\|b \<i\> \[x\](y)
    """
    return re.sub(r"[\\`*_\[\]<>|~&$#]|^(?=[-+=])|(?<=:)(?=//)|(?<=www)(?=\.)", r"\\\g<0>", one_line(text))


def markdown_code(text: str) -> str:
    r"""Text for a line of Markdown, in a table too, as code.

    >>> print(markdown_code("a|b"), markdown_code("a`b"))
    `a\|b` `` a`b ``
    """
    said = one_line(text).replace("|", r"\|") or " "
    fence = "`" * (1 + max(map(len, re.findall("`+", said)), default=0))
    pad = " " * (len(fence) > 1 or (said[0] == said[-1] == " " and bool(said.strip())))
    return f"{fence}{pad}{said}{pad}{fence}"


def tex(text: str) -> str:
    r"""Text for TeX, in text and in mathematics (there within \mathrm or \text).

    >>> print(tex("^^5cinput{file}"))
    \hat{}\hat{}5cinput\{file\}
    """
    return re.sub(r"[\\{}$&#^_%~\n]", lambda found: _TEX[found[0]], terminal(text))


def dot(text: str) -> str:
    r"""Text for a label of Graphviz, without its quotes: there are no escapes, entities and HTML in it.

    >>> print(dot(r"\N"))
    \\N
    """
    said = terminal(text).replace("&", "&amp;").replace("\\", r"\\")
    return f" {said}" if said.startswith("<") and said.endswith(">") else said


def csv(cell: str) -> str:
    """Text for a cell of CSV: in quotes where it could be anything but a word."""
    plain = terminal(cell)
    return plain if _WORD.fullmatch(plain) else '"' + plain.replace('"', '""') + '"'


def _written_out(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


# control characters, separators of lines that are no end of one, marks of direction, tags, halves and no characters
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_IN_SCRIPT = re.compile("[<>&\u2028\u2029\ud800-\udfff]")
_WORD = re.compile(r"(?![=@+-])[^\s\",;'|\\]+(?: [^\s\",;'|\\]+)*|[+-]?(?:\d[\d.eE+-]*|inf|nan)")
_TEX = {
    "\\": r"\backslash{}", "^": r"\hat{}", "~": r"\sim{}", "\n": " ",
    **{sign: f"\\{sign}" for sign in "{}$&#_%"},
}  # fmt: skip
