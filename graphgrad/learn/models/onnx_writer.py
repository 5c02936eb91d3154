"""The nodes, the constants and the names of an ONNX model in the making."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from graphgrad.core.graph import Graph
from graphgrad.core.shapes import Shape
from graphgrad.learn.models.onnx_wide import WIDE
from graphgrad.learn.models.onnx_words import Call, Given, Integers, Numbers

ML = "ai.onnx.ml"  # operators on words


class OnnxWriter:
    """The nodes and constants of a model in the making; `labels` names what every node of the graph gives."""

    def __init__(self, onnx: Any, graph: Graph, dtype: np.dtype[Any], names: Iterable[str]) -> None:
        self.onnx, self.graph, self.dtype = onnx, graph, dtype
        self.shared: dict[int, tuple[Call, str]] = {}  # the name of what a call gives, by the call itself
        self.taken = {*names}  # and those that were given since
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.labels: list[str] = []
        self.types = {"floats": int(onnx.helper.np_dtype_to_tensor_dtype(dtype)), "whole": int(onnx.TensorProto.INT64)}

    def emit(self, call: Call, label: str = "") -> str:
        """Add an operator, after those that its operands are; give the name of what it gives."""
        given = [self._operand(operand) for operand in call.operands]
        if self.dtype == np.float64 and call.op in WIDE:
            return self.emit(WIDE[call.op](*[Given(name, ()) for name in given], **call.attrs), label)
        label = label or self.free(f"step{len(self.nodes)}")
        attrs = {k: int(v) if isinstance(v, bool) else v for k, v in call.attrs.items() if v is not None}
        self.nodes.append(self.onnx.helper.make_node(call.op, given, [label], domain=call.domain, **attrs))
        return label

    def _operand(self, operand: Any) -> str:
        match operand:
            case Given():
                return operand.label
            case Call():
                if id(operand) not in self.shared:
                    self.shared[id(operand)] = operand, self.emit(operand)
                return self.shared[id(operand)][1]
            case Integers(values):
                return self.constant(np.array(values, np.int64), self.free(f"integers{len(self.constants)}"))
            case Numbers(values):
                return self.constant(np.array(values, self.dtype), self.free(f"numbers{len(self.constants)}"))
        return self.constant(np.array(float(operand), self.dtype), self.free(f"number{len(self.constants)}"))

    def constant(self, value: Any, name: str) -> str:
        """Add a constant."""
        self.constants.append(self.onnx.numpy_helper.from_array(value, name))
        return name

    def free(self, name: str) -> str:
        """Give a name that nothing has, and keep it from others."""
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name

    def end(self, label: str, kind: int, shape: Shape) -> Any:
        """Say what an input or an output is."""
        return self.onnx.helper.make_tensor_value_info(label, kind, list(shape))

    def kind(self, node: int) -> int:
        """ONNX's number for the type of a node."""
        return self.types["whole" if self.graph.nodes[node].dtype == "int" else "floats"]
