"""Tar files of pictures, for sets of so many that a folder of them is slow.

A shard is read where it lies: its directory once at the start, a picture when
it is needed. Compressed archives cannot be read so.
"""

from __future__ import annotations

import tarfile
import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from claritas.errors import ClaritasError, TrainingError
from claritas.image.picture import Array
from claritas.image.read import is_picture_name, open_picture
from claritas.training.data.readers.folder import divided
from claritas.training.data.samples import Item, Sample, load_rgb

if TYPE_CHECKING:
    from claritas.training.config import Source


def read(source: Source) -> tuple[list[Item], list[str]]:
    """The pictures of all `.tar` files below `folder`, named SHARD/PATH.

    Raises
    ------
    TrainingError
        If there is none, or one is no plain tar file.
    """
    folder = Path(source.folder)
    files = sorted(folder.rglob("*.tar"))
    if not files:
        raise TrainingError(f"{folder} holds no .tar file", "shards: tar files of pictures")
    found: list[Item | str] = []
    for path in files:
        shard = path.relative_to(folder).as_posix()
        found += [_item(path, f"{shard}/{m.name}", m) for m in _members(path)]
    return divided(found)


def _members(path: Path) -> list[tarfile.TarInfo]:
    try:
        with tarfile.open(path, "r:") as archive:
            return [m for m in archive if m.isfile() and is_picture_name(m.name)]
    except (tarfile.TarError, OSError) as error:
        raise TrainingError(
            f"{path} cannot be read: {error}",
            "a tar file that is not compressed",
            "make the shard anew with tar -cf.",
        ) from None


def _item(path: Path, name: str, member: tarfile.TarInfo) -> Item | str:
    place = member.offset_data, member.size, PurePosixPath(member.name).suffix
    try:
        sides = _sides(path, place)
    except ClaritasError:
        return f"{name} is damaged or cannot be decoded"
    return Item(name, (path,), sides, lambda: Sample(_pixels(path, name, place)))


Place = tuple[int, int, str]  # first byte, number of bytes, the name's suffix


def _sides(path: Path, place: Place) -> tuple[int, int]:
    with tempfile.NamedTemporaryFile(suffix=place[2]) as file:
        header = open_picture(_copied(path, place, file.name)).header
    return header.width, header.height


def _pixels(path: Path, name: str, place: Place) -> Array:
    with tempfile.NamedTemporaryFile(suffix=place[2]) as file:
        try:
            return load_rgb(_copied(path, place, file.name))
        except ClaritasError as error:
            raise TrainingError(error.what.replace(file.name, name), error.expected) from None


def _copied(path: Path, place: Place, name: str) -> Path:
    """The member as a file of its own, which every format's reader takes."""
    first, size, _ = place
    with path.open("rb") as shard:
        shard.seek(first)
        Path(name).write_bytes(shard.read(size))
    return Path(name)
