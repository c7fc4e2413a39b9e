"""Files that are there whole or not at all.

A result is written beside its place under a temporary name that does not
contain the picture's, synced, and then renamed. It is locked meanwhile: the
lock ends with its process, however that ends, and tells what is stale.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from claritas.errors import PictureError
from claritas.image.faults import shown

if sys.platform != "win32":
    import fcntl

_PART_NAME = re.compile(r"\.claritas-[0-9a-f]{16}\.part")


def remove_stale(folder: Path) -> None:
    """Remove the temporary outputs that processes left behind when they were killed.

    What a living process is writing stays; a folder that is not there has none.
    """
    for part in folder.glob(".claritas-*.part"):
        if _PART_NAME.fullmatch(part.name):
            with suppress(OSError):
                _remove_if_stale(part)


def _remove_if_stale(part: Path) -> None:
    if sys.platform == "win32":  # which keeps files that are open
        part.unlink()
        return
    descriptor = os.open(part, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        part.unlink()
    finally:
        os.close(descriptor)


@contextmanager
def whole_file(path: Path, overwrite: bool) -> Iterator[BinaryIO]:
    """A file to write and read that takes `path`'s place when the block ends well.

    Whatever exception leaves the block takes the temporary file with it.

    Raises
    ------
    PictureError
        If the folder is missing, read-only or full, or if `path` exists and
        `overwrite` is not set.
    """
    with _said_of(path), _new_part(path.parent) as (part, descriptor):
        try:
            with os.fdopen(descriptor, "r+b") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            _take_place(part, path, overwrite)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)


@contextmanager
def _new_part(folder: Path) -> Iterator[tuple[Path, int]]:
    """A new temporary file and its descriptor; locked until the block ends."""
    part, descriptor = _made_part(folder)
    # The descriptor is closed before the file takes its place; a copy keeps the lock.
    guard = os.dup(descriptor) if sys.platform != "win32" else None
    try:
        yield part, descriptor
    finally:
        if guard is not None:
            os.close(guard)


def _made_part(folder: Path) -> tuple[Path, int]:
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    while True:
        part = folder / f".claritas-{secrets.token_hex(8)}.part"
        descriptor = os.open(part, flags, 0o666)
        if sys.platform != "win32":
            with suppress(OSError):  # a file system without locks
                fcntl.flock(descriptor, fcntl.LOCK_EX)
        if part.exists():
            return part, descriptor
        os.close(descriptor)  # somebody who tidied up took it before it was locked


def _take_place(part: Path, path: Path, overwrite: bool) -> None:
    if overwrite:
        part.replace(path)
        return
    try:
        os.link(part, path)  # unlike a rename, this fails where something stands
    except FileExistsError:
        raise exists_error(path) from None
    except OSError:  # a file system without hard links
        if path.exists():
            raise exists_error(path) from None
        part.replace(path)
    else:
        part.unlink()


def exists_error(path: Path) -> PictureError:
    """The refusal to write over a file."""
    return PictureError(f"{shown(path)} exists already", remedy="use --overwrite, or another name.")


def _sync_folder(folder: Path) -> None:
    """Makes the rename last through a power cut, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _said_of(path: Path) -> Iterator[None]:
    """Errors of the system as errors that name the place."""
    folder = shown(path.parent)
    try:
        yield
    except FileNotFoundError:
        raise PictureError(f"There is no folder {folder}", "a folder that exists") from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise full_error(path) from None
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise read_only_error(path) from None
        raise PictureError(f"{shown(path)} cannot be written: {error.strerror}") from None


def full_error(path: Path) -> PictureError:
    """No space left while `path` was written."""
    return PictureError(
        f"The disk of {shown(path.parent)} is full; {shown(path)} was not written",
        remedy="make room, or choose another folder or format.",
    )


def read_only_error(path: Path) -> PictureError:
    """The folder of `path` takes no new files."""
    return PictureError(
        f"Nothing may be written in the folder {shown(path.parent)}",
        "a folder that you may write in",
        "choose another output folder.",
    )
