"""What a data set is made of: items that are read when they are needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from claritas.errors import ClaritasError, TrainingError
from claritas.image.picture import Array
from claritas.image.read import open_picture


@dataclass(frozen=True)
class Sample:
    """One entry of a data set, in memory.

    Attributes
    ----------
    clean
        uint8 (height, width, 3).
    spoiled
        uint8 (height / scale, width / scale, 3) where the data set brings it.
    rating
        float32 (10,): how many of its raters gave 1 ... 10, as shares that sum to 1.
    """

    clean: Array
    spoiled: Array | None = None
    rating: Array | None = None


@dataclass(frozen=True)
class Item:
    """An entry of a data set that is not read yet.

    Attributes
    ----------
    name
        One of its own within the data set; what is random in it comes from it.
    files
        The files that it is read from, for the manifest.
    sides
        Those of the picture in pixels, before an orientation is applied.
    """

    name: str
    files: tuple[Path, ...]
    sides: tuple[int, int]
    load: Callable[[], Sample]

    @property
    def pixels(self) -> int:
        return self.sides[0] * self.sides[1]


def load_rgb(path: Path) -> Array:
    """A file as uint8 (height, width, 3); grey is repeated, alpha left out.

    Raises
    ------
    ClaritasError
        If it cannot be read, or has values that are no numbers.
    """
    picture = open_picture(path)
    colours = picture.header.colours
    rgb = np.concatenate([band[..., :colours] for band in picture.bands()])
    if not np.isfinite(rgb).all():
        raise TrainingError(
            f"{path} has values that are no numbers (NaN or infinite)",
            "pictures of finite values",
            "mend the file, or take it out of the data.",
        )
    eight: Array = np.rint(np.clip(rgb, 0, 1) * np.float32(255)).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(eight, (*eight.shape[:2], 3)))


def picture_item(name: str, path: Path) -> Item | str:
    """The item of a picture's file, or a sentence that says why it is left out."""
    try:
        header = open_picture(path).header
    except ClaritasError as error:
        return error.what
    return Item(name, (path,), (header.width, header.height), lambda: Sample(load_rgb(path)))
