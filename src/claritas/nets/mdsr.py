"""MDSR (Lim 2017): one net for x2, x3 and x4, whose factors share their middle.

A factor has two residual blocks of 5x5 at the front and an upsampler of its
own; head, 16 blocks (`baseline`; 80 in full), and the last convolution are
shared. `scale` is the factor that pictures go through and that ships; the
other factors' weights lie beside it, and `all_scales` uses them all. The
paper trains on a factor at random for each batch. Range and mean are EDSR's.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor, nn

from claritas.nets.contract import Contract
from claritas.nets.edsr import MEAN, WHITE, ResidualBlock, upsampler

SCALES = (2, 3, 4)


class Shared(nn.Module):
    """What all factors have in common; (n, 3, h, w), 0..255 in and out."""

    mean: Tensor

    def __init__(self, blocks: int, channels: int) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.blocks = nn.Sequential(*(ResidualBlock(channels, 1) for _ in range(blocks)))
        self.fuse = nn.Conv2d(channels, channels, 3, padding=1)
        self.tail = nn.Conv2d(channels, 3, 3, padding=1)
        mean = torch.tensor(MEAN)[None, :, None, None] * WHITE
        self.register_buffer("mean", mean, persistent=False)

    def forward(self, pictures: Tensor, front: nn.Module, enlarge: nn.Module) -> Tensor:
        first = front(self.head(pictures - self.mean))
        features = first + self.fuse(self.blocks(first))
        result: Tensor = self.tail(enlarge(features)) + self.mean
        return result


class OneScale(nn.Module):
    """What ships: the shared part with one factor's own."""

    def __init__(self, shared: Shared, front: nn.Module, upsampler: nn.Module) -> None:
        super().__init__()
        self.shared = shared
        self.front = front
        self.upsampler = upsampler

    def forward(self, pictures: Tensor) -> Tensor:
        result: Tensor = self.shared(pictures, self.front, self.upsampler)
        return result


class MDSR(nn.Module):
    """Defaults are the baseline; `blocks=80` is the full net."""

    def __init__(self, scale: int = 2, blocks: int = 16, channels: int = 64) -> None:
        super().__init__()
        self.shared = Shared(blocks, channels)
        self.fronts = nn.ModuleDict({str(s): _front(channels) for s in SCALES})
        self.upsamplers = nn.ModuleDict({str(s): upsampler(s, channels) for s in SCALES})
        # As EDSR, and four convolutions of 5x5.
        self.contract = Contract(scale, halo=2 + 8 + 2 * blocks + 2, edges="own", range=WHITE)

    def forward(self, pictures: Tensor) -> Tensor:
        return self._enlarged(pictures, str(self.contract.scale))

    def use_scale(self, scale: int) -> None:
        self.contract = replace(self.contract, scale=scale)

    def all_scales(self, pictures: Tensor) -> dict[int, Tensor]:
        """The pictures enlarged by each factor."""
        return {scale: self._enlarged(pictures, str(scale)) for scale in SCALES}

    def _enlarged(self, pictures: Tensor, key: str) -> Tensor:
        result: Tensor = self.shared(pictures * WHITE, self.fronts[key], self.upsamplers[key])
        return result / WHITE

    def deployed(self) -> nn.Module:
        key = str(self.contract.scale)
        module = OneScale(self.shared, self.fronts[key], self.upsamplers[key])
        return copy.deepcopy(module).float()

    def trained_form(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """One factor's tensors; those of the others are not among them."""
        own = {part: f"{part}s.{self.contract.scale}" for part in ("front", "upsampler")}
        return {_renamed(name, own): tensor for name, tensor in tensors.items()}


def _front(channels: int) -> nn.Sequential:
    return nn.Sequential(*(ResidualBlock(channels, 1, side=5) for _ in range(2)))


def _renamed(name: str, own: Mapping[str, str]) -> str:
    part, _, rest = name.partition(".")
    return f"{own.get(part, part)}.{rest}"
