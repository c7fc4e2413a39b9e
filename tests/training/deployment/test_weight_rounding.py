"""Weights in whole numbers: what a convolution gives changes less than by the nearest ones."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from skimage.data import chelsea  # noqa: E402
from torch import nn  # noqa: E402

from claritas.training.deployment.weight_rounding import (  # noqa: E402
    LARGEST_WEIGHT,
    round_weights,
    rounded,
    scales,
)

pytestmark = pytest.mark.torch


def photograph():
    return torch.from_numpy(chelsea()).permute(2, 0, 1)[None].float() / 255


@pytest.fixture
def convolution():
    torch.manual_seed(0)
    return nn.Conv2d(3, 8, 3, padding=1)


def nearest(weight):
    return torch.round(weight / scales(weight)) * scales(weight)


def test_weights_are_whole_numbers_and_their_step_stays(convolution):
    before = scales(convolution.weight)
    round_weights(convolution, [convolution], [photograph()])
    codes = (convolution.weight / before).detach()
    assert torch.allclose(codes, codes.round(), atol=1e-4)
    assert codes.abs().amax((1, 2, 3)).tolist() == pytest.approx([LARGEST_WEIGHT] * 8)
    assert torch.allclose(scales(convolution.weight), before)


def test_a_photographs_result_changes_less_than_by_the_nearest_whole_numbers(convolution):
    with torch.no_grad():
        exact = convolution(photograph())
        weight = convolution.weight.clone()
        convolution.weight.copy_(nearest(weight))
        of_nearest = (convolution(photograph()) - exact).square().mean()
        convolution.weight.copy_(weight)
        round_weights(convolution, [convolution], [photograph()])
        of_ours = (convolution(photograph()) - exact).square().mean()
    assert of_ours < 0.3 * of_nearest


def test_inputs_that_know_nothing_of_each_other_give_the_nearest_whole_numbers(convolution):
    weight = convolution.weight.detach()
    assert torch.allclose(rounded(weight, torch.eye(27)), nearest(weight), atol=1e-6)


def test_inputs_that_were_never_anything_give_whole_numbers_too(convolution):
    weight = convolution.weight.detach()
    assert torch.allclose(rounded(weight, torch.zeros(27, 27)), nearest(weight), atol=1e-6)
