"""What people said of pictures, as shares of the ten marks 1 to 10."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from math import erf, sqrt
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from claritas.errors import TrainingError
from claritas.image.picture import Array
from claritas.image.resize import imresize
from claritas.training.data.readers.folder import picture_files
from claritas.training.data.samples import Item, Sample, picture_item

if TYPE_CHECKING:
    from claritas.training.config import Source

MARKS = 10
SUM_ERROR = 0.01  # of shares that were rounded when they were written


def shares(counts: Iterable[float], place: str) -> Array:
    """Counts or shares of the marks 1 to 10 as shares that sum to 1, float32.

    Raises
    ------
    TrainingError
        If they are not ten, or one is negative or no number, or they are neither
        whole numbers, not all 0, nor shares whose sum is 1.
    """
    table = np.asarray(list(counts), np.float64)
    good = table.shape == (MARKS,) and np.isfinite(table).all() and (table >= 0).all()
    whole = good and bool((table == np.rint(table)).all())
    if not good or not table.sum() or not (whole or abs(table.sum() - 1) < SUM_ERROR):
        wanted = "ten counts, not all 0, or ten shares that sum to 1"
        raise TrainingError(f"{place} is no histogram of ratings", wanted)
    return np.asarray(table / table.sum(), np.float32)


def discretised_normal(mean: float, deviation: float) -> Array:
    """Shares of the marks 1 to 10 under a normal density, its tails in the outer marks.

    For sets that state a mean and a deviation and no counts. Deviations under
    0.05 are taken as that.

    >>> [round(float(x), 3) for x in discretised_normal(5.5, 1.5)[:5]]
    [0.004, 0.019, 0.068, 0.161, 0.248]
    """
    spread = max(deviation, 0.05) * sqrt(2)
    below = [0.5 * (1 + erf((edge - mean) / spread)) for edge in np.arange(1.5, 10)]
    return np.asarray(np.diff([0.0, *below, 1.0]), np.float32)


def rated_items(
    source: Source, labels: Path, ratings: dict[str, Array]
) -> tuple[list[Item], list[str]]:
    """The pictures below a folder that have a rating, found by name without case and suffix.

    Pictures are rescaled to squares of the source's `size` where it is not 0.
    Those without a rating are left out. `labels` is the file that the ratings are of.

    Raises
    ------
    TrainingError
        If no picture has a rating.
    """
    folder = Path(source.folder)
    known = {name.lower(): rating for name, rating in ratings.items()}
    items: list[Item] = []
    left_out: list[str] = []
    unrated = 0
    for path in picture_files(folder):
        rating = known.get(path.stem.lower())
        found = picture_item(path.relative_to(folder).as_posix(), path)
        if rating is None:
            unrated += 1
        elif isinstance(found, str):
            left_out.append(found)
        else:
            items.append(_rated(found, rating, labels, source.size))
    if not items:
        raise TrainingError(
            f"No picture of {folder} has a rating",
            f"pictures named as the {len(ratings)} ratings are, for example {next(iter(ratings))}",
        )
    if unrated:
        left_out.append(f"{unrated} pictures of {folder}, which have no rating")
    return items, left_out


def _rated(item: Item, rating: Array, labels: Path, size: int) -> Item:
    def load() -> Sample:
        picture = item.load().clean
        return Sample(imresize(picture, size=(size, size)) if size else picture, rating=rating)

    sides = (size, size) if size else item.sides
    return replace(item, load=load, sides=sides, files=(*item.files, labels))


def read_json(path: Path) -> dict[str, Array]:
    """A list of `{"image_id": NAME, "label": [ten counts]}`: AVA's and TID2013's at idealo."""
    try:
        rows = json.loads(_text(path))
        return {
            str(row["image_id"]): shares(row["label"], f"{path}: {row['image_id']}") for row in rows
        }
    except (ValueError, KeyError, TypeError):
        raise TrainingError(
            f"{path} holds no ratings", 'a list of {"image_id": ..., "label": [ten counts]}'
        ) from None


def read_lines(
    path: Path, rating: Callable[[list[str]], tuple[str, Array]], heading: str = ""
) -> dict[str, Array]:
    """One picture a line; `rating` makes a name and shares of its words.

    A line that begins with the word `heading` is passed over.
    """
    found: dict[str, Array] = {}
    for number, line in enumerate(_text(path).splitlines(), 1):
        words = line.replace(",", " ").split()
        if not words or words[0] == heading:
            continue
        try:
            name, histogram = rating(words)
        except (ValueError, IndexError):
            raise TrainingError(f"{path}, line {number} is no rating: {line[:60]!r}") from None
        found[name] = histogram
    if not found:
        raise TrainingError(f"{path} holds no ratings", "one picture a line")
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise TrainingError(f"{path} cannot be read", "a file of ratings (data.ratings)") from None
