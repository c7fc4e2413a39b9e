"""PAN (Zhao 2020): attention pixel by pixel, from 1x1 convolutions.

A block splits into two halves of the channels, one of which is weighed; the
enlargement repeats pixels and weighs what it made of them. Added to a bilinear
enlargement.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from claritas.nets.contract import Contract, WithBody

SLOPE = 0.2  # of the leaky ReLU


class Block(nn.Module):
    """Half of the channels through a convolution, half through two with a weight between them."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.plain_in = nn.Conv2d(channels, half, 1, bias=False)
        self.weighed_in = nn.Conv2d(channels, half, 1, bias=False)
        self.plain = nn.Conv2d(half, half, 3, padding=1, bias=False)
        self.weight = nn.Conv2d(half, half, 1)
        self.weighed = nn.Conv2d(half, half, 3, padding=1, bias=False)
        self.after = nn.Conv2d(half, half, 3, padding=1, bias=False)
        self.fuse = nn.Conv2d(2 * half, channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        a = _activated(self.plain(_activated(self.plain_in(x))))
        b = _activated(self.weighed_in(x))
        b = _activated(self.after(self.weighed(b) * torch.sigmoid(self.weight(b))))
        return torch.add(x, self.fuse(torch.cat([a, b], 1)))


class Enlargement(nn.Module):
    """Pixels repeated, then two convolutions with a weight for every pixel after the first."""

    def __init__(self, factor: int, given: int, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(given, channels, 3, padding=1)
        self.weight = nn.Conv2d(channels, channels, 1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(functional.interpolate(x, scale_factor=self.factor, mode="nearest"))
        return _activated(self.second(_activated(x * torch.sigmoid(self.weight(x)))))


class Body(nn.Module):
    """What ships: pictures of 0..1 in and out."""

    def __init__(self, scale: int, channels: int, blocks: int, fine: int) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.blocks = nn.Sequential(*(Block(channels) for _ in range(blocks)))
        self.fuse = nn.Conv2d(channels, channels, 3, padding=1)
        self.upsampler = nn.Sequential(
            *(
                Enlargement(factor, fine if index else channels, fine)
                for index, factor in enumerate([2, 2] if scale == 4 else [scale])
            )
        )
        self.tail = nn.Conv2d(fine, 3, 3, padding=1)
        self.scale = scale

    def forward(self, pictures: Tensor) -> Tensor:
        first = self.head(pictures)
        features = self.upsampler(first + self.fuse(self.blocks(first)))
        plain = functional.interpolate(
            pictures, scale_factor=self.scale, mode="bilinear", align_corners=False
        )
        return torch.add(self.tail(features), plain)


class PAN(WithBody):
    """`blocks` blocks of `channels` channels; `fine` channels in the enlargement."""

    def __init__(
        self, scale: int = 4, channels: int = 40, blocks: int = 16, fine: int = 24
    ) -> None:
        super().__init__()
        self.body = Body(scale, channels, blocks, fine)
        # Two convolutions around the blocks, two in each; less than three pixels after them.
        self.contract = Contract(scale, halo=2 + 2 * blocks + 2, edges="own")


def _activated(x: Tensor) -> Tensor:
    return functional.leaky_relu(x, SLOPE)
