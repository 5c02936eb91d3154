"""Rows of the tables, looked up or added from outside: all verbs alike, a name alone gives the row of that name."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphgrad.core.errors import ParseError, UsageError, did_you_mean
from graphgrad.core.lookup import remembered

if TYPE_CHECKING:
    from graphgrad.compiler.backend import Backend
    from graphgrad.core.op import Op
    from graphgrad.learn.networks.activations import Activation
    from graphgrad.learn.networks.initial import Initial
    from graphgrad.learn.networks.losses import Loss
    from graphgrad.learn.updates.optimizers import Optimizer
    from graphgrad.learn.updates.schedules import Schedule
    from graphgrad.render.drawing.style import Style
    from graphgrad.render.formats.table import Format
    from graphgrad.transform.rules import Rewrite


def operation(notation: str, /, **columns: Any) -> Op:
    """Give the row of an operation; or, from a notation and columns, add one that every verb then knows.

    `define` is a text in the language, in the operands' names and the attributes: it is all that most operations need.
    A row with rules of its own states what the rows of `core/ops.py` state: `d` or `vjp`, `numpy`, `shape`, `entries`
    and so on, and, to be proved, `reading`: the function on NumPy arrays of exact scalars that it is, for a verdict is
    never derived from the row itself. Names that are taken stay what they are.

    Raises UsageError for a notation that is none, for columns that are missing, unknown or taken, and ParseError, with
    the place, for texts that are not in the language. Source: the row is the user's own.

    >>> operation("softsign(a)", define="a / (1 + abs(a))").name
    'softsign'
    >>> from graphgrad.api.graphs import grad, parse
    >>> print(parse("softsign(x) * y"))
    x / (1 + abs(x)) * y
    >>> operation("ln").name
    'log'
    """
    from graphgrad.core.ops import OPS

    return OPS.row(notation) if not columns and "(" not in notation else _operation(notation, **columns)


@remembered
def _operation(notation: str, /, *, reading: Callable[..., Any] | None = None, **columns: Any) -> Op:
    from graphgrad.core.op import read
    from graphgrad.core.ops import OPS
    from graphgrad.proof.readings.text import learn

    row = read(notation, **columns)
    for column in ("define", "domain", "kinks", "steep", "residues"):
        text = getattr(row, column)
        if isinstance(text, str) and not text.isidentifier():
            _check_text(text, row, more=("v",) if column == "kinks" else ())
    for text in (*row.d, *row.vjp):
        if text is not None and text != "by definition":
            _check_text(text, row, more=("v", "g"), itself=True)
    if row.name not in OPS:
        learn(row.name, row.operands, row.attrs, reading or row.define, row.aliases)
    return OPS.add(row)


def _check_text(text: str, row: Op, more: Iterable[str] = (), *, itself: bool = False) -> None:
    """Refuse a text that is not in the language, or that speaks of what the row does not have."""
    from graphgrad.core.constants import CONSTANTS
    from graphgrad.core.ops import NAMES
    from graphgrad.frontend.lower import parsed

    if not text:
        return
    try:
        tree = parsed(text)
    except SyntaxError:
        raise ParseError(f"the row '{row.name}' has a text that is no expression", hint=f"it is '{text}'") from None
    known = {*row.operands, *row.attrs, *CONSTANTS, *more}
    functions = {*NAMES, *((row.name, "inverse", "part") if itself else ())}
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id not in (functions if id(node) in called else known):
            what = "the unknown function" if id(node) in called else "what it does not have,"
            hint = did_you_mean(node.id, NAMES if id(node) in called else known)
            raise ParseError(f"the row '{row.name}' speaks of {what} '{node.id}'", hint=hint or f"in '{text}'")


def rule(name: str, /, *, define: str = "", of: str = "algebra") -> Rewrite:
    """Give a rewrite rule; or, with `define`, "pattern -> replacement", add one to those that the pass `of` applies.

    Names stand for any node, `axis=axis` for any attribute, names in capitals for matrices. A rule must hold wherever
    its pattern is defined: `graphgrad.testing.check_rule` proves it. Raises UsageError and ParseError for what is none.

    A rule must keep shapes, and holds for numbers and arrays alike. Source: the user's own; graphgrad.testing
    proves it.

    >>> rule("tan", define="sin(x) / cos(x) -> tan(x)").of
    'algebra'
    >>> from graphgrad.api.graphs import simplify
    >>> print(simplify("y * (sin(a*b) / cos(a*b))"))
    y * tan(a * b)
    """
    from graphgrad.transform.rules import RULES

    return _rule(name, define, of) if define else RULES.row(name)


@remembered
def _rule(name: str, define: str, of: str) -> Rewrite:
    from graphgrad.transform.matching import checked
    from graphgrad.transform.rules import RULES, Rewrite

    groups = dict.fromkeys(row.of for row in RULES.values())
    if of not in groups:
        raise UsageError(
            f"no pass applies rules of '{of}'", hint=did_you_mean(of, groups) or f"there are {', '.join(groups)}"
        )
    return RULES.add(Rewrite(name, checked(define), of))


def activation(name: str, /, *, define: str = "") -> Activation:
    """Give an activation; or, with `define`, an expression of x, add one.

    It maps arrays of any shape entry by entry. Raises UsageError for a name that is taken or unknown,
    and ParseError for text that cannot be read. Source: the user's own; ours name their papers in the table.

    >>> activation("mish", define="x * tanh(softplus(x))").text
    'x * tanh(softplus(x))'
    >>> from graphgrad.learn.networks.network import mlp
    >>> print(mlp(2, 3, 1, activation="mish"))
    h1 = X @ W1.T + b1
    t1 = h1 * tanh(softplus(h1))
    R = t1 @ W2.T + b2
    """
    from graphgrad.learn.networks.activations import ACTIVATIONS

    return _activation(name, define) if define else ACTIVATIONS.row(name)


@remembered
def _activation(name: str, define: str) -> Activation:
    from graphgrad.learn.networks.activations import ACTIVATIONS, Activation, check

    check(define)
    return ACTIVATIONS.add(Activation(_named(name), define))


def loss(name: str, /, *, define: str = "", target: str = "") -> Loss:
    """Give a loss; or, with `define`, a text in the output R and the target Y, add one.

    `target` says what a target is: "numbers" of the output's shape, "labels", or "yes or no"; without it the text says.

    R has a row an example, and Y its shape, or a class index a row; the loss is one number. Raises UsageError for a
    name that is taken or unknown, and
    ParseError for text that cannot be read. Source: the user's own; ours name their papers in the table.

    >>> loss("log_cosh", define="mean(log(cosh(R - Y)))").target
    'numbers'
    """
    from graphgrad.learn.networks.losses import LOSSES

    return _loss(name, define, target) if define else LOSSES.row(name)


@remembered
def _loss(name: str, define: str, target: str) -> Loss:
    from graphgrad.learn.networks.losses import LOSSES, TARGETS, loss_row

    if target and target not in TARGETS:
        hint = did_you_mean(target, TARGETS) or f"there are {', '.join(TARGETS)}"
        raise UsageError(f"there is no kind of target '{target}'", hint=hint)
    row = loss_row(define)
    return LOSSES.add(row._replace(name=_named(name), target=target or row.target))


def optimizer(
    name: str = "sgd", settings: Mapping[str, float] | None = None, /, *, define: str = "", **more: float
) -> Optimizer:
    """Give an optimizer with some settings changed, or one of a text of one's own; with `define`, add one to the table.

    A text speaks of the parameter p, its gradient g and the step's number t; other names are settings, or slots, which
    begin at zero. Slots have the shape of the parameter; `lr` is in units of parameter over gradient. Raises UsageError
    for an unknown name or setting, and ParseError for text that cannot be read. Source: the paper at each row of
    `OPTIMIZERS`.

    >>> optimizer("momentum", lr=0.5).settings
    {'lr': 0.5, 'mu': 0.9}
    >>> optimizer("s = s + abs(g); p - lr * g / (s + 1)", lr=0.1).slots
    ('s',)
    >>> optimizer("sign", define="p - lr * sign(g)", lr=0.01).name
    'sign'
    """
    from graphgrad.learn.updates.optimizers import optimizer as optimizer_of

    changed = {**(settings or {}), **more}
    return _optimizer(name, define, changed) if define else optimizer_of(name, changed)


@remembered
def _optimizer(name: str, define: str, settings: Mapping[str, float]) -> Optimizer:
    from dataclasses import replace

    from graphgrad.learn.updates.optimizers import OPTIMIZERS, optimizer as optimizer_of

    return OPTIMIZERS.add(replace(optimizer_of(define, settings), name=_named(name)))


def schedule(name: str, /, *, define: str = "", **settings: float) -> Schedule:
    """Give a learning-rate schedule; or, with `define`, a text in base, t and T and its settings, add one.

    `t` counts steps from 0 to T, numbers both; the rate is one number. Raises UsageError for a name that is taken
    or unknown,
    and ParseError for text that cannot be read. Source: the user's own; ours name their papers in the table.

    >>> schedule("inverse", define="base / (1 + decay * t)", decay=0.01).settings
    {'decay': 0.01}
    """
    from graphgrad.learn.updates.schedules import SCHEDULES

    return _schedule(name, define, settings) if define else SCHEDULES.row(name)


@remembered
def _schedule(name: str, define: str, settings: Mapping[str, float]) -> Schedule:
    from graphgrad.frontend.parse import parse
    from graphgrad.learn.updates.schedules import SCHEDULES, Schedule

    if unknown := [given for given in parse(define).inputs if given not in {"base", "t", "T", *settings}]:
        raise UsageError(f"the schedule needs a value for '{unknown[0]}'", hint=f"give {unknown[0]}=1, or the like")
    return SCHEDULES.add(Schedule(_named(name), define, dict(settings)))


def initial(name: str, /, *, define: str = "", law: str = "normal", offset: str = "0") -> Initial:
    """Give a row of initial values; or, with `define`, a spread in terms of fan_in and fan_out, add one.

    `law` is "normal", and the text a standard deviation, or "uniform", within plus and minus the text; biases are
    uniform within plus and minus `offset`.

    Both fans are numbers of connections, and so is the spread a number. Raises UsageError for a name that is taken
    or unknown,
    and ParseError for text that cannot be read. Source: the user's own; ours name their papers in the table.

    >>> initial("orthodox", define="1 / sqrt(fan_in)").law
    'normal'
    """
    from graphgrad.learn.networks.initial import INITIALS

    return _initial(name, define, law, offset) if define else INITIALS.row(name)


@remembered
def _initial(name: str, define: str, law: str, offset: str) -> Initial:
    from graphgrad.frontend.parse import parse
    from graphgrad.learn.networks.initial import INITIALS, Initial

    if law not in {"normal", "uniform"}:
        raise UsageError(f"initial values are drawn by the law normal or uniform, not '{law}'")
    for text in (define, offset):
        if unknown := [given for given in parse(text).inputs if given not in {"fan_in", "fan_out"}]:
            raise UsageError(f"initial values know fan_in and fan_out, not '{unknown[0]}'")
    return INITIALS.add(Initial(_named(name), law, define, offset))


def backend(row: str | Backend, /) -> Backend:
    """Give the row of a backend, a target of `gg.compile`; or add one, a `graphgrad.compiler.backend.Backend`.

    It says whether it takes numbers, arrays and whole steps. Raises UsageError for a name that is taken or unknown.
    Source: the files of graphgrad/compiler/backends.

    >>> backend("numpy").suffixes
    ('.py',)
    """
    from graphgrad.compiler.backend import TARGETS

    return TARGETS.row(row) if isinstance(row, str) else _backend(row)


@remembered
def _backend(row: Backend) -> Backend:
    from graphgrad.compiler.backend import TARGETS, Backend

    if not isinstance(row, Backend):
        raise UsageError(f"a backend is a row, a graphgrad.compiler.backend.Backend, not {row!r}")
    return TARGETS.add(row)


def theme(name: str | Path | Style, /, *, base: str | Path | Style = "light", **fields: Any) -> Style:
    """Give the style of a theme, light, dark, print or a TOML file; or, with fields of a style, add one over `base`.

    Colours are #rrggbb, sizes are points. Raises UsageError for a name that is taken or unknown.
    Source: the fields of a Style.

    >>> theme("sepia", ground="#fbf3e4", ink="#3b2f22").ground
    '#fbf3e4'
    """
    from graphgrad.render.drawing.style import style

    return _theme(str(name), base, fields) if fields else style(name)


@remembered
def _theme(name: str, base: str | Path | Style, fields: Mapping[str, Any]) -> Style:
    from graphgrad.render.drawing.style import THEMES, changed, style

    return THEMES.add(changed(style(base), {**fields, "name": _named(name)}))


def format(suffix: str, /, *, write: Callable[[Any], bytes] | None = None, of: str = "film") -> Format:  # noqa: A001
    """Give a kind of file; or, with `write`, a function that makes its bytes, add one.

    `of` says of what: "film", "picture" or "training film". The function is given the film, with its `frames`, or the
    picture; what it may rely on is `Sheet` and `Reel` of `render/formats/protocols.py`.

    A picture has its size in points. Raises UsageError for a name that is taken or unknown.
    Source: the tables in graphgrad/render/formats.

    >>> format(".captions", write=lambda film: " ".join(frame.caption for frame in film.frames).encode()).name
    '.captions'
    """
    tables = _formats()
    if of not in tables:
        raise UsageError(
            f"there are no formats of a '{of}'", hint=did_you_mean(of, tables) or f"of {', '.join(tables)}"
        )
    return _format(suffix, write, of) if write else tables[of][0].row(suffix)


@remembered
def _format(suffix: str, write: Callable[[Any], bytes], of: str) -> Format:
    from graphgrad.render.formats.table import Format

    if not (suffix[:1] == "." and suffix[1:].isalnum() and suffix == suffix.lower()):
        raise UsageError(f"'{suffix}' is no suffix of a file", hint='such as ".txt"')
    if not callable(write):
        raise UsageError("what writes a format is a function of the film that gives bytes")
    row = Format(suffix, "", "", made=write)
    for table in _formats()[of]:
        table.add(row)
    return row


def _formats() -> dict[str, Any]:
    from graphgrad.render.formats.table import FILM, GRAPH, PICTURE
    from graphgrad.render.training.film import TRAINING

    return {"film": (FILM,), "picture": (PICTURE, GRAPH), "training film": (TRAINING,)}


def _named(name: str) -> str:
    if not name.isidentifier():
        raise UsageError(f"'{name}' is no name for a row", hint="a name is letters, digits and underscores")
    return name
