"""From a Picture to a file: whole or not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from claritas.errors import PictureError, UsageError
from claritas.image.faults import shown
from claritas.image.formats import Format, format_for_output
from claritas.image.part import exists_error, full_error, read_only_error, whole_file
from claritas.image.picture import Band, Header, Picture, SampleType
from claritas.image.save import SaverError, quality_for, save
from claritas.image.tiff_stream import write_tiff


@dataclass(frozen=True)
class Written:
    """A file that was written: its size, and what the format could not hold."""

    path: Path
    bytes: int
    notes: tuple[str, ...] = ()


def check_writable(header: Header, path: Path, fmt: Format, overwrite: bool = False) -> list[str]:
    """What the format cannot hold, in sentences, before any work is done.

    Raises
    ------
    PictureError
        If the picture cannot be written there at all: too large for the format,
        a folder that is missing or read-only, a file that stands in the way.
    """
    _check_format(header, fmt)
    _check_place(Path(path), overwrite)
    return [note for note in (_alpha_note(header, fmt), _depth_note(header, fmt)) if note]


def _check_format(header: Header, fmt: Format) -> None:
    if not fmt.writable:
        raise UsageError(f"{fmt.title} can only be read", f"for example {fmt.replaced_by}")
    if max(header.width, header.height) > fmt.largest_side:
        raise PictureError(
            f"A picture of {header.width:,}x{header.height:,} pixels does not fit into {fmt.title}",
            f"at most {fmt.largest_side:,} pixels a side",
            "choose another format: --format png or --format tiff.",
        )


def _check_place(path: Path, overwrite: bool) -> None:
    try:
        if path.is_dir():
            raise PictureError(f"{shown(path)} is a folder", "the name of a file")
        # Where a name is too long, only this raises.
        path.lstat()
    except FileNotFoundError:
        pass
    except OSError as error:
        raise PictureError(f"{shown(path)} cannot be written: {error.strerror}") from None
    else:
        if not overwrite:
            raise exists_error(path)
    if not path.parent.is_dir():
        raise PictureError(f"There is no folder {shown(path.parent)}", "a folder that exists")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise read_only_error(path)


def _alpha_note(header: Header, fmt: Format) -> str:
    if not header.alpha or fmt.alpha:
        return ""
    return f"{fmt.title} holds no transparency: the picture is laid on white"


def _depth_note(header: Header, fmt: Format) -> str:
    kept = _sample_in(header, fmt)
    bits = 8 if kept is SampleType.UINT8 else 12 if fmt.name == "avif" else 16
    if kept is not header.sample or bits == 12:
        return f"{fmt.title} does not hold {header.sample} samples: they become {bits}-bit ones"
    return ""


def _sample_in(header: Header, fmt: Format) -> SampleType:
    """The nearest sample type that the format holds."""
    if header.sample is SampleType.UINT8 or fmt.floats:
        return header.sample
    return SampleType.UINT16 if fmt.sixteen_bits else SampleType.UINT8


def write_picture(
    picture: Picture,
    path: Path | str,
    *,
    fmt: Format | None = None,
    quality: int | None = None,
    overwrite: bool = False,
) -> Written:
    """Write a picture; its bands are pulled here, so this is where the work is done.

    Parameters
    ----------
    fmt
        By default what the name's suffix says.
    quality
        1 to 100 for JPEG, WebP (100 is lossless) and AVIF. By default the
        input's where it came from the same format.

    Raises
    ------
    PictureError
        If it cannot be written; nothing is left behind then. What is raised
        while bands are pulled comes through as it is.
    """
    path = Path(path)
    fmt = fmt or format_for_output(picture.header, suffix=path.suffix)
    if quality is not None and not 1 <= quality <= 100:
        raise UsageError(f"A quality of {quality}", "a number from 1 to 100")
    notes = tuple(check_writable(picture.header, path, fmt, overwrite))
    with whole_file(path, overwrite) as file:
        notes += _encode(_fitted(picture, fmt), file, path, fmt, quality)
    return Written(path, path.stat().st_size, notes)


def _encode(
    picture: Picture, file: BinaryIO, path: Path, fmt: Format, quality: int | None
) -> tuple[str, ...]:
    if fmt.name == "tiff":
        write_tiff(picture, file)
        return ()
    try:
        return save(picture, file, fmt, quality_for(picture.header, fmt, quality))
    except SaverError as error:
        if "No space left" in str(error):
            raise full_error(path) from None
        raise PictureError(f"{shown(path)} cannot be written: {error}") from None


def _fitted(picture: Picture, fmt: Format) -> Picture:
    """The picture in a sample type and with channels that the format holds."""
    header = picture.header
    if header.alpha and not fmt.alpha:
        picture = _on_white(picture)
    sample = _sample_in(header, fmt)
    if sample is header.sample:
        return picture
    low, high = sample.limits
    return Picture(replace(picture.header, sample=sample, low=low, high=high), picture.bands)


def _on_white(picture: Picture) -> Picture:
    def bands() -> Iterator[Band]:
        for band in picture.bands():
            alpha = band[..., -1:]
            yield band[..., :-1] * alpha + (1 - alpha)

    return Picture(replace(picture.header, channels=picture.header.colours), bands)
