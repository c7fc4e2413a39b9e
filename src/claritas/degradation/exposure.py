"""Light and colours that are wrong.

Powers are computed in float64: their last bits, in which processors differ,
are gone when the result is rounded to float32.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from claritas.degradation.greyscale import LUMA, Pixels, luma

Float64 = npt.NDArray[np.float64]

# Largest U and V of BT.601.
U_RANGE = 0.436
V_RANGE = 0.615


def exposure(picture: Pixels, _random: np.random.Generator, *, ev: float) -> Pixels:
    """2^ev times the light: linearised by sRGB's curve, clipped, encoded again."""
    return encoded(linear(picture) * 2.0**ev)


def vignette(picture: Pixels, _random: np.random.Generator, *, strength: float) -> Pixels:
    """Darker towards the corners by the law of cos^4; corners lose `strength` of their light."""
    height, width = picture.shape[:2]
    y = np.arange(height) + 0.5 - height / 2
    x = np.arange(width) + 0.5 - width / 2
    # Squared distance from the centre; 1 in the corners.
    distance = (y[:, None] ** 2 + x[None, :] ** 2) / ((height / 2) ** 2 + (width / 2) ** 2)
    spread = 1 / math.sqrt(1 - strength) - 1
    return encoded(linear(picture) / ((1 + spread * distance) ** 2)[..., None])


def gamma(picture: Pixels, _random: np.random.Generator, *, gamma: float) -> Pixels:
    """x^gamma of the encoded values: above 1 is darker."""
    return _power(picture, gamma)


def low_light(
    picture: Pixels, _random: np.random.Generator, *, alpha: float, beta: float, gamma: float
) -> Pixels:
    """beta (alpha x)^gamma, the dark of MBLLEN (Lv et al. 2018); its noise is a step of its own."""
    return np.float32(beta) * _power(picture * np.float32(alpha), gamma)


def brightness(picture: Pixels, _random: np.random.Generator, *, factor: float) -> Pixels:
    """All encoded values times `factor`."""
    return picture * np.float32(factor)


def contrast(picture: Pixels, _random: np.random.Generator, *, factor: float) -> Pixels:
    """Distances from the picture's mean luma times `factor`; 0 is even grey."""
    middle = np.float32(luma(picture).mean(dtype=np.float64))
    return middle + (picture - middle) * np.float32(factor)


def saturation(picture: Pixels, _random: np.random.Generator, *, factor: float) -> Pixels:
    """Distances from each pixel's luma times `factor`; 0 is grey."""
    grey = luma(picture)
    return grey + (picture - grey) * np.float32(factor)


def hue(picture: Pixels, _random: np.random.Generator, *, degrees: float) -> Pixels:
    """Colours turned in the plane of blue and red difference (YUV of BT.601); luma stays."""
    red, _, blue = (np.float32(weight) for weight in LUMA["bt601"])
    cosine, sine = (np.float32(f(math.radians(degrees))) for f in (math.cos, math.sin))
    grey = luma(picture)[..., 0]
    u = (picture[..., 2] - grey) * np.float32(U_RANGE / (1 - blue))
    v = (picture[..., 0] - grey) * np.float32(V_RANGE / (1 - red))
    u, v = u * cosine - v * sine, u * sine + v * cosine
    new_blue = grey + u * np.float32((1 - blue) / U_RANGE)
    new_red = grey + v * np.float32((1 - red) / V_RANGE)
    new_green = (grey - red * new_red - blue * new_blue) / (np.float32(1) - red - blue)
    return np.stack([new_red, new_green, new_blue], axis=2)


def linear(picture: Pixels) -> Float64:
    """Light of values that are encoded by IEC 61966-2-1 (sRGB)."""
    x = np.clip(picture, 0, 1).astype(np.float64)
    return np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)


def encoded(light: Float64) -> Pixels:
    """The inverse of `linear`; light beyond 0..1 is clipped."""
    x = np.clip(light, 0, 1)
    return np.where(x <= 0.0031308, x * 12.92, 1.055 * x ** (1 / 2.4) - 0.055).astype(np.float32)


def _power(picture: Pixels, exponent: float) -> Pixels:
    return (np.clip(picture, 0, 1).astype(np.float64) ** exponent).astype(np.float32)
