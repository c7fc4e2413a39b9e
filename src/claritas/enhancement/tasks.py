"""What tasks ask for besides a network: holes and masks, and colour from light alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from claritas.degradation.greyscale import luma
from claritas.degradation.mask import HOLE
from claritas.errors import UsageError
from claritas.image.picture import Band, Header, Picture
from claritas.image.rows import side_by_side

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
        for band in _with_holes(picture, mask):
            hole = band[..., -1:]
            colours = np.broadcast_to(band[..., :-1], (*band.shape[:2], 3))
            yield np.concatenate([np.where(hole > 0, HOLE, colours), hole], axis=-1)

    # Three channels to the rest of the way: it is what comes out.
    return Picture(_in_colour(picture), bands)


def outside_kept(picture: Picture, mask: Picture | None, result: Picture) -> Picture:
    """`result` where the mask is white, elsewhere the picture, untouched; its channels stay."""

    def bands() -> Iterator[Band]:
        for band, before in side_by_side(result.bands(), _with_holes(picture, mask)):
            kept, hole = before[..., :-1], before[..., -1:]
            found = band if kept.shape[-1] == 3 else band.mean(axis=-1, keepdims=True)
            yield np.where(hole > 0, found, kept)

    return Picture(picture.header, bands, None, result.remarks)


def luma_thrice(picture: Picture) -> Picture:
    """A picture's light in three equal channels."""

    def bands() -> Iterator[Band]:
        return (np.repeat(_light(band), 3, axis=-1) for band in picture.bands())

    return Picture(_in_colour(picture), bands)


def light_kept(picture: Picture, coloured: Picture) -> Picture:
    """A coloured picture with the light of the one that it was made from."""

    def bands() -> Iterator[Band]:
        for band, before in side_by_side(coloured.bands(), picture.bands()):
            yield band + (_light(before) - luma(band))

    return Picture(coloured.header, bands, None, coloured.remarks)


def mixed(picture: Picture, result: Picture, strength: float) -> Picture:
    """A share `strength` of the result, the rest the picture that it was made from."""
    if strength == 1:
        return result

    def bands() -> Iterator[Band]:
        for band, before in side_by_side(result.bands(), picture.bands()):
            yield before + np.float32(strength) * (band - before)

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


def _with_holes(picture: Picture, mask: Picture | None) -> Iterator[Band]:
    """The picture's bands with one more channel: 1 where the mask is white, else 0."""
    if mask is None:
        for band in picture.bands():
            yield np.concatenate([band, np.zeros_like(band[..., :1])], axis=-1)
        return
    colours = mask.header.colours
    for band, beside in side_by_side(picture.bands(), mask.bands()):
        hole = beside[..., :colours].mean(axis=-1, keepdims=True) >= 0.5
        yield np.concatenate([band, hole.astype(np.float32)], axis=-1)
