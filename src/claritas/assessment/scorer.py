"""A model that scores as people would: shares of the marks from 1 on, as NIMA gives them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from claritas.assessment.pixels import Float64, Uint8, as_rgb
from claritas.assessment.score import Score
from claritas.engines.numbers import Numbers
from claritas.errors import EngineError, UsageError
from claritas.image.picture import Array
from claritas.image.resize import imresize, mirror
from claritas.zoo.card import Model, checked_file
from claritas.zoo.catalogue import find

TASK = "score"
# Of a frame and of crops where the card does not fix a side.
SIDE = 224
# Where crops lie, as shares of the room that is left: the middle, then towards the corners.
PLACES = ((0.5, 0.5), (0.15, 0.15), (0.15, 0.85), (0.85, 0.15), (0.85, 0.85))
# The frame shows the whole and hides noise and blocks, which the crops show.
FRAME_WEIGHT = 0.5


@dataclass(frozen=True)
class Opinion:
    """What people would say.

    Attributes
    ----------
    score
        The mean mark.
    deviation
        How far people would differ, in marks.
    distribution
        The share of each mark from 1 on; they sum to 1.
    percentile
        The share of the photographs that people rated, 0..100, whose mean mark
        is lower; None where the model's card does not know any.
    rated
        Which photographs these are, in words.
    """

    score: Score
    deviation: float
    distribution: tuple[float, ...]
    percentile: float | None = None
    rated: str = ""


class Scorer:
    """A scoring model, loaded once; safe to share between threads.

    Parameters
    ----------
    name
        Of a model with the task `score`, or its folder.

    Raises
    ------
    UsageError
        If there is no such model, or it does not score.
    ModelError
        If its card or its weights are broken.
    """

    def __init__(self, name: str) -> None:
        self.model = find(name)
        card = self.model.card
        if card.task != TASK:
            raise UsageError(
                f"The model {card.name} is for {card.task}", f"a model with the task {TASK}"
            )
        self._side = card.contract.side or SIDE
        self._network = Numbers(checked_file(self.model, "fp32"))

    def __call__(self, picture: Uint8) -> Opinion:
        """The opinion about a picture, (height, width, channels) of 8 bits."""
        views = _views(as_rgb(picture), self._side)
        frame, *crops = (self._shares(view) for view in views)
        shares = FRAME_WEIGHT * frame + (1 - FRAME_WEIGHT) * np.mean(crops, axis=0)
        return _opinion(shares, self.model)

    def _shares(self, view: Uint8) -> Float64:
        white = np.float32(self.model.card.contract.range / 255)
        planes: Array = (view.astype(np.float32) * white).transpose(2, 0, 1)[None]
        shares = self._network.run(planes).astype(np.float64).reshape(-1)
        if not np.isfinite(shares).all() or shares.sum() <= 0:
            raise EngineError(f"The model {self.model.card.name} gives no distribution")
        return np.asarray(shares / shares.sum())


def _views(rgb: Uint8, side: int) -> list[Uint8]:
    """The frame, resized to a square as models are trained, and crops at native size."""
    frame = imresize(
        rgb, size=(side, side), kernel="area" if min(rgb.shape[:2]) > side else "bicubic"
    )
    height, width = (max(length, side) for length in rgb.shape[:2])
    large = _extended(rgb, height, width)
    crops = [
        large[top : top + side, left : left + side]
        for top, left in dict.fromkeys(
            (round((height - side) * y), round((width - side) * x)) for y, x in PLACES
        )
    ]
    return [frame, *crops]


def _extended(rgb: Uint8, height: int, width: int) -> Uint8:
    """Mirrored to the right and below until it has these sides."""
    rows, columns = (
        mirror(np.arange(wanted), length)
        for wanted, length in zip((height, width), rgb.shape[:2], strict=True)
    )
    return rgb if (height, width) == rgb.shape[:2] else rgb[rows][:, columns]


def _opinion(shares: Float64, model: Model) -> Opinion:
    card = model.card
    marks = np.arange(1, len(shares) + 1)
    mean = float(marks @ shares)
    deviation = math.sqrt(max(float((marks - mean) ** 2 @ shares), 0.0))
    protocol = f"{card.name} {card.version}: frame and {len(PLACES)} crops"
    score = Score("Score", mean, "", (1.0, float(len(shares))), True, protocol)
    place = percentile(mean, card.percentiles) if card.percentiles else None
    return Opinion(score, deviation, tuple(map(float, shares)), place, card.rated)


def percentile(mark: float, marks: Sequence[float]) -> float:
    """How many of 100 photographs have a lower mark, by the 101 marks of a card.

    Examples
    --------
    >>> percentile(6.2, [1.0 + share / 12.5 for share in range(101)])
    65.0
    """
    return float(np.interp(mark, marks, np.arange(len(marks))))
