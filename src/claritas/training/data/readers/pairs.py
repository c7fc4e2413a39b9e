"""Pairs: a folder of clean pictures, and one of the same pictures spoiled.

A pair has the same path in both folders but for the suffix; a spoiled one may
carry `x2`, `x3` or `x4` at the end of its name, as DIV2K's do.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from claritas.errors import TrainingError
from claritas.image.read import open_picture
from claritas.training.data.readers.folder import divided, picture_files
from claritas.training.data.samples import Item, Sample, load_rgb, picture_item

if TYPE_CHECKING:
    from claritas.training.config import Source

NAMED = 5  # files that an error names


def read(source: Source) -> tuple[list[Item], list[str]]:
    """The pairs of `folder` (clean) and `spoiled`, named by their path without suffix.

    Raises
    ------
    TrainingError
        If a picture has no partner, or the sizes of a pair do not fit.
    """
    clean = _by_stem(Path(source.folder))
    spoiled = _by_stem(Path(source.spoiled))
    alone = [clean[n] for n in sorted(clean.keys() - spoiled.keys())]
    alone += [spoiled[n] for n in sorted(spoiled.keys() - clean.keys())]
    if alone:
        raise TrainingError(
            f"{len(alone)} pictures have no partner: {_listed(alone)}",
            f"the same names in {source.folder} and {source.spoiled}",
            "remove them, or give both pictures of a pair the same name.",
        )
    return divided([_pair(name, clean[name], spoiled[name]) for name in sorted(clean)])


def _by_stem(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in picture_files(folder):
        name = path.relative_to(folder).with_suffix("").as_posix()
        name = re.sub(r"x[234]$", "", name)
        if name in found:
            raise TrainingError(f"Two pictures have one name: {found[name]} and {path}")
        found[name] = path
    return found


def _listed(files: list[Path]) -> str:
    more = f" and {len(files) - NAMED} more" if len(files) > NAMED else ""
    return ", ".join(map(str, files[:NAMED])) + more


def _pair(name: str, clean: Path, spoiled: Path) -> Item | str:
    item = picture_item(name, clean)
    partner = picture_item(name, spoiled)
    if isinstance(item, str) or isinstance(partner, str):
        return item if isinstance(item, str) else str(partner)
    _check_sizes(clean, spoiled)
    return replace(
        item,
        files=(clean, spoiled),
        load=lambda: Sample(load_rgb(clean), load_rgb(spoiled)),
    )


def _check_sizes(clean: Path, spoiled: Path) -> None:
    large, small = open_picture(clean).header, open_picture(spoiled).header
    factor = large.width // small.width
    if (large.width, large.height) != (small.width * factor, small.height * factor):
        raise TrainingError(
            f"{clean} has {large.width}x{large.height} pixels, "
            f"{spoiled} {small.width}x{small.height}",
            "sizes that are equal, or the same whole number of times as large",
            "crop the clean picture to a multiple of the spoiled one.",
        )
