"""A network as an ONNX model, by the table's column `onnx`; a row without it goes by its definition."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from graphgrad.core.builder import Builder
from graphgrad.core.errors import TargetError, UsageError
from graphgrad.core.graph import Graph
from graphgrad.core.ops import OPS
from graphgrad.frontend.lower import inline
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
    graph, dtype = _expanded(model.net.graph), np.dtype(model.dtype)
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


def _expanded(graph: Graph) -> Graph:
    """Give the graph in operations of the tables, the others by their definitions."""
    builder, new = Builder(), dict[int, int]()
    for i, node in enumerate(graph.nodes):
        operands = [new[o] for o in node.operands]
        row = OPS.get(node.op)
        if node.op == "input":
            new[i] = builder.input(node.value, node.shape, node.dtype)
        elif row is None:
            new[i] = builder.const(node.value)
        elif row.onnx:
            new[i] = builder.apply(node.op, *operands, **dict(node.attrs))
        elif isinstance(row.define, str):
            new[i] = inline(builder, row.define, row, operands, dict(node.attrs))
        else:
            raise TargetError(f"ONNX has no operation for '{node.op}'")
    expanded = builder.build({name: new[i] for name, i in graph.outputs.items()})
    known = all(node.op not in OPS or OPS[node.op].onnx for node in expanded.nodes)
    return expanded if known else _expanded(expanded)
