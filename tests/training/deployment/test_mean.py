"""The mean of several nets' weights."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from claritas.errors import TrainingError  # noqa: E402
from claritas.nets import create  # noqa: E402
from claritas.nets.contract import as_module  # noqa: E402
from claritas.training.deployment.mean import average_with  # noqa: E402
from claritas.training.run_folder import open_run  # noqa: E402

pytestmark = pytest.mark.torch


def weights_of(net):
    return {name: tensor.clone() for name, tensor in as_module(net).state_dict().items()}


def test_each_weight_is_the_mean_of_all_nets(tiny_run):
    there = open_run(tiny_run)
    net = create("plain", there.config.net.arguments)
    begun, other = weights_of(net), weights_of(there.net)
    average_with(net, [str(tiny_run), str(tiny_run)])
    for name, tensor in weights_of(net).items():
        torch.testing.assert_close(tensor, (begun[name] + 2 * other[name]) / 3)


def test_weights_of_another_net_are_refused_and_nothing_changes(tiny_run):
    arguments = open_run(tiny_run).config.net.arguments
    net = create("plain", arguments | {"blocks": arguments["blocks"] + 1})
    begun = weights_of(net)
    with pytest.raises(TrainingError, match="has not all weights"):
        average_with(net, [str(tiny_run)])
    torch.testing.assert_close(weights_of(net), begun)
