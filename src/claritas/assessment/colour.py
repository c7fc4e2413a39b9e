"""Colour: CIE Lab, the difference CIEDE2000, the shift between pictures, colourfulness."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from claritas.assessment.pixels import Float64, Uint8, as_rgb, check_same_shape
from claritas.assessment.score import Score
from claritas.image.resize import imresize

# IEC 61966-2-1: linear sRGB to XYZ, white D65.
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
WHITE = np.array([0.95047, 1.0, 1.08883])
# CIE 15: where the cube root gives way to a line.
EPSILON, KAPPA = 216 / 24389, 24389 / 27

PROTOCOL = "sRGB to CIE Lab, D65, 2 degrees; kL = kC = kH = 1; mean over pixels"
# Two dozen planes of float64 are alive within the formula.
ROWS_AT_ONCE = 64
# A picture of this side keeps its colours and little of its detail.
OVERVIEW_SIDE = 16


def to_lab(picture: Uint8) -> Float64:
    """CIE Lab of sRGB pixels: (height, width, 3), L in 0..100.

    Examples
    --------
    >>> to_lab(np.array([[[255, 0, 0]]], np.uint8)).round(1).tolist()
    [[[53.2, 80.1, 67.2]]]
    """
    xyz = _LINEAR[as_rgb(picture)] @ TO_XYZ.T / WHITE
    f = np.where(xyz > EPSILON, np.cbrt(xyz), (KAPPA * xyz + 16) / 116)
    lightness = 116 * f[..., 1] - 16
    lab = [lightness, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])]
    return np.stack(lab, -1)


def _linear() -> Float64:
    """Linear light of the 256 values of sRGB, 0..1."""
    c = np.arange(256) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


_LINEAR = _linear()


def difference(first: Float64, second: Float64) -> Float64:
    """CIEDE2000 between colours of Lab, (..., 3) each (Sharma, Wu and Dalal 2005).

    Examples
    --------
    >>> float(difference(np.array([50, 2.5, 0]), np.array([50, 0, -2.5])).round(4))
    4.3065
    """
    (l1, a1, b1), (l2, a2, b2) = np.moveaxis(first, -1, 0), np.moveaxis(second, -1, 0)
    mean_c7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    stretch = 1.5 - 0.5 * np.sqrt(mean_c7 / (mean_c7 + 25.0**7))
    c1, h1 = _chroma_and_hue(a1 * stretch, b1)
    c2, h2 = _chroma_and_hue(a2 * stretch, b2)
    coloured = c1 * c2 > 0
    turn = np.where(coloured, (h2 - h1 + 180) % 360 - 180, 0.0)
    turn_length = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2)
    middle, c, h = (l1 + l2) / 2, (c1 + c2) / 2, _mean_hue(h1, h2, coloured)
    from_grey = (middle - 50) ** 2
    by_lightness = (l2 - l1) / (1 + 0.015 * from_grey / np.sqrt(20 + from_grey))
    by_chroma = (c2 - c1) / (1 + 0.045 * c)
    by_hue = turn_length / (1 + 0.015 * c * _hue_weight(h))
    rotation = -2 * np.sqrt(c**7 / (c**7 + 25.0**7)) * np.sin(
        np.radians(60 * np.exp(-(((h - 275) / 25) ** 2)))
    )  # fmt: skip
    squares = by_lightness**2 + by_chroma**2 + by_hue**2 + rotation * by_chroma * by_hue
    return np.asarray(np.sqrt(np.maximum(squares, 0)))


def _chroma_and_hue(a: Any, b: Any) -> tuple[Float64, Float64]:
    """Length, and angle in 0..360 degrees; the angle of no colour is 0."""
    return np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360


def _mean_hue(h1: Float64, h2: Float64, coloured: Any) -> Float64:
    total = h1 + h2
    across = np.abs(h1 - h2) > 180
    mean = np.where(across, np.where(total < 360, total + 360, total - 360), total) / 2
    return np.where(coloured, mean, total)


def _hue_weight(h: Float64) -> Float64:
    """The formula's T, for a hue in degrees."""
    waves = (
        -0.17 * np.cos(np.radians(h - 30)) + 0.24 * np.cos(np.radians(2 * h))
        + 0.32 * np.cos(np.radians(3 * h + 6)) - 0.20 * np.cos(np.radians(4 * h - 63))
    )  # fmt: skip
    return np.asarray(1 + waves)


def ciede2000(result: Uint8, reference: Uint8) -> Score:
    """Colour difference CIEDE2000, the mean over the pixels.

    1 is about the least that people see between two fields side by side.

    Raises
    ------
    PictureError
        If the arrays are no 8-bit pictures of one shape.

    Examples
    --------
    >>> red, green = np.array([[[[255, 0, 0]]], [[[0, 255, 0]]]], np.uint8)
    >>> round(ciede2000(red, green).value, 2)
    86.61
    """
    check_same_shape(result, reference)
    value = _mean_difference(as_rgb(result), as_rgb(reference))
    return Score("CIEDE2000", value, "", (0.0, math.inf), False, PROTOCOL)


def _mean_difference(x: Uint8, y: Uint8) -> float:
    parts = [np.s_[top : top + ROWS_AT_ONCE] for top in range(0, len(x), ROWS_AT_ONCE)]
    sums = [float(difference(to_lab(x[part]), to_lab(y[part])).sum()) for part in parts]
    return math.fsum(sums) / float(x.shape[0] * x.shape[1])


def colour_shift(result: Uint8, source: Uint8) -> Score:
    """How far the colours moved: CIEDE2000 between small versions of both.

    Both are averaged down to one size of at most 16 pixels a side, so that
    detail does not count, and `result` may be larger than `source`.

    Examples
    --------
    >>> source = np.full((20, 30, 3), (90, 120, 60), np.uint8)
    >>> round(colour_shift(source.repeat(2, 0).repeat(2, 1), source).value, 3)
    0.0
    """
    height, width = source.shape[:2]
    scale = min(1.0, OVERVIEW_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    x, y = (imresize(as_rgb(one), size=size, kernel="area") for one in (result, source))
    protocol = f"both averaged to at most {OVERVIEW_SIDE} pixels a side; CIEDE2000, {PROTOCOL}"
    return Score("Colour shift", _mean_difference(x, y), "", (0.0, math.inf), False, protocol)


def colourfulness(picture: Uint8) -> Score:
    """How strong and varied the colours are (Hasler and Suesstrunk 2003, SPIE 5007).

    People called 15 slightly, 33 moderately, 59 quite and 109 extremely
    colourful; grey is 0.

    Examples
    --------
    >>> colourfulness(np.full((4, 4), 90, np.uint8)).value
    0.0
    """
    red, green, blue = np.moveaxis(as_rgb(picture), -1, 0).astype(np.float32)
    against_green = red - green
    against_blue = (red + green) / 2 - blue
    deviation, distance = (
        math.hypot(*(float(f(axis, dtype=np.float64)) for axis in (against_green, against_blue)))
        for f in (np.std, np.mean)
    )
    value = deviation + 0.3 * distance
    protocol = "sRGB values; R - G and (R + G) / 2 - B; deviation + 0.3 mean"
    # The corners of the colour cube, half of each, give the most.
    return Score("Colourfulness", value, "", (0.0, math.inf), None, protocol)
