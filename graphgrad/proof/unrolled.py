"""The proof of an unrolled training step: its loop of plain Python runs on exact scalars, a variable for each number.

One pass shows gradient and update; two that are one after the other show that the loop carries on what it should.
"""

from __future__ import annotations

import ast
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

import mpmath
import numpy as np

from graphgrad.core.errors import GraphgradError, ParseError
from graphgrad.frontend.parse import parse
from graphgrad.proof.arrays import plain, wrapped
from graphgrad.proof.cases import Examined, examine, source_of
from graphgrad.proof.derivative import exchanged, order, substitute
from graphgrad.proof.digits import evaluate
from graphgrad.proof.field import rational
from graphgrad.proof.functions import Array
from graphgrad.proof.interpret import Module, attempted, docstring
from graphgrad.proof.judge import Case, judge
from graphgrad.proof.modules import LIBRARY, meanings, stated, trusted
from graphgrad.proof.normal import Normal
from graphgrad.proof.points import points
from graphgrad.proof.reading import symbols_of
from graphgrad.proof.report import Report
from graphgrad.proof.symbols import Sym, SymbolsLost, lift, var
from graphgrad.proof.updates import Changes, Update, both, compared, judged_update, stated_update
from graphgrad.proof.verdicts import Finding, Verdict, weakest
from graphgrad.proof.within import found_in_time
from graphgrad.transform.scalarize import entry_name

TRAIN = "train"
ALIKE = 30  # digits in which scalars that may be the same agree at a point
BEFORE = var("t") - 1  # steps that were taken before one
NOW = BEFORE + 1  # the number of a step, as code counts it
CARRIES_NOT = Finding(Verdict.UNKNOWN, "a second pass of the loop does not go on where the first ended")


class Entry(NamedTuple):
    """A number among the parameters: whose it is, and where it stands there."""

    name: str
    place: tuple[int, ...]


class Pass(NamedTuple):
    """What passes of the loop come to: the vectors, by name, and the losses."""

    vectors: dict[str, list[Sym]]
    losses: list[Sym]


@dataclass
class Unrolled:
    """An unrolled step: its text, its update, its program at the batch that it takes, and its parameters' numbers."""

    source: str
    update: Update
    examined: Examined
    entries: list[Entry]
    batch: int
    in_rows: bool  # whether the data have an axis of rows
    judged: dict[tuple[Sym, ...], Finding] = field(default_factory=dict)

    def start(self) -> dict[str, list[Sym]]:
        """The vectors before a step: a symbol for each number."""
        kept = {slot: [var(f"{slot}: {entry_name(*entry)}") for entry in self.entries] for slot in self.update.slots}
        return {"p": [self.examined.inputs[e.name][e.place] for e in self.entries], **kept}

    def data(self) -> dict[str, Array]:
        """The inputs that are no parameters."""
        known = {entry.name for entry in self.entries}
        return {name: array for name, array in self.examined.inputs.items() if name not in known}

    def rows(self, data: dict[str, Array]) -> list[list[Any]]:
        """The data as a step is given them: the numbers of every row of a batch."""
        return [[v for a in data.values() for v in np.ravel(a[k] if self.in_rows else a)] for k in range(self.batch)]

    def run(self, vectors: dict[str, list[Sym]], batches: Sequence[dict[str, Array]], t: Sym) -> Pass:
        """What the step makes of these vectors, given a batch after the other; rows are named in another order."""
        module = Module(self.source, meanings(), literal=_exact)
        module.names |= {n: LIBRARY[known] for n, known in trusted(module.functions()).items() if known in LIBRARY}
        given = {name: [wrapped(v) for v in values] for name, values in vectors.items()}
        rows = [[wrapped(v) if isinstance(v, Sym) else v for v in row] for data in batches for row in self.rows(data)]
        names = module.parameters(TRAIN)[len(vectors) + 3 :]
        rates = [wrapped(var(name.rstrip("_"))) for name in names]
        args = [*given.values(), rows[::-1], range(len(rows))[::-1], wrapped(t), *rates]
        losses = attempted("the step", lambda: list(module.call(TRAIN, *args)))
        if len(losses) != len(batches) or any(len(values) != len(self.entries) for values in given.values()):
            raise SymbolsLost("the step gives not a loss for each batch, or leaves vectors of another length")
        return Pass({name: _plain(values) for name, values in given.items()}, _plain(losses))


