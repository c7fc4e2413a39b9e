"""One contract for every net of `claritas.nets`, and golden parameter counts."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")

from claritas.errors import UsageError  # noqa: E402
from claritas.nets import NETS, create  # noqa: E402
from claritas.nets.contract import as_module, measured_halo, parameter_count  # noqa: E402
from claritas.training.deploy import multiply_adds, parity, write_onnx  # noqa: E402

pytestmark = pytest.mark.torch

# One small form of every net; scales as far as the net has them.
SMALL: dict[str, list[dict[str, Any]]] = {
    "srcnn": [{"scale": 2}, {"scale": 3, "channels": 1, "kernels": [9, 5, 5]}],
    "vdsr": [{"scale": 2, "depth": 5, "width": 16}, {"scale": 3, "channels": 1, "depth": 4}],
    "fsrcnn": [
        *({"scale": s, "features": 16, "shrunk": 6, "maps": 2} for s in (2, 3, 4)),
        {"scale": 2, "channels": 1, "features": 32, "shrunk": 5, "maps": 1},
    ],
    "espcn": [{"scale": 2}, {"scale": 3, "channels": 1}, {"scale": 4}],
    "edsr": [{"scale": s, "blocks": 3, "channels": 16} for s in (2, 3, 4)],
    "mdsr": [{"scale": s, "blocks": 2, "channels": 12} for s in (2, 3, 4)],
    "srresnet": [{"scale": s, "blocks": 2, "channels": 12} for s in (2, 3, 4)],
    "rdn": [{"scale": s, "blocks": 2, "depth": 3, "growth": 8, "channels": 12} for s in (2, 3, 4)],
    "imdn": [{"scale": s, "blocks": 2, "channels": 64} for s in (2, 3, 4)],
    "compact": [{"scale": s, "channels": 12, "depth": 3} for s in (2, 3, 4)],
    "plain": [{"scale": s, "channels": 16, "blocks": 2, "depth": 2} for s in (2, 3, 4)],
}

# Blocks, depth, growth, channels: parameters at x2, x3, x4.
RDN_COUNTS = {
    (16, 8, 64, 64): (22_123_395, 22_308_035, 22_271_107),
    (20, 6, 32, 64): (5_541_795, 5_634_115, 5_578_787),
    (20, 6, 64, 64): (16_372_355, 16_556_995, 16_520_067),
    (10, 3, 64, 64): (2_644_355, 2_828_995, 2_792_067),
    (8, 8, 64, 64): (11_174_275, 11_358_915, 11_321_987),
    (8, 6, 32, 32): (1_672_899, 1_719_139, 1_709_891),
    (6, 4, 32, 32): (648_067, 694_307, 685_059),
    (4, 4, 32, 32): (451_139, 497_379, 488_131),
}

# ../shared/facts/nets.md 1.0; the net that ships was counted by hand:
# 3*64*9+64 + 16*(64*64*9+64) + 64*64+64 + 64*48*9+48.
GOLDEN = [
    ("srcnn", {"channels": 1}, 8_129),
    ("srcnn", {"channels": 1, "kernels": [9, 3, 5]}, 24_513),
    ("srcnn", {"channels": 1, "kernels": [9, 5, 5]}, 57_281),
    ("srcnn", {"channels": 3}, 20_099),
    ("srcnn", {"channels": 3, "kernels": [9, 5, 5]}, 69_251),
    ("vdsr", {"channels": 1}, 665_921),
    ("vdsr", {"channels": 3}, 668_227),
    ("fsrcnn", {"channels": 1}, 12_809),
    ("fsrcnn", {"channels": 1, "features": 32, "shrunk": 5, "maps": 1}, 4_086),
    ("fsrcnn", {"channels": 3}, 24_683),
    ("espcn", {"scale": 2, "channels": 1}, 21_284),
    ("espcn", {"scale": 3, "channels": 1}, 22_729),
    ("espcn", {"scale": 4, "channels": 1}, 24_752),
    ("espcn", {"scale": 2}, 26_796),
    ("espcn", {"scale": 3}, 31_131),
    ("espcn", {"scale": 4}, 37_200),
    ("edsr", {"scale": 2}, 1_369_859),
    ("edsr", {"scale": 3}, 1_554_499),
    ("edsr", {"scale": 4}, 1_517_571),
    ("edsr", {"scale": 2, "blocks": 32, "channels": 256, "share": 0.1}, 40_729_603),
    ("edsr", {"scale": 3, "blocks": 32, "channels": 256, "share": 0.1}, 43_680_003),
    ("edsr", {"scale": 4, "blocks": 32, "channels": 256, "share": 0.1}, 43_089_923),
    ("mdsr", {}, 3_227_203),
    ("mdsr", {"blocks": 80}, 7_953_987),
    ("srresnet", {"scale": 4}, 1_549_462),
    *(
        (
            "rdn",
            {"scale": scale}
            | dict(zip(("blocks", "depth", "growth", "channels"), form, strict=True)),
            n,
        )
        for form, counts in RDN_COUNTS.items()
        for scale, n in zip((2, 3, 4), counts, strict=True)
    ),
    ("imdn", {"scale": 2}, 694_404),
    ("imdn", {"scale": 3}, 703_059),
    ("imdn", {"scale": 4}, 715_176),
    ("compact", {"scale": 4}, 621_424),
    ("compact", {"scale": 2}, 600_652),
    ("compact", {"scale": 4, "depth": 32}, 1_213_296),
    ("plain", {"scale": 4, "channels": 64}, 624_496),
]

FORMS = [(kind, form) for kind, forms in SMALL.items() for form in forms]


def made(kind, arguments):
    torch.manual_seed(0)
    net = create(kind, arguments)
    with torch.no_grad():  # biases of zero would hide faults
        for parameter in as_module(net).parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
    return net


def names_of(net):
    return {name for name, _ in net.deployed().named_parameters()}


def test_every_net_is_under_contract():
    assert set(SMALL) == set(NETS)


@pytest.mark.parametrize(("kind", "arguments", "count"), GOLDEN)
def test_the_parameter_count_is_golden(kind, arguments, count):
    with torch.device("meta"):
        assert parameter_count(as_module(create(kind, arguments))) == count


@pytest.mark.parametrize(("kind", "form"), FORMS)
class TestContract:
    def test_the_result_is_scale_times_as_large(self, kind, form):
        net = made(kind, form)
        c, s = net.contract.channels, net.contract.scale
        for h, w in ((1, 1), (7, 12)):
            assert net(torch.rand(2, c, h, w)).shape == (2, c, h * s, w * s)

    def test_every_parameter_gets_a_finite_gradient(self, kind, form):
        net = made(kind, form)
        as_module(net).eval()  # in training a batch norm cancels the bias before it
        pictures = torch.rand(2, net.contract.channels, 12, 12)
        # A net of several factors has weights that only its other factors use.
        results = net.all_scales(pictures).values() if kind == "mdsr" else [net(pictures)]
        sum(result.square().mean() for result in results).backward()
        for name, parameter in as_module(net).named_parameters():
            assert parameter.grad is not None, name
            assert torch.isfinite(parameter.grad).all(), name
            assert parameter.grad.abs().sum() > 0, name

    def test_the_halo_is_honest_and_not_wasteful(self, kind, form):
        net = made(kind, form)
        measured = measured_halo(net)
        if net.contract.whole:
            assert measured == 48  # as far as the measured picture goes
            return
        assert measured <= net.contract.halo <= measured + 2

    def test_the_onnx_file_gives_what_torch_gives(self, kind, form, tmp_path):
        net = made(kind, form)
        write_onnx(net, tmp_path / "net.onnx")
        assert parity(net, tmp_path / "net.onnx") < 1e-5
        # Under their own names, so that training can go on from the file; norms are folded in.
        norms = ("body.1.", "body.4.", "fuse.1.") if kind == "srresnet" else ()
        wanted = {n for n in names_of(net) if not any(norm in n for norm in norms)}
        file = onnx.load(tmp_path / "net.onnx")
        assert wanted <= {initialiser.name for initialiser in file.graph.initializer}

    def test_the_deployed_form_can_be_trained_on(self, kind, form):
        net, other = made(kind, form), create(kind, form)
        tensors = net.deployed().state_dict()
        as_module(other).load_state_dict(net.trained_form(tensors), strict=False)
        picture = torch.rand(1, net.contract.channels, 16, 16)
        with torch.no_grad():
            assert torch.allclose(other(picture), net(picture), atol=1e-5)

    def test_multiply_adds_are_counted(self, kind, form):
        assert multiply_adds(made(kind, form)) > 100


def test_every_factor_of_mdsr_is_what_ships_for_it():
    net = made("mdsr", SMALL["mdsr"][0])
    picture = torch.rand(1, 3, 9, 14)
    for scale, result in net.all_scales(picture).items():
        other = create("mdsr", {**SMALL["mdsr"][0], "scale": scale})
        as_module(other).load_state_dict(as_module(net).state_dict())
        with torch.no_grad():
            assert result.shape == (1, 3, 9 * scale, 14 * scale)
            assert torch.allclose(other.deployed()(255 * picture) / 255, result, atol=1e-5)


def test_flat_pictures_give_imdn_a_finite_gradient():
    net = create("imdn", SMALL["imdn"][0])
    for parameter in as_module(net).parameters():
        if parameter.ndim == 1:  # no biases: every channel is flat
            torch.nn.init.zeros_(parameter)
    net(torch.zeros(1, 3, 8, 8)).sum().backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in as_module(net).parameters())


def test_the_shipped_net_cannot_see_flat_colour():
    net = made("plain", SMALL["plain"][0])
    flat = torch.tensor([0.1, 0.6, 0.9])[None, :, None, None].expand(1, 3, 20, 20)
    with torch.no_grad():
        inside = net(flat)[..., 14:-14, 14:-14] - flat[..., :1, :1]
    assert inside.abs().max() < 1e-5


def test_an_unknown_net_or_argument_is_refused_and_those_that_exist_are_told():
    with pytest.raises(UsageError, match="edsrr") as error:
        create("edsrr")
    assert "edsr" in error.value.expected
    with pytest.raises(UsageError, match="scales") as error:
        create("edsr", {"scales": 2})
    assert "scale" in error.value.expected
