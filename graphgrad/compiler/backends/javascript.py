"""Programs of numbers as a module of JavaScript, which browsers and node import."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

from graphgrad.compiler.backend import Backend, Program, numbers_only
from graphgrad.compiler.source import module
from graphgrad.compiler.source.language import Language
from graphgrad.compiler.source.lines import Dialect, straight
from graphgrad.compiler.source.outline import Code
from graphgrad.compiler.source.primal import gradients
from graphgrad.compiler.source.results import TITLES, entry as function_name
from graphgrad.compiler.source.statements import NUMBERS, Expr, Statement, digits, entry, variable
from graphgrad.compiler.source.templates import Column
from graphgrad.core import quoting
from graphgrad.core.errors import TargetError
from graphgrad.core.graph import Graph

ERF = """\
function erfcx(y) { // exp(y * y) * erfc(y) of y from 0.46875 on
  if (y <= 4) return quotient(
    [2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1,
     2.98635138197400131e2, 8.8195222124176909e2, 1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3],
    [1, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
     3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3], y);
  const t = 1 / (y * y);
  return (0.564189583547756287 - t * quotient(
    [1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
     1.60837851487422766e-2, 6.58749161529837803e-4],
    [1, 2.56852019228982242, 1.87295284992346047, 5.27905102951428412e-1, 6.05183413124413191e-2,
     2.33520497626869185e-3], t)) / y;
}
function quotient(p, q, t) { // of two polynomials in t, their coefficients from the highest down
  return p.reduce((s, c) => s * t + c) / q.reduce((s, c) => s * t + c);
}
function erf(x) { // W. J. Cody, Math. Comp. 23 (1969): rational approximations, exact to about 1e-16
  const y = Math.abs(x);
  return y <= 0.46875 ? x * quotient(
    [1.85777706184603153e-1, 3.1611237438705656, 1.1386415415105016e2, 3.774852376853020208e2, 3.2093775891384694e3],
    [1, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3], y * y)
    : Math.sign(x) * (1 - Math.exp(-y * y) * erfcx(Math.min(y, 30)));
}
function erfc(x) { // 1 - erf(x), where that cancels too: the square in the exponential is taken in two parts
  const y = Math.min(Math.abs(x), 30), part = Math.trunc(y * 16) / 16;
  if (y <= 0.46875) return 1 - erf(x);
  const tail = Math.exp(-part * part) * Math.exp((part - y) * (part + y)) * erfcx(y);
  return x < 0 ? 2 - tail : tail;
}
"""

EXPREL = """\
function exprel(a, order) { // the integral of t**order * exp(a*t) over t from 0 to 1
  if (Math.abs(a) <= 2) {
    let series = 1 / (order + 25);
    for (let k = 24; k > 0; k--) series = 1 / (order + k) + a / k * series;
    return series;
  }
  let value = Math.expm1(a) / a;
  for (let k = 1; k <= order; k++) value = value === Infinity ? value : (Math.exp(a) - k * value) / a;
  return value;
}
"""
SINREL = """\
function sinrel(a, order) { // the derivative of that order of sin(a) / a
  const odd = order % 2;
  if (Math.abs(a) <= 2) {
    let series = 1 / (order + odd + 25);
    for (let k = 24; k > 0; k -= 2)
      series = 1 / (order + odd + k - 1) - a * a / ((odd + k) * (odd + k - 1)) * series;
    return (odd ? a : 1) * (1 - (order + odd) % 4) * series;
  }
  let value = Math.sin(a) / a;
  for (let k = 1; k <= order; k++)
    value = ((k % 2 ? Math.cos(a) : Math.sin(a)) * (Math.floor(k / 2) % 2 ? -1 : 1) - k * value) / a;
  return value;
}
"""
POWER = """\
function power(a, b) { // as IEEE 754 has it, and NumPy: 1 to any power is 1
  return a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b;
}
"""
MODULO = """\
function modulo(a, b) { // what is left of a, with the sign of b
  const rest = a % b;
  return rest * Math.sign(b) < 0 ? rest + b : rest === 0 ? 0 * Math.sign(b) : rest;
}
"""
FLOOR_DIVIDE = """\
function floor_divide(a, b) { // exact where a / b is not
  const rest = a % b;
  if (b === 0) return a / b;
  const whole = (a - rest) / b - (rest * Math.sign(b) < 0 ? 1 : 0);
  return whole === 0 ? 0 * (a / b) : whole - Math.floor(whole) > 0.5 ? Math.floor(whole) + 1 : Math.floor(whole);
}
"""
LIBRARY = {  # functions that JavaScript does not have
    "erf": ERF, "erfc": ERF, "exprel": EXPREL, "sinrel": SINREL, "power": POWER, "modulo": MODULO,
    "floor_divide": FLOOR_DIVIDE,
}  # fmt: skip


def javascript_body(graph: Graph, /) -> str:
    """Give the body of a JavaScript function of an object `x`, the inputs by name, that returns all nodes' values.

    The result is an array indexed by node id; `new Function("x", body)` makes the function. Conditions are true and
    false. Raises TargetError for a program of arrays, or for an operation without a spelling.

    >>> from graphgrad.frontend.parse import parse
    >>> print(javascript_body(parse("x * sin(x)")))
    const v = new Array(3);
    v[0] = x["x"];
    v[1] = Math.sin(v[0]);
    v[2] = v[0] * v[1];
    return v;
    """
    if any(node.shape for node in graph.nodes):
        raise TargetError("the target 'javascript' computes with numbers, and this program has arrays")
    language, v, lines = JAVASCRIPT_BODY, variable("v"), [f"const v = new Array({len(graph)});"]
    places = [entry(v, (digits(i),)) for i in range(len(graph))]
    values: list[Expr] = []
    for i, node in enumerate(graph.nodes):
        if node.op == "input":
            values.append(entry(variable("x"), (variable(f'"{node.value}"'),)))
        elif node.op == "const":
            values.append(Dialect(NUMBERS).decimal(node))
        else:
            values.append(Dialect(NUMBERS).apply(graph, i, [places[o] for o in node.operands]))
        lines.append(language.said(Statement(places[i], values[i], i)))
    called = language.calls(values)
    return "\n".join([*library(called), *lines, "return v;"])


def library(called: Iterable[str]) -> list[str]:
    """The texts of our own functions among those that are called."""
    return list(dict.fromkeys(text for name, text in LIBRARY.items() if name in {*called}))


LANGUAGE = Language(
    columns={NUMBERS: Column("js", attrgetter("js"), python=False)},
    constants={"pi": "Math.PI", "e": "Math.E", "inf": "Infinity", "nan": "NaN", "True": "true", "False": "false"},
    assignment="const {} = {};",
    inlines=False,
)
JAVASCRIPT_BODY = LANGUAGE.but(assignment="{} = {};")
WORDS = """
arguments await break case catch class const continue debugger default delete do else enum eval export extends false
finally for function if implements import in instanceof interface let new null package private protected public return
static super switch this throw true try typeof var void while with yield
Infinity Math NaN Number erf erfc erfcx exprel floor_divide inputs modulo power quotient sinrel undefined value
value_and_grad values
"""  # that no variable may be called
RESERVED = frozenset(WORDS.split())


class JavaScriptWriter:
    """Writes the module: one exported function of an object, the inputs by name; results are as in Python."""

    def __init__(self, program: Program) -> None:
        numbers_only(program)
        self.before, self.graph, self.said, self.target, _, self.returns = program
        self.grads, self.name = gradients(self.graph), function_name(self.graph)
        taken = set(self.said.labels)
        self.labels = [self.free(label, taken) for label in self.said.labels]
        self.lines = straight(self.graph, Dialect(NUMBERS), LANGUAGE, self.labels, frozenset(), 2)

    @staticmethod
    def free(label: str, taken: set[str]) -> str:
        """A name that the language leaves to programs."""
        new = label
        while new in RESERVED or (new != label and new in taken):
            new += "_"
        return new

    def code(self) -> tuple[Code, ...]:
        """The function from afar."""
        lines = tuple((line.node, LANGUAGE.said(line)) for line in self.lines)
        return (Code(self.name, self.graph, self.labels, lines),)

    def function(self, _: str) -> Callable[..., Any]:
        """A function that says why it computes nothing."""

        def refused(*_: Any, **__: Any) -> Any:
            raise TargetError("JavaScript does not run here", hint="save it, and import it in a browser or in node")

        return refused

    def source(self) -> str:
        """The module's text."""
        notes = [*module.described_inputs(self.graph), "", f"Give the inputs by name: {self.name}({self.example()})."]
        said = module.described(TITLES[self.name], self.before, notes, self.target.name, "float64")
        comment = "\n".join(f" * {line}".rstrip() for line in quoting.c(said).split("\n"))
        called = LANGUAGE.calls(line.value for line in self.lines)
        own = "".join(f"{text}\n" for text in library(called))
        text = [f"/*\n{comment}\n */\n\n{own}export function {self.name}(inputs) {{"]
        inputs = [name if name == self.labels[i] else f"{name}: {self.labels[i]}"
                  for name, i in self.graph.inputs.items()]  # fmt: skip
        text += [f"  const {{ {', '.join(inputs)} }} = inputs;"] * bool(inputs)
        text += [f"  {LANGUAGE.said(line)} // {quoting.c(self.said.comment(line.node))}" for line in self.lines]
        return "\n".join([*text, f"  return {self.result()};", "}", ""])

    def example(self) -> str:
        """What the function may be given."""
        return _object(dict.fromkeys(self.graph.inputs, "1")) if self.graph.inputs else "{}"

    def result(self) -> str:
        """A value; a value and an object of derivatives, by input; or an object of outputs, by name."""
        texts = {name: self.output(i) for name, i in self.graph.outputs.items()}
        first, *others = texts.values()
        if self.returns == "tuple" and others:
            return f"[{', '.join(texts.values())}]"
        if self.grads:
            return f"[{first}, {_object(dict(zip(self.grads, others, strict=True)))}]"
        return _object(texts) if others else first

    def output(self, node: int) -> str:
        """An output; a condition counts as a number where it is a derivative."""
        made = self.graph.nodes[node]
        if made.op == "const":
            return LANGUAGE.text(Dialect(NUMBERS).constant(made))
        counts = made.dtype == "bool" and node in self.grads.values()
        return f"Number({self.labels[node]})" if counts else self.labels[node]


def _object(texts: dict[str, str]) -> str:
    return f"{{ {', '.join(_entry(name, text) for name, text in texts.items())} }}"


def _entry(name: str, text: str) -> str:
    """A name and its value; in brackets the one name that would set an object's prototype instead."""
    return name if name == text else f'["{name}"]: {text}' if name == "__proto__" else f"{name}: {text}"


JAVASCRIPT = Backend("javascript", JavaScriptWriter, LANGUAGE, suffixes=(".js", ".mjs"), runs=False)
