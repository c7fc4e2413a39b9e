"""The contract of nets that find the noise in a picture, by its level."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")

from claritas.nets import DENOISERS, create  # noqa: E402
from claritas.nets.contract import as_module, parameter_count  # noqa: E402
from claritas.training.deployment.onnx_file import parity, write_onnx  # noqa: E402

pytestmark = pytest.mark.torch

SMALL = {
    "sr3": [
        {"inner": 8, "multipliers": [1, 2], "attention": [1], "groups": 4},
        {"inner": 8, "multipliers": [1, 1, 2], "blocks": 2, "attention": [], "groups": 8},
    ]
}
FORMS = [(kind, form) for kind, forms in SMALL.items() for form in forms]


def made(kind, form):
    torch.manual_seed(0)
    return create(kind, form)


def inputs(side, wide):
    generator = torch.Generator().manual_seed(1)
    noisy, condition = (torch.randn(2, 3, side, wide, generator=generator) for _ in range(2))
    return noisy, condition, torch.rand(2, 1, generator=generator)


def test_every_denoiser_is_under_contract():
    assert set(SMALL) == set(DENOISERS)


def test_the_smallest_form_of_sr3_has_two_million_parameters():
    assert 1.8e6 < parameter_count(as_module(create("sr3"))) < 2.2e6


@pytest.mark.parametrize(("kind", "form"), FORMS)
class TestContract:
    def test_the_noise_is_as_large_as_the_picture(self, kind, form):
        net = made(kind, form)
        m = net.contract.multiple
        for h, w in ((m, m), (2 * m, 5 * m)):
            assert net(*inputs(h, w)).shape == (2, 3, h, w)

    def test_every_parameter_gets_a_finite_gradient(self, kind, form):
        net = made(kind, form)
        net(*inputs(8, 8)).square().mean().backward()
        for name, parameter in as_module(net).named_parameters():
            assert parameter.grad is not None, name
            assert torch.isfinite(parameter.grad).all(), name
            assert parameter.grad.abs().sum() > 0, name

    def test_the_onnx_file_gives_what_torch_gives(self, kind, form, tmp_path):
        net = made(kind, form)
        write_onnx(net, tmp_path / "net.onnx")
        assert parity(net, tmp_path / "net.onnx") < 1e-5
        names = [i.name for i in onnx.load(tmp_path / "net.onnx").graph.input]
        assert names == list(net.contract.inputs) == ["noisy", "condition", "level"]

    def test_levels_near_each_other_are_told_apart(self, kind, form):
        net = as_module(made(kind, form)).eval()
        noisy, condition, _ = inputs(8, 8)
        with torch.no_grad():
            results = [net(noisy, condition, torch.full((2, 1), level)) for level in (0.5, 0.501)]
        assert (results[0] - results[1]).abs().max() > 1e-4
