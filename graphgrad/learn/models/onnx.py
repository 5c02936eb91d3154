"""A network as an ONNX model, by the table's column `onnx`; a row without it goes by its definition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from graphgrad.core.builder import Builder
from graphgrad.core.errors import TargetError, UsageError
from graphgrad.core.graph import Graph
from graphgrad.core.ops import OPS
from graphgrad.frontend.lower import inline
from graphgrad.learn.models.onnx_words import Call, Given, Integers, meaning

if TYPE_CHECKING:
    from graphgrad.learn.models.model import Model

OPSET = 17


def onnx_model(model: Model) -> bytes:
    """Give the model, serialised: input the examples, output the scores. TargetError for what ONNX has no word for."""
    try:
        import onnx
    except ImportError:
        raise UsageError("this needs onnx", hint="pip install 'graphgrad[onnx]'") from None
    graph, dtype = _expanded(model.net.graph), np.dtype(model.dtype)
    writer = _Writer(onnx, graph, dtype)
    for i, node in enumerate(graph.nodes):
        if node.op == "input":
            writer.labels.append(node.value)
            continue
        writer.labels.append(writer.free(f"v{i}"))
        if node.op == "const":
            writer.constant(np.array(float(node.value), dtype), writer.labels[i])
        else:
            given = [Given(writer.labels[o], graph.nodes[o].shape) for o in node.operands]
            writer.emit(meaning(OPS[node.op], given, dict(node.attrs), writer.types), writer.labels[i])
    for name, value in model.weights.items():
        writer.constant(value, name)
    ends = [
        onnx.helper.make_tensor_value_info(writer.labels[i], writer.kind(i), list(graph.nodes[i].shape))
        for i in (graph.inputs[model.net.data], graph.output)
    ]
    made = onnx.helper.make_graph(
        writer.nodes, "graphgrad", ends[:1], ends[1:], writer.constants, doc_string=model.net.text
    )
    opset = [onnx.helper.make_opsetid("", OPSET)]
    whole = onnx.helper.make_model(made, producer_name="graphgrad", opset_imports=opset, ir_version=8)
    onnx.checker.check_model(whole, full_check=True)
    content: bytes = whole.SerializeToString()
    return content


class _Writer:
    """The nodes and constants of a model in the making; `labels` names what every node of the graph gives."""

    def __init__(self, onnx: Any, graph: Graph, dtype: np.dtype[Any]) -> None:
        self.onnx, self.graph, self.dtype = onnx, graph, dtype
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.labels: list[str] = []
        self.types = {"floats": int(onnx.helper.np_dtype_to_tensor_dtype(dtype)), "whole": int(onnx.TensorProto.INT64)}

    def emit(self, call: Call, label: str = "") -> str:
        """Add an operator, after those that its operands are; give the name of what it gives."""
        given = [self._operand(operand) for operand in call.operands]
        label = label or self.free(f"step{len(self.nodes)}")
        attrs = {k: int(v) if isinstance(v, bool) else v for k, v in call.attrs.items() if v is not None}
        self.nodes.append(self.onnx.helper.make_node(call.op, given, [label], **attrs))
        return label

    def _operand(self, operand: Any) -> str:
        match operand:
            case Given():
                return operand.label
            case Call():
                return self.emit(operand)
            case Integers(values):
                return self.constant(np.array(values, np.int64), self.free(f"integers{len(self.constants)}"))
        return self.constant(np.array(float(operand), self.dtype), self.free(f"number{len(self.constants)}"))

    def constant(self, value: Any, name: str) -> str:
        """Add a constant."""
        self.constants.append(self.onnx.numpy_helper.from_array(value, name))
        return name

    def free(self, name: str) -> str:
        """A name that no input of the graph has."""
        while name in self.graph.inputs:
            name += "_"
        return name

    def kind(self, node: int) -> int:
        """ONNX's number for the type of a node."""
        return self.types["whole" if self.graph.nodes[node].dtype == "int" else "floats"]


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
