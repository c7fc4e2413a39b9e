"""Gains of channels that are rounded together."""

from __future__ import annotations

import copy

import pytest

torch = pytest.importorskip("torch")

from skimage.data import chelsea  # noqa: E402

from claritas.nets import create  # noqa: E402
from claritas.nets.balance import LARGEST_GAIN, Place, best_gains  # noqa: E402
from claritas.nets.contract import Balancing, as_module  # noqa: E402

pytestmark = pytest.mark.torch


def place(above, heard, below=None):
    below = [0.0] * len(above) if below is None else below
    return Place(*(torch.tensor(numbers) for numbers in (below, above, heard)))


def noise(places, gains):
    """Of rounding: the common step's square, times what is heard of it in each channel."""
    return sum(
        ((gains * one.above).max() + (gains * one.below).max()) ** 2 * (one.heard / gains**2).sum()
        for one in places
    ).item()


def test_channels_that_are_alike_keep_their_scale():
    gains = best_gains([place([2.0, 2.0, 2.0], [1.0, 1.0, 1.0])])
    assert gains.tolist() == pytest.approx([1.0, 1.0, 1.0], abs=1e-4)


def test_a_narrow_channel_takes_as_many_levels_as_a_wide_one():
    gains = best_gains([place([8.0, 1.0, 2.0], [1.0, 1.0, 1.0])])
    assert (gains / gains[0]).tolist() == pytest.approx([1.0, 8.0, 4.0], rel=0.1)


def test_gains_that_serve_several_places_are_better_than_none():
    places = [
        place([1.0, 4.0, 2.0], [5.0, 0.1, 1.0], below=[3.0, 0.0, 1.0]),
        place([9.0, 1.0, 1.0], [0.1, 0.1, 9.0], below=[0.0, 0.5, 0.5]),
    ]
    assert noise(places, best_gains(places)) < 0.6 * noise(places, torch.ones(3))


def test_a_channel_that_is_never_used_has_a_gain_within_bounds():
    gains = best_gains([place([1.0, 0.0, 1.0], [1.0, 1.0, 1.0])])
    assert torch.isfinite(gains).all()
    assert 1 / LARGEST_GAIN <= gains.min() <= gains.max() <= LARGEST_GAIN


def test_a_net_that_says_nothing_keeps_its_channels():
    gains = best_gains([place([1.0, 2.0], [0.0, 0.0])])
    assert gains.tolist() == pytest.approx([1.0, 1.0])


def test_a_balanced_net_gives_the_same_picture_and_its_channels_have_changed():
    torch.manual_seed(0)
    net = create("plain", {"scale": 2, "channels": 16, "blocks": 2, "depth": 2})
    with torch.no_grad():
        as_module(net).get_parameter("body.tail.weight").mul_(10)
    photograph = torch.from_numpy(chelsea()[:64, :80]).permute(2, 0, 1)[None].float() / 255
    balanced = copy.deepcopy(net)
    assert isinstance(balanced, Balancing)
    balanced.balance([photograph])
    with torch.no_grad():
        assert torch.allclose(balanced(photograph), net(photograph), atol=1e-5)
    one, other = (as_module(n).get_parameter("body.fuse.weight") for n in (balanced, net))
    assert not torch.allclose(one, other, rtol=0.05)
