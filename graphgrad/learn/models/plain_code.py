"""A model as a file of C, or a module of JavaScript, that needs nothing else: names, preparation, weights, answers."""

from __future__ import annotations

import json
from math import prod
from typing import TYPE_CHECKING, Any

from graphgrad.compiler.backends import c, javascript
from graphgrad.core import quoting
from graphgrad.core.errors import TargetError
from graphgrad.learn.data.encoding import Source
from graphgrad.learn.models.loops import Loops, Syntax

if TYPE_CHECKING:
    from graphgrad.learn.models.model import Model

C = Syntax(
    "C",
    c.LANGUAGE,
    lambda row: row.c,
    loop="for (int {0} = 0; {0} < {1}; {0}++) ",
    array="double {0}[{1}];",
    numbers="static const double {0}[] = {{{1}}};",
    places="static const int {0}[] = {{{1}}};",
)
JAVASCRIPT = Syntax(
    "JavaScript",
    javascript.LANGUAGE,
    lambda row: row.js,
    loop="for (let {0} = 0; {0} < {1}; {0}++) ",
    array="const {0} = new Float64Array({1});",
    numbers="const {0} = [{1}];",
    places="const {0} = [{1}];",
)
SAID = """\
A network trained by graphgrad, which this file does not need. It computes in double, one example at a time.

{columns}
{how}

{program}"""
C_FILE = """\
/* {said}
*/

{own}
enum {{ INPUTS = {inputs}, OUTPUTS = {outputs} }};
{names}
{tables}
void scores(const double *x, double *y) {{
{lines}
}}
{ends}"""
C_ENDS = {
    "numbers": """
void predict(const double *x, double *y) { scores(x, y); }
""",
    "labels": """
void probabilities(const double *x, double *y) {
    double most = -INFINITY, sum = 0;
    scores(x, y);
    for (int i = 0; i < OUTPUTS; i++) if (y[i] > most) most = y[i];
    for (int i = 0; i < OUTPUTS; i++) sum += y[i] = exp(y[i] - most);
    for (int i = 0; i < OUTPUTS; i++) y[i] /= sum;
}

int predict(const double *x) {
    double y[OUTPUTS];
    int best = 0;
    scores(x, y);
    for (int i = 1; i < OUTPUTS; i++) if (y[i] > y[best]) best = i;
    return best;
}
""",
    "yes or no": """
void probabilities(const double *x, double *y) {
    scores(x, y);
    for (int i = 0; i < OUTPUTS; i++) y[i] = 1 / (1 + exp(-y[i]));
}

int predict(const double *x) {
    double y[OUTPUTS];
    scores(x, y);
    return y[0] > 0;
}
""",
}
C_HOW = {
    "numbers": "predict(x, y), and scores(x, y), read INPUTS numbers and write OUTPUTS.",
    "labels": "predict(x) gives the place of a class, probabilities(x, y) and scores(x, y) write OUTPUTS numbers.",
    "yes or no": "predict(x) gives 1 or 0, probabilities(x, y) and scores(x, y) write OUTPUTS numbers, those of 1.",
}
JAVASCRIPT_FILE = """\
/*
{said}
 */

{own}export const columns = {columns};
export const classes = {classes};
{tables}
function numbers(given) {{ // an array, or an object with the columns' names; what is no number is missing
  const row = Array.isArray(given) || ArrayBuffer.isView(given) ? given : columns.map((name) => given[name]);
  if (row.length !== {inputs}) throw new RangeError(`${{row.length}} numbers, and the model takes {inputs}`);
  return Array.from(row, (value) => value === null || value === undefined || value === "" ? NaN : Number(value));
}}

export function scores(given) {{
  const x = numbers(given), y = new Array({outputs});
{lines}
  return y;
}}
{ends}"""
JAVASCRIPT_ENDS = {
    "numbers": """
export const predict = scores;
""",
    "labels": """
export function probabilities(given) {
  const y = scores(given), most = Math.max(...y), powers = y.map((value) => Math.exp(value - most));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

export function predict(given) {
  const y = scores(given), best = y.indexOf(Math.max(...y));
  return classes.length ? classes[best] : best;
}
""",
    "yes or no": """
export function probabilities(given) {
  return scores(given).map((value) => 1 / (1 + Math.exp(-value)));
}

export function predict(given) {
  const best = Number(scores(given)[0] > 0);
  return classes.length ? classes[best] : best;
}
""",
}
JAVASCRIPT_HOW = {
    "numbers": "predict(x), and scores(x), give an array of numbers.",
    "labels": "predict(x) gives a class, probabilities(x) and scores(x) an array with a number for each.",
    "yes or no": "predict(x) gives a class, probabilities(x) and scores(x) an array of one number, that of the second.",
}


