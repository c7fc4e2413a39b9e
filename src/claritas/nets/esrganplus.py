"""ESRGAN+ and nESRGAN+ (Rakotonirina 2020): RRDBNet with a bypass inside its dense blocks.

A 1x1 convolution of the block's input is added to the second map, and the
second to the fourth. While it trains, noise comes in behind every dense block
and every RRDB; never afterwards, so results are always the same. `noise` says
which:

- `code`: as in the public code, y + 0.1 * y * n with n normal for each value;
- `paper`: as the paper describes it, a normal map times a weight learned for
  each channel (at first 0) is added; that it comes in at the same places as in
  the code is our choice;
- `none`: ESRGAN+ itself.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from claritas.errors import UsageError
from claritas.nets.contract import WithBody
from claritas.nets.esrgan import SHARE, Body, begin_small, contract, leaky
from claritas.nets.esrgan import DenseBlock as PlainDenseBlock

SIGMA = 0.1


class RelativeNoise(nn.Module):
    """Noise in proportion to the map, of the public code."""

    def forward(self, x: Tensor) -> Tensor:
        return x + SIGMA * x * torch.randn_like(x) if self.training else x


class LearnedNoise(nn.Module):
    """One map of noise for all channels, each with its own learned weight."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.weight * torch.randn_like(x[:, :1]) if self.training else x


NOISES: dict[str, Callable[[int], nn.Module]] = {
    "code": lambda channels: RelativeNoise(),  # noqa: ARG005
    "paper": LearnedNoise,
    "none": lambda channels: nn.Identity(),  # noqa: ARG005
}


class DenseBlock(PlainDenseBlock):
    """A dense block with a bypass, and noise behind it."""

    def __init__(self, channels: int, growth: int, noise: nn.Module) -> None:
        super().__init__(channels, growth)
        self.conv1x1 = nn.Conv2d(channels, growth, 1, bias=False)
        begin_small(self.conv1x1)
        self.noise = noise

    def forward(self, x: Tensor) -> Tensor:
        x1 = leaky(self.conv1(x))
        x2 = leaky(self.conv2(torch.cat((x, x1), 1))) + self.conv1x1(x)
        x3 = leaky(self.conv3(torch.cat((x, x1, x2), 1)))
        x4 = leaky(self.conv4(torch.cat((x, x1, x2, x3), 1))) + x2
        change = self.conv5(torch.cat((x, x1, x2, x3, x4), 1))
        result: Tensor = self.noise(x + SHARE * change)
        return result


class NoisyRRDB(nn.Module):
    """Three dense blocks, a skip over them, and noise behind it."""

    def __init__(self, channels: int, growth: int, noise: str) -> None:
        super().__init__()
        self.rdb1 = DenseBlock(channels, growth, NOISES[noise](channels))
        self.rdb2 = DenseBlock(channels, growth, NOISES[noise](channels))
        self.rdb3 = DenseBlock(channels, growth, NOISES[noise](channels))
        self.noise = NOISES[noise](channels)

    def forward(self, x: Tensor) -> Tensor:
        change = self.rdb3(self.rdb2(self.rdb1(x)))
        result: Tensor = self.noise(x + SHARE * change)
        return result


class ESRGANPlus(WithBody):
    """`noise` is `code`, `paper` or `none`; the rest as in `esrgan`."""

    def __init__(
        self,
        scale: int = 4,
        blocks: int = 23,
        channels: int = 64,
        growth: int = 32,
        noise: str = "code",
    ) -> None:
        super().__init__()
        if noise not in NOISES:
            raise UsageError(f"There is no noise {noise!r}", f"one of {', '.join(NOISES)}")
        self.contract = contract(scale, blocks)
        body = nn.Sequential(*(NoisyRRDB(channels, growth, noise) for _ in range(blocks)))
        self.body = Body(scale, channels, body)

    def deployed(self) -> nn.Module:
        body = super().deployed()
        for module in body.modules():
            if isinstance(module, DenseBlock | NoisyRRDB):
                module.noise = nn.Identity()
        return body
