"""Pictures as the metrics take them, and their grey values.

A picture is a uint8 array, (height, width), (height, width, 1) or (height,
width, 3). Grey counts as RGB with three equal channels.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from claritas.assessment.score import Planes
from claritas.errors import PictureError

Uint8 = npt.NDArray[np.uint8]
Float64 = npt.NDArray[np.float64]

PEAK = 255

# ITU-R BT.601, studio range, as MATLAB's rgb2ycbcr has it: R, G, B in 0..1 to Y in 16..235.
LUMA_WEIGHTS = (65.481, 128.553, 24.966)
LUMA_OFFSET = 16.0

# MATLAB's rgb2gray: the first row of the inverse of its YIQ matrix.
GREY_WEIGHTS = (0.298936021293776, 0.587043074451121, 0.114020904255103)


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


def luma(picture: Uint8) -> Float64:
    """Luma of BT.601 in studio range: (height, width, 3) in 0..255 to (height, width) in 16..235.

    Examples
    --------
    >>> luma(np.full((1, 1, 3), 255, np.uint8)).round(6).tolist()
    [[235.0]]
    """
    return picture @ (np.array(LUMA_WEIGHTS) / PEAK) + LUMA_OFFSET


def grey(picture: Uint8) -> Float64:
    """MATLAB's rgb2gray of 8-bit pictures: full range, rounded, (height, width) in 0..255.

    Examples
    --------
    >>> grey(np.array([[[10, 200, 30]]], np.uint8)).tolist()
    [[124.0]]
    """
    rgb = as_rgb(picture)
    # Rounded half up, as MATLAB does.
    return np.asarray(np.floor(rgb @ np.array(GREY_WEIGHTS) + 0.5))


def as_planes(picture: Uint8, channels: Planes) -> Iterator[Float64]:
    """One plane (height, width) of luma or grey, or the three of RGB, each made when asked for."""
    rgb = as_rgb(picture)
    if channels == "RGB":
        return (np.ascontiguousarray(rgb[..., place], np.float64) for place in range(3))
    return iter([luma(rgb) if channels == "Y" else grey(rgb)])


def check_side(picture: Uint8, smallest: int, metric: str) -> None:
    """Refuse a picture that is smaller than what a metric looks at.

    Raises
    ------
    PictureError
        If a side has fewer than `smallest` pixels.
    """
    height, width = picture.shape[:2]
    if min(height, width) < smallest:
        raise PictureError(
            f"{metric} cannot be had of {width}x{height} pixels",
            f"at least {smallest} pixels a side",
        )


def check_same_shape(result: Uint8, reference: Uint8) -> None:
    """Refuse two pictures that do not lie on each other.

    Raises
    ------
    PictureError
        If their shapes differ.
    """
    if result.shape != reference.shape:
        raise PictureError(
            f"Pictures of {result.shape} and {reference.shape} cannot be compared",
            "a result and a reference of one shape (height, width, channels)",
        )
