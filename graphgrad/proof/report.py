"""Reports: findings by name; and how they are written, as text, Markdown and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

from graphgrad.core import quoting
from graphgrad.core.display import Shown, short
from graphgrad.core.numerals import general

T = TypeVar("T")


class Verdict(StrEnum):
    """What is known about a gradient, strongest first; REFUTED always carries a witness, and time up is UNKNOWN."""

    PROVED = "PROVED"  # equal wherever both sides are defined and differentiable
    CERTIFIED = "CERTIFIED"  # an exact random test over a prime field passed, with a bound on its error
    AGREED = "AGREED"  # equal to that many digits at that many points, on every side of every condition
    NON_SMOOTH = "NON-SMOOTH"  # equal but at kinks, where it lies between the one-sided derivatives
    UNDEFINED = "UNDEFINED"  # no point was found where both sides have a value
    UNSUPPORTED = "UNSUPPORTED"  # outside what can be examined
    UNKNOWN = "UNKNOWN"  # time was up, or nothing was decided
    REFUTED = "REFUTED"  # a point where the two differ


GOOD = frozenset({Verdict.PROVED, Verdict.CERTIFIED, Verdict.AGREED, Verdict.NON_SMOOTH})


NO_VALUE = "no value"  # what a claim gives at a witness where it has none


class Witness(NamedTuple):
    """A point at which a claim is wrong: values of variables as exact text, and both values to many digits."""

    point: Mapping[str, str]
    entry: tuple[int, ...]
    claimed: str
    true: str


class Kink(NamedTuple):
    """A point without a derivative: the smallest and largest derivative around it, and the value given there."""

    point: Mapping[str, str]
    left: str
    right: str
    given: str


@dataclass(frozen=True, repr=False)
class Finding(Shown):
    """What is known about one gradient, with the reason."""

    verdict: Verdict
    reason: str = ""
    witness: Witness | None = None
    kinks: tuple[Kink, ...] = ()
    assumptions: tuple[str, ...] = ()
    region: str = ""
    correct_where: str = ""  # of a refuted claim: where it is right, if that was found
    sympy: str = ""  # what sympy says of the derivatives that it rests on
    line: int | None = None  # of a refuted derivation: its first wrong line
    digits: int | None = None
    points: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"{self.verdict}: {self.reason}" if self.reason else str(self.verdict)

    def _short(self) -> str:
        return str(self)

    @property
    def ok(self) -> bool:
        """Whether the gradient can be trusted."""
        return self.verdict in GOOD

    @property
    def news(self) -> bool | None:
        """Whether it is good news or bad; None where nothing was judged."""
        return self.ok or (False if self.verdict is Verdict.REFUTED else None)

    def with_(self, **changes: Any) -> Finding:
        """The finding with some fields changed."""
        return replace(self, **changes)


def weakest(items: Iterable[T], key: Callable[[T], Finding]) -> T:
    """The item whose finding can be trusted least."""
    return max(items, key=lambda item: list(Verdict).index(key(item).verdict))


@dataclass(frozen=True, repr=False)
class Report(Mapping[str, Finding]):
    """Findings by name of the input (or claim), in order.

    >>> report = Report("x**2", {"x": Finding(Verdict.PROVED, "normal form")})
    >>> report.ok, report["x"].verdict
    (True, <Verdict.PROVED: 'PROVED'>)
    """

    subject: str
    findings: Mapping[str, Finding]
    seconds: float = 0.0
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # at which it was examined
    others: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # of claims in a file: its other columns

    def __getitem__(self, name: str) -> Finding:
        return self.findings[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __repr__(self) -> str:
        told = ", ".join(f"{name} {finding.verdict}" for name, finding in self.findings.items())
        return short("Report", f"{told or 'no findings'}, on {self.subject}")

    def __str__(self) -> str:
        return text(self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": html(self), "text/markdown": markdown(self), "text/plain": text(self)}

    @property
    def ok(self) -> bool:
        """Whether every finding can be trusted; UNKNOWN and UNSUPPORTED cannot."""
        return bool(self.findings) and all(f.ok for f in self.findings.values())

    def exit_code(self, *, strict: bool = False) -> int:
        """What the command exits with: 0 trusted, 1 something is REFUTED, 3 not judged, or, if strict, only AGREED.

        >>> Report("x", {"x": Finding(Verdict.AGREED)}).exit_code(), Report("x", {}).exit_code()
        (0, 3)
        """
        if self.refuted:
            return 1
        agreed = strict and any(f.verdict is Verdict.AGREED for f in self.findings.values())
        return 0 if self.ok and not agreed else 3

    @property
    def refuted(self) -> bool:
        """Whether any finding is REFUTED."""
        return any(f.verdict is Verdict.REFUTED for f in self.findings.values())


def text(report: Report) -> str:
    """Write a report for a terminal.

    >>> from graphgrad.proof.report import Finding
    >>> print(text(Report("x**2", {"x": Finding(Verdict.PROVED, "normal form", region="everywhere")})))
    x**2
      x  PROVED  normal form; everywhere
    """
    table = [[*map(quoting.one_line, cells)] for cells in _named(report)[1:]]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    under = "\n" + " " * (sum(widths) + 2 * len(widths) + 4)  # a message of several lines stays in its place
    lines = [
        f"  {'  '.join(map(str.ljust, cells, widths))}  {found.verdict}  {_told(found)}".rstrip()
        for cells, found in zip(table, report.values(), strict=True)
    ]
    lines = [line.replace("\n", under) for line in lines]
    return "\n".join([*quoting.terminal(report.subject).split("\n"), *lines, *_shapes(report)])


def _told(finding: Finding) -> str:
    return quoting.terminal("; ".join(facts(finding)))


def markdown(report: Report) -> str:
    """Write a report as a Markdown table."""
    heads, *names = _named(report)
    table = [[*map(quoting.markdown, heads), "verdict", "reason"], ["---"] * (len(heads) + 2)]
    for (name, *more), found in zip(names, report.values(), strict=True):
        words, excerpt = _parted("; ".join(facts(found)))
        reason = f"{quoting.markdown(words)}: {quoting.markdown_code(excerpt)}" if excerpt else quoting.markdown(words)
        table.append([quoting.markdown_code(name), *map(quoting.markdown, more), str(found.verdict), reason])
    subject = "\n".join(f"    {line}" for line in quoting.terminal(report.subject).split("\n"))
    lines = [f"| {' | '.join(row)} |".replace("| --- ", "|---").replace("--- |", "---|") for row in table]
    return "\n".join([subject, "", *lines, *_shapes(report)])


def _named(report: Report) -> list[list[str]]:
    """A heading, and for every finding its name, with the other columns of a file of claims."""
    heads = list(dict.fromkeys(head for row in report.others.values() for head in row))
    rows = [[name, *(report.others.get(name, {}).get(head, "") for head in heads)] for name in report]
    return [["claim" if report.others else "gradient", *heads], *rows]


def _parted(said: str) -> tuple[str, str]:
    """What an error says: the words, and the text that they are about, without its carets, if there is one."""
    words, *excerpt = said.split("\n")
    return words, excerpt[0].strip() if excerpt else ""


def html(report: Report) -> str:
    """Write a report as an HTML table for a notebook's cell, its verdicts as badges that any ground lets be read.

    >>> page = html(Report("x**2", {"x": Finding(Verdict.PROVED, "a < b")}))
    >>> "PROVED</span>" in page, "a &lt; b" in page
    (True, True)
    """
    heads, *names = _named(report)
    rows = "".join(
        f"<tr><td><code>{quoting.html(name)}</code></td>{''.join(f'<td>{quoting.html(cell)}</td>' for cell in more)}"
        f'<td>{_badge(f)}</td><td style="text-align:left">{_reason(f)}</td></tr>'
        for (name, *more), f in zip(names, report.values(), strict=True)
    )
    notes = "".join(f"<p>{quoting.html(line)}</p>" for line in _shapes(report) if line)
    head = f"<tr>{''.join(f'<th>{quoting.html(word)}</th>' for word in (*heads, 'verdict', 'reason'))}</tr>"
    return (
        f'<div style="max-width:100%;overflow-x:auto"><pre>{quoting.html(report.subject)}</pre>'
        f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>{notes}</div>"
    )


def _reason(finding: Finding) -> str:
    words, excerpt = _parted("; ".join(facts(finding)))
    return quoting.html(words) + (f": <code>{quoting.html(excerpt)}</code>" if excerpt else "")


def _badge(finding: Finding) -> str:
    refuted = finding.verdict is Verdict.REFUTED
    mark, ground = ("✓", "#15803d") if finding.ok else ("✗", "#b91c1c") if refuted else ("?", "#56637a")
    look = f"background:{ground};color:#fff;border-radius:1em;padding:.1em .7em;white-space:nowrap"
    return f'<span style="{look}">{mark} {finding.verdict}</span>'


def to_json(report: Report) -> str:
    """Write a report as JSON: everything it holds, numbers as decimal text where they have more than 17 digits."""
    found = {
        "subject": report.subject,
        "ok": report.ok,
        "seconds": round(report.seconds, 3),
        "shapes": {name: list(shape) for name, shape in report.shapes.items()},
        "findings": {name: _plain(finding) | _row(report, name) for name, finding in report.items()},
    }
    return json.dumps(found, indent=2, ensure_ascii=False)


def _row(report: Report, name: str) -> dict[str, Any]:
    return {"row": dict(report.others[name])} if report.others.get(name) else {}


def facts(finding: Finding) -> list[str]:
    """What there is to say about a finding beyond its verdict, most important first."""
    said = [finding.reason] if finding.reason else []
    if witness := finding.witness:
        entry = f" entry {list(witness.entry)}" if witness.entry else ""
        point = ", ".join(f"{name} = {value}" for name, value in witness.point.items())
        claimed, true = _told_apart(witness.claimed, witness.true)
        said.append(f"at {_shortened(point)}:{entry} claimed {claimed}, true {true}")
    if finding.correct_where:
        said.append(f"correct only for {finding.correct_where}" if _order(finding) else
                    f"correct only if {finding.correct_where}")  # fmt: skip
    if finding.line is not None:
        said.append(f"the first wrong line is line {finding.line}")
    said += [finding.region] if finding.region else []
    said += list(finding.assumptions)
    said += [finding.sympy] if finding.sympy else []
    for kink in finding.kinks[:1]:
        point = ", ".join(f"{name} = {value}" for name, value in kink.point.items())
        around = f"from {_short(kink.left)} to {_short(kink.right)}"
        around = f"true value {_short(kink.left)}" if _short(kink.left) == _short(kink.right) else around
        said.append(f"a kink at {_shortened(point)}: {around}, here {_short(kink.given)}")
    if finding.verdict is Verdict.NON_SMOOTH:
        said.append("equal wherever there is a derivative")
    return said


def _order(finding: Finding) -> bool:
    return any(sign in finding.correct_where for sign in "<>")


def _told_apart(a: str, b: str) -> tuple[str, str]:
    """Two decimals, rounded to as few digits as still show that they differ."""
    try:
        rounded = ((general(a, digits), general(b, digits)) for digits in (10, 15, 20, 30, 40))
        return next((two for two in rounded if two[0] != two[1]), (a, b))
    except ValueError:  # a claim that is no number
        return a, b


def _short(number: str) -> str:
    return general(float(number))


def _shortened(said: str) -> str:
    return said if len(said) <= 200 else said[:197] + "..."


def _shapes(report: Report) -> list[str]:
    shaped = [f"{name} {shape}" for name, shape in report.shapes.items() if shape]
    return ["", f"examined at {', '.join(shaped)}"] if shaped else []


def _plain(finding: Finding) -> dict[str, Any]:
    found: dict[str, Any] = {"verdict": str(finding.verdict), "reason": finding.reason}
    if finding.witness:
        found["witness"] = {**finding.witness._asdict(), "point": dict(finding.witness.point)}
    if finding.kinks:
        found["kinks"] = [{**kink._asdict(), "point": dict(kink.point)} for kink in finding.kinks]
    for name in ("assumptions", "region", "correct_where", "sympy", "line", "digits", "points"):
        if value := getattr(finding, name):
            found[name] = list(value) if isinstance(value, tuple) else value
    return {**found, "seconds": round(finding.seconds, 3)}
