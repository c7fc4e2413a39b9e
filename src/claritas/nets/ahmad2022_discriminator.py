"""A discriminator for the medical generator of Ahmad 2022: deeper than SRGAN's, with skips.

The paper's own layers are not public; this is our completion. A 3x3
convolution, then four stages of two residual blocks; the first block of a
stage halves the size and its skip is a 1x1 projection, the second's skip is
the input itself: 17 convolutions deep where SRGAN's has eight. Answers are
logits.
"""

from __future__ import annotations

from torch import Tensor, nn

from claritas.nets.esrgan import SLOPE, leaky
from claritas.nets.judging import check_side


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


class Ahmad2022Discriminator(nn.Module):
    """Judges pictures of `side` pixels, divisible by 16; `hidden` values before the answer."""

    def __init__(self, side: int = 96, channels: int = 64, hidden: int = 1024) -> None:
        super().__init__()
        self.side = side
        self.features = nn.Sequential(nn.Conv2d(3, channels, 3, padding=1), nn.LeakyReLU(SLOPE))
        before = channels
        for width in (channels, 2 * channels, 4 * channels, 8 * channels):
            self.features.append(ResidualBlock(before, width, stride=2))
            self.features.append(ResidualBlock(width, width, stride=1))
            before = width
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Linear(before * (side // 16) ** 2, hidden),
            nn.LeakyReLU(SLOPE),
            nn.Linear(hidden, 1),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """(n, 3, side, side), 0..1, to logits (n, 1): high where a picture looks real."""
        check_side(pictures, self.side)
        answer: Tensor = self.head(self.features(pictures))
        return answer
