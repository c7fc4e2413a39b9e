"""What the file holds beyond what every net's contract test asks of it."""

from __future__ import annotations

import onnx
import pytest

torch = pytest.importorskip("torch")

from onnxruntime.capi.onnxruntime_pybind11_state import Fail  # noqa: E402
from torch import nn  # noqa: E402

from claritas.nets.contract import Contract, WithBody  # noqa: E402
from claritas.training.deployment.onnx_file import parity, write_onnx  # noqa: E402

pytestmark = pytest.mark.torch


class Body(nn.Module):
    """Layers that are all alike, then a map of ones: of the picture's size, or of a fixed one."""

    def __init__(self, fixed: bool) -> None:
        super().__init__()
        layers = [[nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3), nn.PReLU()] for _ in range(3)]
        self.layers = nn.Sequential(*(layer for three in layers for layer in three))
        self.fixed = fixed
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.fill_(0.25)

    def forward(self, x):
        ones = torch.ones([int(side) for side in x.shape[2:]]) if self.fixed else torch.ones_like(x)
        return self.layers(x) + ones


class Alike(WithBody):
    def __init__(self, fixed: bool = False) -> None:
        super().__init__()
        self.body = Body(fixed)
        self.contract = Contract(scale=1, halo=0)


def test_equal_tensors_keep_their_own_names(tmp_path):
    net = Alike()
    write_onnx(net, tmp_path / "net.onnx")
    assert parity(net, tmp_path / "net.onnx") < 1e-6
    graph = onnx.load(tmp_path / "net.onnx").graph
    kept = {f"layers.{i}.{name}" for i in (0, 3, 6) for name in ("weight", "bias")}
    slopes = {f"layers.{i}.weight" for i in (2, 5, 8)}
    assert {tensor.name for tensor in graph.initializer} == kept | slopes
    assert not any(node.op_type in ("Identity", "BatchNormalization") for node in graph.node)


def test_a_size_that_got_into_the_file_shows(tmp_path):
    net = Alike(fixed=True)
    write_onnx(net, tmp_path / "net.onnx")
    with pytest.raises(Fail):
        parity(net, tmp_path / "net.onnx")
