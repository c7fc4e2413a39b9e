"""Restormer (Zamir 2022): a U-Net of transformer blocks whose attention is over channels.

How much one channel gives to another is told by their product over the whole
picture, so the net must see it whole; the cost grows with the pixels, not with
their square. Four levels, the last of them the bottom; no convolution has a
bias. `biased_norm=False` is the form for Gaussian and real noise, `True` the
one for rain and blur. The form for dual-pixel photographs is not here.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from claritas.errors import UsageError
from claritas.nets.channel_norm import ChannelNorm
from claritas.nets.contract import Contract, WithBody

EPSILON = 1e-5
LEVELS = 4


class Attention(nn.Module):
    """Multi-head attention of channels to channels, after a depthwise convolution."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.temperature = nn.Parameter(torch.ones(heads, 1, 1))
        self.qkv = nn.Conv2d(channels, 3 * channels, 1, bias=False)
        self.qkv_dwconv = _depthwise(3 * channels)
        self.project_out = nn.Conv2d(channels, channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        parts = self.qkv_dwconv(self.qkv(x)).chunk(3, 1)
        q, k, v = (part.reshape(n, self.heads, c // self.heads, h * w) for part in parts)
        q, k = functional.normalize(q, dim=-1), functional.normalize(k, dim=-1)
        shares = torch.softmax(q @ k.transpose(-2, -1) * self.temperature, -1)
        result: Tensor = self.project_out((shares @ v).reshape(n, c, h, w))
        return result


class Feedforward(nn.Module):
    """Two paths of `hidden` channels, one of which gates the other."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.project_in = nn.Conv2d(channels, 2 * hidden, 1, bias=False)
        self.dwconv = _depthwise(2 * hidden)
        self.project_out = nn.Conv2d(hidden, channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        gate, value = self.dwconv(self.project_in(x)).chunk(2, 1)
        result: Tensor = self.project_out(functional.gelu(gate) * value)
        return result


class Block(nn.Module):
    """Attention, then the gated feed-forward step, each normed before and added."""

    def __init__(self, channels: int, heads: int, expansion: float, biased_norm: bool) -> None:
        super().__init__()
        self.norm1 = ChannelNorm(channels, EPSILON, biased_norm)
        self.attn = Attention(channels, heads)
        self.norm2 = ChannelNorm(channels, EPSILON, biased_norm)
        self.ffn = Feedforward(channels, int(channels * expansion))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        return torch.add(x, self.ffn(self.norm2(x)))


class Body(nn.Module):
    """What ships: pictures of 0..1 in and out."""

    def __init__(
        self,
        channels: int,
        width: int,
        blocks: Sequence[int],
        refinement: int,
        heads: Sequence[int],
        expansion: float,
        biased_norm: bool,
    ) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(LEVELS)]

        def stage(channels: int, count: int, heads: int) -> nn.Sequential:
            made = (Block(channels, heads, expansion, biased_norm) for _ in range(count))
            return nn.Sequential(*made)

        inner = range(LEVELS - 2, -1, -1)  # of the decoders, the innermost first
        self.patch_embed = nn.Conv2d(channels, width, 3, padding=1, bias=False)
        self.encoders = nn.ModuleList(map(stage, widths[:-1], blocks, heads))
        self.downs = nn.ModuleList(map(_down, widths[:-1]))
        self.latent = stage(widths[-1], blocks[-1], heads[-1])
        self.ups = nn.ModuleList(_up(widths[level + 1]) for level in inner)
        # The outermost level keeps what it is given, twice its width.
        self.reduce = nn.ModuleList(
            nn.Conv2d(2 * widths[level], widths[level], 1, bias=False) if level else nn.Identity()
            for level in inner
        )
        self.decoders = nn.ModuleList(
            stage(widths[level] if level else 2 * width, blocks[level], heads[level])
            for level in inner
        )
        self.refinement = stage(2 * width, refinement, heads[0])
        self.output = nn.Conv2d(2 * width, channels, 3, padding=1, bias=False)

    def forward(self, pictures: Tensor) -> Tensor:
        x = self.patch_embed(pictures)
        kept = []
        for encoder, down in zip(self.encoders, self.downs, strict=True):
            x = encoder(x)
            kept.append(x)
            x = down(x)
        x = self.latent(x)
        for up, reduce, decoder in zip(self.ups, self.reduce, self.decoders, strict=True):
            x = decoder(reduce(torch.cat([up(x), kept.pop()], 1)))
        result: Tensor = pictures + self.output(self.refinement(x))
        return result


class Restormer(WithBody):
    """`blocks` and `heads` of the four levels, from the outside in; `expansion` of the hidden
    channels of the feed-forward step."""

    def __init__(
        self,
        channels: int = 3,
        width: int = 48,
        blocks: Sequence[int] = (4, 6, 6, 8),
        refinement: int = 4,
        heads: Sequence[int] = (1, 2, 4, 8),
        expansion: float = 2.66,
        biased_norm: bool = False,
    ) -> None:
        super().__init__()
        if len(blocks) != LEVELS or len(heads) != LEVELS:
            raise UsageError(f"{len(blocks)} blocks, {len(heads)} heads", f"{LEVELS} of each")
        self.body = Body(channels, width, blocks, refinement, heads, expansion, biased_norm)
        self.contract = Contract(
            1, halo=-1, channels=channels, edges="own", multiple=2 ** (LEVELS - 1)
        )


def _depthwise(channels: int) -> nn.Conv2d:
    return nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False)


def _down(channels: int) -> nn.Sequential:
    """Twice the channels, half the size."""
    narrow = nn.Conv2d(channels, channels // 2, 3, padding=1, bias=False)
    return nn.Sequential(narrow, nn.PixelUnshuffle(2))


def _up(channels: int) -> nn.Sequential:
    """Half the channels, twice the size."""
    wide = nn.Conv2d(channels, 2 * channels, 3, padding=1, bias=False)
    return nn.Sequential(wide, nn.PixelShuffle(2))
