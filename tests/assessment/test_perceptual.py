"""LPIPS runs the user's network; the stand-in here gives the mean of the difference's size."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import claritas
from claritas.errors import EngineError, UsageError


def write_network(path):
    names, shape = ("result", "reference"), [1, 3, "h", "w"]
    nodes = [
        helper.make_node("Sub", list(names), ["apart"]),
        helper.make_node("Abs", ["apart"], ["size"]),
        helper.make_node("ReduceMean", ["size"], ["distance"], keepdims=1),
    ]
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in names]
    outputs = [helper.make_tensor_value_info("distance", TensorProto.FLOAT, [1, 1, 1, 1])]
    graph = helper.make_graph(nodes, "stand-in", inputs, outputs)
    opsets = [helper.make_opsetid("", 17)]
    path.write_bytes(
        helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()
    )
    onnx.checker.check_model(str(path))


def test_the_network_gets_both_pictures_in_minus_one_to_one(tmp_path):
    write_network(tmp_path / "l.onnx")
    x, y = np.full((20, 30, 3), 255, np.uint8), np.full((20, 30, 3), 204, np.uint8)
    found = claritas.assess(x, y, metrics=[f"lpips={tmp_path / 'l.onnx'}"])["lpips"]
    assert found.value == pytest.approx(0.4, abs=1e-6)
    assert "l.onnx" in str(found.protocol)


def test_a_file_that_is_missing_or_no_network_is_said(tmp_path):
    grey = np.zeros((20, 30), np.uint8)
    with pytest.raises(UsageError, match=r"there is no file .*l\.onnx"):
        claritas.assess(grey, grey, metrics=[f"lpips={tmp_path / 'l.onnx'}"])
    (tmp_path / "l.onnx").write_bytes(b"no")
    with pytest.raises(EngineError, match=r"could not run .*l\.onnx"):
        claritas.assess(grey, grey, metrics=[f"lpips={tmp_path / 'l.onnx'}"])
