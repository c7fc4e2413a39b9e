"""The part of a picture that is judged, where the whole would not fit into memory."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from claritas.image.picture import Array, Header, Picture

# Of the result: measures hold it whole, several times over, in float64.
LARGEST_RESULT = 16_000_000


def middle(picture: Picture, scale: float, largest: int = LARGEST_RESULT) -> Picture:
    """The picture itself, or its middle, whose result has at most `largest` pixels."""
    header = picture.header
    share = math.sqrt(largest / (header.pixels * scale**2))
    if share >= 1:
        return picture
    width, height = (max(1, int(side * share)) for side in (header.width, header.height))
    left, top = (header.width - width) // 2, (header.height - height) // 2
    return window(picture, left, top, width, height)


def window(picture: Picture, left: int, top: int, width: int, height: int) -> Picture:
    """A rectangle of a picture, as a stream."""

    def stored() -> Iterator[Array]:
        above = 0
        for band in picture.stored_bands():
            rows = band[max(0, top - above) : max(0, top + height - above)]
            if len(rows):
                yield rows[:, left : left + width]
            above += len(band)
            if above >= top + height:
                return

    return Picture(replace(picture.header, width=width, height=height), None, stored)


def matching(result: Picture, source: Header, part: Header) -> Picture:
    """The rectangle of a result that belongs to the `middle` of its source."""
    if (part.width, part.height) == (source.width, source.height):
        return result
    scales = result.header.width / source.width, result.header.height / source.height
    left = round((source.width - part.width) // 2 * scales[0])
    top = round((source.height - part.height) // 2 * scales[1])
    width, height = (
        max(1, round(part.width * scales[0])),
        max(1, round(part.height * scales[1])),
    )
    return window(result, left, top, width, height)
