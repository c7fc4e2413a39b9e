"""Statistics of natural pictures without a reference: NIQE."""

from __future__ import annotations

import math
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from claritas.assessment.pixels import Float64, Uint8, check_side, grey
from claritas.assessment.score import Score
from claritas.errors import PictureError, UsageError
from claritas.image.resize import imresize

# Mittal, Soundararajan and Bovik 2013, IEEE SPL 20:209: blocks of 96 pixels, two scales.
BLOCK_SIDE = 96
WINDOW_SIDE = 7
WINDOW_SIGMA = 7 / 6
FEATURES = 36
# Neighbours whose product is looked at: right, below, and both diagonals.
SHIFTS = ((0, 1), (1, 0), (1, 1), (1, -1))
SHAPES = np.arange(0.2, 10.0005, 0.001)
# A block of a clean picture teaches only where it is about as sharp as the sharpest.
SHARP_ENOUGH = 0.75
ROUNDING = 1e-9

OWN_MODEL = Path(__file__).with_name("pristine.npz")


@dataclass(frozen=True)
class Pristine:
    """The features of clean pictures as one normal distribution.

    Attributes
    ----------
    mean
        (36,)
    covariance
        (36, 36)
    name
        Where it comes from, for the protocol.
    """

    mean: Float64
    covariance: Float64
    name: str


def read_pristine(path: Path | None = None) -> Pristine:
    """A model of clean pictures: ours, or one in a file.

    Parameters
    ----------
    path
        An npz with `mean` (36,) and `covariance` (36, 36), or with the
        published names `mu_pris_param` and `cov_pris_param`; None is ours.

    Raises
    ------
    UsageError
        If there is no such file, or it holds no such model.
    """
    try:
        with np.load(OWN_MODEL if path is None else path, allow_pickle=False) as file:
            names = (
                ("mean", "covariance") if "mean" in file else ("mu_pris_param", "cov_pris_param")
            )
            mean, covariance = (np.asarray(file[name], np.float64) for name in names)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, AttributeError):
        raise _no_model(path) from None
    if mean.size != FEATURES or covariance.shape != (FEATURES, FEATURES):
        raise _no_model(path)
    return Pristine(mean.reshape(-1), covariance, "own model" if path is None else path.name)


def _no_model(path: Path | None) -> UsageError:
    return UsageError(
        f"{path} is not a model for NIQE",
        "an npz with mean (36,) and covariance (36, 36), or mu_pris_param and cov_pris_param",
    )


@cache
def own_model() -> Pristine:
    return read_pristine()


def niqe(picture: Uint8, model: Pristine | None = None) -> Score:
    """Natural image quality evaluator (Mittal, Soundararajan and Bovik 2013).

    The distance of a picture's statistics from those of clean photographs.
    Values of different models are not comparable.

    Parameters
    ----------
    model
        Of clean photographs; ours if not given.

    Raises
    ------
    PictureError
        If the picture is smaller than 96 pixels a side, or flat.
    """
    model = model or own_model()
    features = block_features(picture)[0]
    features = features[np.isfinite(features).all(axis=1)]
    if not len(features):
        raise PictureError(
            "NIQE cannot be had of a flat picture", "a picture with some structure in it"
        )
    away = features.mean(axis=0) - model.mean
    # One block deviates from nothing: only the model's covariance is left.
    own = np.cov(features, rowvar=False) if len(features) > 1 else np.zeros_like(model.covariance)
    distance = float(away @ np.linalg.pinv((own + model.covariance) / 2) @ away)
    protocol = f"grey BT.601, blocks of 96 and 48 pixels, {model.name}"
    return Score("NIQE", math.sqrt(max(distance, 0.0)), "", (0.0, math.inf), False, protocol)


