"""Folders of pictures as test sets for enlargement: originals and their low resolution."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from claritas.assessment.full_reference import Uint8, as_rgb
from claritas.degradation.recipe import Recipe, degrade
from claritas.errors import UsageError
from claritas.image.picture import SampleType
from claritas.image.read import is_picture_name, open_picture
from claritas.image.resize import imresize

Pixels = npt.NDArray[np.uint8] | npt.NDArray[np.float32]


class PictureSet(NamedTuple):
    """A folder's name and its pictures, in the order of their names."""

    name: str
    files: tuple[Path, ...]


class Example(NamedTuple):
    """An original, cropped to a multiple of the scale, and its low resolution.

    Both (height, width, channels), grey with one channel. `low` is float32,
    neither rounded nor clipped, where a recipe leaves it unclipped.
    """

    high: Uint8
    low: Pixels


def picture_set(folder: Path) -> PictureSet:
    """The pictures that lie directly in a folder.

    Raises
    ------
    UsageError
        If it is no folder, or holds no pictures.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", "a folder of original pictures")
    files = sorted(file for file in folder.iterdir() if is_picture_name(file))
    if not files:
        raise UsageError(f"{folder} holds no pictures", "files such as a.png or b.jpg")
    return PictureSet(folder.resolve().name, tuple(files))


def example(file: Path, scale: int, recipe: Recipe | None = None) -> Example:
    """One original and its low resolution: MATLAB's bicubic, antialiased, in the uint8 form.

    With a recipe the original is spoiled first, with seed 0 and the file's
    name; one that makes the picture small itself replaces the bicubic.

    Raises
    ------
    PictureError
        If the file can't be read.
    UsageError
        If it is not 8-bit grey or RGB, or smaller than the scale, or the recipe
        gives a size that is neither the original's nor 1 / scale of it.
    """
    picture = open_picture(file)
    header = picture.header
    if header.sample != SampleType.UINT8 or header.alpha:
        raise UsageError(
            f"{file} holds {header.channels} channels of {header.sample}",
            "8-bit grey or RGB without alpha, which is what the protocol is defined for",
        )
    if min(header.width, header.height) < scale:
        raise UsageError(
            f"{file} is smaller than {scale} pixels", "at least the scale on each side"
        )
    high = cropped_to_multiple(picture.array(), scale)
    size = (high.shape[1] // scale, high.shape[0] // scale)
    if recipe is None:
        return Example(high, imresize(high, size=size))
    spoiled = _spoiled(high, recipe, file.name)
    if spoiled.shape[:2] == high.shape[:2] and scale > 1:
        spoiled = imresize(spoiled, size=size)
    if spoiled.shape[1::-1] != size:
        raise UsageError(
            f"The recipe makes {spoiled.shape[1]}x{spoiled.shape[0]} pixels of {file}",
            f"{size[0]}x{size[1]}, as the scale {scale} asks, or the size that was there",
        )
    return Example(as_rgb(high), spoiled)


def _spoiled(high: Uint8, recipe: Recipe, name: str) -> Pixels:
    """RGB, rounded to 8 bits as a file would hold it, if the recipe clips; else as it is."""
    clean = as_rgb(high).astype(np.float32) / np.float32(255)
    spoiled = degrade(clean, recipe, name=name, clip=recipe.clips)
    return as_bytes(spoiled) if recipe.clips else spoiled


def as_bytes(picture: Pixels) -> Uint8:
    """Floats of 0..1 clipped and rounded once; bytes as they are."""
    if picture.dtype == np.uint8:
        return np.asarray(picture, np.uint8)
    clipped = np.asarray(picture, np.float32).clip(0, 1)
    return np.asarray(np.rint(clipped * np.float32(255)), np.uint8)


def cropped_to_multiple(picture: Uint8, scale: int) -> Uint8:
    """The upper left part whose sides are multiples of `scale`."""
    height, width = (side - side % scale for side in picture.shape[:2])
    return picture[:height, :width]


def picture_sets(folders: Sequence[Path]) -> list[PictureSet]:
    """The sets of several folders.

    Raises
    ------
    UsageError
        If two folders have one name, so that the table's rows could not be told apart.
    """
    sets = [picture_set(folder) for folder in folders]
    names = [one.name for one in sets]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"Two folders are called {twice}", "folders of different names")
    return sets
