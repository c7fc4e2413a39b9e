"""FSRCNN (Dong 2016): think at the small size, enlarge with a transposed convolution.

Feature extraction 5x5, shrinking 1x1, mapping 3x3 several times, expanding
1x1, a transposed 9x9 of stride `scale`; PReLU of one slope a channel between.
FSRCNN(56, 12, 4) by default; `channels=1` is the paper's. The paper counts
convolution weights alone: 12,464, and 3,937 for FSRCNN-s (32, 5, 1).
"""

from __future__ import annotations

import math

from torch import nn

from claritas.nets.contract import Contract, WithBody


class FSRCNN(WithBody):
    """`features`, `shrunk` and `maps` are the paper's d, s and m."""

    ships = "layers"

    def __init__(
        self,
        scale: int = 2,
        channels: int = 3,
        features: int = 56,
        shrunk: int = 12,
        maps: int = 4,
    ) -> None:
        super().__init__()
        self.layers = nn.Sequential(*_activated(channels, features, 5))
        self.layers.extend(_activated(features, shrunk, 1))
        for _ in range(maps):
            self.layers.extend(_activated(shrunk, shrunk, 3))
        self.layers.extend(_activated(shrunk, features, 1))
        self.layers.append(_enlarging(features, channels, scale))
        # 2 of the first layer, 4 enlarged pixels of the last.
        self.contract = Contract(
            scale, halo=2 + maps + math.ceil(4 / scale), channels=channels, edges="own"
        )


def _activated(given: int, made: int, side: int) -> list[nn.Module]:
    """A convolution and its PReLU, which begins at 0.25; He's normal weights, as the paper's."""
    layer = nn.Conv2d(given, made, side, padding=side // 2)
    nn.init.kaiming_normal_(layer.weight, a=0.25, mode="fan_out")
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)
    return [layer, nn.PReLU(made)]


def _enlarging(given: int, made: int, scale: int) -> nn.ConvTranspose2d:
    layer = nn.ConvTranspose2d(given, made, 9, stride=scale, padding=4, output_padding=scale - 1)
    nn.init.normal_(layer.weight, std=0.001)
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)
    return layer
