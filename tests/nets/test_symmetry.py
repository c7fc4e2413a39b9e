"""Nets whose results turn and mirror with the picture."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from claritas.errors import UsageError  # noqa: E402
from claritas.nets import create  # noqa: E402
from claritas.nets.contract import as_module  # noqa: E402
from claritas.nets.symmetry import SQUARE, moved, untie  # noqa: E402
from claritas.training.deployment.eight_bits import in_eight_bits  # noqa: E402

pytestmark = pytest.mark.torch

SMALL = {"channels": 16, "blocks": 2, "depth": 2}


@pytest.fixture(params=[2, 3, 4])
def net(request):
    torch.manual_seed(0)
    return create("plain", SMALL | {"scale": request.param, "symmetric": True})


@pytest.fixture
def picture():
    return torch.rand(1, 3, 12, 12, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def trained(net, picture):
    """After a few steps towards something that is not symmetric at all."""
    optimiser = torch.optim.Adam(as_module(net).parameters(), 1e-2)
    for _ in range(3):
        optimiser.zero_grad()
        result = net(picture)
        wanted = torch.linspace(0, 1, result.numel()).reshape(result.shape)
        (result - wanted).square().mean().backward()
        optimiser.step()
    return net


@torch.no_grad()
def strays(net, picture):
    """How far the result of the moved picture lies from the moved result at most."""
    result = net(picture)
    places = range(len(SQUARE))
    return max((net(moved(picture, p)) - moved(result, p)).abs().max().item() for p in places)


def test_the_eight_positions_differ():
    grid = torch.arange(9).reshape(3, 3)
    assert len({tuple(moved(grid, place).flatten().tolist()) for place in range(len(SQUARE))}) == 8


def test_the_result_turns_and_mirrors_with_the_picture(trained, picture):
    assert (trained(picture) - trained.interpolation(picture)).abs().max() > 0.01
    assert strays(trained, picture) < 1e-5


def test_an_ordinary_net_does_not(trained, picture):
    untie(trained)
    next(trained.body.blocks[0].parameters()).data[0] *= 2
    assert strays(trained, picture) > 1e-3


def test_ordinary_weights_are_tied_when_they_are_taken_up(net, picture):
    ordinary = create("plain", SMALL | {"scale": net.contract.scale})
    net.load_state_dict(as_module(ordinary).state_dict())
    assert strays(net, picture) < 1e-5


def test_untied_it_gives_the_same(trained, picture):
    before = trained(picture)
    untie(trained)
    assert torch.equal(trained(picture), before)
    assert {type(one).__name__ for one in trained.modules()}.isdisjoint({"SymmetricConvolution"})


def test_fresh_weights_vary_as_much_as_ordinary_ones():
    nets = [
        create("plain", {"channels": 32, "blocks": 1, "symmetric": symmetric})
        for symmetric in (False, True)
    ]
    weights = (as_module(net).parameters() for net in nets)
    for ordinary, symmetric in zip(*weights, strict=True):
        if ordinary.ndim == 4:
            assert symmetric.std().item() == pytest.approx(ordinary.std().item(), rel=0.2)


def test_in_eight_bits_it_is_an_ordinary_net(trained, picture):
    rounded = in_eight_bits(trained, [picture] * 4)
    assert (rounded(picture) - trained(picture)).abs().max() < 0.02


def test_channels_that_do_not_come_in_eights_are_refused():
    with pytest.raises(UsageError, match="12 channels"):
        create("plain", {"channels": 12, "symmetric": True})
