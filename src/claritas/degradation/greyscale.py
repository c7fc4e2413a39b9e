"""Pictures without colour."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.float32]  # (height, width, 3), 0..1

# Weights of red, green and blue in luma, by the standard that states them.
LUMA = {"bt601": (0.299, 0.587, 0.114), "bt709": (0.2126, 0.7152, 0.0722)}


def luma(picture: Pixels, standard: str = "bt601") -> Pixels:
    """Brightness as televisions compute it from encoded values, (height, width, 1)."""
    red, green, blue = (np.float32(weight) for weight in LUMA[standard])
    # Term by term: a matrix product may round otherwise on another processor.
    sum_of_parts = picture[..., 0] * red + picture[..., 1] * green + picture[..., 2] * blue
    return np.asarray(sum_of_parts[..., None], np.float32)


def greyscale(picture: Pixels, _random: np.random.Generator, *, standard: str) -> Pixels:
    """Luma in all three channels: what is to be coloured."""
    return np.repeat(luma(picture, standard), 3, axis=2)
