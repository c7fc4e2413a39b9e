"""AMCANet (NTIRE 2026): two heads of depthwise attention a block, one of them on a coarse grid.

The coarse head's map is brought back on a grid that depends on the picture's
size: the net must see the picture whole, and takes none of less than seven
pixels a side.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from claritas.nets.contract import Contract, WithBody

HEADS = 2
POOL, STRIDE = 7, 4  # of the coarse head's maximum
LEAST_NORM = 1e-12


class Head(nn.Module):
    """Some of the channels, weighed by a map that is made of others; `coarse` at a quarter."""

    def __init__(self, channels: int, coarse: bool) -> None:
        super().__init__()
        made = channels // HEADS
        self.split = nn.Conv2d(channels, 2 * made, 1)
        self.before = _depthwise(made)
        self.first, self.second = _depthwise(made), _depthwise(made)
        self.fuse = nn.Conv2d(made, made, 1)
        self.weight = nn.Conv2d(made, made, 1)
        self.value = _depthwise(made)
        self.coarse = coarse

    def forward(self, x: Tensor) -> Tensor:
        query, value = self.split(x).chunk(2, 1)
        query = self.before(query)
        around = functional.max_pool2d(query, POOL, STRIDE) if self.coarse else query
        around = self.fuse(self.second(self.first(around)))
        if self.coarse:
            size = query.shape[2:]
            around = functional.interpolate(around, size, mode="bilinear", align_corners=False)
        weight = torch.sigmoid(self.weight(around + query))
        return torch.mul(weight, self.value(value))


class Gate(nn.Module):
    """One half of the channels opens and shuts the other."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.split = nn.Conv2d(channels, 2 * channels, 1)
        self.around = _depthwise(channels)
        self.weight = nn.Conv2d(channels, channels, 1)
        self.fuse = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        gate, value = self.split(x).chunk(2, 1)
        result: Tensor = self.fuse(torch.sigmoid(self.weight(self.around(gate))) * value)
        return result


class Block(nn.Module):
    """Attention, then a gate, each on channels of length one and added to its input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.heads = nn.ModuleList(Head(channels, coarse=index > 0) for index in range(HEADS))
        self.fuse = nn.Conv2d(channels, channels, 1)
        self.gate = Gate(channels)

    def forward(self, x: Tensor) -> Tensor:
        given = _of_length_one(x)
        x = x + self.fuse(torch.cat([head(given) for head in self.heads], 1))
        return torch.add(x, self.gate(_of_length_one(x)))


class Body(nn.Module):
    """What ships: pictures of 0..1 in and out."""

    def __init__(self, scale: int, channels: int, blocks: int) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.blocks = nn.Sequential(*(Block(channels) for _ in range(blocks)))
        self.fuse = nn.Conv2d(channels, channels, 1)
        self.tail = nn.Conv2d(channels, 3 * scale**2, 3, padding=1)
        self.scale = scale

    def forward(self, pictures: Tensor) -> Tensor:
        first = self.head(pictures)
        features = first + self.fuse(self.blocks(first))
        return functional.pixel_shuffle(self.tail(features), self.scale)


class AMCANet(WithBody):
    """`blocks` blocks of `channels` channels, an even number."""

    def __init__(self, scale: int = 4, channels: int = 32, blocks: int = 7) -> None:
        super().__init__()
        self.body = Body(scale, channels, blocks)
        self.contract = Contract(scale, halo=-1, edges="own", minimum=POOL)


def _depthwise(channels: int) -> nn.Conv2d:
    return nn.Conv2d(channels, channels, 3, padding=1, groups=channels)


def _of_length_one(x: Tensor) -> Tensor:
    """Each pixel's channels over their length."""
    return functional.normalize(x, dim=1, eps=LEAST_NORM)
