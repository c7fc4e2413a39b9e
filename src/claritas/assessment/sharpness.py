"""How sharp and how noisy a picture looks, without a reference."""

from __future__ import annotations

import math

import numpy as np

from claritas.assessment.pixels import Float64, Uint8, as_planes, check_side, grey
from claritas.assessment.score import Score
from claritas.errors import PictureError

# Crete et al. 2007, SPIE 6492: how far a picture is blurred again, in pixels.
REACH = 11
# Immerkaer 1996, CVIU 64:300, masks with (1 -2 1, -2 4 -2, 1 -2 1): 0 where all is smooth.
NOISE_GAIN = 6.0  # the root of the sum of the mask's squares
# The median of the size of normal values, over their deviation.
NORMAL_MEDIAN = 0.6744897501960817


def sharpness(picture: Uint8) -> Score:
    """How much steepness a picture would lose by blurring: 1 less the blur of Crete et al. 2007.

    A blurred picture loses little. Noise counts as sharpness, so read it
    beside the noise level.

    Raises
    ------
    PictureError
        If the picture is smaller than 5 pixels a side, or flat.

    Examples
    --------
    >>> tiles = (np.indices((32, 32)) // 4).sum(axis=0) % 2 * np.uint8(255)
    >>> round(sharpness(tiles.astype(np.uint8)).value, 2)
    0.87
    """
    check_side(picture, 5, "Sharpness")
    plane = grey(picture) / 255
    value = 1 - max(_blur(plane), _blur(np.ascontiguousarray(plane.T)))
    protocol = f"grey BT.601, blurred over {REACH} pixels, the worse of both directions"
    return Score("Sharpness", value, "", (0.0, 1.0), True, protocol)


def _blur(plane: Float64) -> float:
    """The share of the steepness down the columns that blurring down them leaves, 0..1."""
    inside = np.s_[2:-1, 2:-1]
    steep = _steepness(plane)[inside]
    lost = np.maximum(steep - _steepness(_running_mean(plane))[inside], 0)
    total = float(steep.sum())
    # A direction without edges is not a blurred one.
    if total < 1e-9 * steep.size:
        raise PictureError("Sharpness cannot be had of a flat picture", "edges in both directions")
    return (total - float(lost.sum())) / total


def _running_mean(plane: Float64) -> Float64:
    """Means of 11 rows, the edge mirrored."""
    before, after = REACH // 2, REACH - 1 - REACH // 2
    padded = np.pad(plane, ((before + 1, after), (0, 0)), mode="symmetric")
    total = np.cumsum(padded, axis=0)
    return np.asarray((total[REACH:] - total[:-REACH]) / REACH)


def _steepness(plane: Float64) -> Float64:
    """Size of Sobel's gradient down the columns, of (height, width), the edge mirrored."""
    padded = np.pad(plane, 1, mode="symmetric")
    down = padded[2:] - padded[:-2]
    return np.abs(down[:, :-2] + 2 * down[:, 1:-1] + down[:, 2:]) / 4


def noise_level(picture: Uint8) -> Score:
    """The deviation of the noise in grey levels, the mean of R, G and B.

    The median size of what is left of the picture under a mask that flat,
    sloping and evenly curved places give 0 to. Fine texture counts as noise;
    noise of several pixels' size hardly counts.

    Raises
    ------
    PictureError
        If the picture is smaller than 3 pixels a side.

    Examples
    --------
    >>> noise_level(np.arange(64, dtype=np.uint8).reshape(8, 8)).value
    0.0
    """
    check_side(picture, 3, "Noise")
    levels = [_deviation(plane) for plane in as_planes(picture, "RGB")]
    value = math.fsum(levels) / len(levels)
    protocol = "each of R, G, B; Immerkaer's 3x3 mask, median"
    return Score("Noise", value, "levels", (0.0, math.inf), False, protocol)


def _deviation(plane: Float64) -> float:
    # The mask is one line of it, down and across.
    rows = plane[2:] - 2 * plane[1:-1] + plane[:-2]
    left = rows[:, 2:] - 2 * rows[:, 1:-1] + rows[:, :-2]
    return float(np.median(np.abs(left))) / NORMAL_MEDIAN / NOISE_GAIN
