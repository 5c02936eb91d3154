"""What stands before a network in ONNX, and after it: columns of words and gaps, and the class that is decided on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from graphgrad.core.shapes import Shape
from graphgrad.learn.data.encoding import Source
from graphgrad.learn.models.onnx_words import Call, Given, Integers
from graphgrad.learn.models.onnx_writer import ML, OnnxWriter

if TYPE_CHECKING:
    from graphgrad.learn.models.model import Model


def called(model: Model) -> dict[str, Any]:
    """Give the names that a model has for its classes, its columns and what it learned."""
    prepared = model.preparation
    return {
        "classes": list(model.classes),
        "columns": list(model.columns or (prepared and [row.name for row in prepared.sources]) or ()),
        "targets": list(prepared.targets) if prepared else [],
    }


def columns(writer: OnnxWriter, sources: Sequence[Source], data: str) -> list[Any]:
    """Write what becomes of columns, an input each of (N, 1): words as texts, all else as numbers, nan where missing.

    A missing word is an empty text; dates are days since 1970.
    """
    text, floats, ends, found = int(writer.onnx.TensorProto.STRING), writer.types["floats"], [], []
    for row in sources:
        column = Given(row.name, ("N", 1))
        ends.append(writer.end(column.label, text if row.kind == "words" else floats, column.shape))
        made = _words(column, row, floats) if row.kind == "words" else _value(column, row, floats)
        found.append(Given(writer.emit(made), ()))
    writer.emit(Call("Concat", tuple(found), {"axis": 1}), data)
    return ends


def _value(column: Given, row: Source, floats: int) -> Call:
    """A number, what stands for a missing one, and whether it is missing."""
    lost = Call("IsNaN", (column,), {})
    value = Call("Where", (lost, row.fill, column), {})
    return Call("Concat", (value, Call("Cast", (lost,), {"to": floats})), {"axis": 1}) if row.flagged else value


def _words(column: Given, row: Source, floats: int) -> Call:
    """A number for each word, for all others, and for a missing one."""
    flat = Call("Reshape", (column, Integers((-1,))), {})
    known = Call("OneHotEncoder", (flat,), {"cats_strings": [*row.words, ""], "zeros": 1}, ML)
    each, count = Call("Cast", (known,), {"to": floats}), len(row.words)

    def part(first: int, last: int) -> Call:
        return Call("Slice", (each, Integers((first,)), Integers((last,)), Integers((1,))), {})

    other = Call("Sub", (1, Call("ReduceSum", (each, Integers((1,))), {"keepdims": 1})), {})
    parts = [part(0, count)] * bool(count) + [other] * row.rest + [part(count, count + 1)] * row.flagged
    return Call("Concat", tuple(parts), {"axis": 1})


def decisions(writer: OnnxWriter, model: Model, scores: str, shape: Shape) -> list[Any]:
    """Write the probabilities and the class of every row, by its name where it has one; nothing for numbers."""
    if model.loss.target == "numbers" or len(shape) != 2:
        return []
    given, text = Given(scores, shape), int(writer.onnx.TensorProto.STRING)
    if model.loss.target == "labels":
        chances, found = Call("Softmax", (given,), {"axis": -1}), Call("ArgMax", (given,), {"axis": -1, "keepdims": 0})
    else:
        chances, yes = Call("Sigmoid", (given,), {}), Call("Greater", (given, 0), {})
        found = Call("Cast", (yes,), {"to": writer.types["whole"]})
    ends = [writer.end(writer.emit(chances, writer.free("probabilities")), writer.types["floats"], shape)]
    label, kind = writer.free("label"), writer.types["whole"]
    if model.classes:
        names = {"keys_int64s": [*range(len(model.classes))], "values_strings": list(model.classes)}
        found, kind = Call("LabelEncoder", (found,), names, ML), text
    return [*ends, writer.end(writer.emit(found, label), kind, shape[:1] if model.loss.target == "labels" else shape)]
