"""Weights kept in 16 bits in a model's file: half the size, the same arithmetic.

The file still computes in float32. Only how the weights lie in it changes, so
they are rounded once, and every engine sees the same numbers.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LEAST_NUMBERS = 64  # smaller tensors stay as they are: nothing is gained


def store_in_halves(path: Path) -> None:
    """Rewrite an ONNX file: its float32 tensors as float16, widened where they are used.

    Names stay with the tensors, for whoever trains on from the file.
    """
    model = onnx.load(path)
    graph = model.graph
    wide: dict[str, str] = {}
    for tensor in graph.initializer:
        numbers = numpy_helper.to_array(tensor)
        if numbers.dtype == np.float32 and numbers.size >= LEAST_NUMBERS:
            wide[tensor.name] = f"{tensor.name}.wide"
            tensor.CopyFrom(numpy_helper.from_array(numbers.astype(np.float16), tensor.name))
    for node in graph.node:
        for place, name in enumerate(node.input):
            node.input[place] = wide.get(name, name)
    casts = [
        helper.make_node("Cast", [name], [cast], to=TensorProto.FLOAT)
        for name, cast in wide.items()
    ]
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, path)
