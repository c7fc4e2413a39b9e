"""MIRNet-v2 (Zamir 2022): three streams at full, half and quarter size that inform each other.

Streams are merged by weights chosen for each channel from the means over the
whole picture, and every residual block adds a summary of all its pixels, so
the net must see the picture whole. No convolution has a bias. The defaults are
the paper's; `groups` are those of the residual blocks' convolutions, one for
each of the recursive groups.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from claritas.nets.contract import Contract, WithBody

SLOPE = 0.2  # of every leaky ReLU
REDUCTION, LEAST = 8, 4  # of the channels between a merger's means and its weights


class Context(nn.Module):
    """x plus one vector for the whole picture: its pixels, weighed by a learned attention."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.mask = _pointwise(channels, 1)
        self.add = nn.Sequential(
            _pointwise(channels, channels), nn.LeakyReLU(SLOPE), _pointwise(channels, channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        shares = torch.softmax(self.mask(x).reshape(n, 1, h * w), -1)
        summary = x.reshape(n, c, h * w) @ shares.transpose(1, 2)
        return torch.add(x, self.add(summary[..., None]))


class ResidualContextBlock(nn.Module):
    """Two convolutions and their context, added to the input."""

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            _convolution(channels, groups), nn.LeakyReLU(SLOPE), _convolution(channels, groups)
        )
        self.context = Context(channels)

    def forward(self, x: Tensor) -> Tensor:
        return x + functional.leaky_relu(self.context(self.body(x)), SLOPE)


class Merger(nn.Module):
    """Selective kernel fusion: a sum of two streams, weighed channel by channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = max(channels // REDUCTION, LEAST)
        self.down = _pointwise(channels, inner)
        self.weights = nn.ModuleList(_pointwise(inner, channels) for _ in range(2))

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        means = (first + second).mean((2, 3), keepdim=True)
        inner = functional.leaky_relu(self.down(means), SLOPE)
        weights = torch.stack([layer(inner) for layer in self.weights])
        shares = torch.softmax(weights, 0)
        return shares[0] * first + shares[1] * second


class Down(nn.Module):
    """Half the size."""

    def __init__(self, channels: int, made: int) -> None:
        super().__init__()
        self.mix = _pointwise(channels, made)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.mix(functional.avg_pool2d(x, 2))
        return result


class Up(nn.Module):
    """Twice the size, bilinear."""

    def __init__(self, channels: int, made: int) -> None:
        super().__init__()
        self.mix = _pointwise(channels, made)

    def forward(self, x: Tensor) -> Tensor:
        return functional.interpolate(
            self.mix(x), scale_factor=2.0, mode="bilinear", align_corners=False
        )


class Block(nn.Module):
    """A multi-scale residual block: the streams' own blocks run twice, with the same weights."""

    def __init__(self, widths: Sequence[int], groups: int) -> None:
        super().__init__()
        top, mid, bottom = widths
        self.streams = nn.ModuleList(ResidualContextBlock(width, groups) for width in widths)
        self.to_mid = Down(top, mid)
        self.to_bottom = nn.Sequential(Down(top, mid), Down(mid, bottom))
        self.ups_to_mid = nn.ModuleList(Up(bottom, mid) for _ in range(2))
        self.ups_to_top = nn.ModuleList(Up(mid, top) for _ in range(2))
        self.merge_mid = Merger(mid)
        self.merge_top = Merger(top)
        self.out = _pointwise(top, top)

    def forward(self, x: Tensor) -> Tensor:
        top, mid, bottom = x, self.to_mid(x), self.to_bottom(x)
        for up_to_mid, up_to_top in zip(self.ups_to_mid, self.ups_to_top, strict=True):
            top, mid, bottom = (
                stream(given)
                for stream, given in zip(self.streams, (top, mid, bottom), strict=True)
            )
            mid = self.merge_mid(mid, up_to_mid(bottom))
            top = self.merge_top(top, up_to_top(mid))
        return torch.add(x, self.out(top))


class Group(nn.Module):
    """A recursive residual group: blocks and a convolution, added to the input."""

    def __init__(self, widths: Sequence[int], blocks: int, groups: int) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*(Block(widths, groups) for _ in range(blocks)))
        self.fuse = _convolution(widths[0], 1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.add(x, self.fuse(self.blocks(x)))


class Body(nn.Module):
    """What ships: pictures of 0..1 in and out."""

    def __init__(
        self, channels: int, width: int, factor: float, blocks: int, groups: Sequence[int]
    ) -> None:
        super().__init__()
        widths = [width, int(width * factor), int(width * factor**2)]
        self.head = nn.Conv2d(channels, width, 3, padding=1, bias=False)
        self.groups = nn.Sequential(*(Group(widths, blocks, g) for g in groups))
        self.tail = nn.Conv2d(width, channels, 3, padding=1, bias=False)

    def forward(self, pictures: Tensor) -> Tensor:
        return torch.add(pictures, self.tail(self.groups(self.head(pictures))))


class MIRNet(WithBody):
    """`blocks` multi-scale blocks in each group; streams of `width` channels, and of `factor`
    times as many at each lower size."""

    def __init__(
        self,
        channels: int = 3,
        width: int = 80,
        factor: float = 1.5,
        blocks: int = 2,
        groups: Sequence[int] = (1, 2, 4, 4),
    ) -> None:
        super().__init__()
        self.body = Body(channels, width, factor, blocks, groups)
        self.contract = Contract(1, halo=-1, channels=channels, edges="own", multiple=4)


def _pointwise(given: int, made: int) -> nn.Conv2d:
    return nn.Conv2d(given, made, 1, bias=False)


def _convolution(channels: int, groups: int) -> nn.Conv2d:
    return nn.Conv2d(channels, channels, 3, padding=1, groups=groups, bias=False)
