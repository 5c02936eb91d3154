"""Optimizers as programs in the language: of a parameter p, its gradient g, the step's number t, and what they keep.

A name that is read before it is assigned is a slot: it begins at zero and is kept from step to step. All other names
are settings. The last statement is the new p.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from reprlib import repr as short

from graphgrad.compiler.steps.update import read_update
from graphgrad.core.display import Shown
from graphgrad.core.errors import UsageError, did_you_mean
from graphgrad.core.lookup import Table, folded
from graphgrad.core.numerals import general
from graphgrad.frontend.language.program_text import renamed
from graphgrad.learn.checks import finite, named


@dataclass(frozen=True, repr=False)
class Optimizer(Shown):
    """One optimizer: its program, and its settings, `lr` among them."""

    name: str
    text: str
    settings: Mapping[str, float]
    aliases: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.text

    def _short(self) -> str:
        settings = ", ".join(f"{name} = {general(value)}" for name, value in self.settings.items())
        return f"{self.name}, {settings}: {self.text}"

    @cached_property
    def slots(self) -> tuple[str, ...]:
        """What it keeps for every parameter, besides p itself."""
        return read_update(self.text, self.settings).slots


def _row(name: str, text: str, **settings: float) -> Optimizer:
    return Optimizer(name, text.strip(), settings)


OPTIMIZERS = Table(
    "optimizer",
    (
        _row("sgd", "p - lr * g", lr=0.1),
        # Polyak (1964), as Sutskever et al. (2013) and PyTorch write it
        _row("momentum", "m = mu * m + g\np = p - lr * m", lr=0.01, mu=0.9),
        # Nesterov (1983), as Sutskever et al. (2013)
        _row("nesterov", "m = mu * m + g\np = p - lr * (g + mu * m)", lr=0.01, mu=0.9),
        # Duchi, Hazan, Singer (2011)
        _row("adagrad", "s = s + square(g)\np = p - lr * g / (sqrt(s) + eps)", lr=0.01, eps=1e-10),
        # Hinton (2012), Neural Networks for Machine Learning, lecture 6e
        _row("rmsprop", "s = rho * s + (1 - rho) * square(g)\np = p - lr * g / (sqrt(s) + eps)",
             lr=0.01, rho=0.99, eps=1e-8),
        # Kingma & Ba (2015)
        _row("adam", """
m = beta1 * m + (1 - beta1) * g
v = beta2 * v + (1 - beta2) * square(g)
p = p - lr * (m / (1 - beta1 ** t)) / (sqrt(v / (1 - beta2 ** t)) + eps)
""", lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8),
        # Loshchilov & Hutter (2019)
        _row("adamw", """
m = beta1 * m + (1 - beta1) * g
v = beta2 * v + (1 - beta2) * square(g)
p = p - lr * decay * p - lr * (m / (1 - beta1 ** t)) / (sqrt(v / (1 - beta2 ** t)) + eps)
""", lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8, decay=0.01),
        # Reddi, Kale, Kumar (2018), with Adam's corrections, as PyTorch has it
        _row("amsgrad", """
m = beta1 * m + (1 - beta1) * g
v = beta2 * v + (1 - beta2) * square(g)
u = maximum(u, v)
p = p - lr * (m / (1 - beta1 ** t)) / (sqrt(u / (1 - beta2 ** t)) + eps)
""", lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8),
    ),
    otherwise="lbfgs, or your own text",
)  # fmt: skip


def optimizer_name(said: str) -> str:
    """Give an optimizer's name as the table has it, where it is one of the table's or lbfgs; a text stays a text.

    >>> optimizer_name("AmsGrad"), optimizer_name("L-BFGS"), optimizer_name("p - lr * g")
    ('amsgrad', 'lbfgs', 'p - lr * g')
    """
    known = {folded(name): row.name for name, row in OPTIMIZERS.spellings.items()} | {"lbfgs": "lbfgs"}
    return known.get(folded(named(said, "optimizer")), said)


def optimizer(name: str = "sgd", settings: Mapping[str, float] | None = None, /, **more: float) -> Optimizer:
    """Give a row of the table with some settings changed, or make one of the user's own text.

    Slots have the shape of the parameter; `lr` is in units of parameter over gradient. Raises UsageError for an unknown
    name or setting, and ParseError for text that cannot be read. Source: the paper at each row of `OPTIMIZERS`.

    >>> optimizer("momentum", lr=0.5).settings
    {'lr': 0.5, 'mu': 0.9}
    >>> optimizer("s = s + abs(g); p - lr * g / (s + 1)", lr=0.1).slots
    ('s',)
    """
    changed = {**(settings or {}), **more}
    if optimizer_name(name) == "lbfgs":
        hint = 'give fit its name, optimizer="lbfgs"'
        raise UsageError("L-BFGS is no row of updates, entry by entry: it searches along lines", hint=hint)
    known = named(name, "optimizer") in OPTIMIZERS.spellings or name.isidentifier()
    row = OPTIMIZERS.row(name) if known else _own(name, changed)
    for setting, value in changed.items():
        if setting not in row.settings:
            hint = did_you_mean(setting, row.settings) or f"it has {', '.join(row.settings) or 'none'}"
            raise UsageError(f"the optimizer {row.name} has no setting '{setting}'", hint=hint)
        if not finite(value) or (setting == "lr" and value < 0):
            least = ", 0 or more" if setting == "lr" else ""
            raise UsageError(f"the setting {setting} must be a finite number{least}, not {short(value)}")
    return Optimizer(row.name, row.text, {**row.settings, **{k: float(v) for k, v in changed.items()}})


OWN_RATE = "own_rate"  # a slot that stays as it is: what the rate of every entry is multiplied by


def with_rates(row: Optimizer) -> Optimizer:
    """Give an optimizer whose rate is another for every entry of the parameters; UsageError for one without a rate lr.

    >>> print(with_rates(optimizer("sgd")))
    own_rate = own_rate
    p - (lr * own_rate) * g
    """
    if "lr" not in row.settings:
        raise UsageError("rates multiply the optimizer's lr, and it has none", hint='such as "p - lr * g"')
    text = renamed(row.text, (("lr", f"(lr * {OWN_RATE})"),), called=False)
    return replace(row, text=f"{OWN_RATE} = {OWN_RATE}\n{text}")


def update_of(name: str, settings: Mapping[str, float]) -> tuple[str, dict[str, float]]:
    r"""Give the program of a row, or a text, and the constants in it; a rate without a value is given at every step.

    >>> update_of("momentum", {"mu": 0.5})
    ('m = mu * m + g\np = p - lr * m', {'mu': 0.5})
    """
    if not name.isidentifier():
        return name, dict(settings)
    row = optimizer(name, settings)
    return row.text, {n: value for n, value in row.settings.items() if n != "lr" or "lr" in settings}


def _own(text: str, settings: Mapping[str, float]) -> Optimizer:
    read = read_update(text, settings)
    if "g" not in read.graph.inputs:
        raise UsageError("an optimizer must speak of the gradient g", hint='such as "p - lr * g"')
    if read.rates:
        raise UsageError(
            f"the optimizer needs a value for '{read.rates[0]}'", hint=f"give {read.rates[0]}=0.1, or the like"
        )
    return Optimizer("own", text.strip(), dict(settings))
