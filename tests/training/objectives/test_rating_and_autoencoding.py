"""Objectives beside hand-worked examples, numerical gradients and scipy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import wasserstein_distance

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from claritas.errors import UsageError  # noqa: E402
from claritas.nets import create  # noqa: E402
from claritas.nets.contract import as_module  # noqa: E402
from claritas.training.data.patches import Batch  # noqa: E402
from claritas.training.objectives import create_objective  # noqa: E402
from claritas.training.objectives.autoencoding import divergence  # noqa: E402
from claritas.training.objectives.rating import (  # noqa: E402
    earth_movers_distance,
    mean_mark,
)
from tests.training.unchanged import Unchanged  # noqa: E402

pytestmark = pytest.mark.torch


def histograms(seed=0, count=3):
    random = torch.Generator().manual_seed(seed)
    return torch.rand(count, 10, generator=random, dtype=torch.float64).softmax(1)


def test_the_distance_of_marks_is_that_of_a_hand_worked_example():
    """Cumulated, 0.1 ... 1 against 0 four times and then 1: 0.1 0.2 0.3 0.4 0.5 0.4 0.3 0.2 0.1 0.

    Squares sum to 0.85, so power 2 gives sqrt(0.085); the sum is 2.5, power 1 gives 0.25.
    """
    even = torch.full((1, 10), 0.1, dtype=torch.float64)
    fives = torch.zeros(1, 10, dtype=torch.float64)
    fives[0, 4] = 1
    assert float(earth_movers_distance(even, fives, 2)) == pytest.approx(0.29154759, abs=1e-8)
    assert float(earth_movers_distance(even, fives, 1)) == pytest.approx(0.25, abs=1e-8)
    assert float(mean_mark(even)) == pytest.approx(5.5, abs=1e-12)


def test_power_one_is_scipys_distance_over_ten():
    a, b = histograms(1)[0], histograms(2)[0]
    marks = np.arange(1, 11)
    wanted = wasserstein_distance(marks, marks, a.numpy(), b.numpy()) / 10
    assert float(earth_movers_distance(a[None], b[None], 1)) == pytest.approx(wanted, abs=1e-12)


def test_the_gradient_of_the_distance_is_the_numerical_one():
    given = histograms(1).requires_grad_()
    assert torch.autograd.gradcheck(lambda s: earth_movers_distance(s, histograms(2), 2), given)


def test_equal_histograms_have_distance_zero_and_no_gradient():
    given = histograms().requires_grad_()
    distance = earth_movers_distance(given, histograms(), 2)
    distance.sum().backward()
    assert (distance == 0).all()
    assert (given.grad == 0).all()


def test_a_rating_logs_its_distances_and_the_marks_error():
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 10), torch.nn.Softmax(1))
    batch = Batch(torch.rand(3, 3, 2, 2), histograms().float())
    parts = create_objective({"kind": "rating"})(net, batch)
    shares = net(batch.low)
    assert set(parts) == {"loss", "rating", "emd", "mark"}
    assert parts["loss"] == earth_movers_distance(shares, batch.high, 2).mean()
    assert parts["mark"] == (mean_mark(shares) - mean_mark(batch.high)).abs().mean()


class Marking(nn.Module):
    """Gives a picture the two marks whose mean is ten times its brightness."""

    def forward(self, pictures):
        mark = 1 + 9 * pictures.mean((1, 2, 3))
        low = mark.floor().clamp(1, 9).long()
        shares = torch.zeros(len(pictures), 10)
        shares.scatter_(1, (low - 1)[:, None], (low + 1 - mark)[:, None])
        return shares.scatter_(1, low[:, None], (mark - low)[:, None])


MARKING: Any = Marking()


def pair(spoiled, clean):
    """Two even pictures of these brightnesses; the marks are 1 + 9 times as much."""
    return Batch(*(torch.full((1, 3, 2, 2), brightness) for brightness in (spoiled, clean)))


@pytest.mark.parametrize(
    ("spoiled", "clean", "lacking", "in_order"),
    [(0.2, 0.8, 0.0, 1.0), (0.5, 0.54, 0.12, 1.0), (0.54, 0.5, 0.48, 0.0)],
)
def test_ranking_asks_for_a_margin_between_spoiled_half_spoiled_and_clean(
    spoiled, clean, lacking, in_order
):
    """Marks 0.36 apart leave 0.18 on either side of the middle: 0.12 is lacking to 0.3."""
    parts = create_objective({"kind": "ranking"})(MARKING, pair(spoiled, clean))
    assert float(parts["loss"]) == pytest.approx(lacking, abs=1e-5)
    assert float(parts["in_order"]) == in_order


@pytest.mark.parametrize("settings", [{"margin": 0}, {"margin": "wide"}, {"width": 1}])
def test_ranking_refuses_settings_that_it_does_not_have(settings):
    with pytest.raises(UsageError, match="margin"):
        create_objective({"kind": "ranking"} | settings)


def test_ranking_refuses_pairs_of_two_sizes():
    batch = Batch(torch.zeros(1, 3, 2, 2), torch.zeros(1, 3, 4, 4))
    with pytest.raises(UsageError, match="without a change of size"):
        create_objective({"kind": "ranking"})(MARKING, batch)


def test_the_divergence_of_codes_is_that_of_torch():
    mean, log_variance = torch.randn(2, 5, 4, generator=torch.Generator().manual_seed(0)).double()
    drawn = torch.distributions.Normal(mean, (0.5 * log_variance).exp())
    wanted = torch.distributions.kl_divergence(drawn, torch.distributions.Normal(0.0, 1.0)).sum(1)
    assert torch.allclose(divergence(mean, log_variance), wanted)


class Kept(Unchanged):
    """Gives back half of what it is given, and keeps it."""

    def forward(self, pictures):
        self.given = pictures
        return super().forward(pictures) / 2


@pytest.mark.parametrize("given", ["clean", "spoiled"])
def test_model_a_is_given_clean_pictures_and_model_b_spoiled_ones(given):
    batch, net = Batch(torch.rand(2, 3, 8, 8), torch.rand(2, 3, 8, 8)), Kept()
    parts = create_objective({"kind": "autoencoding", "given": given})(net, batch)
    wanted = batch.high if given == "clean" else batch.low
    assert torch.equal(net.given, wanted)
    assert torch.isclose(parts["reconstruction"], (wanted / 2 - batch.high).square().mean())


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_the_bound_is_the_sum_of_its_parts_for_each_value(likelihood):
    torch.manual_seed(0)
    net, clean = create("vae", {"latent": 4, "side": 8}), torch.rand(2, 3, 8, 8)
    table = {"kind": "autoencoding", "given": "clean", "beta": 2.0, "likelihood": likelihood}
    torch.manual_seed(1)
    parts = create_objective(table)(net, Batch(clean, clean))
    torch.manual_seed(1)
    drawn = as_module(net)(clean, torch.randn(2, 4))
    if likelihood == "gaussian":
        nats = (drawn.picture - clean).square().sum() / 2 / 2
    else:
        nats = -torch.distributions.Bernoulli(drawn.picture, validate_args=False).log_prob(clean)
        nats = nats.sum() / 2
    assert torch.isclose(parts["reconstruction"], nats)
    apart = divergence(drawn.mean, drawn.log_variance).mean()
    assert parts["loss"].item() == pytest.approx((nats + 2 * apart).item() / 192, rel=1e-5)
    assert math.isfinite(parts["divergence"].item())


@pytest.mark.parametrize(
    ("table", "word"),
    [
        ({"kind": "autoencoding", "given": "dirty"}, "given"),
        ({"kind": "autoencoding", "gamma": 1}, "gamma"),
        ({"kind": "rating", "bins": 5}, "bins"),
    ],
)
def test_a_setting_that_does_not_fit_is_an_error_that_names_it(table, word):
    with pytest.raises(UsageError, match=word):
        create_objective(table)


def test_a_code_is_asked_of_nets_that_draw_one():
    batch = Batch(torch.rand(1, 3, 16, 16), torch.rand(1, 3, 16, 16))
    with pytest.raises(UsageError, match="draws a code"):
        create_objective({"kind": "autoencoding", "beta": 1.0})(create("autoencoder"), batch)
