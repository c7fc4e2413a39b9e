"""ESPCN (Shi 2016): the first sub-pixel convolution. All layers see the small picture.

5x5 to 64 channels, 3x3 to 32, tanh after both, 3x3 to the sub-pixels of the
large picture; nothing behind it. `channels=1` is the paper's.
"""

from __future__ import annotations

from torch import nn

from claritas.nets.contract import Contract, WithBody


class ESPCN(WithBody):
    """No choice but the factor and the channels."""

    ships = "layers"

    def __init__(self, scale: int = 3, channels: int = 3) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, 64, 5, padding=2),
            nn.Tanh(),
            nn.Conv2d(64, 32, 3, padding=1),
            nn.Tanh(),
            nn.Conv2d(32, channels * scale**2, 3, padding=1),
            nn.PixelShuffle(scale),
        )
        self.contract = Contract(scale, halo=4, channels=channels, edges="own")
