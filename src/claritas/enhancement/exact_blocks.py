"""Whole numbers whose block means are given, exactly."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from claritas.image.picture import Array, Band

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

# Of the range, over the number of pixels in the largest block (16 x 16), and to spare.
HALVINGS = 30


def exact_blocks(found: Band, wanted: Array, highest: float) -> Int64:
    """Whole numbers nearest to `found` whose block means are `wanted`, exactly.

    Each block is shifted by what keeps the mean after clipping; what rounding
    down leaves goes to the pixels that lost most.

    Parameters
    ----------
    found
        (rows * s, width * s, channels), 0..1.
    wanted
        (rows, width, channels) in stored samples, 0..highest.

    Examples
    --------
    >>> exact_blocks(np.array([[[0.0], [0.5]], [[0.5], [1.0]]]), np.array([[[100]]]), 255).ravel()
    array([  0,  91,  91, 218])
    """
    rows, width, channels = wanted.shape
    s = len(found) // rows
    split = found.reshape(rows, s, width, s, channels).transpose(0, 2, 4, 1, 3)
    values = np.clip(split.reshape(-1, s * s).astype(np.float64) * highest, 0, highest)
    means = wanted.reshape(-1).astype(np.int64)
    whole = _rounded(_shifted(values, means, highest), means * s * s, highest)
    joined = whole.reshape(rows, width, channels, s, s).transpose(0, 3, 1, 4, 2)
    return joined.reshape(found.shape)


def _shifted(values: Float64, means: Int64, highest: float) -> Float64:
    """Each row (a block) moved by one number until its mean, clipped to the range, is right."""
    moved: Float64 = values + (means - values.mean(axis=1))[:, None]
    beyond = (moved.min(axis=1) < 0) | (moved.max(axis=1) > highest)
    if beyond.any():
        moved[beyond] = _by_halving(values[beyond], means[beyond], highest)
    return moved


def _by_halving(values: Float64, means: Int64, highest: float) -> Float64:
    low = np.full(len(values), -highest)
    high = -low
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        above = np.clip(values + middle[:, None], 0, highest).mean(axis=1) > means
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    moved: Float64 = np.clip(values + low[:, None], 0, highest)
    return moved


def _rounded(values: Float64, sums: Int64, highest: float) -> Int64:
    """Whole numbers with these sums: rounded down, and one more where most was lost."""
    whole = np.floor(values)
    lost = np.where(whole < highest, values - whole, -1.0)
    result: Int64 = whole.astype(np.int64)
    missing = sums - result.sum(axis=1)
    order = np.argsort(-lost, axis=1, kind="stable")
    more = np.arange(values.shape[1]) < missing[:, None]
    np.put_along_axis(result, order, np.take_along_axis(result, order, 1) + more, 1)
    return result


def block_deviation(found: Array, wanted: Array) -> int:
    """The largest |sum of a block - s * s * pixel|, in stored samples; 0 is exact."""
    rows, width, channels = wanted.shape
    s = len(found) // rows
    sums = found.astype(np.int64).reshape(rows, s, width, s, channels).sum(axis=(1, 3))
    return int(np.abs(sums - wanted.astype(np.int64) * s * s).max())
