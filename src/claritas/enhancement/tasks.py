"""What tasks ask for besides a network: holes and masks, and colour from light alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from claritas.degradation.greyscale import luma
from claritas.degradation.mask import HOLE
from claritas.errors import UsageError
from claritas.image.picture import Array, Band, Header, Picture
from claritas.image.rows import RowWindow

COLOUR = "colour"


def with_hole_and_mask(picture: Picture, mask: Picture | None) -> Picture:
    """Bands (rows, width, 4): RGB, even grey where the mask is white, and the mask as 0 or 1.

    Without a mask nothing is a hole.

    Raises
    ------
    UsageError
        If the mask has another size than the picture.
    """
    _check_size(picture, mask)

    def bands() -> Iterator[Band]:
        for band, hole in _beside(picture.bands(), mask):
            colours = np.broadcast_to(band, (*band.shape[:2], 3))
            yield np.concatenate([np.where(hole, HOLE, colours), hole.astype(np.float32)], axis=-1)

    # Three channels to the rest of the way: it is what comes out.
    return Picture(_in_colour(picture), bands)


def outside_kept(picture: Picture, mask: Picture | None, result: Picture) -> Picture:
    """`result` where the mask is white, elsewhere the picture, untouched; its channels stay."""

    def bands() -> Iterator[Band]:
        original = RowWindow(picture.bands())
        top = 0
        for band, hole in _beside(result.bands(), mask):
            before = original.rows(top, top + len(band))
            found = band if before.shape[-1] == 3 else band.mean(axis=-1, keepdims=True)
            yield np.where(hole, found, before)
            top += len(band)

    return Picture(picture.header, bands, None, result.remarks)


def luma_thrice(picture: Picture) -> Picture:
    """A picture's light in three equal channels."""

    def bands() -> Iterator[Band]:
        return (np.repeat(_light(band), 3, axis=-1) for band in picture.bands())

    return Picture(_in_colour(picture), bands)


def light_kept(picture: Picture, coloured: Picture) -> Picture:
    """A coloured picture with the light of the one that it was made from."""

    def bands() -> Iterator[Band]:
        original = RowWindow(picture.bands())
        top = 0
        for band in coloured.bands():
            light = _light(original.rows(top, top + len(band)))
            yield band + (light - luma(band))
            top += len(band)

    return Picture(coloured.header, bands, None, coloured.remarks)


def mixed(picture: Picture, result: Picture, strength: float) -> Picture:
    """A share `strength` of the result, the rest the picture that it was made from."""
    if strength == 1:
        return result

    def bands() -> Iterator[Band]:
        original = RowWindow(picture.bands())
        top = 0
        for band in result.bands():
            before = original.rows(top, top + len(band))
            yield before + np.float32(strength) * (band - before)
            top += len(band)

    return Picture(result.header, bands, None, result.remarks)


def _light(band: Band) -> Band:
    return band if band.shape[-1] == 1 else luma(band)


def _in_colour(picture: Picture) -> Header:
    header = picture.header
    return replace(header, channels=3, icc=None if header.grey else header.icc)


def _check_size(picture: Picture, mask: Picture | None) -> None:
    ours = picture.header.width, picture.header.height
    if mask is not None and (mask.header.width, mask.header.height) != ours:
        raise UsageError(
            f"The mask has {mask.header.width}x{mask.header.height} pixels, "
            f"the picture {ours[0]}x{ours[1]}",
            "a mask of the picture's size",
        )


def _beside(bands: Iterator[Band], mask: Picture | None) -> Iterator[tuple[Band, Array]]:
    """Each band with where its holes are, bool (rows, width, 1)."""
    window = None if mask is None else RowWindow(mask.bands())
    top = 0
    for band in bands:
        if window is None:
            yield band, np.zeros((*band.shape[:2], 1), np.bool_)
        else:
            rows = window.rows(top, top + len(band))
            colours = rows[..., : mask.header.colours] if mask else rows
            yield band, colours.mean(axis=-1, keepdims=True) >= 0.5
        top += len(band)
