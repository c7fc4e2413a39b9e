"""Other sizes, on purpose."""

from __future__ import annotations

import numpy as np

from claritas.degradation.greyscale import Pixels
from claritas.image.picture import Array
from claritas.image.resize import Kernel, imresize, output_size


def crop_to_multiple(picture: Array, scale: int) -> Array:
    """The largest top-left part whose sides `scale` divides ("modcrop")."""
    height, width = picture.shape[:2]
    return picture[: height - height % scale, : width - width % scale]


def shrink(picture: Array, scale: int) -> Array:
    """MATLAB's bicubic 1 / scale in the uint8 form; sides must be multiples of `scale`."""
    return imresize(picture, scale=1 / scale)


def resample(
    picture: Pixels, _random: np.random.Generator, *, scale: float, kernel: Kernel
) -> Pixels:
    """MATLAB's `imresize` without rounding; sides become ceil(side * scale)."""
    return imresize(picture, scale=scale, kernel=kernel)


def resample_of_clean(
    picture: Pixels,
    _random: np.random.Generator,
    *,
    clean_size: tuple[int, int],
    scale: float,
    kernel: Kernel,
) -> Pixels:
    """As `resample`, but to `scale` times the size (width, height) that the clean picture had."""
    return imresize(picture, size=output_size(*clean_size, scale), kernel=kernel)
