"""Colours that nobody sees, filled from those beside them.

Under alpha 0 a file may hold anything. A network that looks around would let
it leak into what is visible, so hidden colours within reach are replaced by
the mean of the visible ones nearby.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from claritas.image.alpha import LEAST_ALPHA
from claritas.image.picture import ROWS_A_BAND, Array, Band, Picture
from claritas.image.rows import RowWindow


def fill_hidden(picture: Picture, reach: int) -> Picture:
    """Colours under alpha 0 filled from visible neighbours at most `reach` pixels away.

    The nearest ring (1, 2, 4 … pixels) that holds anything visible decides.
    Alpha itself, and every visible colour, stays as it is.
    """
    header = picture.header

    def bands() -> Iterator[Band]:
        window = RowWindow(picture.bands())
        for top in range(0, header.height, ROWS_A_BAND):
            bottom = min(top + ROWS_A_BAND, header.height)
            first, last = max(0, top - reach), min(header.height, bottom + reach)
            yield _filled(window.rows(first, last), reach)[top - first : bottom - first]

    return Picture(header, bands)


def _filled(around: Band, reach: int) -> Band:
    hidden = around[..., -1] <= LEAST_ALPHA
    if not hidden.any() or hidden.all():
        return around
    result = around.copy()
    visible = (~hidden).astype(np.float32)
    colours = around[..., :-1] * visible[..., None]
    for radius in _radii(reach):
        weight = _box_sum(visible[..., None], radius)
        reached = hidden & (weight[..., 0] > 0.5)
        mean = _box_sum(colours, radius) / np.maximum(weight, 1)
        result[reached, :-1] = mean[reached]
        hidden = hidden & ~reached
        if not hidden.any():
            break
    return result


def _radii(reach: int) -> Iterator[int]:
    radius = 1
    while radius < reach:
        yield radius
        radius *= 2
    yield max(reach, 1)


def _box_sum(x: Array, radius: int) -> Array:
    """Sums over squares of side 2 * radius + 1, cut off at the borders."""
    for axis in (0, 1):
        length = x.shape[axis]
        nothing = np.zeros_like(x.take([0], axis), np.float64)
        sums = np.concatenate([nothing, x.cumsum(axis, dtype=np.float64)], axis)
        ends = np.minimum(np.arange(length) + radius + 1, length)
        starts = np.maximum(np.arange(length) - radius, 0)
        x = sums.take(ends, axis) - sums.take(starts, axis)
    return x.astype(np.float32)