def block_features(picture: Uint8) -> tuple[Float64, Float64]:
    """Features of each block of 96x96 pixels, (blocks, 36), and its sharpness, (blocks,).

    Features are not finite where a block is flat.
    """
    check_side(picture, BLOCK_SIDE, "NIQE")
    plane = grey(picture)
    height, width = (side - side % BLOCK_SIDE for side in plane.shape)
    plane = plane[:height, :width]
    features, sharpness = _of_scale(plane, BLOCK_SIDE)
    half = imresize(plane, scale=0.5)
    return np.concatenate([features, _of_scale(half, BLOCK_SIDE // 2)[0]], axis=1), sharpness


def _of_scale(plane: Float64, side: int) -> tuple[Float64, Float64]:
    """The 18 features of each block, (blocks, 18), and its mean local deviation, (blocks,)."""
    normal, deviation = normalised(plane, "edge")
    rows, columns = (length // side for length in plane.shape)
    blocks = [
        np.s_[row * side : (row + 1) * side, column * side : (column + 1) * side]
        for row in range(rows)
        for column in range(columns)
    ]
    features = np.array([_of_block(normal[block]) for block in blocks])
    return features, np.array([deviation[block].mean() for block in blocks])


def normalised(plane: Float64, beyond: str) -> tuple[Float64, Float64]:
    """Each pixel less its neighbours' mean, by their deviation plus 1; and that deviation.

    Parameters
    ----------
    plane
        (height, width), 0..255.
    beyond
        How it goes on past its edge: `edge` or `symmetric`, as for `np.pad`.
    """
    mean = _smoothed(plane, beyond)
    deviation = np.sqrt(np.abs(_smoothed(plane * plane, beyond) - mean * mean))
    normal = (plane - mean) / (deviation + 1)
    # In flat places only rounding is left, and its sign would count as a feature.
    normal[np.abs(normal) < ROUNDING] = 0
    return normal, deviation


def _smoothed(plane: Float64, beyond: str) -> Float64:
    reach = WINDOW_SIDE // 2
    distance = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (distance / WINDOW_SIGMA) ** 2)
    weights /= weights.sum()
    for axis, length in enumerate(plane.shape):
        margin = [(reach, reach) if one == axis else (0, 0) for one in (0, 1)]
        padded = np.pad(plane, margin, mode=beyond)  # type: ignore[call-overload]
        total = np.zeros_like(plane)
        for tap, weight in enumerate(weights):
            part = slice(tap, tap + length)
            total += weight * (padded[part] if axis == 0 else padded[:, part])
        plane = total
    return plane


def _of_block(block: Float64) -> Float64:
    """The 18 features of one normalised block."""
    shape, left, right = asymmetric_fit(block)
    features = [shape, (left + right) / 2]
    for shift in SHIFTS:
        shape, left, right = asymmetric_fit(block * np.roll(block, shift, axis=(0, 1)))
        mean = (right - left) * _gamma_ratio(shape) if math.isfinite(shape) else math.nan
        features += [shape, mean, left, right]
    return np.array(features)


def _gamma_ratio(shape: float) -> float:
    return math.exp(math.lgamma(2 / shape) - math.lgamma(1 / shape))


def asymmetric_fit(values: Float64) -> tuple[float, float, float]:
    """Shape and both scales of the asymmetric generalised normal distribution.

    By moments (Lasmar, Stitou and Berthoumieu 2009); NaN where the values do
    not lie on both sides of 0.
    """
    squares = values * values
    left, right = (
        math.sqrt(squares[side].mean()) if side.any() else math.nan
        for side in (values < 0, values > 0)
    )
    if not (math.isfinite(left) and math.isfinite(right)):
        return math.nan, math.nan, math.nan
    balance = left / right
    flatness = float(np.abs(values).mean() ** 2 / squares.mean())
    target = flatness * (balance**3 + 1) * (balance + 1) / (balance**2 + 1) ** 2
    shapes, ratios, widths = _table()
    best = int(np.argmin((ratios - target) ** 2))
    return float(shapes[best]), left * widths[best], right * widths[best]


@cache
def _table() -> tuple[Float64, Float64, Float64]:
    """Shapes a, with Gamma(2/a)^2 / (Gamma(1/a) Gamma(3/a)) and sqrt(Gamma(1/a) / Gamma(3/a))."""
    one, two, three = (
        np.array([math.lgamma(k / shape) for shape in SHAPES.tolist()]) for k in (1, 2, 3)
    )
    return SHAPES, np.exp(2 * two - one - three), np.exp((one - three) / 2)


def fitted(pictures_features: list[tuple[Float64, Float64]], name: str) -> Pristine:
    """The model of clean pictures from their `block_features`; only sharp blocks teach."""
    kept = [
        features[sharpness > SHARP_ENOUGH * sharpness.max()]
        for features, sharpness in pictures_features
    ]
    features = np.concatenate(kept)
    features = features[np.isfinite(features).all(axis=1)]
    return Pristine(features.mean(axis=0), np.cov(features, rowvar=False), name)
