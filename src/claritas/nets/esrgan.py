"""ESRGAN's generator (Wang 2018): residual in residual dense blocks, RRDBNet.

Every dense block joins five 3x3 convolutions, three of them make an RRDB, and
0.2 stands in three places: the slope of the leaky ReLU, the share of a dense
block and the share of an RRDB. Enlarged by repeating pixels, with a convolution
behind each step. Factors 2 and 1 are Real-ESRGAN's (Wang 2021): the picture is
rearranged into 12 or 48 channels at a half or a quarter of its size and goes
through the net of factor 4. The layers of the body bear the authors' names.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from claritas.errors import UsageError
from claritas.nets.contract import Contract, WithBody

SLOPE = 0.2
SHARE = 0.2
SCALES = (1, 2, 4)


class DenseBlock(nn.Module):
    """Five convolutions, each of which sees all before it."""

    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, growth, 3, padding=1)
        self.conv2 = nn.Conv2d(channels + growth, growth, 3, padding=1)
        self.conv3 = nn.Conv2d(channels + 2 * growth, growth, 3, padding=1)
        self.conv4 = nn.Conv2d(channels + 3 * growth, growth, 3, padding=1)
        self.conv5 = nn.Conv2d(channels + 4 * growth, channels, 3, padding=1)
        for convolution in (self.conv1, self.conv2, self.conv3, self.conv4, self.conv5):
            begin_small(convolution)

    def forward(self, x: Tensor) -> Tensor:
        x1 = leaky(self.conv1(x))
        x2 = leaky(self.conv2(torch.cat((x, x1), 1)))
        x3 = leaky(self.conv3(torch.cat((x, x1, x2), 1)))
        x4 = leaky(self.conv4(torch.cat((x, x1, x2, x3), 1)))
        change: Tensor = self.conv5(torch.cat((x, x1, x2, x3, x4), 1))
        return x + SHARE * change


class RRDB(nn.Module):
    """Three dense blocks and a skip over them."""

    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        self.rdb1 = DenseBlock(channels, growth)
        self.rdb2 = DenseBlock(channels, growth)
        self.rdb3 = DenseBlock(channels, growth)

    def forward(self, x: Tensor) -> Tensor:
        change: Tensor = self.rdb3(self.rdb2(self.rdb1(x)))
        return x + SHARE * change


class Body(nn.Module):
    """What ships, around the blocks `body`: pictures of 0..1 in and out."""

    def __init__(self, scale: int, channels: int, body: nn.Sequential) -> None:
        super().__init__()
        self.folded = 4 // scale
        self.conv_first = nn.Conv2d(3 * self.folded**2, channels, 3, padding=1)
        self.body = body
        self.conv_body = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv_up1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv_up2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv_hr = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv_last = nn.Conv2d(channels, 3, 3, padding=1)

    def forward(self, pictures: Tensor) -> Tensor:
        if self.folded > 1:
            pictures = functional.pixel_unshuffle(pictures, self.folded)
        first = self.conv_first(pictures)
        x = first + self.conv_body(self.body(first))
        x = leaky(self.conv_up1(functional.interpolate(x, scale_factor=2, mode="nearest")))
        x = leaky(self.conv_up2(functional.interpolate(x, scale_factor=2, mode="nearest")))
        result: Tensor = self.conv_last(leaky(self.conv_hr(x)))
        return result


class ESRGAN(WithBody):
    """`blocks` RRDBs of `channels` channels, whose dense blocks grow by `growth`."""

    def __init__(
        self, scale: int = 4, blocks: int = 23, channels: int = 64, growth: int = 32
    ) -> None:
        super().__init__()
        self.contract = contract(scale, blocks)
        body = nn.Sequential(*(RRDB(channels, growth) for _ in range(blocks)))
        self.body = Body(scale, channels, body)


def contract(scale: int, blocks: int) -> Contract:
    """Facts of a net of `blocks` RRDBs.

    Raises
    ------
    UsageError
        If the factor is not one of `SCALES`.
    """
    if scale not in SCALES:
        raise UsageError(f"This net has no factor {scale}", "a scale of 1, 2 or 4")
    folded = 4 // scale
    # One pixel a convolution, at the size that the blocks work at; the four
    # that see enlarged maps reach two pixels together.
    halo = folded * (1 + 15 * blocks + 1 + 2)
    return Contract(scale, halo=halo, edges="own", multiple=folded, minimum=folded)


def leaky(x: Tensor) -> Tensor:
    return functional.leaky_relu(x, SLOPE)


@torch.no_grad()
def begin_small(convolution: nn.Conv2d) -> None:
    """He's normal weights times 0.1, no bias: the blocks begin as little more than their skips."""
    nn.init.kaiming_normal_(convolution.weight)
    convolution.weight.mul_(0.1)
    if convolution.bias is not None:
        nn.init.zeros_(convolution.bias)