def _exact(value: Any) -> Any:
    """A number of the text: a decimal as the rational that it spells."""
    return wrapped(lift(rational(value))) if isinstance(value, float) and np.isfinite(value) else value


def _plain(values: Any) -> list[Sym]:
    return [plain(value)[()] for value in values]


def is_unrolled(source: str) -> bool:
    """Whether a module is a training step that is unrolled into plain Python."""
    return f"\ndef {TRAIN}(" in source


def verify_unrolled(source: str, /, timeout: float = float("inf")) -> Report:
    """Give the verdict on an unrolled training step, by parameter: on its gradient, and on its update.

    Program and update are those that the module's docstring states; the batch is the one that the loop takes. Raises
    ParseError where the text is no such module.
    """
    start = time.monotonic()
    try:
        step = read_unrolled(source)
    except SymbolsLost as error:
        return Report("an unrolled training step", {"module": Finding(Verdict.UNSUPPORTED, str(error))})
    names = list(dict.fromkeys(entry.name for entry in step.entries))

    def work(found: dict[str, Finding], deadline: float) -> None:
        try:
            found |= _judged(step, names, deadline)
        except (SymbolsLost, GraphgradError) as error:
            found |= dict.fromkeys(names, Finding(Verdict.UNSUPPORTED, str(error)))

    findings = found_in_time(names, timeout, work)
    shapes = {name: np.shape(array) for name, array in step.examined.inputs.items()}
    return Report(source_of(step.examined.graph), findings, time.monotonic() - start, shapes)


def read_unrolled(source: str) -> Unrolled:
    """Read what an unrolled step's text says of itself; ParseError where it is no such module."""
    program, update = stated(docstring(source)), stated_update(docstring(source))
    tree = Module(source, {}).functions()[TRAIN]
    loops = [statement for statement in tree.body if isinstance(statement, ast.For)]
    if len(loops) != 1 or not tree.args.args:
        raise ParseError("the step has not one loop")
    batch = len(loops[0].target.elts) if isinstance(loops[0].target, ast.Tuple) else 1
    shapes = {n: tuple(batch if isinstance(d, str) else d for d in program.nodes[i].shape)
              for n, i in program.inputs.items()}  # fmt: skip
    examined = examine(parse(source_of(program), shapes))
    if any(np.shape(examined.inputs[name]) != shape for name, shape in shapes.items()):
        raise ParseError("the step is too large to be read entry by entry")
    numbers = [Entry(name, place) for name, a in examined.inputs.items() for place in np.ndindex(a.shape)]
    known = {entry_name(*entry): entry for entry in numbers}
    entries = [known.get(name) for name in _unpacked(tree.body, tree.args.args[0].arg)]
    names = {entry.name for entry in entries if entry}
    held = [entry for entry in numbers if entry.name in names]
    if not names or None in entries or sorted(filter(None, entries)) != sorted(held):
        raise ParseError("the step's vector does not hold every number of its parameters once")
    in_rows = any(isinstance(size, str) for i in program.inputs.values() for size in program.nodes[i].shape)
    data = [a for name, a in examined.inputs.items() if name not in names]
    if in_rows and any(np.shape(a)[:1] != (batch,) for a in data):
        raise ParseError("the step's data do not come in rows")
    return Unrolled(source, update, examined, [entry for entry in entries if entry], batch, in_rows)


def _unpacked(body: Sequence[ast.stmt], vector: str) -> Iterator[str]:
    """The names that a vector's numbers are given before the loop, in order."""
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Subscript(value=ast.Name(id=name))) if (
                name == vector
            ):
                yield from (target.id for target in names if isinstance(target, ast.Name))


def _judged(step: Unrolled, names: list[str], deadline: float) -> dict[str, Finding]:
    """The findings on all parameters: the loss and the loop are those of all."""
    start, data = step.start(), step.data()
    once = step.run(start, [data], BEFORE)
    true = step.examined.true
    loss = judge(Case(once.losses, [true], [true], [()], step.examined.variables(), deadline))
    found = {}
    for name in names:
        finding = _parameter(step, name, once, start, deadline)
        found[name] = finding if loss.ok else weakest((finding, loss.with_(reason="the loss is another")), lambda f: f)
    if all(finding.ok for finding in found.values()) and not _carries_on(step, start, once, data):
        return dict.fromkeys(names, CARRIES_NOT)
    return found


