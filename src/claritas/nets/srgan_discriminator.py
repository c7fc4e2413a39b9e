"""SRGAN's discriminator (Ledig 2017): eight convolutions, every second at half the size.

Answers are logits; the sigmoid belongs to the objective. Convolutions have
biases only where no batch norm follows.
"""

from __future__ import annotations

from torch import nn

from claritas.nets.judging import SLOPE, SquareJudge


class SRGANDiscriminator(SquareJudge):
    """Judges pictures of `side` pixels, divisible by 16; `hidden` values before the answer."""

    def __init__(self, side: int = 96, channels: int = 64, hidden: int = 1024) -> None:
        widths = [channels, 2 * channels, 4 * channels, 8 * channels]
        features = nn.Sequential(nn.Conv2d(3, channels, 3, padding=1), nn.LeakyReLU(SLOPE))
        before = channels
        for stage, width in enumerate(widths):
            if stage:
                features.extend(_layers(before, width, stride=1))
            features.extend(_layers(width, width, stride=2))
            before = width
        super().__init__(side, features, before * (side // 16) ** 2, hidden)


def _layers(before: int, width: int, stride: int) -> list[nn.Module]:
    convolution = nn.Conv2d(before, width, 3, stride, padding=1, bias=False)
    return [convolution, nn.BatchNorm2d(width), nn.LeakyReLU(SLOPE)]
