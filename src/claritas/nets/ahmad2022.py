"""The medical generator of Ahmad, Ali, Shah and Azmat (2022); x4 in two steps of x2.

What the paper says: shallow features at three scales (kernels of 3, 5 and 7,
two residual blocks each), joined; a deep stage of 16 residual blocks, then x2;
a small net of three residual blocks at that size, then x2; a convolution. Its
code, widths, activations and counts are not public. The rest is our completion
and must not be read as the paper's: 64 channels, PReLU of one slope, batch
norm, a 1x1 convolution that joins the three paths, long skips over the deep
stage and the small net, sub-pixel steps, 9x9 at the end. Not MedSRGAN, which
is another paper (Gu 2020).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from claritas.errors import UsageError
from claritas.nets.contract import Contract, WithBody

SIDES = (3, 5, 7)
SCALE = 4


class ResidualBlock(nn.Module):
    """Convolution, norm, PReLU, convolution, norm, plus the input; kernels of `side`."""

    def __init__(self, channels: int, norm: bool, side: int = 3) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_convolution(channels, norm, side), nn.PReLU(), *_convolution(channels, norm, side)
        )

    def forward(self, x: Tensor) -> Tensor:
        change: Tensor = self.body(x)
        return x + change


class Stage(nn.Module):
    """Residual blocks, a convolution, and a skip over all of them."""

    def __init__(self, channels: int, blocks: int, norm: bool) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*(ResidualBlock(channels, norm) for _ in range(blocks)))
        self.fuse = nn.Sequential(*_convolution(channels, norm))

    def forward(self, x: Tensor) -> Tensor:
        change: Tensor = self.fuse(self.blocks(x))
        return x + change


class Body(nn.Module):
    """What ships: pictures of 0..1 in and out."""

    def __init__(self, channels: int, blocks: int, norm: bool) -> None:
        super().__init__()
        self.paths = nn.ModuleList(_path(channels, norm, side) for side in SIDES)
        self.merge = nn.Sequential(nn.Conv2d(len(SIDES) * channels, channels, 1), nn.PReLU())
        self.deep = Stage(channels, blocks, norm)
        self.up1 = _step(channels)
        self.small = Stage(channels, 3, norm)
        self.up2 = _step(channels)
        self.tail = nn.Conv2d(channels, 3, 9, padding=4)

    def forward(self, pictures: Tensor) -> Tensor:
        shallow = self.merge(torch.cat([path(pictures) for path in self.paths], 1))
        doubled = self.small(self.up1(self.deep(shallow)))
        result: Tensor = self.tail(self.up2(doubled))
        return result


class Ahmad2022(WithBody):
    """`blocks` deep residual blocks; `norm` for batch norm; `scale` must be 4."""

    def __init__(
        self, scale: int = SCALE, blocks: int = 16, channels: int = 64, norm: bool = True
    ) -> None:
        super().__init__()
        if scale != SCALE:
            raise UsageError(f"ahmad2022 has no factor {scale}", "a scale of 4")
        self.body = Body(channels, blocks, norm)
        # The 7x7 path, the deep stage, and six more: one for the first step up,
        # what is behind it sees halves and quarters of a pixel.
        self.contract = Contract(scale, halo=3 * 5 + 2 * blocks + 1 + 6, edges="own")


def _convolution(channels: int, norm: bool, side: int = 3) -> list[nn.Module]:
    layer = nn.Conv2d(channels, channels, side, padding=side // 2)
    return [layer, nn.BatchNorm2d(channels)] if norm else [layer]


def _path(channels: int, norm: bool, side: int) -> nn.Sequential:
    """Shallow features as kernels of one side see them."""
    return nn.Sequential(
        nn.Conv2d(3, channels, side, padding=side // 2),
        nn.PReLU(),
        ResidualBlock(channels, norm, side),
        ResidualBlock(channels, norm, side),
    )


def _step(channels: int) -> nn.Sequential:
    """Twice the size."""
    return nn.Sequential(
        nn.Conv2d(channels, 4 * channels, 3, padding=1), nn.PixelShuffle(2), nn.PReLU()
    )
