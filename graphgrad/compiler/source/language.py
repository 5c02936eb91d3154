"""Languages: tables of spellings and precedences, which make text of statements. No other code does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any, NamedTuple

from graphgrad.compiler.source.statements import ARRAYS, ENTRIES, NUMBERS, Expr, Statement
from graphgrad.compiler.source.templates import ATOM, Column, Spelled, Template, form, sentence, template
from graphgrad.core.display import told
from graphgrad.core.ops import OPS

TABLE: dict[str, Column] = {
    NUMBERS: Column("python", attrgetter("python")),
    ARRAYS: Column("numpy", attrgetter("numpy")),
    ENTRIES: Column("python", attrgetter("python")),
}
LEAVES = frozenset({"name", "digits", "constant"})


class Extent(NamedTuple):
    """How wide an expression is, in characters of the table's own spelling, and how tightly it binds."""

    width: int
    level: int


@told(lambda language: f"of {', '.join(language.columns)}")
@dataclass(frozen=True)
class Language:
    """How statements are written.

    `columns` give a row's spelling, by kind of value, `forms` and `verbs` that of what is no row: values, and
    statements that write into `v`. `typed` makes a number one of the program's type; `names` are functions and modules
    that are called by other names, and `constants` named constants.
    """

    columns: Mapping[str, Column] = field(default_factory=lambda: TABLE)
    forms: Mapping[str, str] = field(default_factory=dict)
    verbs: Callable[[str], str] = str
    assignment: str = "{} = {}"
    typed: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    branching: bool = False  # whether only branches that are taken are computed, since nothing takes over what raises
    inlines: bool = True  # whether expressions stand in others; needs precedences, which Python's spellings have
    _forms: dict[Any, Template] = field(default_factory=dict, compare=False, repr=False)

    def but(self, **changes: Any) -> Language:
        """The same, with changes."""
        return replace(self, **changes, _forms={})

    def reference(self) -> Language:
        """The language with the table's own spellings: widths are counted in these, so no decision hangs on others."""
        return self if self.columns == TABLE else self.but(columns=TABLE)

    def form(self, e: Expr) -> Template:
        """The form of an operation; TargetError where the language has none."""
        key = (e.op, e.said, e.kind)
        found = self._forms.get(key)
        if found is None:
            if e.op in self.forms:
                found = form(self.forms[e.op].replace("{typed}", self.typed))
            else:
                found = template(OPS[e.op], e.said, self.columns[e.kind])
                found = found.typed(self.typed) if e.kind == ENTRIES and self.typed else found
            found = self._forms[key] = found.renamed(self.names)
        return found

    def spelled(self, e: Expr) -> Spelled:
        """An expression as text."""
        if e.op in LEAVES:
            return self._leaf(e)
        operands = [self.spelled(o) for o in e.operands]
        if e.op == "entry":
            array, *index = operands
            return Spelled(f"{array.text}[{', '.join([i.text for i in index])}]", ATOM)
        if e.op == "tuple":
            return Spelled(f"({', '.join([o.text for o in operands])}{',' * (len(operands) == 1)})", ATOM)
        made = self.form(e)
        if made.listed:
            operands = [Spelled(f"[{', '.join(o.text for o in operands)}]", ATOM)]
        return made.fill(operands)

    def text(self, e: Expr) -> str:
        """An expression as text, where nothing binds more tightly."""
        return self.spelled(e).text

    def _leaf(self, e: Expr) -> Spelled:
        if e.op == "name":
            return Spelled(e.said, ATOM)
        if e.op == "constant":
            return Spelled(self.constants.get(e.said) or self.names.get(e.said, e.said), ATOM)
        return Spelled(e.said, 13 if e.said.startswith("-") else ATOM)

    def size(self, e: Expr, operands: Iterable[Extent] | None = None) -> Extent:
        """How wide an expression is; `operands` are the sizes of its operands, where they are known."""
        if e.op in LEAVES:
            text, level = self._leaf(e)
            return Extent(len(text), level)
        sizes = [self.size(o) for o in e.operands] if operands is None else [*operands]
        if e.op == "entry":
            return Extent(sum(size.width + 2 for size in sizes) - 2, ATOM)
        if e.op == "tuple":
            return Extent(sum(size.width + 2 for size in sizes) + (len(sizes) == 1), ATOM)
        made = self.form(e)
        if made.listed:
            sizes = [Extent(sum(size.width + 2 for size in sizes), ATOM)]
        width = made.width
        for slot, level in made.places:
            size = sizes[slot]
            width += size.width + 2 * (size.level < level)
        return Extent(width, made.level)

    def said(self, statement: Statement) -> str:
        """A statement as text, without the space before it."""
        target, value, _, into, _ = statement
        if into is None:
            assert target is not None
            return self.assignment.format(self.spelled(target).text, self.spelled(value).text)
        key = (value.op, "verb")
        found = self._forms.get(key)
        if found is None:
            found = self._forms[key] = sentence(self.verbs(value.op)).renamed(self.names)
        return found.fill([*(self.spelled(o) for o in value.operands), self.spelled(into)]).text

    def calls(self, expressions: Iterable[Expr]) -> set[str]:
        """The functions and constants that expressions use by a bare name, as the table has it."""
        found, stack = set[str](), [*expressions]
        while stack:
            e = stack.pop()
            stack += e.operands
            if e.op == "constant":
                found.add(e.said)
            elif e.op in OPS and e.op not in self.forms:
                found |= template(OPS[e.op], e.said, self.columns[e.kind]).calls
        return found
