"""One kind of table for everything that has rows: a name, aliases, one look-up, one suggestion; open to users.

Whatever adds a row from outside is `remembered`, so that processes that graphgrad starts can be told of it.
"""

from __future__ import annotations

import importlib
import pickle
from collections.abc import Callable, ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from contextlib import suppress
from functools import wraps
from typing import Any, Generic, NamedTuple, ParamSpec, Protocol, TypeVar

from graphgrad.core.errors import GraphgradError, UsageError, did_you_mean


class Row(Protocol):
    """What stands in a table."""

    @property
    def name(self) -> str:
        """What the row is called."""

    @property
    def aliases(self) -> tuple[str, ...]:
        """What else it may be called."""


R = TypeVar("R", bound=Row)
P = ParamSpec("P")
T = TypeVar("T")


class Table(dict[str, R], Generic[R]):
    """Rows by name, in the order in which they were added; `spellings` has their aliases too.

    >>> class Colour(NamedTuple):
    ...     name: str
    ...     aliases: tuple[str, ...] = ()
    >>> colours = Table("colour", [Colour("grey", aliases=("gray",)), Colour("green")])
    >>> colours.row("gray").name, list(colours)
    ('grey', ['grey', 'green'])
    >>> colours.row("gren")
    Traceback (most recent call last):
        ...
    graphgrad.core.errors.UsageError: there is no colour 'gren'; did you mean 'green'?
    """

    def __init__(
        self,
        kind: str,
        rows: Iterable[R] = (),
        *,
        otherwise: str = "",
        error: type[GraphgradError] = UsageError,
    ) -> None:
        super().__init__()
        self.kind, self.otherwise, self.error = kind, otherwise, error
        self.spellings: dict[str, R] = {}
        for row in rows:
            self.add(row)

    def add(self, row: R) -> R:
        """Add a row, and give it; UsageError where its name or an alias is taken, by another row than its equal."""
        if self.get(row.name) == row:
            return self[row.name]
        for name in (row.name, *row.aliases):
            if name in self.spellings:
                hint = "a row stays what it is, for what was made with it; take another name"
                raise UsageError(f"there is {_a(self.kind)} '{name}' already", hint=hint)
        self[row.name] = row
        self.spellings.update(dict.fromkeys((row.name, *row.aliases), row))
        return row

    def row(self, word: Any) -> R:
        """Give the row of a name or an alias; the table's error, with a suggestion, where there is none."""
        if not isinstance(word, str):
            raise self.error(f"{_a(self.kind)} is named by a text, not by {word!r}")
        row = self.spellings.get(word) or self._alike(word)
        if row is None:
            raise self.error(f"there is no {self.kind} '{word}'", hint=self.suggestion(word))
        return row

    def _alike(self, word: str) -> R | None:
        """The one row whose name or alias is the word but for capitals, hyphens and underscores: AmsGrad, L-BFGS."""
        rows = {row.name: row for name, row in self.spellings.items() if folded(name) == folded(word)}
        return next(iter(rows.values())) if len(rows) == 1 else None

    def suggestion(self, word: str) -> str:
        """Say which row was meant by a word that is none's, or what there is."""
        there = ", ".join([*self, *([self.otherwise] if self.otherwise else [])])
        near = did_you_mean(word, self.spellings) or did_you_mean(word.casefold(), self.spellings)
        return near or f"there are {there}"


class TableOfFiles(Table[R]):
    """A table whose rows stand in files of their own: one is imported when its row is asked for, and not before.

    `places` says where, as "package.module:NAME", by the row's name. What goes through the rows imports them all.

    >>> lazy = TableOfFiles("function", {"sqrt": "math:sqrt", "tau": "math:tau"})
    >>> list(lazy), "tau" in lazy, len(lazy)
    (['sqrt', 'tau'], True, 2)
    """

    def __init__(self, kind: str, places: Mapping[str, str], *, error: type[GraphgradError] = UsageError) -> None:
        super().__init__(kind, error=error)
        self.places = places

    def __missing__(self, name: str) -> R:
        """Import the row of a name."""
        module, _, attribute = self.places[name].partition(":")
        return super().add(getattr(importlib.import_module(module), attribute))

    def __iter__(self) -> Iterator[str]:
        """Give the names: those of files, then those that were added."""
        return iter(dict.fromkeys([*self.places, *super().__iter__()]))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return name in self.places or super().__contains__(name)

    def keys(self) -> KeysView[str]:  # type: ignore[override]
        """Give the names."""
        return KeysView(self)

    def values(self) -> ValuesView[R]:  # type: ignore[override]
        """Give the rows."""
        return ValuesView(self)

    def items(self) -> ItemsView[str, R]:  # type: ignore[override]
        """Give names and rows."""
        return ItemsView(self)

    def add(self, row: R) -> R:
        """Add a row; what it may be called must be none of the others' names."""
        self._whole()
        return super().add(row)

    def row(self, word: Any) -> R:
        """Give the row of a name; for an alias, or what is none, all rows are looked at."""
        if isinstance(word, str) and word in self.places:
            return self[word]
        self._whole()
        return super().row(word)

    def _whole(self) -> None:
        for name in self.places:
            self[name]


def folded(word: str) -> str:
    """A word without what people write as they please.

    >>> folded("L-BFGS"), folded("leaky_relu")
    ('lbfgs', 'leakyrelu')
    """
    return word.casefold().replace("-", "").replace("_", "")


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


class Addition(NamedTuple):
    """What a user added: the function that did it, by module and name, its arguments, and the row that it gave."""

    module: str
    function: str
    arguments: tuple[Any, ...]
    named: dict[str, Any]
    row: Any


ADDED: list[Addition] = []  # in this process, in order


def remembered(function: Callable[P, T]) -> Callable[P, T]:
    """Decorate a function that adds rows from outside: what it was given is kept, once it has succeeded."""

    @wraps(function)
    def adding(*arguments: P.args, **named: P.kwargs) -> T:
        result = function(*arguments, **named)
        ADDED.append(Addition(function.__module__, function.__name__, arguments, named, result))
        return result

    return adding


def told(since: int = 0) -> list[bytes]:
    """Give what was added, but for the first `since`, as a process that graphgrad starts is told of it.

    What cannot be pickled, such as a function of a notebook, stays here: there it is as if it had not been added.
    """
    messages = []
    for *addition, _ in ADDED[since:]:
        with suppress(Exception):  # what cannot be pickled raises what it likes
            messages.append(pickle.dumps(addition))
    return messages


def repeat(messages: Iterable[bytes]) -> None:
    """Add here what was added in the process that started this one; what is here already is not added twice."""
    for message in messages:
        module, function, arguments, named = pickle.loads(message)  # noqa: S301  (written by our own parent process)
        getattr(importlib.import_module(module), function)(*arguments, **named)
