"""Layer norm over the channels of each pixel, as restoration nets use it."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ChannelNorm(nn.Module):
    """(n, c, h, w): every pixel divided by its channels' deviation, times a learned weight.

    Parameters
    ----------
    biased
        Takes the mean away first and adds a learned bias. Without, the
        deviation is still the one about the mean.
    """

    def __init__(self, channels: int, epsilon: float, biased: bool = True) -> None:
        super().__init__()
        self.epsilon = epsilon
        self.weight = nn.Parameter(torch.ones(channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1)) if biased else None

    def forward(self, x: Tensor) -> Tensor:
        centred = x - x.mean(1, keepdim=True)
        deviation = torch.sqrt(centred.square().mean(1, keepdim=True) + self.epsilon)
        if self.bias is None:
            return x / deviation * self.weight
        return centred / deviation * self.weight + self.bias
