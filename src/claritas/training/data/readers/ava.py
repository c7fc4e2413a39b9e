"""AVA (Murray, Marchesotti and Perronnin 2012): its text file, or histograms in JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from claritas.image.picture import Array
from claritas.training.data.ratings import MARKS, rated_items, read_json, read_lines, shares
from claritas.training.data.samples import Item

if TYPE_CHECKING:
    from claritas.training.config import Source

COLUMNS = 15  # index, picture, ten counts, two tags, challenge


def read(source: Source) -> tuple[list[Item], list[str]]:
    """The pictures below `folder`, named by AVA's numbers; `ratings` is AVA.txt or a JSON file.

    Without `ratings` it is the AVA.txt that lies in the folder.
    """
    path = Path(source.ratings or Path(source.folder) / "AVA.txt")
    ratings = read_json(path) if path.suffix == ".json" else read_lines(path, _row)
    return rated_items(source, path, ratings)


def _row(words: list[str]) -> tuple[str, Array]:
    if len(words) != COLUMNS:
        raise ValueError(words)
    return words[1], shares(map(int, words[2 : 2 + MARKS]), f"AVA's picture {words[1]}")
