"""TID2013 (Ponomarenko et al. 2013): mean scores of 0 to 9, in text or as idealo's JSON.

idealo's histograms are made from the mean alone and wider than people's, so
only their means are taken; the shares are a normal density of the deviation
that TID2013's raters have.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from claritas.image.picture import Array
from claritas.training.data.ratings import (
    MARKS,
    discretised_normal,
    rated_items,
    read_json,
    read_lines,
)
from claritas.training.data.samples import Item

if TYPE_CHECKING:
    from claritas.training.config import Source

HIGHEST = 9.0  # of the mean scores, whose 0 is mark 1
DEVIATION = 1.7  # in marks, about that of a picture's raters


def read(source: Source) -> tuple[list[Item], list[str]]:
    """The pictures below `folder`; `ratings` is a JSON file, or lines of MEAN NAME."""
    path = Path(source.ratings)
    json = path.suffix == ".json"
    ratings = _means_kept(read_json(path)) if json else read_lines(path, _row)
    return rated_items(source, path, ratings)


def _means_kept(ratings: dict[str, Array]) -> dict[str, Array]:
    marks = np.arange(1, MARKS + 1)
    means = {name: float(histogram @ marks) for name, histogram in ratings.items()}
    return {name: discretised_normal(mean, DEVIATION) for name, mean in means.items()}


def _row(words: list[str]) -> tuple[str, Array]:
    mean, name = float(words[0]), words[1]
    if not 0 <= mean <= HIGHEST:
        raise ValueError(mean)
    return Path(name).stem, discretised_normal(1 + mean, DEVIATION)
