"""Measures that compare a picture with a reference: PSNR and SSIM.

Pictures are uint8 arrays, (height, width), (height, width, 1) or (height,
width, 3), both of one shape. Grey counts as RGB with three equal channels.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from claritas.assessment.score import Channels, Protocol, Score
from claritas.errors import PictureError

Uint8 = npt.NDArray[np.uint8]
Float64 = npt.NDArray[np.float64]

PEAK = 255

# ITU-R BT.601, studio range, as MATLAB's rgb2ycbcr has it: R, G, B in 0..1 to Y in 16..235.
LUMA_WEIGHTS = (65.481, 128.553, 24.966)
LUMA_OFFSET = 16.0

# Wang et al. 2004, section III: the window and the two stabilising constants.
WINDOW_SIDE = 11
WINDOW_SIGMA = 1.5
WINDOW_TEXT = "11x11 Gaussian, sigma 1.5, valid region"
K1, K2 = 0.01, 0.03
# What fits the processor's cache runs at more than twice the speed.
ROWS_AT_ONCE = 48


def luma(picture: Uint8) -> Float64:
    """Luma of BT.601 in studio range: (height, width, 3) in 0..255 to (height, width) in 16..235.

    Examples
    --------
    >>> luma(np.full((1, 1, 3), 255, np.uint8)).round(6).tolist()
    [[235.0]]
    """
    return picture @ (np.array(LUMA_WEIGHTS) / PEAK) + LUMA_OFFSET


def psnr(result: Uint8, reference: Uint8, *, channels: Channels = "Y", border: int = 0) -> Score:
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
    x, y = _planes(result, reference, channels, border, smallest=1)
    error = float(np.mean(np.square(x - y)))
    value = 10 * math.log10(PEAK**2 / error) if error else math.inf
    protocol = Protocol(channels, border, PEAK)
    return Score("PSNR", value, "dB", (0.0, math.inf), True, protocol)


def ssim(result: Uint8, reference: Uint8, *, channels: Channels = "Y", border: int = 0) -> Score:
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
    x, y = _planes(result, reference, channels, border, smallest=WINDOW_SIDE)
    value = float(np.mean([_similarity(a, b) for a, b in zip(x, y, strict=True)]))
    protocol = Protocol(channels, border, PEAK, WINDOW_TEXT)
    return Score("SSIM", value, "", (-1.0, 1.0), True, protocol)


def _similarity(x: Float64, y: Float64) -> float:
    """Mean SSIM of two planes (height, width)."""
    reach = WINDOW_SIDE - 1
    tops = range(0, len(x) - reach, ROWS_AT_ONCE)
    parts = [np.s_[top : top + ROWS_AT_ONCE + reach] for top in tops]
    total = math.fsum(float(_similarity_map(x[part], y[part]).sum()) for part in parts)
    return float(total / ((x.shape[0] - reach) * (x.shape[1] - reach)))


def _similarity_map(x: Float64, y: Float64) -> Float64:
    """SSIM of two planes (height, width) around each pixel, (height - 10, width - 10)."""
    local = _along(_along(np.stack([x, y, x * x + y * y, x * y]), 1), 2)
    mean_x, mean_y, squares, product = local
    means, mean_squares = mean_x * mean_y, mean_x**2 + mean_y**2
    c1, c2 = (K1 * PEAK) ** 2, (K2 * PEAK) ** 2
    structure: Float64 = (2 * (product - means) + c2) / (squares - mean_squares + c2)
    similarity: Float64 = structure * (2 * means + c1) / (mean_squares + c1)
    return similarity


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


def _planes(
    result: Uint8, reference: Uint8, channels: Channels, border: int, smallest: int
) -> tuple[Float64, Float64]:
    """Both pictures as planes (n, height, width) within the border."""
    if result.shape != reference.shape:
        raise PictureError(
            f"Pictures of {result.shape} and {reference.shape} cannot be compared",
            "a result and a reference of one shape (height, width, channels)",
        )
    x, y = (_as_planes(picture, channels) for picture in (result, reference))
    height, width = x.shape[1] - 2 * border, x.shape[2] - 2 * border
    if border < 0 or min(height, width) < smallest:
        raise PictureError(
            f"A border of {border} leaves {width}x{height} pixels of {x.shape[2]}x{x.shape[1]}",
            f"at least {smallest} pixels a side",
        )
    inside = np.s_[:, border : border + height, border : border + width]
    return x[inside], y[inside]


def _as_planes(picture: Uint8, channels: Channels) -> Float64:
    rgb = as_rgb(picture)
    return luma(rgb)[None] if channels == "Y" else np.moveaxis(rgb, -1, 0).astype(np.float64)


def as_rgb(picture: Uint8) -> Uint8:
    """A grey or RGB picture as (height, width, 3).

    Raises
    ------
    PictureError
        If the samples are not uint8 or there are neither one nor three channels.
    """
    picture = picture[..., None] if picture.ndim == 2 else picture
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] not in (1, 3):
        raise PictureError(
            f"An array of {picture.dtype} and shape {picture.shape} cannot be measured",
            "8-bit grey or RGB without alpha: uint8, (height, width) or (height, width, 3)",
        )
    return np.broadcast_to(picture, (*picture.shape[:2], 3))
