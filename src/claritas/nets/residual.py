"""The residual net of the DTU study (Krzak 2021), its best: interpolate by 4, then refine.

A convolution, two residual blocks of two units each with batch norm, PReLU and
dropout, a convolution: 299,463 parameters, as its script has it (its text
tells the order of the layers otherwise). The study interpolates bilinearly
with aligned corners, which shifts pixels by as much as the picture is large
and would make tiles differ from the whole; here pixel centres stay in place.
"""

from __future__ import annotations

from torch import Tensor, nn

from claritas.nets.contract import Contract, WithBody


class Block(nn.Module):
    """Two units of norm, convolution, dropout, convolution, plus the input; PReLU in the first."""

    def __init__(self, channels: int, dropout: float) -> None:
        super().__init__()
        self.first = nn.Sequential(
            nn.BatchNorm2d(channels),
            nn.PReLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.Dropout(dropout),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.PReLU(),
        )
        self.second = nn.Sequential(
            nn.BatchNorm2d(channels),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.Dropout(dropout),
            nn.Conv2d(channels, channels, 3, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        change: Tensor = self.second(self.first(x))
        return x + change


class Residual(WithBody):
    """`blocks` blocks of `channels` channels; `dropout` is the share of features left out."""

    ships = "layers"

    def __init__(
        self, scale: int = 4, blocks: int = 2, channels: int = 64, dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Upsample(scale_factor=scale, mode="bilinear"),
            nn.Conv2d(3, channels, 3, padding=1),
            *(Block(channels, dropout) for _ in range(blocks)),
            nn.Conv2d(channels, 3, 3, padding=1),
        )
        reach = 4 * blocks + 2  # of the convolutions, in pixels of the result
        self.contract = Contract(scale, halo=1 + -(-reach // scale), edges="own")
