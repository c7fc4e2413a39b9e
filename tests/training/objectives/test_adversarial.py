"""A net against a discriminator: both contests, all parts, and a resume with the opponent."""

from __future__ import annotations

import math

import msgspec
import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import load_file  # noqa: E402

from claritas.errors import UsageError  # noqa: E402
from claritas.nets import create  # noqa: E402
from claritas.training.config import Net, Schedule, to_config  # noqa: E402
from claritas.training.data.patches import Batch  # noqa: E402
from claritas.training.loop import Watchers, train  # noqa: E402
from claritas.training.objectives import WithOpponent, create_objective  # noqa: E402
from claritas.training.objectives.adversarial import discriminator_loss  # noqa: E402
from tests.training.unchanged import Unchanged  # noqa: E402

pytestmark = pytest.mark.torch

JUDGES = {
    "srgan-discriminator": {"side": 32, "channels": 4, "hidden": 8},
    "unet-discriminator": {"channels": 4},
}


def table(judge="srgan-discriminator", **changes):
    discriminator = {"kind": judge} | JUDGES.get(judge, {})
    return {
        "kind": "adversarial",
        "fidelity": {"l1": 1.0},
        "discriminator": discriminator,
    } | changes


def batch():
    random = torch.Generator().manual_seed(1)
    pictures = [torch.rand(2, 3, 32, 32, generator=random) for _ in range(2)]
    return Batch(*pictures)


def test_the_discriminators_loss_is_that_of_the_papers():
    real, false = torch.tensor([[1.0], [3.0]]), torch.tensor([[-1.0], [0.0]])

    def surprise(*probabilities):
        return -sum(math.log(p) for p in probabilities) / len(probabilities)

    def s(x):
        return 1 / (1 + math.exp(-x))

    vanilla = surprise(s(1), s(3)) + surprise(1 - s(-1), 1 - s(0))
    assert discriminator_loss(real, false, "vanilla").item() == pytest.approx(vanilla)
    relative = surprise(s(1.5), s(3.5)) + surprise(1 - s(-3), 1 - s(-2))
    found = discriminator_loss(real, false, "relativistic").item()
    assert found == pytest.approx(relative / 2)


@pytest.mark.parametrize("contest", ["vanilla", "relativistic"])
@pytest.mark.parametrize("judge", JUDGES)
def test_the_net_gets_a_finite_gradient_of_each_contest(judge, contest):
    objective = create_objective(table(judge, contest=contest, fidelity={}))
    low = batch().low.requires_grad_()
    objective(Unchanged(), Batch(low, batch().high))["loss"].backward()
    assert torch.isfinite(low.grad).all()
    assert low.grad.abs().sum() > 0


@pytest.mark.parametrize("contest", ["vanilla", "relativistic"])
def test_the_discriminators_loss_trains_it_and_not_the_net(contest):
    objective = create_objective(table(contest=contest))
    low = batch().low.requires_grad_()
    given = Batch(low, batch().high)
    assert isinstance(objective, WithOpponent)
    objective(Unchanged(), given)
    objective.opponent_parts(Unchanged(), given)["loss"].backward()
    assert low.grad is None
    assert all(p.grad is not None for p in objective.opponent.parameters())


def test_all_terms_are_told_and_summed_with_their_weights(tiny_run):
    looked = {"network": str(tiny_run), "layers": {"body.blocks.0": 1.0}, "weight": 0.3}
    settings = table(weight=0.01, large=0.5, perceptual=looked, fidelity={"l1": 2.0})
    parts = create_objective(settings)(Unchanged(), batch())
    assert set(parts) == {"loss", "l1", "large", "perceptual", "adversarial"}
    weights = {"l1": 2.0, "large": 0.5, "perceptual": 0.3, "adversarial": 0.01}
    total = sum(weight * parts[name].item() for name, weight in weights.items())
    assert parts["loss"].item() == pytest.approx(total, rel=1e-5)
    assert parts["large"].item() == pytest.approx(
        (batch().low - batch().high).square().mean().item()
    )


def test_a_sharpened_truth_is_aimed_at_but_judged_plain():
    edges = torch.zeros(1, 3, 32, 32)
    edges[..., 16:] = 0.8
    plain, sharp = (
        create_objective(table("unet-discriminator", sharpened=choice))(
            Unchanged(), Batch(edges, edges)
        )
        for choice in (False, True)
    )
    assert plain["l1"].item() == 0
    assert sharp["l1"].item() > 0.001


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"contest": "hinge"}, "hinge"),
        ({"discriminator": {"kind": "judge"}}, "judge"),
        ({"discriminator": {"kind": "edsr"}}, "edsr"),
        ({"discriminator": {"kind": "vgg-discriminator", "sides": 2}}, "sides"),
        ({"weights": 1.0}, "weights"),
    ],
)
def test_a_wrong_setting_is_one_clear_error(changes, word):
    with pytest.raises(UsageError, match=word):
        create_objective(table(**changes))


def config(judge):
    net = {"kind": "plain", "arguments": {"scale": 2, "channels": 8, "blocks": 1, "depth": 2}}
    whole = to_config({"name": "duel", "net": net, "objective": table(judge)}, "here")
    assert isinstance(whole.net, Net)
    return msgspec.structs.replace(whole, schedule=Schedule(steps=8, checkpoint_minutes=1e-9))


def trained(folder, judge, stop_at=None):
    def watch(progress):
        if progress.step == stop_at:
            raise KeyboardInterrupt

    settings = config(judge)
    torch.manual_seed(0)
    net = create(settings.net.kind, settings.net.arguments)
    objective = create_objective(settings.objective)
    pictures = Batch(batch().low[..., :16, :16], batch().high)
    train(settings, net, objective, lambda _: pictures, folder, watchers=Watchers(watch))
    newest = sorted(folder.glob("[0-9]*"))[-1]
    return load_file(newest / "tensors.safetensors")


@pytest.mark.parametrize("judge", JUDGES)
def test_a_contest_that_was_stopped_goes_on_with_the_same_opponent(tmp_path, judge):
    whole = trained(tmp_path / "whole", judge)
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "parts", judge, stop_at=5)
    parts = trained(tmp_path / "parts", judge)
    assert any(name.startswith("opponent.") for name in whole)
    assert whole.keys() == parts.keys()
    assert all(torch.equal(whole[name], parts[name]) for name in whole)
