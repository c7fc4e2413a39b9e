"""The seam of objectives: kinds, frozen networks, and an opponent that learns as well."""

from __future__ import annotations

import contextlib

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from claritas.errors import TrainingError, UsageError  # noqa: E402
from claritas.nets import create  # noqa: E402
from claritas.training.checkpoint import Checkpoint, save_checkpoint  # noqa: E402
from claritas.training.config import to_config  # noqa: E402
from claritas.training.data.patches import Batch  # noqa: E402
from claritas.training.loop import Watchers, train  # noqa: E402
from claritas.training.objectives import create_objective  # noqa: E402
from tests.training.saved import newest_checkpoint  # noqa: E402

pytestmark = pytest.mark.torch

FORM = {"scale": 2, "channels": 16, "blocks": 1, "depth": 2}


class Duel:
    """L1, and an opponent that tells results from truths by one convolution."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.modules = nn.ModuleDict({"look": nn.Conv2d(3, 2, 3).requires_grad_(False)})
        self.opponent = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 1, 3))

    def __call__(self, net, batch):
        assert not any(p.requires_grad for p in self.opponent.parameters())
        self.result = net(batch.low).float()
        near = (self.modules["look"](self.result - batch.high)).abs().mean()
        fooled = nn.functional.softplus(-self.opponent(self.result)).mean()
        return {"loss": near + 0.01 * fooled, "near": near, "fooled": fooled}

    def opponent_parts(self, net, batch):
        del net
        false = nn.functional.softplus(self.opponent(self.result.detach())).mean()
        true = nn.functional.softplus(-self.opponent(batch.high)).mean()
        return {"loss": false + true, "false": false, "true": true}


def sampled(wanted):
    random = torch.Generator().manual_seed(wanted.step)
    low = torch.rand(2, 3, 10, 10, generator=random)
    return Batch(low, nn.functional.interpolate(low, scale_factor=2))


def duel(folder, steps=8, stop=None):
    config = to_config(
        {
            "name": "duel",
            "net": {"kind": "plain", "arguments": FORM},
            "schedule": {"steps": steps, "checkpoint_minutes": 1e-9},
        },
        "test",
    )
    torch.manual_seed(1)
    net, seen = create("plain", FORM), []

    def watch(progress):
        seen.append(progress.parts)
        if progress.step == stop:
            raise KeyboardInterrupt

    objective = Duel()
    with contextlib.suppress(KeyboardInterrupt):
        train(config, net, objective, sampled, folder, watchers=Watchers(watch))
    return objective, seen


def test_the_opponent_learns_and_all_parts_are_told(tmp_path):
    objective, seen = duel(tmp_path)
    assert not torch.equal(objective.opponent[0].weight, Duel().opponent[0].weight)
    assert torch.equal(objective.modules["look"].weight, Duel().modules["look"].weight)
    assert {"near", "fooled", "opponent/loss", "opponent/true"} <= seen[-1].keys()


def test_a_duel_that_was_stopped_goes_on_to_the_same_weights_of_both(tmp_path):
    duel(tmp_path / "whole")
    duel(tmp_path / "parts", stop=5)
    duel(tmp_path / "parts")
    a, b = (newest_checkpoint(tmp_path / name).tensors for name in ("whole", "parts"))
    assert a.keys() == b.keys()
    assert any(name.startswith("opponent.") for name in a)
    assert any(name.startswith("optimiser.opponent.") for name in a)
    assert all(torch.equal(a[name], b[name]) for name in a)


def test_a_checkpoint_without_the_opponent_is_refused(tmp_path):
    duel(tmp_path)
    checkpoint = newest_checkpoint(tmp_path)
    kept = {n: t for n, t in checkpoint.tensors.items() if not n.startswith("opponent.")}
    save_checkpoint(tmp_path, Checkpoint(kept, checkpoint.scalars))
    with pytest.raises(TrainingError, match=r"opponent\.0\.bias"):
        duel(tmp_path, steps=9)


def test_an_unknown_kind_of_objective_is_refused_and_those_that_exist_are_told():
    with pytest.raises(UsageError, match="adverse") as error:
        create_objective({"kind": "adverse"})
    assert "fidelity" in error.value.expected


def test_an_objective_without_a_kind_is_fidelity():
    assert create_objective({"l1": 1})
    assert create_objective({"kind": "fidelity", "l1": 1.0})


def test_a_weight_that_is_no_number_is_refused():
    with pytest.raises(UsageError, match="l1"):
        create_objective({"l1": "much"})
