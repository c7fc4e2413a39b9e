"""Noise.

Nothing is clipped here: the recipe does so after every step.
"""

from __future__ import annotations

import math

import numpy as np

from claritas.degradation.blur import convolve_inside, gaussian_line
from claritas.degradation.greyscale import Pixels, luma

LEVELS = 255  # of 8 bits


def gaussian_noise(
    picture: Pixels, random: np.random.Generator, *, sigma: float, grey: float, correlation: float
) -> Pixels:
    """Additive, with a deviation of `sigma` out of 255 wherever it is measured.

    Parameters
    ----------
    grey
        Chance that all three channels get the same noise.
    correlation
        Sigma in pixels of the Gaussian that smooths the noise before it is
        brought to its deviation; 0 leaves each pixel on its own.
    """
    channels = 1 if random.random() < grey else 3
    noise = _correlated(picture.shape[0], picture.shape[1], channels, random, correlation)
    return picture + noise * np.float32(sigma / LEVELS)


def _correlated(
    height: int, width: int, channels: int, random: np.random.Generator, correlation: float
) -> Pixels:
    """Normal noise of deviation 1, (height, width, channels)."""
    if correlation == 0:
        return random.standard_normal((height, width, channels), np.float32)
    line = gaussian_line(correlation)
    more = len(line) - 1
    noise = random.standard_normal((height + more, width + more, channels), np.float32)
    smooth = convolve_inside(convolve_inside(noise, line[None, :]), line[:, None])
    # A sum with weights k has the deviation |k|; there are two passes.
    return smooth / np.float32(np.square(line.astype(np.float64)).sum())


def poisson_noise(
    picture: Pixels, random: np.random.Generator, *, scale: float, grey: float
) -> Pixels:
    """Photons counted: V = 2^ceil(log2(number of values)) of them make white.

    As in Real-ESRGAN's code: the picture is rounded to 8 bits, the noise
    Poisson(x V) / V - x is multiplied by `scale`; grey noise (by the chance
    `grey`) is that of the luma.
    """
    source = luma(picture) if random.random() < grey else picture
    levels = np.rint(np.clip(source, 0, 1) * np.float32(LEVELS)).astype(np.uint8)
    white = 2 ** math.ceil(math.log2(len(np.unique(levels))))
    exact = levels / LEVELS
    noise = random.poisson(exact * white) / white - exact
    return picture + np.asarray(noise * scale, np.float32)


def speckle(picture: Pixels, random: np.random.Generator, *, sigma: float, grey: float) -> Pixels:
    """Multiplicative: x + x n, with n normal of deviation `sigma` (1 is the pixel itself)."""
    channels = 1 if random.random() < grey else 3
    noise = random.standard_normal((*picture.shape[:2], channels), np.float32)
    return picture + picture * noise * np.float32(sigma)


def salt_and_pepper(
    picture: Pixels, random: np.random.Generator, *, share: float, salt: float
) -> Pixels:
    """A `share` of all pixels is set to white (a part `salt` of them) or black."""
    hit = random.random(picture.shape[:2]) < share
    white = random.random(picture.shape[:2]) < salt
    return np.where(hit[..., None], white[..., None].astype(np.float32), picture)


def coloured_pixels(picture: Pixels, random: np.random.Generator, *, share: float) -> Pixels:
    """A `share` of all pixels gets a colour at random, each channel even over 0..255."""
    hit = random.random(picture.shape[:2]) < share
    colours = random.integers(0, LEVELS + 1, picture.shape).astype(np.float32) / np.float32(LEVELS)
    return np.where(hit[..., None], colours, picture)
