"""ESRGAN's discriminator (Wang 2018): pairs of a 3x3 and a halving 4x4 convolution, as in VGG.

As many pairs as bring the side down to 4. `biases` also where a batch norm
follows is the form of the first code; without, BasicSR's. Answers are logits.
"""

from __future__ import annotations

from torch import nn

from claritas.errors import UsageError
from claritas.nets.judging import SLOPE, SquareJudge

HIDDEN = 100
LAST_SIDE = 4


class VGGDiscriminator(SquareJudge):
    """Judges pictures of `side` pixels: 128, 256, or another power of 2 from 8."""

    def __init__(self, side: int = 128, channels: int = 64, biases: bool = False) -> None:
        if side < 2 * LAST_SIDE or side & (side - 1):
            raise UsageError(f"A side of {side}", "a power of 2 from 8")
        features = nn.Sequential()
        before = 3
        for pair in range((side // LAST_SIDE).bit_length() - 1):
            width = channels * min(2**pair, 8)
            first = nn.Conv2d(before, width, 3, padding=1, bias=biases or pair == 0)
            halving = nn.Conv2d(width, width, 4, 2, padding=1, bias=biases)
            features.extend([first, *([nn.BatchNorm2d(width)] if pair else [])])
            features.extend([nn.LeakyReLU(SLOPE), halving, nn.BatchNorm2d(width)])
            features.append(nn.LeakyReLU(SLOPE))
            before = width
        super().__init__(side, features, before * LAST_SIDE**2, HIDDEN)