def c_model(model: Model) -> bytes:
    """Give the file of C; TargetError for words, and for operations that have no loop."""
    loops, prepared = _loops(model, C, "isnan({0})")
    own = [c.PRELUDE, *(text for op, text in c.OWN.items() if any(node.op == op for node in loops.graph.nodes))]
    lists = {"columns": model.columns, "classes": model.classes}
    names = [f"const char *const {name}[] = {{{_texts(words)}}};" for name, words in lists.items() if words]
    size = loops.size(loops.graph.output)
    lines = [*prepared, *loops.lines, f"{C.loop.format('i', size)}y[i] = {loops.output}[i];"]
    return C_FILE.format(
        said=quoting.c(_said(model, C_HOW[model.loss.target])),
        own="\n".join(own),
        inputs=_inputs(model),
        outputs=size,
        names="\n".join(names),
        tables="\n".join(loops.tables.values()),
        lines="\n".join(f"    {line}" for line in lines),
        ends=C_ENDS[model.loss.target],
    ).encode()


def javascript_model(model: Model) -> bytes:
    """Give the module of JavaScript; TargetError for words, and for operations that have no loop."""
    loops, prepared = _loops(model, JAVASCRIPT, "Number.isNaN({0})")
    size = loops.size(loops.graph.output)
    lines = [*prepared, *loops.lines, f"{JAVASCRIPT.loop.format('i', size)}y[i] = {loops.output}[i];"]
    said = quoting.c(_said(model, JAVASCRIPT_HOW[model.loss.target]))
    return JAVASCRIPT_FILE.format(
        said="\n".join(f" * {line}".rstrip() for line in said.split("\n")),
        own="".join(f"{text}\n" for text in javascript.library(javascript.LANGUAGE.calls(loops.called))),
        columns=json.dumps(model.columns),
        classes=json.dumps(model.classes),
        inputs=_inputs(model),
        outputs=size,
        tables="\n".join(loops.tables.values()),
        lines="\n".join(f"  {line}" for line in lines),
        ends=JAVASCRIPT_ENDS[model.loss.target],
    ).encode()


def _loops(model: Model, syntax: Syntax, missing: str) -> tuple[Loops, list[str]]:
    """Give the loops, and the lines that prepare the numbers which they take."""
    sources = model.preparation.sources if model.preparation else ()
    if worded := next((row for row in sources if row.kind == "words"), None):
        hint = "leave the column out, or export to .onnx or .py"
        raise TargetError(f"{syntax.name} takes no categories, and column '{worded.name}' holds words", hint=hint)
    loops = Loops(model.net, syntax, "u" if sources else "x")
    lines = [syntax.array.format("u", sum(len(row.numbers) for row in sources))] if sources else []
    place = 0
    for k, row in enumerate(sources):
        for text in _prepared(row, f"x[{k}]", syntax, missing):
            lines.append(f"u[{place}] = {text};")
            place += 1
    return loops, lines


def _prepared(row: Source, value: str, syntax: Syntax, missing: str) -> list[str]:
    """What becomes of a column: its value, or what stands for one that is missing, and whether it is."""
    lost = missing.format(value)
    return [f"{lost} ? {syntax.number(row.fill)} : {value}", f"{lost} ? 1 : 0"][: len(row.numbers)]


def _inputs(model: Model) -> int:
    """How many numbers a user gives."""
    sources = model.preparation.sources if model.preparation else ()
    return len(sources) or prod(map(int, model.net.sizes[0]))


def _texts(words: tuple[str, ...]) -> str:
    """Names as strings of C, whose escapes are those of JSON but for characters beyond ASCII, written as UTF-8."""
    return ", ".join(f'"{_c_string(word)}"' for word in words)


def _c_string(word: str) -> str:
    plain = {ord('"'): '\\"', ord("\\"): "\\\\", ord("?"): "\\?"}  # two question marks begin a trigraph
    return "".join(plain.get(byte, chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}") for byte in word.encode())


def _said(model: Model, how: str) -> str:
    """What stands at the top of the file."""
    sources: Any = model.preparation.sources if model.preparation else ()
    dates = [row.name for row in sources if row.kind == "dates"]
    columns = "The numbers of an example are those of `columns`, in order; nan is missing." if sources else ""
    columns += f" Dates are days since 1970-01-01: {', '.join(dates)}." if dates else ""
    columns += " Truths are 1 and 0." if any(row.kind == "truths" for row in sources) else ""
    return SAID.format(columns=columns, how=how, program=model.net.text).replace("\n\n\n", "\n\n")