def _carries_on(step: Unrolled, start: dict[str, list[Sym]], once: Pass, data: dict[str, Array]) -> bool:
    """Whether two passes of the loop are what a pass comes to that starts where another ended."""
    other = {n: symbols_of(f"{n}'", a.shape) if a.dtype == object else a for n, a in data.items()}
    twice, again = step.run(start, [data, other], BEFORE), step.run(once.vectors, [other], NOW)
    return twice.vectors == again.vectors and twice.losses == [*once.losses, *again.losses]


def _parameter(step: Unrolled, name: str, once: Pass, start: dict[str, list[Sym]], deadline: float) -> Finding:
    """The finding on one parameter: its gradient is found among what the step computes, and proved; then its update.

    Where it is not found there, all that the step comes to is judged at once.
    """
    places = [k for k, entry in enumerate(step.entries) if entry.name == name]
    made = [tuple(values[k] for values in once.vectors.values()) for k in places]
    true = [step.examined.slopes[name][step.entries[k].place] for k in places]
    found = _among(order(v for news in made for v in news), true, step.examined.variables())
    if None not in found:
        claimed = np.reshape(np.array([*found, None], dtype=object)[:-1], np.shape(step.examined.inputs[name]))
        gradient = judge(step.examined.case(name, claimed, deadline, Normal(naming=True)))
        if gradient.ok:
            updates = [
                _update(step, news, g, [values[k] for values in start.values()], deadline)
                for k, news, g in zip(places, made, found, strict=True) if g is not None
            ]  # fmt: skip
            if all(update.ok for update in updates):
                gradient = gradient.with_(reason=f"the gradient: {gradient.reason}")
                return both(gradient, weakest(updates, key=lambda update: update))
    return _whole(step, name, made, places, deadline)


def _among(nodes: Sequence[Sym], true: Sequence[Sym], variables: Sequence[str]) -> list[Sym | None]:
    """The nodes that have the values of some scalars at a point: where to look for what is to be proved equal."""
    others = dict.fromkeys(node.value for node in nodes if node.op == "var")
    given = {name: Fraction(2 * k + 41, 3 * k + 67) for k, name in enumerate(others)}
    for point in points(variables, true):
        wanted, *values = (evaluate(side, {**given, **point}) for side in (true, nodes))
        if None not in wanted:
            break
    seen: dict[str, Sym] = {}
    for value, node in zip(*values, nodes, strict=True):
        if isinstance(value, mpmath.mpf):
            seen.setdefault(mpmath.nstr(value, ALIKE), node)
    return [
        None if a.op == "const" else seen.get(mpmath.nstr(value, ALIKE)) for a, value in zip(true, wanted, strict=True)
    ]


def _update(step: Unrolled, news: tuple[Sym, ...], gradient: Sym, old: Sequence[Sym], deadline: float) -> Finding:
    """The finding on the new values of one number and its state, the gradient in them being a symbol."""
    generic = {**{id(v): var(n) for n, v in zip(step.update.vectors, old, strict=True)}, id(gradient): var("g")}
    key = tuple(exchanged(new, generic) for new in news)
    if key not in step.judged:
        step.judged[key] = judged_update(step.update, dict(zip(step.update.vectors, key, strict=True)), NOW, deadline)
    return step.judged[key]


def _whole(step: Unrolled, name: str, made: list[tuple[Sym, ...]], places: list[int], deadline: float) -> Finding:
    """The finding on all that a step makes of one parameter and its state, against the update by the true gradient."""
    start, examined = step.start(), step.examined
    olds = [{vector: values[k] for vector, values in start.items()} for k in places]
    entries = [step.entries[k] for k in places]
    new = step.update.new(NOW)
    assert new is not None

    def stated(gradients: Array) -> list[dict[str, Sym]]:
        given = [{**old, "g": gradients[entry.place]} for old, entry in zip(olds, entries, strict=True)]
        return [{vector: substitute(new[vector], values) for vector in new} for values in given]

    true, ours = stated(examined.slopes[name]), stated(examined.gradients[name])
    states = {slot: [old[slot].value for old in olds] for slot in step.update.slots}
    others = [name for names in states.values() for name in names]
    variables = [*examined.variables(), *others, *step.update.rates]
    emitted = [dict(zip(new, news, strict=True)) for news in made]
    found = compared(Changes(emitted, true, ours, states, variables), deadline)
    if found.witness is None:
        return found
    return found.with_(witness=found.witness._replace(entry=entries[found.witness.entry[0]].place))
