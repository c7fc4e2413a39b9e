"""Nearness and a rating: the published scale, and a frozen scorer with a gradient through it."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from claritas.errors import UsageError  # noqa: E402
from claritas.nets.contract import Contract, WithBody  # noqa: E402
from claritas.training.data.patches import Batch  # noqa: E402
from claritas.training.objectives import create_objective  # noqa: E402
from claritas.training.objectives.aesthetic import Aesthetic, mean_score  # noqa: E402
from tests.training.unchanged import Unchanged  # noqa: E402

pytestmark = pytest.mark.torch


class Brightness(nn.Module):
    """Shares of the marks 1 and 10; has a weight that could learn."""

    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(()))

    def forward(self, pictures):
        share = self.gain * pictures.mean((1, 2, 3))[:, None]
        return torch.cat([1 - share, torch.zeros(len(share), 8), share], 1)


class Bright(WithBody):
    """Rates 10 what is white and 1 what is black."""

    def __init__(self, side=0):
        super().__init__()
        self.body = Brightness()
        self.contract = Contract(1, halo=-1, outputs=10, side=side)


def test_the_error_is_on_the_scale_of_255_and_the_score_counts_from_10():
    low, high = torch.full((1, 3, 8, 8), 0.5), torch.full((1, 3, 8, 8), 0.5 + 2 / 255)
    parts = Aesthetic(Bright(), gamma=0.4)(Unchanged(), Batch(low, high))
    assert parts["l2_255"].item() == pytest.approx(4, rel=1e-3)
    assert parts["score"].item() == pytest.approx(5.5)
    assert parts["loss"].item() == pytest.approx(4 + 0.4 * 4.5, rel=1e-3)


@pytest.mark.parametrize("side", [0, 5])
def test_the_gradient_goes_through_the_scorer_which_stays(side):
    objective = Aesthetic(Bright(side), gamma=1.0)
    low = torch.rand(1, 3, 8, 8, requires_grad=True)
    objective(Unchanged(), Batch(low, low.detach()))["loss"].backward()
    assert torch.isfinite(low.grad).all()
    assert (low.grad < 0).all()  # brighter is better
    assert objective.modules["scorer"].get_parameter("body.gain").grad is None


def test_a_picture_outside_its_range_is_rated_no_better():
    inside, outside = torch.ones(1, 3, 4, 4), torch.full((1, 3, 4, 4), 9.0)
    assert mean_score(Bright(), inside, 0) == mean_score(Bright(), outside, 0)


def test_a_scorer_that_is_not_there_is_an_error_that_names_it():
    with pytest.raises(UsageError, match="no-such-scorer"):
        create_objective({"kind": "aesthetic", "scorer": "no-such-scorer", "gamma": 0.4})


def test_a_net_that_gives_pictures_is_no_scorer(tiny_run):
    with pytest.raises(UsageError, match="does not rate"):
        create_objective({"kind": "aesthetic", "scorer": str(tiny_run), "gamma": 0.4})


def test_a_run_that_learned_to_rate_is_a_scorer(tiny_rater):
    objective = create_objective({"kind": "aesthetic", "scorer": str(tiny_rater), "gamma": 0.4})
    low = torch.rand(2, 3, 24, 24, requires_grad=True)
    parts = objective(Unchanged(), Batch(low, torch.rand(2, 3, 24, 24)))
    assert 1 <= parts["score"].item() <= 10
    (grad,) = torch.autograd.grad(parts["score"], low)
    assert torch.isfinite(grad).all()
    assert grad.abs().sum() > 0
