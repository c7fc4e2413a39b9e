"""The moving average of a net's weights: what is validated and exported."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn


class Average:
    """`decay` rises from 0.1, so that the first steps are soon forgotten."""

    def __init__(self, net: nn.Module, decay: float) -> None:
        self.net = copy.deepcopy(net).requires_grad_(False).eval()
        self._decay = decay

    @torch.no_grad()
    def update(self, net: nn.Module, step: int) -> None:
        decay = min(self._decay, (1 + step) / (10 + step))
        averages: list[Tensor] = list(self.net.parameters())
        current: list[Tensor] = list(net.parameters())
        torch._foreach_lerp_(averages, current, 1 - decay)
        for average, buffer in zip(self.net.buffers(), net.buffers(), strict=True):
            # The statistics that a net keeps of its features are those of its weights.
            if average.is_floating_point():
                average.lerp_(buffer, 1 - decay)
            else:
                average.copy_(buffer)
