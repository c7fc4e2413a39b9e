"""Weights kept in bytes."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import onnx  # noqa: E402
from onnx import numpy_helper  # noqa: E402

from claritas.engines.numbers import Numbers  # noqa: E402
from claritas.nets import create  # noqa: E402
from claritas.training.deploy import write_onnx  # noqa: E402
from claritas.training.packed import store_in_bytes  # noqa: E402

pytestmark = pytest.mark.torch

NET = ("mobilenet-v2", {"norm": False, "directions": 64, "centres": 80, "dropout": 0.0})


def test_a_file_in_bytes_is_a_fourth_as_large_and_says_the_same_within_a_hundredth(tmp_path):
    torch.manual_seed(0)
    net, path = create(*NET), tmp_path / "model.onnx"
    write_onnx(net, path)
    picture = np.random.default_rng(0).random((1, 3, 64, 64), np.float32)
    before, large = Numbers(path).run(picture), path.stat().st_size
    store_in_bytes(path)
    assert path.stat().st_size < 0.3 * large
    assert np.abs(Numbers(path).run(picture) - before).max() < 0.01
    assert before.max() - before.min() > 0.05


def test_tensors_keep_their_names_in_bytes(tmp_path):
    path = tmp_path / "model.onnx"
    write_onnx(create(*NET), path)
    names = {tensor.name for tensor in onnx.load(path).graph.initializer}
    store_in_bytes(path)
    packed = {t.name: numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}
    assert names <= packed.keys()
    assert packed["features.1.layers.1.conv.weight"].dtype in (np.int8, np.float16)
