"""SRCNN (Dong 2014, 2016): interpolate, then refine. The first net of the field.

Three convolutions on the enlarged picture: patch extraction, non-linear
mapping, reconstruction. `channels=1` is the paper's; the paper counts weights
without biases (8,032 for 9-1-5, 57,184 for 9-5-5). Zero padding throughout,
as in public ports; the paper trained without any.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from claritas.nets.contract import Contract, WithBody
from claritas.nets.interpolation import Interpolation


class SRCNN(WithBody):
    """`kernels` are the three sides, 9-1-5 by default."""

    ships = "layers"

    def __init__(
        self, scale: int = 2, channels: int = 3, kernels: Sequence[int] = (9, 1, 5)
    ) -> None:
        super().__init__()
        widths = (channels, 64, 32, channels)
        self.layers = nn.Sequential()
        for index, side in enumerate(kernels):
            layer = nn.Conv2d(widths[index], widths[index + 1], side, padding=side // 2)
            self.layers.append(layer)
            if index < len(kernels) - 1:
                self.layers.append(nn.ReLU())
        self.interpolation = Interpolation(scale)
        self.contract = Contract(
            scale=scale,
            halo=sum(side // 2 for side in kernels),
            channels=channels,
            edges="own",
            before=True,
        )

    def forward(self, pictures: Tensor) -> Tensor:
        result: Tensor = self.layers(self.interpolation(pictures))
        return result
