"""EDSR (Lim 2017): residual blocks without normalisation, enlarged at the end.

`baseline` is 16 blocks of 64 channels, `full` 32 of 256 with residual scaling
0.1. The frozen mean shift of the paper is two additions here and counts as no
parameter. Its own range is 0..255.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from claritas.nets.contract import Contract, WithBody

MEAN = (0.4488, 0.4371, 0.4040)  # of DIV2K, RGB, 0..1
WHITE = 255.0


class ResidualBlock(nn.Module):
    """Convolution, ReLU, convolution, times `share`, plus the input; kernels of `side`."""

    def __init__(self, channels: int, share: float, side: int = 3) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, side, padding=side // 2),
            nn.ReLU(),
            nn.Conv2d(channels, channels, side, padding=side // 2),
        )
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        change: Tensor = self.body(x)
        return x + (change if self.share == 1 else change * self.share)


def upsampler(scale: int, channels: int) -> nn.Sequential:
    """Sub-pixel convolutions: one for 2 and 3, two in a row for 4."""
    factors = [2, 2] if scale == 4 else [scale]
    stages: list[nn.Module] = []
    for factor in factors:
        stages += [nn.Conv2d(channels, channels * factor**2, 3, padding=1), nn.PixelShuffle(factor)]
    return nn.Sequential(*stages)


class Body(nn.Module):
    """What ships: pictures of 0..255 in and out."""

    mean: Tensor

    def __init__(self, scale: int, blocks: int, channels: int, share: float) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.blocks = nn.Sequential(*(ResidualBlock(channels, share) for _ in range(blocks)))
        self.fuse = nn.Conv2d(channels, channels, 3, padding=1)
        self.upsampler = upsampler(scale, channels)
        self.tail = nn.Conv2d(channels, 3, 3, padding=1)
        mean = torch.tensor(MEAN)[None, :, None, None] * WHITE
        self.register_buffer("mean", mean, persistent=False)

    def forward(self, pictures: Tensor) -> Tensor:
        first = self.head(pictures - self.mean)
        features = first + self.fuse(self.blocks(first))
        result: Tensor = self.tail(self.upsampler(features)) + self.mean
        return result


class EDSR(WithBody):
    """Defaults are the baseline; `blocks=32, channels=256, share=0.1` is the full net."""

    def __init__(
        self, scale: int = 2, blocks: int = 16, channels: int = 64, share: float = 1.0
    ) -> None:
        super().__init__()
        self.body = Body(scale, blocks, channels, share)
        # Head, blocks and fuse see one pixel a convolution; what lies behind
        # the upsampler sees parts of a pixel, together less than two.
        self.contract = Contract(scale, halo=2 + 2 * blocks + 2, edges="own", range=WHITE)

    def forward(self, pictures: Tensor) -> Tensor:
        result: Tensor = self.body(pictures * WHITE) / WHITE
        return result
