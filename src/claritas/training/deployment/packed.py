"""Weights kept in 8 or 16 bits in a model's file, the arithmetic in 32.

Only how the weights lie in the file changes: they are rounded once, and every
engine computes in float32 with the same numbers.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper

from claritas.image.picture import Array

LEAST_NUMBERS = 64  # smaller tensors stay as they are: nothing is gained
LEAST_BYTES = 4096  # of a matrix or a convolution that is worth a scale for each row
LARGEST = 127
WIDE = ".wide"  # after the name of a tensor: it in float32


def store_in_bytes(path: Path) -> None:
    """Rewrite an ONNX file: large matrices and kernels as int8 with a scale for each row.

    Vectors and short matrices become float16. Names stay with the tensors.
    """
    model = onnx.load(path)
    graph = model.graph
    wide: dict[str, str] = {}
    widened: list[NodeProto] = []
    for tensor in list(graph.initializer):
        numbers = numpy_helper.to_array(tensor)
        if numbers.dtype != np.float32 or numbers.size < LEAST_NUMBERS:
            continue
        wide[tensor.name] = name = tensor.name + WIDE
        rows = numbers.ndim > 1 and numbers.size >= LEAST_BYTES and len(numbers) > 2
        if rows:
            small, scale = _rounded(numbers)
            scales = numpy_helper.from_array(scale, f"{tensor.name}.scale")
            graph.initializer.append(scales)
            given = [tensor.name, scales.name]
            widened.append(helper.make_node("DequantizeLinear", given, [name], axis=0))
        else:
            small = numbers.astype(np.float16)
            widened.append(helper.make_node("Cast", [tensor.name], [name], to=TensorProto.FLOAT))
        tensor.CopyFrom(numpy_helper.from_array(small, tensor.name))
    for node in graph.node:
        for place, name in enumerate(node.input):
            node.input[place] = wide.get(name, name)
    nodes = [*widened, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _rounded(numbers: Array) -> tuple[Array, Array]:
    """int8 and the scale of each row, (n,) float32."""
    largest = np.abs(numbers).reshape(len(numbers), -1).max(1)
    scale = np.maximum(largest / LARGEST, np.finfo(np.float32).tiny).astype(np.float32)
    shaped = scale.reshape(-1, *([1] * (numbers.ndim - 1)))
    return np.rint(numbers / shaped).astype(np.int8), scale
