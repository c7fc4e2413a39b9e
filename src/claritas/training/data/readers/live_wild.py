"""LIVE In the Wild (Ghadiyaram and Bovik 2016): mean scores of 0 to 100 with deviations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from claritas.image.picture import Array
from claritas.training.data.ratings import discretised_normal, rated_items, read_lines
from claritas.training.data.samples import Item

if TYPE_CHECKING:
    from claritas.training.config import Source

HIGHEST = 100.0
MARKS_WIDE = 9.0  # from mark 1 to mark 10


def read(source: Source) -> tuple[list[Item], list[str]]:
    """The pictures below `folder`; `ratings` has lines of file,mos,std and a line of headings."""
    path = Path(source.ratings)
    return rated_items(source, path, read_lines(path, rated_row, heading="file"))


def rated_row(words: list[str]) -> tuple[str, Array]:
    """Name without suffix and shares of the marks 1 to 10, of the words of a line."""
    mean, deviation = float(words[1]), float(words[2])
    if not 0 <= mean <= HIGHEST:
        raise ValueError(mean)
    share = MARKS_WIDE / HIGHEST
    return Path(words[0]).stem, discretised_normal(1 + mean * share, deviation * share)
