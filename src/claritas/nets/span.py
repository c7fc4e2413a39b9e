"""SPAN (Wan 2024): attention without parameters, from the features themselves.

A block makes features of its input and weighs both by an odd function of them.
The first convolution's output, the first block's, the last block's and what is
half-way in the last block are fused. Convolutions are trained as branches
(`claritas.nets.branches`) and ship as one.

The published weights take pictures less `MEAN`, times 255; so does the file of
the challenge of 2026.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from claritas.nets.branches import WithBranches, convolution
from claritas.nets.contract import Contract

MEAN = (0.4488, 0.4371, 0.4040)  # of DIV2K's pictures, red, green, blue


class Block(nn.Module):
    """Three convolutions; their result, added to the input, is weighed by itself."""

    def __init__(self, channels: int, branches: bool) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            convolution(channels, channels, branches) for _ in range(3)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The block's result, and its first features."""
        first, second, third = self.convolutions
        early = functional.silu(first(x))
        features = third(functional.silu(second(early)))
        return (features + x) * (torch.sigmoid(features) - 0.5), early


class Body(nn.Module):
    """What ships: pictures of 0..1 in and out."""

    mean: Tensor

    def __init__(self, scale: int, channels: int, blocks: int, gain: float, branches: bool) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.head = convolution(3, channels, branches)
        self.blocks = nn.ModuleList(Block(channels, branches) for _ in range(blocks))
        self.last = convolution(channels, channels, branches)
        self.fuse = nn.Conv2d(4 * channels, channels, 1)
        self.tail = nn.Conv2d(channels, 3 * scale**2, 3, padding=1)
        self.scale, self.gain = scale, gain

    def forward(self, pictures: Tensor) -> Tensor:
        first = x = self.head((pictures - self.mean) * self.gain)
        outputs = []
        for block in self.blocks:
            x, early = block(x)
            outputs.append(x)
        fused = self.fuse(torch.cat([first, self.last(x), outputs[0], early], 1))
        return functional.pixel_shuffle(self.tail(fused), self.scale)


class SPAN(WithBranches):
    """`blocks` blocks of `channels` channels.

    `gain` multiplies the pictures (less their mean) on their way in; with
    `branches` false it is made of the merged convolutions at once.
    """

    def __init__(
        self,
        scale: int = 4,
        channels: int = 48,
        blocks: int = 6,
        gain: float = 1.0,
        branches: bool = True,
    ) -> None:
        super().__init__()
        self.body = Body(scale, channels, blocks, gain, branches)
        self.contract = Contract(scale, halo=3 + 3 * blocks, edges="own")
