"""A model that scores by brightness alone, for tests: no weights are needed to know its answer."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CARD = """
schema = 1
name = "by-brightness"
version = "1"
task = "score"
summary = "White pictures are good"
licence = "none"
created = "2026-01-01"

percentiles = {percentiles}
rated = "101 photographs"

[net]
kind = "none"
parameters = 40
multiply_adds = 0

[contract]
scale = 1
halo = -1
edges = "own"
minimum = 32

[precision.fp32]
file = "model.onnx"
sha256 = "{sha256}"

[data]
words = "none"
pictures = 0
degradation = "none"
objective = "none"
steps = 0
seed = 0

[limits]
words = "a test"
invents = "none"
"""


def write_scoring_model(folder: Path) -> Path:
    """Marks 1 to 10 by the mean of the picture: all on 1 for black, on 10 for white."""
    slope = np.zeros((3, 10), np.float32)
    slope[:, 9], slope[:, 0] = 20, -20
    bias = np.zeros(10, np.float32)
    bias[0] = 30
    nodes = [
        helper.make_node("ReduceMean", ["picture"], ["mean"], axes=[2, 3], keepdims=0),
        helper.make_node("Gemm", ["mean", "slope", "bias"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["shares"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "by-brightness",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [helper.make_tensor_value_info("shares", TensorProto.FLOAT, ["n", 10])],
        [numpy_helper.from_array(slope, "slope"), numpy_helper.from_array(bias, "bias")],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    content = made.SerializeToString()
    onnx.checker.check_model(made)
    (folder / "model.onnx").write_bytes(content)
    (folder / "card.toml").write_text(
        CARD.format(
            sha256=hashlib.sha256(content).hexdigest(),
            percentiles=[2 + 0.06 * at for at in range(101)],
        )
    )
    return folder
