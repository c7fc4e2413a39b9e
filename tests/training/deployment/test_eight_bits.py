"""A net in 8 bits: what it rounds, what it learns, and the file that ships."""

from __future__ import annotations

import copy

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
from claritas.training.deployment.eight_bits import (  # noqa: E402
    EightBitConvolution,
    EightBits,
    Range,
    in_eight_bits,
    with_ranges,
)
from claritas.training.deployment.onnx_file import parity, write_onnx  # noqa: E402
from tests.nets.forms import SMALL  # noqa: E402

pytestmark = pytest.mark.torch

FORM = {"scale": 2, "channels": 16, "blocks": 2, "depth": 2}


def photograph():
    return torch.from_numpy(chelsea()[:96, :120]).permute(2, 0, 1)[None].float() / 255


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    made = create("plain", FORM)
    with torch.no_grad():  # a tail that says something
        as_module(made).get_parameter("body.tail.weight").mul_(10)
    return made


@pytest.fixture(scope="module")
def rounded(net):
    return in_eight_bits(net, [photograph()])


def test_rounding_changes_a_result_little_and_a_flat_picture_not_at_all(net, rounded):
    flat = torch.full((1, 3, 40, 40), 0.4)
    with torch.no_grad():
        moved = (rounded(photograph()) - net(photograph())).abs()
        inside = rounded(flat)[..., 30:-30, 30:-30]
    assert 0 < moved.mean() < 0.002
    assert (inside - 0.4).abs().max() < 1e-5


def test_a_range_is_as_wide_as_four_of_five_pictures_need_and_not_as_the_widest():
    rounding = Range()
    rounding.seen = [torch.tensor([0.0, high]) for high in [1.0] * 4 + [4.0] * 5 + [100.0]]
    rounding.settle()
    assert 255 * rounding.log_scale.exp().item() == pytest.approx(4.0)


def test_centred_a_flat_pictures_features_lie_where_they_are_rounded_to(rounded):
    centred = copy.deepcopy(rounded)
    centred.centre()
    bias = as_module(centred).get_parameter("body.head.bias")
    assert torch.allclose(as_module(centred).get_submodule("body.first")(bias), bias, atol=1e-5)


def test_centred_a_smooth_ramp_is_nearer_to_the_net_in_float(net, rounded):
    centred = copy.deepcopy(rounded)
    centred.centre()
    ramp = (torch.arange(96) / 3).round() / 255 + 0.4
    ramp = ramp.expand(1, 3, 96, 96)
    before, after = ((one(ramp) - net(ramp)).square().mean() for one in (rounded, centred))
    assert after < before


def test_centring_costs_a_photograph_little_and_moves_nothing_in_float(net, rounded):
    centred, exact = copy.deepcopy(rounded), copy.deepcopy(net)
    centred.centre()
    exact.centre()
    with torch.no_grad():
        truth = net(photograph())
        before, after = ((one(photograph()) - truth).abs().mean() for one in (rounded, centred))
        assert torch.equal(exact(photograph()), truth)
    assert after < 1.5 * before


def test_every_convolution_but_the_first_is_rounded(rounded):
    kinds = [type(m) for m in as_module(rounded).modules() if isinstance(m, torch.nn.Conv2d)]
    assert kinds[0] is torch.nn.Conv2d
    assert set(kinds[1:]) == {EightBitConvolution}


def test_of_a_net_that_does_not_say_where_the_inputs_of_convolutions_are_rounded():
    rounded = in_eight_bits(create("espcn", {"scale": 2}), [photograph()])
    found = [m for m in as_module(rounded).modules() if isinstance(m, EightBitConvolution)]
    assert found
    assert all(isinstance(convolution.before, Range) for convolution in found)


def test_weights_and_ranges_learn_through_the_rounding(net):
    rounded = in_eight_bits(net, [photograph()])
    rounded(photograph()).square().mean().backward()
    module = as_module(rounded)
    assert all(p.grad is not None and p.grad.isfinite().all() for p in module.parameters())
    assert any(r.log_scale.grad != 0 for r in module.modules() if isinstance(r, Range))


