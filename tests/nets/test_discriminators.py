"""Opponents: golden counts, shapes, gradients, and which pictures they take."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from claritas.errors import UsageError  # noqa: E402
from claritas.nets import DISCRIMINATORS, create  # noqa: E402
from claritas.nets.contract import as_module, parameter_count  # noqa: E402

pytestmark = pytest.mark.torch

SMALL = {
    "srgan-discriminator": {"side": 32, "channels": 4, "hidden": 8},
    "ahmad2022-discriminator": {"side": 32, "channels": 4, "hidden": 8},
    "vgg-discriminator": {"side": 32, "channels": 4},
    "unet-discriminator": {"channels": 4},
}


def residual_stage(before, width):
    """Two blocks by hand: convolutions without bias, two values a norm, one projection."""
    convolutions = 9 * before * width + 3 * 9 * width**2 + before * width
    return convolutions + 5 * 2 * width


# ../shared/facts/nets.md 1.0; that of ahmad2022 is ours and counted by hand.
GOLDEN = [
    ("srgan-discriminator", {"side": 96}, 23_563_649),
    ("srgan-discriminator", {"side": 128}, 38_243_713),
    ("vgg-discriminator", {}, 14_499_401),
    ("vgg-discriminator", {"biases": True}, 14_502_281),
    ("vgg-discriminator", {"side": 256}, 21_055_049),
    ("unet-discriminator", {}, 4_376_897),
    (
        "ahmad2022-discriminator",
        {"side": 96},
        (27 * 64 + 64)
        + sum(residual_stage(*pair) for pair in ((64, 64), (64, 128), (128, 256), (256, 512)))
        + (512 * 6 * 6 * 1024 + 1024)
        + (1024 + 1),
    ),
]


def made(kind):
    torch.manual_seed(0)
    return as_module(create(kind, SMALL[kind]))


@pytest.mark.parametrize(("kind", "arguments", "count"), GOLDEN)
def test_the_parameter_count_is_golden(kind, arguments, count):
    with torch.device("meta"):
        assert parameter_count(as_module(create(kind, arguments))) == count


def test_every_discriminator_is_tested():
    assert set(SMALL) == set(DISCRIMINATORS)


@pytest.mark.parametrize("kind", SMALL)
def test_a_picture_gets_one_logit_or_one_a_pixel(kind):
    answer = made(kind)(torch.rand(2, 3, 32, 32))
    assert answer.shape == ((2, 1, 32, 32) if kind == "unet-discriminator" else (2, 1))


@pytest.mark.parametrize("kind", SMALL)
def test_every_parameter_and_the_picture_get_a_finite_gradient(kind):
    judge, pictures = made(kind), torch.rand(2, 3, 32, 32, requires_grad=True)
    judge(pictures)[0].sum().backward()
    for name, tensor in [*judge.named_parameters(), ("picture", pictures)]:
        assert tensor.grad is not None, name
        assert torch.isfinite(tensor.grad).all(), name
        assert tensor.grad.abs().sum() > 0, name


@pytest.mark.parametrize("kind", SMALL)
def test_pictures_of_another_side_are_refused_with_the_remedy(kind):
    with pytest.raises(UsageError, match="36x36") as error:
        made(kind)(torch.rand(1, 3, 36, 36))
    assert "schedule.patch" in error.value.remedy


def test_spectral_norm_bounds_the_gain_of_an_inner_convolution():
    judge = made("unet-discriminator")
    for _ in range(30):
        judge(torch.rand(1, 3, 16, 16))
    matrix = judge.conv7.weight.flatten(1)
    assert torch.linalg.svdvals(matrix).max().item() == pytest.approx(1, abs=0.02)


def test_a_side_that_no_halving_brings_to_4_is_refused():
    with pytest.raises(UsageError, match="side of 96"):
        create("vgg-discriminator", {"side": 96})
