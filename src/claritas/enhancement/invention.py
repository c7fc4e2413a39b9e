"""What a result holds that its input does not say: in numbers, as maps, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from claritas.assessment.assessor import eight_bits
from claritas.assessment.consistency import BROUGHT_DOWN, brought_down
from claritas.assessment.pixels import Uint8
from claritas.enhancement.enhancer import Enhancer
from claritas.enhancement.faithful import Faithful, inverse
from claritas.enhancement.judge import part_enhancer
from claritas.enhancement.part import middle
from claritas.enhancement.variants import Variant, telling, turns_tell, ways
from claritas.image.picture import Array, Picture
from claritas.image.resize import imresize, resize, resize_by
from claritas.zoo.card import Card

Map = npt.NDArray[np.float32]  # (height, width), grey levels of 255

# White in a map, in grey levels of 255.
WHITE = 16.0
BY_BLOCKS = "brought down by block averages"
SPREAD_PIXELS = 1_000_000
# A difference that people see side by side.
VISIBLE = 4.0
INVENTS = {
    "none": "Its card says that it invents nothing.",
    "some": "Its card says that it may invent some detail.",
    "much": "Its card says that it invents much.",
}


@dataclass(frozen=True)
class Detail:
    """A map and its numbers, in grey levels of 255.

    Attributes
    ----------
    rms, largest
        Over all pixels of the map: root mean square and maximum.
    visible
        The share of pixels above `VISIBLE`.
    """

    map: Map
    rms: float
    largest: float
    visible: float
    protocol: str

    def numbers(self) -> dict[str, float | str]:
        return {
            "rms": round(self.rms, 4),
            "largest": round(self.largest, 4),
            "visible": round(self.visible, 6),
            "protocol": self.protocol,
        }


def contradiction(result: Uint8, source: Uint8, faithful: Faithful | None = None) -> Detail:
    """Where the result, brought down, differs from its input; at the input's size.

    Parameters
    ----------
    faithful
        `block` brings down by block averages, all else by bicubic.
    """
    if faithful == "block":
        size = source.shape[1], source.shape[0]
        small: Array = imresize(result.astype(np.float64), size=size, kernel="area")
        words = BY_BLOCKS
    else:
        small, words = brought_down(result, source).astype(np.float64), BROUGHT_DOWN
    return _detail(small - source, f"result {words}, minus the input")


def undetermined(result: Uint8, source: Uint8, faithful: Faithful | None = None) -> Detail:
    """What remains of the result in the null space of the downsampling.

    The input says nothing of it: any other value would give the same input.
    The result less the pseudo-inverse of its own downsampling (of bicubic,
    integer scales); for other scales less its bicubic enlargement; with
    `faithful` as `block` less the means of its blocks.
    """
    height, width = source.shape[:2]
    large = Picture.from_array(result)
    down = resize(large, size=(width, height), kernel="area" if faithful == "block" else "bicubic")
    scale = large.header.width // width
    if faithful == "block":
        known = resize(down, size=(large.header.width, large.header.height), kernel="nearest")
        name = "the mean of each block, the pseudo-inverse"
    elif scale > 1 and result.shape[:2] == (height * scale, width * scale):
        known = resize_by(down, large.header, inverse(height, scale), inverse(width, scale))
        name = "pseudo-inverse of antialiased bicubic"
    else:
        known = resize(down, size=(large.header.width, large.header.height))
        name = "bicubic enlargement"
    levels = np.concatenate(list(known.bands())) * np.float32(255)
    return _detail(result - levels, f"result minus {name} of its own downsampling")


def spread(enhancer: Enhancer, source: Picture) -> Detail | None:
    """How far the results of the same input in other ways differ: standard deviation, n - 1.

    In its eight flips and turns; where results turn with their input by construction, with its
    colours exchanged and as a negative. Over the middle of large pictures; None where no model
    runs.
    """
    source = enhancer.examined(source)
    plan = enhancer.plan(source.header)
    if not plan.models:
        return None
    part = middle(source, max(plan.scale), SPREAD_PIXELS)
    options = enhancer.options
    single = replace(options, judge=False, ensemble=False, preset=options.shelf, faithful=None)
    maker = part_enhancer(Enhancer(single), plan, part.header)
    cards, header = [stage.model.card for stage in plan.stages], part.header
    variants = telling(cards, header.colours, header.low + header.high, 255.0)
    stack = np.stack(list(_results(maker, part, variants)))
    deviation = np.std(stack, axis=0, ddof=1, dtype=np.float32)
    size = f"{header.width}x{header.height} pixels in the middle of the input"
    return _detail(deviation, f"deviation over {len(variants)} {ways(cards)}, n - 1; {size}")


def _results(enhancer: Enhancer, part: Picture, variants: Iterable[Variant]) -> Iterator[Uint8]:
    """What is made of each variant, brought back: (height, width, 3)."""
    header, options = part.header, enhancer.options
    across = enhancer
    if options.size is not None:
        across = Enhancer(replace(options, size=options.size[::-1]))
    # It is no other picture: it goes through the same models.
    worn = "" if header.worn is None else header.worn
    for variant in variants:
        samples = np.ascontiguousarray(variant.there(part.array()))
        given = Picture.from_array(samples, low=header.low, high=header.high, worn=worn)
        result = (across if variant.across else enhancer)(given)
        yield np.ascontiguousarray(variant.back(eight_bits(result)))


def _detail(difference: Array, protocol: str) -> Detail:
    """The largest over the channels, so that a change of one colour shows."""
    found = np.abs(difference).max(axis=-1).astype(np.float32)
    rms = float(np.sqrt(np.mean(np.square(found, dtype=np.float64))))
    return Detail(found, rms, float(found.max()), float((found > VISIBLE).mean()), protocol)


def words(
    cards: Sequence[Card],
    against: Detail | None,
    open_detail: Detail | None,
    varying: Detail | None,
) -> list[str]:
    """What the models may have invented, in sentences."""
    if not cards:
        return ["No model changed this picture: it was interpolated, and nothing is invented."]
    said = [
        f"{one.name}: {INVENTS[one.limits.invents]} {one.limits.words}".strip() for one in cards
    ]
    if open_detail is not None:
        said.append(
            f"{open_detail.visible:.1%} of the pixels hold detail of more than {VISIBLE:g} grey "
            "levels that the input does not determine: it is the model's guess, by what it has "
            "seen in training."
        )
    if varying is not None:
        how = "Turned and mirrored" if turns_tell(cards) else "In other colours and as a negative"
        said.append(
            f"{how}, the same input gives results that differ by {varying.rms:.2f} "
            f"grey levels (root mean square), at most {varying.largest:.1f}: where they differ "
            "most, the guess is least certain. Agreement is no proof of truth."
        )
    if against is not None:
        said.append(_of_contradiction(against))
    return said


def _of_contradiction(against: Detail) -> str:
    level: Literal["little", "visibly"] = "little" if against.visible < 0.001 else "visibly"
    if level == "little":
        return "Brought down, the result gives back the input: it contradicts nothing it was given."
    return (
        f"Brought down, {against.visible:.1%} of the input's pixels come back changed by more "
        f"than {VISIBLE:g} grey levels: there the result contradicts its input."
    )