def test_ranges_come_back_from_a_checkpoint(net, rounded):
    again = with_ranges(net)
    as_module(again).load_state_dict(as_module(rounded).state_dict())
    with torch.no_grad():
        assert torch.equal(again(photograph()), rounded(photograph()))


@pytest.fixture(scope="module")
def file(rounded, tmp_path_factory):
    path = tmp_path_factory.mktemp("eight") / "model.onnx"
    write_onnx(EightBits(rounded), path)
    return path


def test_the_file_holds_whole_numbers_and_pairs_of_nodes(file, rounded):
    graph = onnx.load(file).graph
    kinds = [node.op_type for node in graph.node]
    ranges = [m for m in as_module(rounded).modules() if isinstance(m, Range)]
    weights = [
        i for i in graph.initializer if i.data_type == onnx.TensorProto.INT8 and len(i.dims) == 4
    ]
    assert kinds.count("QuantizeLinear") == len(ranges)
    assert kinds.count("Conv") == len(weights) + 1
    assert kinds.count("DequantizeLinear") == len(ranges) + len(weights)


def test_two_products_of_a_weight_and_a_value_fit_into_16_bits(file):
    weights = [onnx.numpy_helper.to_array(i) for i in onnx.load(file).graph.initializer]
    largest = max(abs(w.astype(int)).max() for w in weights if w.dtype == np.int8 and w.ndim == 4)
    assert largest > 32
    assert 2 * largest * 255 < 2**15


# Mean differences; OpenVINO adds 8-bit sums in another order. 1e-3 is a quarter of a grey level.
@pytest.mark.parametrize(("engine", "allowed"), [(OpenVinoEngine, 1e-3), (OnnxRuntimeEngine, 2e-4)])
def test_engines_give_what_training_saw(engine, allowed, file, rounded):
    assert difference(engine, file, rounded) < allowed


def test_engines_give_it_of_a_net_without_biases_as_well(net, tmp_path):
    bare = copy.deepcopy(net)
    with torch.no_grad():
        for name, tensor in as_module(bare).named_parameters():
            if name.endswith("bias"):
                tensor.zero_()
    rounded = in_eight_bits(bare, [photograph()])
    write_onnx(EightBits(rounded), tmp_path / "model.onnx")
    assert difference(OpenVinoEngine, tmp_path / "model.onnx", rounded) < 1e-3


# Halved sizes, norms, slopes, attention; a value on the edge of two steps may fall either way.
@pytest.mark.parametrize("kind", ["nafnet", "srresnet", "compact", "pan"])
def test_the_file_of_any_kind_of_net_gives_what_training_saw(kind, tmp_path):
    torch.manual_seed(0)
    net = in_eight_bits(create(kind, SMALL[kind][0]), [photograph()])
    write_onnx(EightBits(net), tmp_path / "model.onnx")
    assert parity(net, tmp_path / "model.onnx") < 0.01


def test_every_rounded_convolution_has_a_bias_in_the_file(tmp_path):
    net = create("pan", SMALL["pan"][0])
    assert any(m.bias is None for m in as_module(net).modules() if isinstance(m, torch.nn.Conv2d))
    write_onnx(EightBits(in_eight_bits(net, [photograph()])), tmp_path / "model.onnx")
    nodes = [n for n in onnx.load(tmp_path / "model.onnx").graph.node if n.op_type == "Conv"]
    assert all(len(node.input) == 3 for node in nodes[1:])


def difference(engine, file, rounded):
    """The mean one between what an engine makes of a file and what torch does, inside."""
    finish = Finish(2, white=255.0, residual="bicubic", sub_pixel=True)
    request = Request(file, finish, "int8", "float32")
    picture = photograph().permute(0, 2, 3, 1).numpy()
    result = engine(request).run({"picture": np.ascontiguousarray(picture)})["picture"]
    with torch.no_grad():
        wanted = rounded(photograph()).permute(0, 2, 3, 1).numpy()
    return np.abs(result - wanted)[:, 20:-20, 20:-20].mean()
