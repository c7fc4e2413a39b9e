"""Cats and Dogs as the study took it: squares of 360, cropped or rescaled."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from claritas.image.picture import Array
from claritas.image.resize import imresize
from claritas.training.data.readers import folder
from claritas.training.data.samples import Item, Sample

if TYPE_CHECKING:
    from claritas.training.config import Source

SIDE = 360


def read(source: Source) -> tuple[list[Item], list[str]]:
    """All pictures below `folder`, as squares of `size` (360 if not given)."""
    items, left_out = folder.read(source)
    side = source.size or SIDE
    return [_square(item, side) for item in items], left_out


def _square(item: Item, side: int) -> Item:
    return replace(
        item, sides=(side, side), load=lambda: Sample(crop_or_rescale(item.load().clean, side))
    )


def crop_or_rescale(picture: Array, side: int) -> Array:
    """The middle where both sides suffice, else the whole picture rescaled by bicubic."""
    height, width = picture.shape[:2]
    if min(height, width) < side:
        return imresize(picture, size=(side, side))
    top, left = (height - side) // 2, (width - side) // 2
    return picture[top : top + side, left : left + side].copy()
