"""The U-Net of SR3 (Saharia 2021): what noise is in this picture, given its blurred form?

The layout is that of the public unofficial code, which gives 515 and 564
million parameters where the paper says 550 and 625: residual blocks with group
norm and the noise level added to each channel, attention at chosen levels,
strided convolutions down, repeated pixels up. It takes a noisy picture and the
interpolated small one, both -1..1, and the level: the root of the signal's
share, sqrt(alpha-bar), 0..1, any number between. It gives the noise.

The public code feeds the level to sines as it is, which hardly differ from
level to level. Here it is stretched by 5000, as in WaveGrad (Chen 2020), from
which SR3 has it; `stretch=1` is the public code's.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from claritas.nets.contract import Contract

INPUTS = ("noisy", "condition", "level")


class LevelEmbedding(nn.Module):
    """(n, 1) levels to (n, channels): sines and cosines, then two matrices."""

    def __init__(self, channels: int, stretch: float) -> None:
        super().__init__()
        self.stretch = stretch
        steps = torch.arange(channels // 2) / (channels // 2)
        self.register_buffer("rates", torch.exp(-math.log(1e4) * steps), persistent=False)
        self.mix = nn.Sequential(
            nn.Linear(channels, 4 * channels), nn.SiLU(), nn.Linear(4 * channels, channels)
        )

    rates: Tensor

    def forward(self, level: Tensor) -> Tensor:
        angles = self.stretch * level * self.rates
        mixed: Tensor = self.mix(torch.cat([angles.sin(), angles.cos()], 1))
        return mixed


class ResidualBlock(nn.Module):
    """Norm, swish, convolution, twice, with the level between; plus the input."""

    def __init__(self, given: int, made: int, embedding: int, groups: int, dropout: float) -> None:
        super().__init__()
        self.level = nn.Linear(embedding, made)
        self.first = nn.Sequential(
            nn.GroupNorm(groups, given), nn.SiLU(), nn.Conv2d(given, made, 3, padding=1)
        )
        self.second = nn.Sequential(
            nn.GroupNorm(groups, made),
            nn.SiLU(),
            nn.Dropout(dropout),
            nn.Conv2d(made, made, 3, padding=1),
        )
        self.skip = nn.Conv2d(given, made, 1) if given != made else nn.Identity()

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        features = self.first(x) + self.level(embedding)[:, :, None, None]
        result: Tensor = self.second(features) + self.skip(x)
        return result


class Attention(nn.Module):
    """Every place looks at every place; one head."""

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(groups, channels)
        self.qkv = nn.Conv2d(channels, 3 * channels, 1, bias=False)
        self.out = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        places = self.qkv(self.norm(x)).flatten(2).transpose(1, 2).unsqueeze(1)  # n, 1, h * w, 3c
        query, key, value = places.chunk(3, dim=3)
        seen = functional.scaled_dot_product_attention(query, key, value)
        result: Tensor = x + self.out(seen.squeeze(1).transpose(1, 2).reshape(x.shape))
        return result


class Stage(nn.Module):
    """A residual block, and attention behind it where the level has it."""

    def __init__(self, block: ResidualBlock, attention: Attention | None) -> None:
        super().__init__()
        self.block = block
        self.attention = attention or nn.Identity()

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        result: Tensor = self.attention(self.block(x, embedding))
        return result


class SR3(nn.Module):
    """The denoiser.

    Parameters
    ----------
    inner
        Channels at full size.
    multipliers
        Channels of each level, in units of `inner`; every level halves the sides.
    blocks
        Residual blocks at each level on the way down; one more on the way up.
    attention
        Levels, from 0, that have attention besides the middle: where the sides
        are 16, in the paper.
    groups
        Of the group norms; divides all channels.
    """

    def __init__(
        self,
        inner: int = 32,
        multipliers: Sequence[int] = (1, 2, 2, 3),
        blocks: int = 1,
        attention: Sequence[int] = (3,),
        groups: int = 16,
        dropout: float = 0.0,
        stretch: float = 5000.0,
    ) -> None:
        super().__init__()
        self.levels = len(multipliers)

        def stage(given: int, made: int, attends: bool) -> Stage:
            block = ResidualBlock(given, made, inner, groups, dropout)
            return Stage(block, Attention(made, groups) if attends else None)

        self.embedding = LevelEmbedding(inner, stretch)
        self.head = nn.Conv2d(6, inner, 3, padding=1)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        channels, kept = inner, [inner]
        for number, multiplier in enumerate(multipliers):
            for _ in range(blocks):
                self.down.append(stage(channels, inner * multiplier, number in attention))
                channels = inner * multiplier
                kept.append(channels)
            if number < self.levels - 1:
                self.down.append(nn.Conv2d(channels, channels, 3, 2, 1))
                kept.append(channels)
        self.middle = nn.ModuleList(
            [stage(channels, channels, True), stage(channels, channels, False)]
        )
        for number, multiplier in reversed(list(enumerate(multipliers))):
            for _ in range(blocks + 1):
                made = inner * multiplier
                self.up.append(stage(channels + kept.pop(), made, number in attention))
                channels = made
            if number > 0:
                self.up.append(
                    nn.Sequential(
                        nn.Upsample(scale_factor=2), nn.Conv2d(channels, channels, 3, padding=1)
                    )
                )
        self.tail = nn.Sequential(
            nn.GroupNorm(groups, channels), nn.SiLU(), nn.Conv2d(channels, 3, 3, padding=1)
        )
        self.contract = Contract(
            scale=1, halo=-1, edges="own", multiple=2 ** (self.levels - 1), inputs=INPUTS
        )

    def forward(self, noisy: Tensor, condition: Tensor, level: Tensor) -> Tensor:
        """(n, 3, h, w) twice and (n, 1) to (n, 3, h, w)."""
        embedding = self.embedding(level)
        x = self.head(torch.cat([condition, noisy], 1))
        kept = [x]
        for part in self.down:
            x = part(x, embedding) if isinstance(part, Stage) else part(x)
            kept.append(x)
        for part in self.middle:
            x = part(x, embedding)
        for part in self.up:
            x = (
                part(torch.cat([x, kept.pop()], 1), embedding)
                if isinstance(part, Stage)
                else part(x)
            )
        result: Tensor = self.tail(x)
        return result

    def deployed(self) -> nn.Module:
        return copy.deepcopy(self).float().eval()

    def trained_form(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return dict(tensors)
