"""DISP (NTIRE 2026): plain convolutions with SiLU and short skips, nothing else.

Convolutions are trained as branches (`claritas.nets.branches`; the file of the
challenge has their merged form under SPAN's names) and ship as one.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from claritas.nets.branches import WithBranches, convolution
from claritas.nets.contract import Contract


class Block(nn.Module):
    """Convolutions with SiLU, and a skip over all of them."""

    def __init__(self, channels: int, depth: int, branches: bool) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            convolution(channels, channels, branches) for _ in range(depth)
        )

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for step in self.convolutions:
            y = functional.silu(step(y))
        return torch.add(x, y)


class Body(nn.Module):
    """What ships: pictures of 0..1 in and out."""

    def __init__(self, scale: int, channels: int, blocks: int, depth: int, branches: bool) -> None:
        super().__init__()
        self.head = convolution(3, channels, branches)
        self.blocks = nn.ModuleList(Block(channels, depth, branches) for _ in range(blocks))
        self.fuse = nn.Conv2d(channels, channels, 1)
        self.tail = nn.Conv2d(channels, 3 * scale**2, 3, padding=1)
        self.scale = scale

    def forward(self, pictures: Tensor) -> Tensor:
        first = x = self.head(pictures)
        for block in self.blocks:
            x = block(x)
        return functional.pixel_shuffle(self.tail(first + self.fuse(x)), self.scale)


class DISP(WithBranches):
    """`blocks` blocks of `depth` convolutions of `channels` channels.

    With `branches` false it is made of the merged convolutions at once.
    """

    def __init__(
        self,
        scale: int = 4,
        channels: int = 32,
        blocks: int = 4,
        depth: int = 4,
        branches: bool = True,
    ) -> None:
        super().__init__()
        self.body = Body(scale, channels, blocks, depth, branches)
        self.contract = Contract(scale, halo=2 + blocks * depth, edges="own")
