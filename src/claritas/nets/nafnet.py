"""NAFNet (Chen 2022): a U-Net without activations; halves of the channels multiply each other.

Channels are weighed by their means over the whole picture, so the net must see
it whole. The authors' local variant for deblurring, which pools over windows
of 384 pixels, is not here. `width` 32 or 64; the defaults are the layout for
SIDD (noise), `encoders=[1, 1, 1, 28], middle=1, decoders=[1, 1, 1, 1]` is the
one for GoPro and REDS (blur).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from claritas.errors import UsageError
from claritas.nets.channel_norm import ChannelNorm
from claritas.nets.contract import Contract, WithBody

EPSILON = 1e-6


class ChannelAttention(nn.Module):
    """Each channel times a combination of all channels' means over the picture."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.mix = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.mul(x, self.mix(x.mean((2, 3), keepdim=True)))


class Block(nn.Module):
    """A step over space, then one over channels; both begin as nothing (`beta`, `gamma` 0)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        double = 2 * channels
        self.norm1 = ChannelNorm(channels, EPSILON)
        self.conv1 = nn.Conv2d(channels, double, 1)
        self.conv2 = nn.Conv2d(double, double, 3, padding=1, groups=double)
        self.attention = ChannelAttention(channels)
        self.conv3 = nn.Conv2d(channels, channels, 1)
        self.norm2 = ChannelNorm(channels, EPSILON)
        self.conv4 = nn.Conv2d(channels, double, 1)
        self.conv5 = nn.Conv2d(channels, channels, 1)
        self.beta = nn.Parameter(torch.zeros(channels, 1, 1))
        self.gamma = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        spatial = gate(self.conv2(self.conv1(self.norm1(x))))
        x = x + self.beta * self.conv3(self.attention(spatial))
        return torch.add(x, self.gamma * self.conv5(gate(self.conv4(self.norm2(x)))))


def gate(x: Tensor) -> Tensor:
    """One half of the channels times the other."""
    first, second = x.chunk(2, 1)
    return first * second


class Body(nn.Module):
    """What ships: pictures of 0..1 in and out."""

    def __init__(
        self,
        channels: int,
        width: int,
        encoders: Sequence[int],
        middle: int,
        decoders: Sequence[int],
    ) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(len(encoders) + 1)]
        self.intro = nn.Conv2d(channels, width, 3, padding=1)
        self.encoders = nn.ModuleList(map(_blocks, widths[:-1], encoders))
        self.downs = nn.ModuleList(nn.Conv2d(w, 2 * w, 2, stride=2) for w in widths[:-1])
        self.middle = _blocks(widths[-1], middle)
        self.ups = nn.ModuleList(_up(w) for w in reversed(widths[1:]))
        self.decoders = nn.ModuleList(map(_blocks, reversed(widths[:-1]), decoders))
        self.ending = nn.Conv2d(width, channels, 3, padding=1)

    def forward(self, pictures: Tensor) -> Tensor:
        x = self.intro(pictures)
        kept = []
        for encoder, down in zip(self.encoders, self.downs, strict=True):
            x = encoder(x)
            kept.append(x)
            x = down(x)
        x = self.middle(x)
        for decoder, up in zip(self.decoders, self.ups, strict=True):
            x = decoder(up(x) + kept.pop())
        result: Tensor = pictures + self.ending(x)
        return result


class NAFNet(WithBody):
    """`encoders`, `middle` and `decoders` are numbers of blocks, by levels from the outside in
    and out again."""

    def __init__(
        self,
        channels: int = 3,
        width: int = 32,
        encoders: Sequence[int] = (2, 2, 4, 8),
        middle: int = 12,
        decoders: Sequence[int] = (2, 2, 2, 2),
    ) -> None:
        super().__init__()
        if len(encoders) != len(decoders):
            raise UsageError(
                f"{len(encoders)} encoders, {len(decoders)} decoders", "as many of the one"
            )
        self.body = Body(channels, width, encoders, middle, decoders)
        self.contract = Contract(
            1, halo=-1, channels=channels, edges="own", multiple=2 ** len(encoders)
        )


def _blocks(channels: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(Block(channels) for _ in range(count)))


def _up(channels: int) -> nn.Sequential:
    """Half the channels, twice the size."""
    return nn.Sequential(nn.Conv2d(channels, 2 * channels, 1, bias=False), nn.PixelShuffle(2))
