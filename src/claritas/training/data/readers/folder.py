"""A folder of pictures, at every depth, in any format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from claritas.errors import TrainingError
from claritas.image.read import is_picture_name
from claritas.training.data.samples import Item, picture_item

if TYPE_CHECKING:
    from claritas.training.config import Source


def read(source: Source) -> tuple[list[Item], list[str]]:
    """All pictures below `folder`, named by their path in it."""
    folder = Path(source.folder)
    found = [picture_item(p.relative_to(folder).as_posix(), p) for p in picture_files(folder)]
    return divided(found)


def picture_files(folder: Path) -> list[Path]:
    """The pictures below a folder, sorted.

    Raises
    ------
    TrainingError
        If there is no such folder.
    """
    if not folder.is_dir():
        raise TrainingError(f"There is no folder {folder}", "a folder of pictures (--data)")
    return sorted(p for p in folder.rglob("*") if p.is_file() and is_picture_name(p))


def divided(found: list[Item | str]) -> tuple[list[Item], list[str]]:
    """Items, and sentences on what was left out."""
    items = [one for one in found if isinstance(one, Item)]
    return items, [one for one in found if isinstance(one, str)]
