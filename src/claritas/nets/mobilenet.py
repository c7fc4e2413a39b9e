"""MobileNet v1 (Howard 2017) and v2 (Sandler 2018) that rate pictures.

3,206,976 and 2,223,872 parameters before the head. Strides of 2 pad at the
bottom and on the right, as the weights of Keras want it.
"""

from __future__ import annotations

from typing import Any

from torch import nn

from claritas.nets.levels import LevelRating
from claritas.nets.rating import Convolution, InvertedResidual, Rating

KERAS = (0.5, 0.5, 0.5)  # mean and deviation: pictures of -1..1

# Stride and channels of each pair of a depthwise and a pointwise convolution.
PAIRS = (
    *((1, 64), (2, 128), (1, 128), (2, 256), (1, 256), (2, 512)),
    *(((1, 512),) * 5),
    *((2, 1024), (1, 1024)),
)

# Expansion, channels, repeats, first stride.
BLOCKS = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
WIDTH = 1280


def mobilenet_v1(
    outputs: int = 10,
    dropout: float = 0.75,
    side: int = 0,
    frozen: int = 0,
    norm: bool = True,
) -> Rating:
    """Depthwise and pointwise convolutions in turn; `norm=False` is the merged form."""
    features = nn.Sequential(Convolution(3, 32, 3, 2, lower=True, norm=norm))
    given = 32
    for stride, made in PAIRS:
        features.append(
            nn.Sequential(
                Convolution(given, given, 3, stride, groups=given, lower=True, norm=norm),
                Convolution(given, made, norm=norm),
            )
        )
        given = made
    return Rating(features, given, **_settings(outputs, dropout, side, frozen))


def mobilenet_v2(
    outputs: int = 10,
    dropout: float = 0.75,
    side: int = 0,
    frozen: int = 0,
    norm: bool = True,
    directions: int = 0,
    centres: int = 0,
) -> Rating:
    """Inverted residual blocks; `norm=False` is the merged form, which weights of Keras fit.

    With `directions` and `centres` it is a `LevelRating`, whose head sees every
    stage; the last convolution, which gathers for the usual head, is left out.
    """
    features = nn.Sequential(Convolution(3, 32, 3, 2, lower=True, norm=norm))
    given = 32
    widths = [given]
    for expansion, made, repeats, first in BLOCKS:
        for number in range(repeats):
            stride = first if number == 0 else 1
            features.append(
                InvertedResidual(given, made, expansion, 3, stride, lower=True, norm=norm)
            )
            given = made
            widths.append(made)
    settings = _settings(outputs, dropout, side, frozen)
    if directions:
        return LevelRating(features, widths, directions, centres, **settings)
    features.append(Convolution(given, WIDTH, norm=norm))
    return Rating(features, WIDTH, **settings)


def _settings(outputs: int, dropout: float, side: int, frozen: int) -> dict[str, Any]:
    return {
        "outputs": outputs,
        "dropout": dropout,
        "side": side,
        "frozen": frozen,
        "mean": KERAS,
        "deviation": KERAS,
    }
