"""A model that scores as people would: shares of the marks from 1 on, as NIMA gives them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice

import numpy as np

from claritas.assessment.pixels import Float64, Uint8, as_rgb
from claritas.assessment.score import Score
from claritas.engines.numbers import Numbers
from claritas.errors import EngineError, UsageError
from claritas.image.resize import mirror
from claritas.image.thumbnail import small
from claritas.zoo.card import Card, PrecisionName, Views, checked_file
from claritas.zoo.catalogue import find

TASK = "score"
# Of a frame and of crops where the card does not say. The frame shows the whole and
# hides noise and blocks, which the crops show.
SIDE = 224
# Where crops lie, as shares of the room that is left: the middle, towards the corners, the sides.
PLACES = (
    (0.5, 0.5), (0.15, 0.15), (0.15, 0.85), (0.85, 0.15), (0.85, 0.85),
    (0.15, 0.5), (0.5, 0.15), (0.5, 0.85), (0.85, 0.5),
)  # fmt: skip
# Pictures and views that are looked at together; more gain nothing on a processor.
GROUP = 8
BATCH = 8
FASTEST_FIRST: tuple[PrecisionName, ...] = ("int8", "bf16", "fp32")


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
        side = card.contract.side or SIDE
        self._shown = card.views or Views(frame=side, side=side)
        precision = _precision(card)
        self._network = Numbers(checked_file(self.model, precision), precision)

    def __call__(self, picture: Uint8) -> Opinion:
        """The opinion about a picture, (height, width, channels) of 8 bits."""
        return next(self.many([picture]))

    def many(self, pictures: Iterable[Uint8]) -> Iterator[Opinion]:
        """The opinion about each picture; the network sees those of several at once."""
        given, shown = iter(pictures), self._shown
        while group := [views(as_rgb(one), shown) for one in islice(given, GROUP)]:
            found = self._shares([view for seen in group for view in seen])
            for seen in group:
                shares = np.array([next(found) for _ in seen])
                yield _opinion(
                    _weights(len(seen), self._shown) @ shares, self.model.card, self._shown
                )

    def _shares(self, seen: Sequence[Uint8]) -> Iterator[Float64]:
        """The shares of the marks by each view; views of one size run together."""
        white = np.float32(self.model.card.contract.range / 255)
        for _, alike in groupby(seen, key=np.shape):
            while some := list(islice(alike, BATCH)):
                planes = np.multiply(np.stack(some).transpose(0, 3, 1, 2), white, order="C")
                shares = self._network.run(planes).astype(np.float64)
                if not np.isfinite(shares).all() or (shares.sum(axis=1) <= 0).any():
                    raise EngineError(f"The model {self.model.card.name} gives no distribution")
                yield from shares / shares.sum(axis=1, keepdims=True)


def _precision(card: Card) -> PrecisionName:
    """The fastest one that the card allows for 8 bits and the processor has."""
    from claritas.engines.openvino import native_precisions  # slow to import

    native = native_precisions()
    for name in FASTEST_FIRST:
        if name in native and name in card.precision and card.precision[name].serves_8_bit:
            return name
    return "fp32"


def views(rgb: Uint8, shown: Views) -> list[Uint8]:
    """What the network is shown: the frame first, then crops at native size, each once.

    Parameters
    ----------
    rgb
        (height, width, 3). A side below a crop's is extended by mirroring.
    """
    frame = (shown.frame, shown.frame)
    found = [rgb if rgb.shape[:2] == frame else small(rgb, *frame)] if shown.frame else []
    side = shown.side
    height, width = (max(length, side) for length in rgb.shape[:2])
    if not shown.crops or (found and rgb.shape == found[0].shape == (side, side, 3)):
        return found  # the frame is the crop
    large = _extended(rgb, height, width)
    places = dict.fromkeys(
        (round((height - side) * y), round((width - side) * x)) for y, x in PLACES[: shown.crops]
    )
    return found + [large[top : top + side, left : left + side] for top, left in places]


def _weights(count: int, shown: Views) -> Float64:
    """How much each view counts; they sum to 1."""
    if not shown.frame or count == 1:
        return np.full(count, 1 / count)
    return np.array([shown.share] + [(1 - shown.share) / (count - 1)] * (count - 1))


def _extended(rgb: Uint8, height: int, width: int) -> Uint8:
    """Mirrored to the right and below until it has these sides."""
    rows, columns = (
        mirror(np.arange(wanted), length)
        for wanted, length in zip((height, width), rgb.shape[:2], strict=True)
    )
    return rgb if (height, width) == rgb.shape[:2] else rgb[rows][:, columns]


def _opinion(shares: Float64, card: Card, shown: Views) -> Opinion:
    marks = np.arange(1, len(shares) + 1)
    mean = float(marks @ shares)
    deviation = math.sqrt(max(float((marks - mean) ** 2 @ shares), 0.0))
    protocol = f"{card.name} {card.version}: {_told(shown)}"
    score = Score("Score", mean, "", (1.0, float(len(shares))), True, protocol)
    place = percentile(mean, card.percentiles) if card.percentiles else None
    return Opinion(score, deviation, tuple(map(float, shares)), place, card.rated)


def _told(shown: Views) -> str:
    parts = [f"frame of {shown.frame} pixels"] if shown.frame else []
    parts += [f"{shown.crops} crops of {shown.side}"] if shown.crops else []
    return " and ".join(parts)


def percentile(mark: float, marks: Sequence[float]) -> float:
    """How many of 100 photographs have a lower mark, by the 101 marks of a card.

    Examples
    --------
    >>> percentile(6.2, [1.0 + share / 12.5 for share in range(101)])
    65.0
    """
    return float(np.interp(mark, marks, np.arange(len(marks))))
