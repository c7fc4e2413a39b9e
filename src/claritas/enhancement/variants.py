"""The same picture in other ways: where a model makes the same of all of them, it is sure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from claritas.image.picture import Array
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


def telling(
    cards: Sequence[Card], colours: int, ends: float = 1.0, ends_of_result: float = 1.0
) -> list[Variant]:
    """The variants that may give another result; `colours` and ends as of `in_other_colours`."""
    other = in_other_colours(colours, ends, ends_of_result)
    return list(turned() if turns_tell(cards) else other)


def ways(cards: Sequence[Card]) -> str:
    """What those variants are, in words."""
    return "flips and turns" if turns_tell(cards) else "exchanged colours and negatives"


def turned() -> Iterator[Variant]:
    """The eight flips and quarter turns."""
    for turns in range(4):
        for flip in (False, True):
            there, back = partial(_turned, turns, flip), partial(_turned_back, turns, flip)
            yield Variant(there, back, across=turns % 2 == 1)


def in_other_colours(colours: int, ends: float, ends_of_result: float) -> Iterator[Variant]:
    """The channels in each other's places, and the negatives of those; without transparency.

    Parameters
    ----------
    colours
        Channels, of which those of transparency and masks are none.
    ends, ends_of_result
        Black and white together, of the samples and of what comes back.
    """
    for shift in range(colours):
        yield Variant(partial(_exchanged, colours, shift), partial(_exchanged, 3, -shift))
        yield Variant(
            partial(_negative, colours, shift, ends), partial(_negative, 3, -shift, ends_of_result)
        )


def _turned(turns: int, flip: bool, x: Array) -> Array:
    turned = np.rot90(x, turns)
    return turned[:, ::-1] if flip else turned


def _turned_back(turns: int, flip: bool, x: Array) -> Array:
    return np.rot90(x[:, ::-1] if flip else x, -turns)


def _exchanged(colours: int, shift: int, x: Array) -> Array:
    return np.roll(x[..., :colours], shift, axis=-1)


def _negative(colours: int, shift: int, ends: float, x: Array) -> Array:
    return np.asarray(ends - _exchanged(colours, shift, x)).astype(x.dtype)
