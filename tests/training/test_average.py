"""The moving average of a net's weights and of what it counts."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from claritas.training.average import Average  # noqa: E402

pytestmark = pytest.mark.torch


@pytest.fixture
def net():
    return torch.nn.BatchNorm2d(2)


def test_weights_and_statistics_move_together_and_counts_are_copied(net):
    average = Average(net, decay=0.75)
    with torch.no_grad():
        net.weight.fill_(5.0)
    net.running_mean.fill_(4.0)
    net.num_batches_tracked.fill_(7)
    average.update(net, step=1000)
    held = average.net.state_dict()
    assert held["weight"].tolist() == [2.0, 2.0]
    assert held["running_mean"].tolist() == [1.0, 1.0]
    assert held["num_batches_tracked"] == 7


def test_the_first_steps_are_soon_forgotten(net):
    average = Average(net, decay=0.999)
    with torch.no_grad():
        net.weight.fill_(11.0)
    average.update(net, step=0)
    assert average.net.state_dict()["weight"].tolist() == pytest.approx([10.0, 10.0])
