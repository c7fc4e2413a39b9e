"""SPANV2 (NTIRE 2026, first overall): SPAN's blocks with a learned guide, and copied pixels.

The picture's own pixels, copied to all their sub-pixels by a convolution that
begins so, run beside the blocks and are mixed with the features at the end.
Nothing has a bias but the guides.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from claritas.nets.contract import Contract, WithBody


class Block(nn.Module):
    """Three convolutions; their result, added to the input, times a 1x1 of it.

    The first block, which has no such input, gives the result alone.
    """

    def __init__(self, given: int, channels: int) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv2d(width, channels, 3, padding=1, bias=False)
            for width in (given, channels, channels)
        )
        self.guide = nn.Conv2d(channels, channels, 1) if given == channels else None

    def forward(self, x: Tensor) -> Tensor:
        first, second, third = self.convolutions
        features: Tensor = third(functional.relu(second(functional.relu(first(x)))))
        if self.guide is None:
            return functional.relu(features)
        return torch.mul(x + features, self.guide(features))


class Body(nn.Module):
    """What ships: pictures of 0..1 in and out."""

    def __init__(self, scale: int, channels: int, blocks: int) -> None:
        super().__init__()
        made = 3 * scale**2
        self.copies = nn.Conv2d(3, made, 3, padding=1, groups=3, bias=False)
        self.blocks = nn.Sequential(
            *(Block(3 if index == 0 else channels, channels) for index in range(blocks))
        )
        mixed = made + channels
        self.around = nn.Conv2d(mixed, mixed, 3, padding=1, groups=mixed, bias=False)
        self.tail = nn.Conv2d(mixed, made, 1, bias=False)
        self.scale = scale

    def forward(self, pictures: Tensor) -> Tensor:
        mixed = torch.cat([self.copies(pictures), self.blocks(pictures)], 1)
        return functional.pixel_shuffle(self.tail(self.around(mixed)), self.scale)


class SPANV2(WithBody):
    """`blocks` blocks of `channels` channels."""

    def __init__(self, scale: int = 4, channels: int = 32, blocks: int = 5) -> None:
        super().__init__()
        self.body = Body(scale, channels, blocks)
        with torch.no_grad():
            self.body.copies.weight.zero_()[:, :, 1, 1] = 1
        self.contract = Contract(scale, halo=1 + 3 * blocks, edges="own")
