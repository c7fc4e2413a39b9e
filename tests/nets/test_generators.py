"""What is particular to the generators: factors that they have not, noise while they train."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from claritas.errors import UsageError  # noqa: E402
from claritas.nets import create  # noqa: E402
from claritas.nets.contract import as_module  # noqa: E402

pytestmark = pytest.mark.torch

TINY = {"blocks": 1, "channels": 6, "growth": 4}


@pytest.mark.parametrize(("kind", "scale"), [("esrgan", 3), ("enhancenet", 2), ("ahmad2022", 2)])
def test_a_factor_that_a_net_has_not_is_refused(kind, scale):
    with pytest.raises(UsageError, match=f"no factor {scale}"):
        create(kind, {"scale": scale})


def test_an_unknown_noise_is_refused_and_those_that_exist_are_told():
    with pytest.raises(UsageError, match="loud") as error:
        create("esrganplus", TINY | {"noise": "loud"})
    assert "paper" in error.value.expected


@pytest.mark.parametrize("noise", ["code", "paper"])
def test_noise_comes_in_while_training_and_never_after(noise):
    torch.manual_seed(0)
    net = create("esrganplus", TINY | {"noise": noise})
    for name, parameter in as_module(net).named_parameters():
        if "noise" in name:
            torch.nn.init.ones_(parameter)
    picture = torch.rand(1, 3, 8, 8)
    assert not torch.equal(net(picture), net(picture))
    as_module(net).eval()
    assert torch.equal(net(picture), net(picture))
    assert torch.equal(net.deployed()(picture), net(picture))


def test_learned_noise_has_a_gradient_while_training_and_does_not_ship():
    net = create("esrganplus", TINY | {"noise": "paper"})
    net(torch.rand(1, 3, 8, 8)).square().mean().backward()
    learned = [p for name, p in as_module(net).named_parameters() if "noise" in name]
    assert len(learned) == 4
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in learned)
    assert not any("noise" in name for name, _ in net.deployed().named_parameters())
