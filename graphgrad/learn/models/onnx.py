"""A network as an ONNX model: a row an operation; one without a row goes by its definition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from graphgrad.core.builder import Builder
from graphgrad.core.errors import TargetError, UsageError
from graphgrad.core.graph import Graph
from graphgrad.core.ops import OPS
from graphgrad.frontend.lower import inline
from graphgrad.learn.models.onnx_shapes import SHAPED, Writer

if TYPE_CHECKING:
    from graphgrad.learn.models.model import Model

OPSET = 17

NAMES = {  # of this table -> of ONNX, operand for operand
    "add": "Add", "sub": "Sub", "mul": "Mul", "div": "Div", "pow": "Pow", "neg": "Neg", "reciprocal": "Reciprocal",
    "exp": "Exp", "log": "Log", "sqrt": "Sqrt", "abs": "Abs", "sign": "Sign", "floor": "Floor", "erf": "Erf",
    "sin": "Sin", "cos": "Cos", "tan": "Tan", "asin": "Asin", "acos": "Acos", "atan": "Atan",
    "sinh": "Sinh", "cosh": "Cosh", "tanh": "Tanh", "asinh": "Asinh", "acosh": "Acosh", "atanh": "Atanh",
    "sigmoid": "Sigmoid", "softplus": "Softplus", "relu": "Relu", "maximum": "Max", "minimum": "Min",
    "where": "Where", "greater": "Greater", "greater_equal": "GreaterOrEqual", "less": "Less",
    "less_equal": "LessOrEqual", "equal": "Equal", "logical_and": "And", "logical_or": "Or", "logical_not": "Not",
    "matmul": "MatMul", "softmax": "Softmax", "log_softmax": "LogSoftmax", "elu": "Elu", "concatenate": "Concat",
}  # fmt: skip
MORE = {
    "square": "a * a", "expm1": "exp(a) - 1", "log1p": "log(1 + a)", "cbrt": "sign(a) * abs(a) ** (1 / 3)",
    "clip": "minimum(maximum(a, low), high)",
}  # fmt: skip


def onnx_model(model: Model) -> bytes:
    """Give the model, serialised: input the examples, output the scores. TargetError for what ONNX has no word for."""
    try:
        import onnx
    except ImportError:
        raise UsageError("this needs onnx", hint="pip install 'graphgrad[onnx]'") from None
    graph, dtype = _expanded(model.net.graph), np.dtype(model.dtype)
    writer = Writer(onnx, graph, dtype)
    for i, node in enumerate(graph.nodes):
        given = [writer.labels[o] for o in node.operands]
        writer.labels.append(node.value if node.op == "input" else f"v{i}")
        if node.op == "const":
            writer.constant(np.array(float(node.value), dtype), writer.labels[i])
        elif node.op in SHAPED:
            SHAPED[node.op](writer, i, given)
        elif node.op != "input":
            attrs = {"alpha": float(dict(node.attrs)["alpha"])} if node.op == "elu" else dict(node.attrs)
            writer.emit(NAMES[node.op], given, i, **attrs)
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


def _expanded(graph: Graph) -> Graph:
    """Give the graph in operations of the tables, the others by their definitions."""
    builder, new = Builder(), dict[int, int]()
    for i, node in enumerate(graph.nodes):
        operands = [new[o] for o in node.operands]
        row = OPS.get(node.op)
        text = MORE.get(node.op) or (row.define if row and isinstance(row.define, str) else None)
        if node.op == "input":
            new[i] = builder.input(node.value, node.shape, node.dtype)
        elif node.op == "const":
            new[i] = builder.const(node.value)
        elif node.op in NAMES or node.op in SHAPED:
            new[i] = builder.apply(node.op, *operands, **dict(node.attrs))
        elif row is not None and text is not None:
            new[i] = inline(builder, text, row, operands, dict(node.attrs))
        else:
            raise TargetError(f"ONNX has no operation for '{node.op}'")
    expanded = builder.build({name: new[i] for name, i in graph.outputs.items()})
    known = {*NAMES, *SHAPED, "input", "const"}
    return expanded if all(node.op in known for node in expanded.nodes) else _expanded(expanded)
