"""IMDN (Hui 2019): blocks that set a quarter of their channels aside at every step.

What was set aside is joined, weighed channel by channel by its contrast (mean
plus standard deviation over the whole picture) and fused. For that the net
must see the picture whole.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from claritas.nets.contract import Contract, WithBody

SLOPE = 0.05  # of the leaky ReLU
SHARE = 4  # one channel in so many is set aside at a step
REDUCTION = 16  # of the attention's inner channels
LEAST_VARIANCE = 1e-12  # a flat channel: the root has no gradient at 0


class ContrastAttention(nn.Module):
    """Each channel times a factor, 0..1, made from all channels' contrast."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.down = nn.Conv2d(channels, channels // REDUCTION, 1)
        self.up = nn.Conv2d(channels // REDUCTION, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean((2, 3), keepdim=True)
        variance = (x - mean).square().mean((2, 3), keepdim=True)
        contrast = mean + variance.clamp(min=LEAST_VARIANCE).sqrt()
        return x * torch.sigmoid(self.up(functional.relu(self.down(contrast))))


class Block(nn.Module):
    """Three convolutions that set channels aside, one that is kept whole, attention, fusion."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        aside = channels // SHARE
        rest = channels - aside
        self.steps = nn.ModuleList(
            nn.Conv2d(given, channels, 3, padding=1) for given in (channels, rest, rest)
        )
        self.last = nn.Conv2d(rest, aside, 3, padding=1)
        self.attention = ContrastAttention(SHARE * aside)
        self.fuse = nn.Conv2d(SHARE * aside, channels, 1)
        self.widths = [aside, rest]

    def forward(self, x: Tensor) -> Tensor:
        kept, rest = [], x
        for step in self.steps:
            aside, rest = torch.split(_activated(step(rest)), self.widths, 1)
            kept.append(aside)
        kept.append(self.last(rest))
        return torch.add(x, self.fuse(self.attention(torch.cat(kept, 1))))


class Body(nn.Module):
    """What ships: pictures of 0..1 in and out."""

    def __init__(self, scale: int, blocks: int, channels: int) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.blocks = nn.ModuleList(Block(channels) for _ in range(blocks))
        self.join = nn.Conv2d(blocks * channels, channels, 1)
        self.fuse = nn.Conv2d(channels, channels, 3, padding=1)
        self.tail = nn.Conv2d(channels, 3 * scale**2, 3, padding=1)
        self.scale = scale

    def forward(self, pictures: Tensor) -> Tensor:
        first = self.head(pictures)
        x, outputs = first, []
        for block in self.blocks:
            x = block(x)
            outputs.append(x)
        joined = _activated(self.join(torch.cat(outputs, 1)))
        return functional.pixel_shuffle(self.tail(first + self.fuse(joined)), self.scale)


class IMDN(WithBody):
    """`blocks` blocks of `channels` channels, a multiple of 16."""

    def __init__(self, scale: int = 4, blocks: int = 6, channels: int = 64) -> None:
        super().__init__()
        self.body = Body(scale, blocks, channels)
        self.contract = Contract(scale, halo=-1, edges="own")


def _activated(x: Tensor) -> Tensor:
    return functional.leaky_relu(x, SLOPE)
