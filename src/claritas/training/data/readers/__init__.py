"""Data sets: one file a format, each a function from settings to items.

A reader takes the source's table and gives its items, sorted by name, and a
sentence for each entry that it leaves out. It reads headers, not pixels.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, cast

import msgspec

from claritas.errors import UsageError
from claritas.training.data.samples import Item

if TYPE_CHECKING:
    from claritas.training.config import Source

Found = tuple[list[Item], list[str]]


class Reader(NamedTuple):
    """A file of this folder, whose function is `read`, and the keys of `[data]` that it takes."""

    module: str
    needs: tuple[str, ...] = ("folder",)
    takes: tuple[str, ...] = ()


READERS: dict[str, Reader] = {
    "folder": Reader("folder"),
    "pairs": Reader("pairs", needs=("folder", "spoiled")),
    "cifar10": Reader("cifar10"),
    "cats-dogs": Reader("cats_dogs", takes=("size",)),
    "ava": Reader("ava", takes=("ratings", "size")),
    "tid2013": Reader("tid2013", needs=("folder", "ratings"), takes=("size",)),
    "live-wild": Reader("live_wild", needs=("folder", "ratings"), takes=("size",)),
    "shards": Reader("shards"),
}
_OF_SOME = ("spoiled", "ratings", "size")


def read_source(source: Source) -> Found:
    """The items of a source, and a sentence for each entry that was left out.

    Raises
    ------
    UsageError
        If there is no such reader, or it does not take a key that is given.
    TrainingError
        If the files are missing, or not of the reader's format.
    """
    if source.reader not in READERS:
        raise UsageError(f"There is no reader {source.reader!r} of data", ", ".join(READERS))
    reader = READERS[source.reader]
    given = msgspec.structs.asdict(source)
    for key in reader.needs:
        if not given[key]:
            raise UsageError(f"The reader {source.reader} needs data.{key}", f"{key} = ...")
    for key in _OF_SOME:
        if given[key] and key not in (*reader.needs, *reader.takes):
            raise UsageError(
                f"The reader {source.reader} takes no data.{key}",
                ", ".join((*reader.needs, *reader.takes)),
            )
    module = importlib.import_module(f"claritas.training.data.readers.{reader.module}")
    return cast(Callable[["Source"], Found], module.read)(source)
