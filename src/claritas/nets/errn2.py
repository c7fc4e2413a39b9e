"""ERRN2 (NTIRE 2026): SPAN's attention without parameters, on four convolutions a block.

The challenge's file holds merged convolutions. What they were trained as was
not found; `branches` takes SPAN's (`claritas.nets.branches`): our choice.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from claritas.nets.branches import WithBranches, convolution
from claritas.nets.contract import Contract

SLOPE = 0.1  # of the leaky ReLU
DEPTH = 4  # convolutions of a block


class Block(nn.Module):
    """Four convolutions; their result, added to the input, is weighed by itself."""

    def __init__(self, channels: int, branches: bool) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            convolution(channels, channels, branches) for _ in range(DEPTH)
        )

    def forward(self, x: Tensor) -> Tensor:
        features = x
        for step in self.convolutions[:-1]:
            features = functional.leaky_relu(step(features), SLOPE)
        features = self.convolutions[-1](features)
        return torch.mul(features + x, torch.sigmoid(features) - 0.5)


class Body(nn.Module):
    """What ships: pictures of 0..1 in and out."""

    def __init__(self, scale: int, channels: int, blocks: int, branches: bool) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.blocks = nn.ModuleList(Block(channels, branches) for _ in range(blocks))
        self.fuse = nn.Conv2d(channels, channels, 3, padding=1)
        self.tail = nn.Conv2d(channels, 3 * scale**2, 3, padding=1)
        self.scale = scale

    def forward(self, pictures: Tensor) -> Tensor:
        first = x = self.head(pictures)
        for block in self.blocks:
            x = block(x)
        return functional.pixel_shuffle(self.tail(first + self.fuse(x)), self.scale)


class ERRN2(WithBranches):
    """`blocks` blocks of `channels` channels.

    With `branches` false it is made of the merged convolutions at once.
    """

    def __init__(
        self, scale: int = 4, channels: int = 32, blocks: int = 6, branches: bool = True
    ) -> None:
        super().__init__()
        self.body = Body(scale, channels, blocks, branches)
        self.contract = Contract(scale, halo=3 + DEPTH * blocks, edges="own")
