"""A network as an ONNX model: a row an operation; one without a row goes by its definition."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphgrad.core.builder import Builder
from graphgrad.core.errors import TargetError, UsageError
from graphgrad.core.graph import Graph
from graphgrad.core.ops import OPS
from graphgrad.frontend.lower import inline
from graphgrad.learn.model import Model

OPSET = 17

NAMES = {  # of this table -> of ONNX, operand for operand
    "add": "Add", "sub": "Sub", "mul": "Mul", "div": "Div", "pow": "Pow", "neg": "Neg", "reciprocal": "Reciprocal",
    "exp": "Exp", "log": "Log", "sqrt": "Sqrt", "abs": "Abs", "sign": "Sign", "floor": "Floor", "erf": "Erf",
    "sin": "Sin", "cos": "Cos", "tan": "Tan", "asin": "Asin", "acos": "Acos", "atan": "Atan",
    "sinh": "Sinh", "cosh": "Cosh", "tanh": "Tanh", "asinh": "Asinh", "acosh": "Acosh", "atanh": "Atanh",
    "sigmoid": "Sigmoid", "softplus": "Softplus", "relu": "Relu", "maximum": "Max", "minimum": "Min",
    "where": "Where", "greater": "Greater", "greater_equal": "GreaterOrEqual", "less": "Less",
    "less_equal": "LessOrEqual", "equal": "Equal", "logical_and": "And", "logical_or": "Or", "logical_not": "Not",
    "matmul": "MatMul", "transpose": "Transpose", "softmax": "Softmax", "log_softmax": "LogSoftmax", "elu": "Elu",
    "concatenate": "Concat", "sum": "ReduceSum",
}  # fmt: skip
MORE = {"square": "a * a", "expm1": "exp(a) - 1", "log1p": "log(1 + a)", "cbrt": "sign(a) * abs(a) ** (1 / 3)"}


def onnx_model(model: Model) -> bytes:
    """Give the model, serialised: input the examples, output the scores. TargetError for what ONNX has no word for."""
    try:
        import onnx
    except ImportError:
        raise UsageError("this needs onnx", hint="pip install 'graphgrad[onnx]'") from None
    graph, dtype = _expanded(model.net.graph), np.dtype(model.dtype)
    kind = onnx.helper.np_dtype_to_tensor_dtype(dtype)
    nodes, constants, labels = [], [], []
    for i, node in enumerate(graph.nodes):
        labels.append(node.value if node.op == "input" else f"v{i}")
        given = [labels[o] for o in node.operands]
        if node.op == "const":
            constants.append(onnx.numpy_helper.from_array(np.array(float(node.value), dtype), labels[i]))
        elif node.op == "number":
            nodes.append(onnx.helper.make_node("Cast", given, [labels[i]], to=kind))
        elif node.op != "input":
            attrs = _attributes(node.op, dict(node.attrs))
            if node.op == "sum" and (axes := dict(node.attrs)["axis"]) is not None:
                constants.append(onnx.numpy_helper.from_array(np.atleast_1d(np.array(axes, np.int64)), f"axes{i}"))
                given.append(f"axes{i}")
            nodes.append(onnx.helper.make_node(NAMES[node.op], given, [labels[i]], **attrs))
    constants += [onnx.numpy_helper.from_array(value, name) for name, value in model.weights.items()]
    ends = [
        onnx.helper.make_tensor_value_info(labels[i], kind, list(graph.nodes[i].shape))
        for i in (graph.inputs[model.net.data], graph.output)
    ]
    made = onnx.helper.make_graph(nodes, "graphgrad", ends[:1], ends[1:], constants, doc_string=model.net.text)
    opset = [onnx.helper.make_opsetid("", OPSET)]
    whole = onnx.helper.make_model(made, producer_name="graphgrad", opset_imports=opset, ir_version=8)
    onnx.checker.check_model(whole, full_check=True)
    content: bytes = whole.SerializeToString()
    return content


def _expanded(graph: Graph) -> Graph:
    """Give the graph in operations of the table above, the others by their definitions."""
    builder, new = Builder(), dict[int, int]()
    for i, node in enumerate(graph.nodes):
        operands = [new[o] for o in node.operands]
        row = OPS.get(node.op)
        text = MORE.get(node.op) or (row.define if row and isinstance(row.define, str) else None)
        if node.op == "input":
            new[i] = builder.input(node.value, node.shape, node.dtype)
        elif node.op == "const":
            new[i] = builder.const(node.value)
        elif node.op in NAMES or node.op == "number":
            new[i] = builder.apply(node.op, *operands, **dict(node.attrs))
        elif row is not None and text is not None:
            new[i] = inline(builder, text, row, operands, dict(node.attrs))
        else:
            raise TargetError(f"ONNX has no operation for '{node.op}'")
    expanded = builder.build({name: new[i] for name, i in graph.outputs.items()})
    return (
        expanded
        if all(n.op in NAMES or n.op in {"input", "const", "number"} for n in expanded.nodes)
        else _expanded(expanded)
    )


def _attributes(op: str, attrs: dict[str, Any]) -> dict[str, Any]:
    match op:
        case "transpose":
            return {} if attrs["axes"] is None else {"perm": list(attrs["axes"])}
        case "sum":
            return {"keepdims": int(attrs["keepdims"])}
        case "elu":
            return {"alpha": float(attrs["alpha"])}
    return attrs
