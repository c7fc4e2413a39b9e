"""Weights that a file holds in half the room."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

torch = pytest.importorskip("torch")

from skimage.data import chelsea  # noqa: E402

from claritas.engines.engine import Finish, Request  # noqa: E402
from claritas.engines.onnxruntime import OnnxRuntimeEngine  # noqa: E402
from claritas.engines.openvino import OpenVinoEngine  # noqa: E402
from claritas.nets import create  # noqa: E402
from claritas.nets.contract import as_module  # noqa: E402
from claritas.training.deployment.half import halve, round_to_half  # noqa: E402
from claritas.training.deployment.onnx_file import parity, write_onnx  # noqa: E402

pytestmark = pytest.mark.torch

FORM = {"scale": 2, "channels": 32, "blocks": 1, "depth": 2}


@pytest.fixture(scope="module", params=[False, True], ids=["ordinary", "symmetric"])
def net(request):
    torch.manual_seed(0)
    made = create("plain", FORM | {"symmetric": request.param})
    round_to_half(made)
    return made


@pytest.fixture(scope="module")
def files(net, tmp_path_factory):
    folder = tmp_path_factory.mktemp("half")
    whole, half = folder / "whole.onnx", folder / "half.onnx"
    write_onnx(net, whole)
    half.write_bytes(whole.read_bytes())
    halve(half)
    return whole, half


def test_large_weights_take_half_the_room_and_keep_their_names(files):
    whole, half = files
    stored = [
        {i.name: onnx.numpy_helper.to_array(i) for i in onnx.load(file).graph.initializer}
        for file in files
    ]
    assert half.stat().st_size < 0.65 * whole.stat().st_size
    assert stored[0].keys() == stored[1].keys()
    assert all(np.array_equal(stored[0][name], stored[1][name]) for name in stored[0])


def test_nothing_is_lost_between_torch_and_the_file(net, files):
    assert parity(net, files[1]) <= max(1e-6, 2 * parity(net, files[0]))


@pytest.mark.parametrize("engine", [OpenVinoEngine, OnnxRuntimeEngine])
def test_engines_compute_the_same_from_both(engine, files):
    finish = Finish(2, white=255.0, residual="bicubic", sub_pixel=True)
    picture = chelsea()[None, :40, :50]
    results = [engine(Request(file, finish, "fp32", "uint8")).run({"picture": picture})
               for file in files]  # fmt: skip
    assert np.array_equal(results[0]["picture"], results[1]["picture"])


def test_weights_that_are_changed_on_their_way_out_are_not_rounded(net):
    before = create("plain", FORM)
    as_module(before).load_state_dict(as_module(net).state_dict())
    with torch.no_grad():
        as_module(before).get_parameter("body.tail.weight").add_(1e-4 / 3)
    tail = as_module(before).get_parameter("body.tail.weight").clone()
    round_to_half(before)
    assert torch.equal(as_module(before).get_parameter("body.tail.weight"), tail)
