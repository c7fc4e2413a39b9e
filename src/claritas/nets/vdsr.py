"""VDSR (Kim 2016): interpolate, then add what twenty convolutions find missing.

3x3 convolutions of 64 channels with ReLU between them, on the enlarged
picture; the result is the interpolation plus the net's answer. `channels=1`
is the paper's. Weights begin as the paper's do (normal, He), biases at 0.
"""

from __future__ import annotations

from torch import Tensor, nn

from claritas.nets.contract import Contract, WithBody
from claritas.nets.interpolation import Interpolation


class Body(nn.Module):
    """What ships: interpolated pictures in, finished pictures out."""

    def __init__(self, channels: int, depth: int, width: int) -> None:
        super().__init__()
        widths = [channels, *[width] * (depth - 1), channels]
        self.layers = nn.Sequential()
        for index in range(depth):
            layer = nn.Conv2d(widths[index], widths[index + 1], 3, padding=1)
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)
            self.layers.append(layer)
            if index < depth - 1:
                self.layers.append(nn.ReLU())

    def forward(self, pictures: Tensor) -> Tensor:
        missing: Tensor = self.layers(pictures)
        return pictures + missing


class VDSR(WithBody):
    """`depth` convolutions of `width` channels."""

    def __init__(self, scale: int = 2, channels: int = 3, depth: int = 20, width: int = 64) -> None:
        super().__init__()
        self.body = Body(channels, depth, width)
        self.interpolation = Interpolation(scale)
        self.contract = Contract(scale, halo=depth, channels=channels, edges="own", before=True)

    def forward(self, pictures: Tensor) -> Tensor:
        result: Tensor = self.body(self.interpolation(pictures))
        return result
