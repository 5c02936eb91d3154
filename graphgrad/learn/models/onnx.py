"""A network as an ONNX model, by the table's column `onnx`; a row without it goes by its definition."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from graphgrad.core.errors import UsageError
from graphgrad.core.ops import OPS
from graphgrad.learn.models.expanded import expanded
from graphgrad.learn.models.onnx_ends import called, columns, decisions
from graphgrad.learn.models.onnx_words import Given, meaning
from graphgrad.learn.models.onnx_writer import ML, OnnxWriter

if TYPE_CHECKING:
    from graphgrad.learn.models.model import Model

OPSET, ML_OPSET = 17, 2
OUTPUT = "scores"


def onnx_model(model: Model) -> bytes:
    """Give the model, serialised: examples in, or columns; scores out and, of a classifier, probabilities and labels.

    TargetError for what ONNX has no word for.
    """
    try:
        import onnx
    except ImportError:
        raise UsageError("this needs onnx", hint="pip install 'graphgrad[onnx]'") from None
    graph, dtype = expanded(model.net.graph, "ONNX", lambda row: bool(row.onnx)), np.dtype(model.dtype)
    prepared = model.preparation
    sources = prepared.sources if prepared and prepared.worded else ()
    writer = OnnxWriter(onnx, graph, dtype, [row.name for row in sources])
    inputs = {name: writer.free(name) for name in graph.inputs}
    output = writer.free(OUTPUT)
    for i, node in enumerate(graph.nodes):
        if node.op == "input":
            writer.labels.append(inputs[node.value])
            continue
        writer.labels.append(output if i == graph.output else writer.free(f"v{i}"))
        if node.op == "const":
            writer.constant(np.array(float(node.value), dtype), writer.labels[i])
        else:
            given = [Given(writer.labels[o], graph.nodes[o].shape) for o in node.operands]
            writer.emit(meaning(OPS[node.op], given, dict(node.attrs), writer.types), writer.labels[i])
    for name, value in model.weights.items():
        writer.constant(value, inputs[name])
    data, scores = graph.inputs[model.net.data], graph.output
    ends = [writer.end(writer.labels[data], writer.kind(data), graph.nodes[data].shape)]
    if sources:
        steps, writer.nodes = writer.nodes, []
        ends = columns(writer, sources, writer.labels[data])
        writer.nodes += steps
    answers = [writer.end(output, writer.kind(scores), graph.nodes[scores].shape)]
    answers += decisions(writer, model, output, graph.nodes[scores].shape)
    made = onnx.helper.make_graph(writer.nodes, "graphgrad", ends, answers, writer.constants, doc_string=model.net.text)
    opset = [onnx.helper.make_opsetid("", OPSET), onnx.helper.make_opsetid(ML, ML_OPSET)]
    whole = onnx.helper.make_model(made, producer_name="graphgrad", opset_imports=opset, ir_version=8)
    onnx.helper.set_model_props(whole, {name: json.dumps(said) for name, said in called(model).items() if said})
    onnx.checker.check_model(whole, full_check=True)
    content: bytes = whole.SerializeToString()
    return content
