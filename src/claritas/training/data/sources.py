"""What a run learns from: sources of items with their weights, and items for validation."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from claritas.errors import TrainingError, UsageError
from claritas.training.config import Data, Source
from claritas.training.data.readers import read_source
from claritas.training.data.samples import Item

VALIDATION_LIST = "valid.txt"
LARGEST_SHARE = 0.5  # of a source that may be kept for validation by a share
LEAST_TRAINING = 5  # a count takes at most one picture in so many


@dataclass(frozen=True)
class Weighted:
    """Items of one source that are trained on, and the share of patches from it."""

    items: list[Item]
    share: float


@dataclass(frozen=True)
class Parts:
    """What is trained on and what is validated with; `left_out` has a sentence for the rest."""

    train: list[Weighted]
    validation: list[Item]
    left_out: list[str]

    @property
    def trained(self) -> list[Item]:
        return [item for source in self.train for item in source.items]


def collect(data: Data, seed: int, least_side: int = 1) -> Parts:
    """All items of a configuration's data, divided by its lists or by the seed.

    Parameters
    ----------
    least_side
        Items to train on that are smaller are left out.

    Raises
    ------
    UsageError
        If a source's keys do not fit its reader.
    TrainingError
        If a source has fewer than two items, or none that is large enough.
    """
    if data.sources and (data.folder or data.reader != "folder"):
        raise UsageError("Both data.folder and data.sources (or --data)", "one of the two")
    train: list[Weighted] = []
    validation: list[Item] = []
    left_out: list[str] = []
    sources = data.all_sources()
    whole = sum(_weight(source) for source in sources)
    for source in sources:
        items, sentences = read_source(source)
        left_out += sentences
        kept = _kept(source, items, data.validation, seed)
        validation += [item for item in items if item.name in kept]
        rest = [item for item in items if item.name not in kept]
        large = [item for item in rest if min(item.sides) >= least_side]
        left_out += _too_small([i for i in rest if min(i.sides) < least_side], least_side)
        _check_some_left(source, items, large, least_side, left_out)
        train.append(Weighted(large, source.weight / whole))
    return Parts(train, validation, left_out)


def _weight(source: Source) -> float:
    if not source.weight > 0:
        raise UsageError(f"A weight of {source.weight:g} in data", "a number above 0")
    return source.weight


def _too_small(items: Sequence[Item], least_side: int) -> list[str]:
    """One sentence for all: a folder of thumbnails would have hundreds."""
    if not items:
        return []
    those = f"and {len(items) - 1} more are" if len(items) > 1 else "is"
    return [f"{items[0].files[0]} {those} smaller than a patch ({least_side} pixels a side)"]


def _check_some_left(
    source: Source, items: list[Item], large: list[Item], least_side: int, left_out: list[str]
) -> None:
    if len(items) < 2:
        first = f"; {left_out[0]}" if left_out else ""
        raise TrainingError(
            f"{source.folder or 'The data folder'} holds {len(items)} pictures{first}",
            "at least two: one to train on, one to validate with",
            "name a folder of pictures with --data.",
        )
    if not large:
        raise TrainingError(
            f"No picture of {source.folder} is as large as a patch",
            f"pictures of at least {least_side} pixels a side",
            "use larger pictures, or --set schedule.patch=24.",
        )


def _kept(source: Source, items: Sequence[Item], validation: float, seed: int) -> set[str]:
    """Names of the items for validation."""
    listed = Path(source.list) if source.list else Path(source.folder) / VALIDATION_LIST
    if listed.is_file():
        return _listed(listed, items)
    if source.list:
        raise TrainingError(f"There is no file {listed}", "a list of names, one a line")
    names = [item.name for item in items]
    if validation < 1:
        count = round(min(validation, LARGEST_SHARE) * len(names))
    else:
        count = min(int(validation), len(names) // LEAST_TRAINING)
    return set(random.Random(seed).sample(names, min(max(1, count), len(names))))


def _listed(path: Path, items: Sequence[Item]) -> set[str]:
    """Items whose name, last part of the name or file is in the list, one a line."""
    names = {line.strip() for line in path.read_text("utf-8").splitlines()}

    def is_listed(item: Item) -> bool:
        return not names.isdisjoint(
            (item.name, Path(item.name).name, Path(item.name).stem, item.files[0].name)
        )

    found = {item.name for item in items if is_listed(item)}
    if not found:
        raise TrainingError(
            f"{path} names none of the {len(items)} pictures", "some of their names"
        )
    return found
