"""Measures of structure and error against a reference: RMSE, PSNR, SSIM, MS-SSIM.

Both pictures are uint8 arrays of one shape, as `pixels` has them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from claritas.assessment.pixels import PEAK, as_planes, check_same_shape
from claritas.assessment.pixels import Float64 as Float64
from claritas.assessment.pixels import Uint8 as Uint8
from claritas.assessment.pixels import as_rgb as as_rgb
from claritas.assessment.pixels import luma as luma
from claritas.assessment.score import Planes, Protocol, Score
from claritas.errors import PictureError

# Wang et al. 2004, section III: the window and the two stabilising constants.
WINDOW_SIDE = 11
WINDOW_SIGMA = 1.5
WINDOW_TEXT = "11x11 Gaussian, sigma 1.5, valid region"
K1, K2 = 0.01, 0.03
# Wang, Simoncelli and Bovik 2003, section 3.2; the finest scale first.
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
# The window must fit into the smallest scale, sides rounded up at each halving.
SMALLEST_SIDE = (WINDOW_SIDE - 1) * 2 ** (len(SCALE_WEIGHTS) - 1) + 1
# What fits the processor's cache runs at more than twice the speed.
ROWS_AT_ONCE = 48


def rmse(result: Uint8, reference: Uint8, *, channels: Planes = "RGB", border: int = 0) -> Score:
    """Root of the mean squared error, in grey levels of 0..255.

    Raises
    ------
    PictureError
        As for `psnr`.

    Examples
    --------
    >>> flat = np.full((8, 8, 3), 100, np.uint8)
    >>> print(rmse(flat + np.uint8(3), flat))
    RMSE 3 levels (RGB, border 0, 8 bit; lower is better)
    """
    value = math.sqrt(_squared_error(_planes(result, reference, channels, border, smallest=1)))
    protocol = Protocol(channels, border, PEAK)
    return Score("RMSE", value, "levels", (0.0, float(PEAK)), False, protocol)


def psnr(result: Uint8, reference: Uint8, *, channels: Planes = "Y", border: int = 0) -> Score:
    """Peak signal-to-noise ratio, 10 log10(255^2 / mean squared error), in decibels.

    Equal pictures have infinitely many. On luma the peak stays 255, though
    luma spans 219: the papers' figures are made so.

    Parameters
    ----------
    border
        Pixels left out along each side; the papers on enlargement leave out
        as many as the scale.

    Raises
    ------
    PictureError
        If the arrays are no 8-bit pictures of one shape, or the border leaves nothing.

    Examples
    --------
    >>> flat = np.full((8, 8, 3), 100, np.uint8)
    >>> print(psnr(flat + np.uint8(1), flat, channels="RGB"))
    PSNR 48.13 dB (RGB, border 0, 8 bit; higher is better)
    >>> print(psnr(flat + np.uint8(1), flat, border=2))
    PSNR 49.45 dB (Y BT.601, border 2, 8 bit; higher is better)
    """
    error = _squared_error(_planes(result, reference, channels, border, smallest=1))
    value = 10 * math.log10(PEAK**2 / error) if error else math.inf
    protocol = Protocol(channels, border, PEAK)
    return Score("PSNR", value, "dB", (0.0, math.inf), True, protocol)


def ssim(result: Uint8, reference: Uint8, *, channels: Planes = "Y", border: int = 0) -> Score:
    """Structural similarity (Wang et al. 2004, IEEE TIP 13:600), the mean of its map.

    Gaussian window, population covariance, only where the window lies wholly
    inside; of RGB the mean of the three channels' values.

    Raises
    ------
    PictureError
        If the arrays are no 8-bit pictures of one shape, or fewer than 11
        pixels a side are left within the border.

    Examples
    --------
    >>> ramp = np.tile(np.arange(0, 128, 8, dtype=np.uint8)[:, None], (16, 3)).repeat(8, 1)
    >>> print(ssim(ramp, ramp))
    SSIM 1 (Y BT.601, border 0, 8 bit, 11x11 Gaussian, sigma 1.5, valid region; higher is better)
    >>> round(ssim(ramp, ramp[::-1], channels="RGB").value, 4)
    -0.5518
    """
    pairs = _planes(result, reference, channels, border, smallest=WINDOW_SIDE)
    value = float(np.mean([_similarity(x, y)[0] for x, y in pairs]))
    protocol = Protocol(channels, border, PEAK, WINDOW_TEXT)
    return Score("SSIM", value, "", (-1.0, 1.0), True, protocol)


def ms_ssim(result: Uint8, reference: Uint8, *, channels: Planes = "Y", border: int = 0) -> Score:
    """Structural similarity at five sizes (Wang, Simoncelli and Bovik 2003, Asilomar).

    Each size is the last one averaged over 2x2 pixels, the edge mirrored where
    a side is odd. The product of the structure terms, each to the power of its
    weight, and of the whole SSIM of the smallest; a negative term counts as 0.
    Of RGB the mean of the three channels' values.

    Raises
    ------
    PictureError
        If the arrays are no 8-bit pictures of one shape, or fewer than 161
        pixels a side are left within the border.

    Examples
    --------
    >>> ramp = np.tile(np.arange(176, dtype=np.uint8)[:, None], (1, 176))
    >>> print(ms_ssim(ramp, ramp, channels="grey").value)
    1.0
    """
    pairs = _planes(result, reference, channels, border, smallest=SMALLEST_SIDE)
    value = float(np.mean([_at_all_scales(x, y) for x, y in pairs]))
    protocol = Protocol(channels, border, PEAK, f"5 scales, {WINDOW_TEXT}")
    return Score("MS-SSIM", value, "", (0.0, 1.0), True, protocol)


def _at_all_scales(x: Float64, y: Float64) -> float:
    """MS-SSIM of two planes (height, width)."""
    value = 1.0
    for weight in SCALE_WEIGHTS[:-1]:
        value *= max(_similarity(x, y)[1], 0.0) ** weight
        x, y = _halved(x), _halved(y)
    return float(value * max(_similarity(x, y)[0], 0.0) ** SCALE_WEIGHTS[-1])


def _halved(plane: Float64) -> Float64:
    """Means of 2x2 pixels, (ceil(height / 2), ceil(width / 2)); the edge is mirrored."""
    even = np.pad(plane, [(0, side % 2) for side in plane.shape], mode="symmetric")
    return np.asarray((even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4)


def _similarity(x: Float64, y: Float64) -> tuple[float, float]:
    """Means over two planes (height, width): SSIM, and its term of contrast and structure."""
    reach = WINDOW_SIDE - 1
    tops = range(0, len(x) - reach, ROWS_AT_ONCE)
    parts = [np.s_[top : top + ROWS_AT_ONCE + reach] for top in tops]
    sums = [[float(one.sum()) for one in _similarity_maps(x[part], y[part])] for part in parts]
    places = (x.shape[0] - reach) * (x.shape[1] - reach)
    whole, structure = (math.fsum(column) / places for column in zip(*sums, strict=True))
    return whole, structure


def _similarity_maps(x: Float64, y: Float64) -> tuple[Float64, Float64]:
    """SSIM around each pixel of two planes, and its structure, (height - 10, width - 10)."""
    local = _along(_along(np.stack([x, y, x * x + y * y, x * y]), 1), 2)
    mean_x, mean_y, squares, product = local
    means, mean_squares = mean_x * mean_y, mean_x**2 + mean_y**2
    c1, c2 = (K1 * PEAK) ** 2, (K2 * PEAK) ** 2
    structure: Float64 = (2 * (product - means) + c2) / (squares - mean_squares + c2)
    similarity: Float64 = structure * (2 * means + c1) / (mean_squares + c1)
    return similarity, structure


def _along(planes: Float64, axis: int) -> Float64:
    """Sums under the window along one axis, which gets shorter by 10."""
    wanted = planes.shape[axis] - WINDOW_SIDE + 1
    moved = [
        planes[(slice(None),) * axis + (slice(first, first + wanted),)]
        for first in range(WINDOW_SIDE)
    ]
    weights, centre = _window(), WINDOW_SIDE // 2
    total: Float64 = weights[centre] * moved[centre]
    pair = np.empty_like(total)
    for tap in range(centre):  # the window is symmetric: two taps share a product
        np.add(moved[tap], moved[-1 - tap], out=pair)
        pair *= weights[tap]
        total += pair
    return total


def _window() -> Float64:
    """One line of the separable window, (11,), summing to 1."""
    distance = np.arange(WINDOW_SIDE) - WINDOW_SIDE // 2
    weights: Float64 = np.exp(-0.5 * (distance / WINDOW_SIGMA) ** 2)
    weights /= weights.sum()
    return weights


def _squared_error(pairs: Iterator[tuple[Float64, Float64]]) -> float:
    """The mean over planes of one size."""
    return float(np.mean([float(np.mean(np.square(x - y))) for x, y in pairs]))


def _planes(
    result: Uint8, reference: Uint8, channels: Planes, border: int, smallest: int
) -> Iterator[tuple[Float64, Float64]]:
    """Planes (height, width) of both pictures within the border, one pair after the other."""
    check_same_shape(result, reference)
    full_height, full_width = result.shape[:2]
    height, width = full_height - 2 * border, full_width - 2 * border
    if border < 0 or min(height, width) < smallest:
        raise PictureError(
            f"A border of {border} leaves {width}x{height} pixels of {full_width}x{full_height}",
            f"at least {smallest} pixels a side",
        )
    inside = np.s_[border : border + height, border : border + width]
    both = (as_planes(picture[inside], channels) for picture in (result, reference))
    return zip(*both, strict=True)
