"""A result against the picture that it was made from: consistency and registration."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from claritas.assessment.full_reference import psnr
from claritas.assessment.pixels import Float64, Uint8, as_rgb, check_side, grey
from claritas.assessment.score import Score
from claritas.errors import PictureError
from claritas.image.resize import imresize

Complex = npt.NDArray[np.complex128]

BROUGHT_DOWN = "brought down by MATLAB's antialiased bicubic, 8 bit"
# A hundredth of a pixel, as far as 8 bits tell.
FINENESS = 100


def brought_down(result: Uint8, source: Uint8) -> Uint8:
    """`result` at the size of `source`, (height, width, 3).

    Raises
    ------
    PictureError
        If it is smaller than `source`, or of another shape.
    """
    height, width = source.shape[:2]
    scales = result.shape[0] / height, result.shape[1] / width
    # Sides are rounded, so one pixel of the source may be missing or too many.
    alike = abs(scales[0] - scales[1]) * min(height, width) <= max(scales)
    if min(scales) < 1 or not alike:
        raise PictureError(
            f"A result of {result.shape[1]}x{result.shape[0]} pixels "
            f"was not made from an input of {width}x{height}",
            "a result of the same shape and at least as large",
        )
    rgb = as_rgb(result)
    if rgb.shape[:2] == (height, width):
        return rgb
    shrunk: Uint8 = imresize(rgb, size=(width, height))
    return shrunk


def consistency(result: Uint8, source: Uint8) -> Score:
    """PSNR between `source` and `result` brought down to its size.

    High means that the result contains what the source said, and added only
    what it left open. Rounded to 8 bits, as a camera would; a plain bicubic
    enlargement has some 35 to 45 dB, not infinitely many.

    Raises
    ------
    PictureError
        If `result` is smaller than `source`, or of another shape.

    Examples
    --------
    >>> source = np.full((9, 9, 3), 90, np.uint8)
    >>> consistency(source.repeat(2, 0).repeat(2, 1), source).value
    inf
    """
    value = psnr(brought_down(result, source), as_rgb(source), channels="RGB").value
    protocol = f"{BROUGHT_DOWN}; PSNR on RGB, border 0"
    return Score("Consistency", value, "dB", (0.0, math.inf), True, protocol)


def registration(result: Uint8, source: Uint8) -> Score:
    """How far `result` lies beside `source`, in pixels of the source.

    A good enlargement stays within a tenth; half a pixel is the usual mistake
    of a resizer that counts pixels from their corners.

    Raises
    ------
    PictureError
        If `result` is smaller than `source`, a side has fewer than 8 pixels,
        or one of them is flat.
    """
    down, right = shift(brought_down(result, source), source)
    protocol = f"{BROUGHT_DOWN}; cross correlation of grey under a Hann window, 1/{FINENESS} pixel"
    return Score(
        "Registration", math.hypot(down, right), "pixels", (0.0, math.inf), False, protocol
    )


def shift(moved: Uint8, source: Uint8) -> tuple[float, float]:
    """How many pixels `moved` lies further down and to the right than `source`.

    By cross correlation, refined around its peak by a small transform of its
    own (Guizar-Sicairos, Thurman and Fienup 2008, Opt. Lett. 33:156).
    """
    check_side(source, 8, "Registration")
    planes = [grey(one) for one in (moved, source)]
    x, y = (np.fft.fft2(_window(plane) * (plane - plane.mean())) for plane in planes)
    product: Complex = x * y.conj()
    if not np.abs(product).max() > 1e-6 * product.size:
        raise PictureError("Registration cannot be had of a flat picture", "some structure in both")
    coarse = np.unravel_index(int(np.argmax(np.fft.ifft2(product).real)), product.shape)
    down, right = (
        float((place + side // 2) % side - side // 2)
        for place, side in zip(coarse, product.shape, strict=True)
    )
    return _refined(product, down, right)


def _window(plane: Float64) -> Float64:
    height, width = plane.shape
    return np.outer(np.hanning(height), np.hanning(width))


def _refined(product: Complex, down: float, right: float) -> tuple[float, float]:
    """The peak within one pixel of a coarse one, in steps of 1 / FINENESS."""
    around = np.arange(-FINENESS, FINENESS + 1) / FINENESS
    rows, columns = (
        np.exp(2j * math.pi * np.outer(around + at, np.fft.fftfreq(side)))
        for at, side in ((down, product.shape[0]), (right, product.shape[1]))
    )
    heights = (rows @ product @ columns.T).real
    row, column = np.unravel_index(int(np.argmax(heights)), heights.shape)
    return down + float(around[row]), right + float(around[column])
