"""One net of several that began alike: the mean of their weights.

Where one began from the other, both lie in one basin of the loss, and what each
has learned of its last pictures by chance is halved (Wortsman 2022, model soups).
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path

import torch

from claritas.errors import TrainingError
from claritas.nets.contract import Net, as_module
from claritas.training.start import take_over


@torch.no_grad()
def average_with(net: Net, others: Sequence[str]) -> None:
    """Make a net's weights the mean of its own and those of runs or models of the same net.

    Raises
    ------
    TrainingError
        If one has not all of the net's weights.
    """
    own = as_module(net).state_dict()
    found = [own] + [_weights(net, other) for other in others]
    for name, tensor in own.items():
        tensor.copy_(sum(weights[name] for weights in found) / len(found))


def _weights(net: Net, place: str) -> dict[str, torch.Tensor]:
    other = copy.deepcopy(net)
    weights = as_module(other).state_dict()
    if take_over(other, Path(place)) < len(weights):
        raise TrainingError(
            f"{place} has not all weights of this net", "a run or model of the same net"
        )
    return weights
