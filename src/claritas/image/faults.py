"""What can be wrong with a picture file, said so that its user can act on it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from claritas.errors import PictureError
from claritas.image.libvips import libvips, reason


def shown(path: Path) -> str:
    """A name on one line, printable on any terminal."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


@contextmanager
def said_plainly(path: Path) -> Iterator[None]:
    """Errors of the system and of libvips as errors that name the file."""
    vips = libvips()
    try:
        yield
    except FileNotFoundError:
        raise PictureError(f"There is no file {shown(path)}") from None
    except IsADirectoryError:
        raise PictureError(f"{shown(path)} is a folder", "a picture file") from None
    except PermissionError:
        raise PictureError(
            f"{shown(path)} may not be read", remedy="change its permissions."
        ) from None
    except OSError as error:
        raise PictureError(f"{shown(path)} cannot be read: {error.strerror}") from None
    except vips.Error as error:
        if "No space left" in str(error):  # turned pictures are spooled
            raise PictureError(
                f"The folder for temporary files is full: {tempfile.gettempdir()}",
                remedy="make room there, or set TMPDIR to another folder.",
            ) from None
        raise PictureError(
            f"{shown(path)} is damaged or cannot be decoded: {reason(error)}",
            "a whole picture file",
            "get the file anew, or open it in the program that made it and save it again.",
        ) from None


def check_size(path: Path, width: int, height: int, max_pixels: int) -> None:
    """Refuse a file that declares more pixels than allowed, before it is decoded."""
    if width * height > max_pixels:
        raise PictureError(
            f"{shown(path)} declares {width:,}x{height:,} pixels",
            f"at most {max_pixels:,} pixels in all",
            f"if the file is to be trusted, allow it with --max-pixels {width * height}.",
        )
