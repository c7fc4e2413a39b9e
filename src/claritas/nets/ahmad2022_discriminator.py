"""A discriminator for the medical generator of Ahmad 2022: deeper than SRGAN's, with skips.

The paper's own layers are not public; this is our completion. A 3x3
convolution, then four stages of two residual blocks; the first block of a
stage halves the size and its skip is a 1x1 projection, the second's skip is
the input itself: 17 convolutions deep where SRGAN's has eight. Answers are
logits.
"""

from __future__ import annotations

from torch import Tensor, nn

from claritas.nets.esrgan import leaky
from claritas.nets.judging import SLOPE, SquareJudge


class ResidualBlock(nn.Module):
    """Two convolutions with norm; the skip is projected where the form changes."""

    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(before, width, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.LeakyReLU(SLOPE),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
        )
        projection = [nn.Conv2d(before, width, 1, stride, bias=False), nn.BatchNorm2d(width)]
        self.skip = nn.Sequential(*projection) if stride > 1 else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return leaky(self.skip(x) + self.body(x))


class Ahmad2022Discriminator(SquareJudge):
    """Judges pictures of `side` pixels, divisible by 16; `hidden` values before the answer."""

    def __init__(self, side: int = 96, channels: int = 64, hidden: int = 1024) -> None:
        features = nn.Sequential(nn.Conv2d(3, channels, 3, padding=1), nn.LeakyReLU(SLOPE))
        before = channels
        for width in (channels, 2 * channels, 4 * channels, 8 * channels):
            features.append(ResidualBlock(before, width, stride=2))
            features.append(ResidualBlock(width, width, stride=1))
            before = width
        super().__init__(side, features, before * (side // 16) ** 2, hidden)
