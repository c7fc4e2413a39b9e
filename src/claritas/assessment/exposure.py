"""How a picture is exposed, and what of it is lost in white or black."""

from __future__ import annotations

import numpy as np

from claritas.assessment.colour import to_lab
from claritas.assessment.pixels import Uint8, as_rgb
from claritas.assessment.score import Score

WHITE, BLACK = 255, 0
ROWS_AT_ONCE = 64


def brightness(picture: Uint8) -> Score:
    """The mean lightness L* of CIE Lab; photographs mostly lie between 30 and 70.

    Examples
    --------
    >>> round(brightness(np.full((4, 4), 119, np.uint8)).value, 1)
    50.0
    """
    rgb = as_rgb(picture)
    tops = range(0, len(rgb), ROWS_AT_ONCE)
    total = sum(float(to_lab(rgb[top : top + ROWS_AT_ONCE])[..., 0].sum()) for top in tops)
    value = min(total / (rgb.shape[0] * rgb.shape[1]), 100.0)  # the matrix is rounded
    return Score("Brightness", value, "L*", (0.0, 100.0), None, "sRGB to CIE Lab, D65, 2 degrees")


def highlights(picture: Uint8) -> Score:
    """The share of pixels that are lost in white: any of R, G, B is 255.

    Examples
    --------
    >>> highlights(np.array([[255, 254, 0, 9]], np.uint8)).value
    25.0
    """
    share = float(np.mean((as_rgb(picture) == WHITE).any(axis=2)))
    protocol = "pixels with any of R, G, B at 255"
    return Score("Clipped highlights", 100 * share, "%", (0.0, 100.0), False, protocol)


def shadows(picture: Uint8) -> Score:
    """The share of pixels that are lost in black: all of R, G, B are 0.

    Examples
    --------
    >>> shadows(np.array([[255, 254, 0, 9]], np.uint8)).value
    25.0
    """
    share = float(np.mean((as_rgb(picture) == BLACK).all(axis=2)))
    protocol = "pixels with all of R, G, B at 0"
    return Score("Clipped shadows", 100 * share, "%", (0.0, 100.0), False, protocol)
