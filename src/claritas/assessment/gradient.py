"""Gradient similarity against a reference: GMSD."""

from __future__ import annotations

import numpy as np

from claritas.assessment.pixels import PEAK, Float64, Uint8, check_same_shape, grey
from claritas.assessment.score import Protocol, Score

# Xue et al. 2014, section III: keeps flat places from counting.
STABILISER = 170.0


def gmsd(result: Uint8, reference: Uint8) -> Score:
    """Gradient magnitude similarity deviation (Xue et al. 2014, IEEE TIP 23:684).

    Grey, halved by means of 2x2 pixels, Prewitt gradients with zeros beyond
    the edge; the standard deviation of their similarity over the picture.
    Equal pictures give 0. Blind to a change of colour that leaves grey alone.

    Raises
    ------
    PictureError
        If the arrays are no 8-bit pictures of one shape.

    Examples
    --------
    >>> flat = np.full((8, 8), 100, np.uint8)
    >>> print(gmsd(flat, flat))
    GMSD 0 (grey BT.601, border 0, 8 bit, halved, Prewitt; lower is better)
    """
    check_same_shape(result, reference)
    x, y = (_steepness(_halved(grey(one))) for one in (result, reference))
    similarity = (2 * x * y + STABILISER) / (x * x + y * y + STABILISER)
    protocol = Protocol("grey", 0, PEAK, "halved, Prewitt")
    # A map of values in 0..1 deviates by at most 0.5.
    return Score("GMSD", float(similarity.std()), "", (0.0, 0.5), False, protocol)


def _halved(plane: Float64) -> Float64:
    """Means of 2x2 pixels; zeros lie beyond odd sides, as in the authors' code."""
    even = np.pad(plane, [(0, side % 2) for side in plane.shape])
    return np.asarray((even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4)


def _steepness(plane: Float64) -> Float64:
    """Length of the Prewitt gradient of (height, width), divided by 3."""
    x = np.pad(plane, 1)
    columns = x[:, 2:] - x[:, :-2]
    rows = x[2:] - x[:-2]
    across = (columns[:-2] + columns[1:-1] + columns[2:]) / 3
    down = (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / 3
    return np.hypot(across, down)
