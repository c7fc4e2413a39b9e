"""Traces of JPEG: the grid of 8x8 blocks, and the quality that a picture was saved with."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from claritas.assessment.pixels import Float64, Uint8, as_rgb, check_side, grey
from claritas.assessment.score import Score
from claritas.errors import PictureError
from claritas.image.metadata import scaled_luminance

SIDE = 8

# JFIF: full range.
LUMA = (0.299, 0.587, 0.114)
# The lowest frequencies carry most of what a saved picture keeps.
FREQUENCIES = tuple((u, v) for u in range(4) for v in range(4) if 0 < u + v < 5)
# What rounding to 8 bits, twice, leaves of a coefficient's exactness.
SPREAD = 0.6
# Coefficients that lie off the grid all the same: clipped blocks, resaved parts.
STRAY = 0.05
# The least evidence for a grid of steps, in nats a block; clean photographs stay below 0.05.
EVIDENCE = 0.2
BLOCKS_LOOKED_AT = 4000


def blockiness(picture: Uint8) -> Score:
    """How much pixels differ across a grid of 8 pixels, over how much they differ elsewhere.

    The grid is sought at all 8 places, so a cropped picture is measured as
    well; a picture without blocks has about 1.

    Raises
    ------
    PictureError
        If the picture is smaller than 17 pixels a side.

    Examples
    --------
    >>> blockiness(np.tile(np.arange(40, dtype=np.uint8), (40, 1))).value
    1.0
    """
    check_side(picture, 2 * SIDE + 1, "Blockiness")
    plane = grey(picture)
    value = (_across_grid(plane) + _across_grid(plane.T)) / 2
    protocol = "grey BT.601, the strongest of 8 grids, against the median of the others"
    return Score("Blockiness", value, "", (1.0, math.inf), False, protocol)


def _across_grid(plane: Float64) -> float:
    """The mean step down the columns at the strongest phase of 8, over the median of the others."""
    steps = np.abs(np.diff(plane, axis=0)).mean(axis=1)
    phases = np.sort([steps[phase::SIDE].mean() for phase in range(SIDE)])
    usual = float(np.median(phases[:-1]))
    # One level a row is no more than rounding makes of a slope.
    floor = 1 / SIDE
    return (float(phases[-1]) + floor) / (usual + floor)


def jpeg_quality(picture: Uint8, stated: int | None = None) -> Score:
    """The JPEG quality, on libjpeg's scale of 1 to 100, that a picture was saved with.

    Parameters
    ----------
    stated
        What the file's own quantisation table says, if it has one. Otherwise
        the step of each frequency is sought in the pixels: in a picture that
        was not cropped, shrunk or changed since it was a JPEG, up to about 92.

    Raises
    ------
    PictureError
        If nothing is stated and the pixels show no trace of JPEG.
    """
    if stated is not None:
        protocol = "the file's table of luminance, on libjpeg's scale"
        return Score("JPEG quality", float(stated), "", (1.0, 100.0), True, protocol)
    check_side(picture, 4 * SIDE, "JPEG quality")
    quality, evidence = _likeliest(_coefficients(picture))
    if evidence < EVIDENCE:
        raise PictureError("The picture shows no trace of JPEG", "a file or pixels of a JPEG")
    protocol = "sought in the pixels, on libjpeg's scale"
    return Score("JPEG quality", float(quality), "", (1.0, 100.0), True, protocol)


def _coefficients(picture: Uint8) -> Float64:
    """Low frequencies of blocks spread over the picture, (blocks, len(FREQUENCIES))."""
    rows, columns = (side // SIDE for side in picture.shape[:2])
    step = max(1, math.ceil(rows * columns / BLOCKS_LOOKED_AT))
    rgb = as_rgb(picture)[: rows * SIDE, : columns * SIDE]
    split = rgb.reshape(rows, SIDE, columns, SIDE, 3).swapaxes(1, 2)
    chosen = split.reshape(-1, SIDE, SIDE, 3)[::step]
    basis = np.stack([np.outer(_cosine(u), _cosine(v)) for u, v in FREQUENCIES])
    return np.asarray(np.einsum("bij,fij->bf", chosen @ np.array(LUMA) - 128, basis))


def _cosine(frequency: int) -> Float64:
    """One line of the orthonormal cosine transform, (8,)."""
    norm = math.sqrt((1 if frequency == 0 else 2) / SIDE)
    places = np.arange(SIDE) + 0.5
    return np.asarray(norm * np.cos(math.pi * frequency * places / SIDE))


def _likeliest(coefficients: Float64) -> tuple[int, float]:
    """The quality whose steps fit best, and how much better than none, in nats a block."""
    found = {quality: _gain(coefficients, quality) for quality in range(1, 101)}
    best = max(found, key=lambda quality: found[quality])
    return best, found[best]


def _gain(coefficients: Float64, quality: int) -> float:
    """Log likelihood of multiples of the steps over that of anything, a block.

    Coefficients that would be rounded to 0 say nothing: smooth pictures have
    many small ones.
    """
    steps = _steps(quality)
    multiple = np.rint(coefficients / steps)
    off = (coefficients - multiple * steps) / SPREAD
    on_grid = steps * np.exp(-0.5 * off * off) / (SPREAD * math.sqrt(2 * math.pi))
    gains = np.log((1 - STRAY) * on_grid + STRAY)
    return float(gains[multiple != 0].sum()) / len(coefficients)


@cache
def _steps(quality: int) -> Float64:
    table = np.array(scaled_luminance(quality), np.float64).reshape(SIDE, SIDE)
    return np.array([table[u, v] for u, v in FREQUENCIES])
