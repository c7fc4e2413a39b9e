"""How well scores agree with people: PLCC, SRCC, KRCC, accuracy, EMD.

Predictions and ratings are arrays (n,); distributions are (n, bins) or (bins,),
each summing to 1.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from claritas.assessment.pixels import Float64
from claritas.assessment.score import Score
from claritas.errors import UsageError

# The middle of a scale of 1 to 10, where NIMA's study parts good from bad.
CUT = 5.0
# Histograms from files are sums of rounded shares.
TOLERANCE = 1e-3


def plcc(predicted: npt.ArrayLike, rated: npt.ArrayLike) -> Score:
    """Pearson's linear correlation, of the values as they are (no curve is fitted first).

    Raises
    ------
    UsageError
        If there are fewer than two pairs, or all of one side are equal; so for
        the other measures of order.

    Examples
    --------
    >>> round(plcc([1, 2, 3], [1, 2, 4]).value, 4)
    0.982
    """
    x, y = _pairs(predicted, rated)
    return Score("PLCC", _correlation(x, y), "", (-1.0, 1.0), True, "Pearson, no fitted curve")


def srcc(predicted: npt.ArrayLike, rated: npt.ArrayLike) -> Score:
    """Spearman's correlation of ranks; equal values share the mean of their ranks.

    Examples
    --------
    >>> round(srcc([1, 2, 3], [1, 5, 9]).value, 6)
    1.0
    """
    x, y = _pairs(predicted, rated)
    value = _correlation(_ranks(x), _ranks(y))
    return Score("SRCC", value, "", (-1.0, 1.0), True, "Spearman, mean ranks of equal values")


def krcc(predicted: npt.ArrayLike, rated: npt.ArrayLike) -> Score:
    """Kendall's tau-b: pairs in the same order less pairs in the other, equal ones apart.

    Examples
    --------
    >>> round(krcc([1, 2, 3, 4], [1, 3, 2, 4]).value, 4)
    0.6667
    """
    x, y = _pairs(predicted, rated)
    agree = different_x = different_y = 0.0
    for at in range(1, len(x)):
        by_x, by_y = np.sign(x[at:] - x[:-at]), np.sign(y[at:] - y[:-at])
        agree += float(by_x @ by_y)
        different_x += float(by_x @ by_x)
        different_y += float(by_y @ by_y)
    value = agree / math.sqrt(different_x * different_y)
    return Score("KRCC", value, "", (-1.0, 1.0), True, "Kendall's tau-b")


def accuracy(predicted: npt.ArrayLike, rated: npt.ArrayLike, cut: float = CUT) -> Score:
    """The share of pictures that both put on the same side of a cut; the cut itself is below.

    Examples
    --------
    >>> accuracy([4, 6, 7, 2], [4, 7, 3, 1]).value
    75.0
    """
    x, y = _two_sides(predicted, rated)
    value = 100 * float(np.mean((x > cut) == (y > cut)))
    return Score("Accuracy", value, "%", (0.0, 100.0), True, f"above {cut:g} or not")


def emd(predicted: npt.ArrayLike, rated: npt.ArrayLike, r: float = 1) -> Score:
    """Earth mover's distance between distributions (Talebi and Milanfar 2018, eq. 1), the mean.

    The mean over the bins of the difference of the cumulated shares to the
    power of `r`, and its root. 0 is equal; the farthest apart are the first
    bin against the last.

    Raises
    ------
    UsageError
        If the shapes differ, or a distribution is negative or does not sum to 1.

    Examples
    --------
    >>> even, one = [0.1] * 10, [0, 0, 0, 0, 1, 0, 0, 0, 0, 0]
    >>> round(emd(even, one).value, 6), round(emd(even, one, r=2).value, 6)
    (0.25, 0.291548)
    """
    x, y = (_distributions(one) for one in (predicted, rated))
    if x.shape != y.shape:
        raise UsageError(f"Distributions of shapes {x.shape} and {y.shape}", "one shape")
    apart = np.abs(np.cumsum(x - y, axis=1))
    value = float(np.mean(np.mean(apart**r, axis=1) ** (1 / r)))
    most = (1 - 1 / x.shape[1]) ** (1 / r)
    return Score("EMD", value, "", (0.0, most), False, f"r = {r:g}, {x.shape[1]} bins")


def _distributions(given: npt.ArrayLike) -> Float64:
    array = np.atleast_2d(np.asarray(given, np.float64))
    good = array.ndim == 2 and array.size and bool((array >= 0).all())
    if not good or not bool((np.abs(array.sum(axis=1) - 1) < TOLERANCE).all()):
        raise UsageError(
            f"An array of shape {array.shape} that is not a list of distributions",
            "(n, bins), shares that are not negative and sum to 1",
        )
    return array


def _two_sides(predicted: npt.ArrayLike, rated: npt.ArrayLike) -> tuple[Float64, Float64]:
    x, y = (np.asarray(one, np.float64) for one in (predicted, rated))
    if x.shape != y.shape or x.ndim != 1 or not len(x):
        raise UsageError(f"{x.shape} scores and {y.shape} ratings", "as many of both, (n,)")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise UsageError("Scores or ratings that are no numbers", "finite numbers")
    return x, y


def _pairs(predicted: npt.ArrayLike, rated: npt.ArrayLike) -> tuple[Float64, Float64]:
    x, y = _two_sides(predicted, rated)
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        raise UsageError("All scores or all ratings are equal", "at least two different values")
    return x, y


def _correlation(x: Float64, y: Float64) -> float:
    x, y = x - x.mean(), y - y.mean()
    return float(x @ y / math.sqrt(float(x @ x) * float(y @ y)))


def _ranks(values: Float64) -> Float64:
    """Ranks from 1; equal values share their mean."""
    _, where, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[where])
