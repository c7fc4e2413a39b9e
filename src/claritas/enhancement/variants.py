"""The same picture in other ways: where a model makes the same of all of them, it is sure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from claritas.image.picture import Array, Header
from claritas.zoo.card import Card


@dataclass(frozen=True)
class Variant:
    """What is done to the samples of a picture, and to the result to undo it.

    `across` says that width and height change places.
    """

    there: Callable[[Array], Array]
    back: Callable[[Array], Array]
    across: bool = False


def turns_tell(cards: Sequence[Card]) -> bool:
    """Whether turning the input says anything: not where results turn with it by construction."""
    return not all(card.net.symmetric for card in cards)


def turned() -> Iterator[Variant]:
    """The eight flips and quarter turns."""
    for turns in range(4):
        for flip in (False, True):
            there, back = partial(_turned, turns, flip), partial(_turned_back, turns, flip)
            yield Variant(there, back, across=turns % 2 == 1)


def in_other_colours(header: Header) -> Iterator[Variant]:
    """The channels in each other's places, and the negatives of those; without transparency."""
    for shift in range(header.colours):
        for mirror in (None, header.low + header.high):
            there = partial(_exchanged, header.colours, shift, mirror)
            yield Variant(there, partial(_exchanged, 3, -shift, None if mirror is None else 255))


def _turned(turns: int, flip: bool, x: Array) -> Array:
    turned = np.rot90(x, turns)
    return turned[:, ::-1] if flip else turned


def _turned_back(turns: int, flip: bool, x: Array) -> Array:
    return np.rot90(x[:, ::-1] if flip else x, -turns)


def _exchanged(colours: int, shift: int, mirror: float | None, x: Array) -> Array:
    kept = x[..., :colours]
    return np.roll(kept if mirror is None else (mirror - kept).astype(x.dtype), shift, axis=-1)
