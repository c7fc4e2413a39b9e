"""RDN (Zhang 2018): residual dense blocks, and the features of all of them fused.

In a block each convolution sees the outputs of all before it; a 1x1 fuses them
and the block's input is added. Another 1x1 fuses all blocks. The defaults are
the paper's main setting (D 16, C 8, G 64, G0 64); the upsampler works at
`growth` channels, as in the authors' later code. White is 1 here: our choice,
ports differ (1 or 255).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from claritas.nets.contract import Contract, WithBody


class DenseBlock(nn.Module):
    """`depth` convolutions of `growth` new channels each, fused, plus the input."""

    def __init__(self, channels: int, growth: int, depth: int) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv2d(channels + index * growth, growth, 3, padding=1) for index in range(depth)
        )
        self.fuse = nn.Conv2d(channels + depth * growth, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        seen = x
        for convolution in self.convolutions:
            seen = torch.cat([seen, functional.relu(convolution(seen))], 1)
        return torch.add(x, self.fuse(seen))


class Body(nn.Module):
    """What ships: pictures of 0..1 in and out."""

    def __init__(self, scale: int, blocks: int, depth: int, growth: int, channels: int) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        self.blocks = nn.ModuleList(DenseBlock(channels, growth, depth) for _ in range(blocks))
        self.fuse = nn.Sequential(
            nn.Conv2d(blocks * channels, channels, 1),
            nn.Conv2d(channels, channels, 3, padding=1),
        )
        self.upsampler = _upsampler(scale, channels, growth)
        self.tail = nn.Conv2d(growth, 3, 3, padding=1)

    def forward(self, pictures: Tensor) -> Tensor:
        first = self.head(pictures)
        x, outputs = self.second(first), []
        for block in self.blocks:
            x = block(x)
            outputs.append(x)
        features = first + self.fuse(torch.cat(outputs, 1))
        result: Tensor = self.tail(self.upsampler(features))
        return result


class RDN(WithBody):
    """`blocks`, `depth`, `growth` and `channels` are the paper's D, C, G and G0."""

    def __init__(
        self,
        scale: int = 2,
        blocks: int = 16,
        depth: int = 8,
        growth: int = 64,
        channels: int = 64,
    ) -> None:
        super().__init__()
        self.body = Body(scale, blocks, depth, growth, channels)
        # Two convolutions before the blocks, one behind, and less than two
        # pixels from the upsampler on.
        self.contract = Contract(scale, halo=3 + blocks * depth + 2, edges="own")


def _upsampler(scale: int, channels: int, growth: int) -> nn.Sequential:
    """Sub-pixel convolutions to `growth` channels: one for 2 and 3, two in a row for 4."""
    stages = nn.Sequential()
    for factor in [2, 2] if scale == 4 else [scale]:
        stages.append(nn.Conv2d(channels, growth * factor**2, 3, padding=1))
        stages.append(nn.PixelShuffle(factor))
        channels = growth
    return stages
