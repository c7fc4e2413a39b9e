"""CIFAR-10 in its binary form: records of a label and 32x32 pixels, plane by plane."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from claritas.errors import TrainingError
from claritas.image.picture import Array
from claritas.training.data.samples import Item, Sample

if TYPE_CHECKING:
    from claritas.training.config import Source

SIDE = 32
PIXEL_BYTES = 3 * SIDE * SIDE
RECORD = 1 + PIXEL_BYTES  # the label comes first
LABELS = 10


def read(source: Source) -> tuple[list[Item], list[str]]:
    """The records of all `.bin` files below `folder`, named FILE/NUMBER.

    Raises
    ------
    TrainingError
        If there is none, or one is no whole number of records.
    """
    folder = Path(source.folder)
    files = sorted(folder.rglob("*.bin"))
    if not files:
        raise TrainingError(f"{folder} holds no .bin file", "CIFAR-10's binary version")
    items = []
    for path in files:
        name = path.relative_to(folder).as_posix()
        items += [_item(path, f"{name}/{n:05}", n) for n in range(_records(path))]
    return items, []


def _records(path: Path) -> int:
    count, rest = divmod(path.stat().st_size, RECORD)
    if rest or not count or _table(path)[:, 0].max() >= LABELS:
        raise TrainingError(
            f"{path} is not a file of CIFAR-10",
            f"records of {RECORD} bytes: a label of 0..9, then 32x32 pixels",
        )
    return count


@cache
def _table(path: Path) -> Array:
    """All records of a file, (n, 3073), mapped and not held."""
    return np.memmap(path, np.uint8, "r").reshape(-1, RECORD)


def _item(path: Path, name: str, number: int) -> Item:
    return Item(name, (path,), (SIDE, SIDE), lambda: Sample(_pixels(_table(path)[number])))


def _pixels(record: Array) -> Array:
    planes = np.asarray(record[1:]).reshape(3, SIDE, SIDE)
    return np.ascontiguousarray(planes.transpose(1, 2, 0))
