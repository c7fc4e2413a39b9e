"""From a file to a Picture.

Every load asks libvips to fail on what is truncated; otherwise a damaged file
would give a black bottom and no error. Files are handed to libvips as open
descriptors, so that their names can hold anything.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from claritas.errors import PictureError, UsageError
from claritas.image.faults import check_size, said_plainly, shown
from claritas.image.formats import (
    BYTES_THAT_TELL,
    FORMATS,
    Format,
    format_of_content,
    format_of_name,
)
from claritas.image.libvips import DTYPES, Image, libvips, strips
from claritas.image.metadata import FileFacts, facts_of
from claritas.image.picture import Array, Header, Picture, SampleType
from claritas.image.turn import turned

# A gigapixel: more than any camera or scanner gives, less than fills a disk when enlarged.
DEFAULT_MAX_PIXELS = 1_000_000_000

_LOADERS = {
    "jpeg": "jpegload_source",
    "png": "pngload_source",
    "tiff": "tiffload_source",
    "webp": "webpload_source",
    "avif": "heifload_source",
    "gif": "gifload_source",
}
_PAGED = {"tiff", "webp", "avif", "gif"}
_DEVICE_COLOURS = {"cmyk": "CMYK"}
_OTHER_COLOURS = {"lab": "Lab", "labs": "Lab", "xyz": "XYZ", "lch": "LCh", "yxy": "Yxy"}


def is_picture_name(path: Path | str) -> bool:
    """Whether a name ends like that of a picture that can be read."""
    return format_of_name(path) is not None


@dataclass(frozen=True)
class _Source:
    """A picture in a file: what is needed to open it, as often as wished."""

    path: Path
    format: Format
    page: int

    def open(self) -> Image:
        """The image in the file's own orientation; sequential, nothing decoded yet."""
        vips = libvips()
        descriptor = os.open(self.path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        try:
            source = vips.Source.new_from_descriptor(descriptor)
        finally:
            os.close(descriptor)  # libvips holds a copy of its own
        paging = {"page": self.page} if self.format.name in _PAGED else {}
        return vips.Operation.call(
            _LOADERS[self.format.name], source,
            access="sequential", fail_on="truncated", revalidate=True, **paging,
        )  # fmt: skip


def open_picture(
    path: Path | str, *, page: int = 0, max_pixels: int = DEFAULT_MAX_PIXELS
) -> Picture:
    """The picture in a file, as a stream; its header is read, its pixels are not yet.

    Float and signed pictures are read once to find their range.

    Parameters
    ----------
    page
        Of a TIFF or an animation, from 0.
    max_pixels
        The most pixels that a file may declare; checked before anything is decoded.

    Raises
    ------
    PictureError
        If the file is missing, is no picture, is damaged or declares too many
        pixels. Damage further down appears while the bands are pulled.
    UsageError
        If there is no such page.
    """
    path = Path(path)
    found = _format(path)
    if found.name == "heic":
        from claritas.image.heic import open_heic

        return open_heic(path, max_pixels)
    source = _Source(path, found, page)
    with said_plainly(path):
        if page:
            _check_page(replace(source, page=0).open(), source)
        image = source.open()
        check_size(path, image.width, image.height, max_pixels)
        facts = facts_of(path, found, _blob(image, "exif-data"), page)
        return _picture(source, image, facts)


def _format(path: Path) -> Format:
    """The format by the file's first bytes, with a plain error for what is no picture."""
    with said_plainly(path), path.open("rb") as file:
        opening = file.read(BYTES_THAT_TELL)
    known = ", ".join(format.title for format in FORMATS.values())
    if not opening:
        raise PictureError(f"{shown(path)} is empty (0 bytes)", f"a picture: {known}")
    found = format_of_content(opening)
    if found is None:
        raise PictureError(
            f"{shown(path)} is not a picture, whatever its name says",
            f"a file of one of these formats: {known}",
        )
    return found


def _blob(image: Image, name: str) -> bytes | None:
    return bytes(image.get(name)) if image.get_typeof(name) else None


def _picture(source: _Source, image: Image, facts: FileFacts) -> Picture:
    ready, notes = _in_our_colours(image)
    notes += _page_notes(source, image)
    if ready.bands > 4:
        raise PictureError(
            f"{shown(source.path)} has {ready.bands} channels",
            "grey or RGB, with or without alpha (1 to 4 channels)",
        )
    icc = None if _converted(image) else _blob(image, "icc-profile-data")
    if icc and not _fits(icc, ready):
        icc = None
        notes.append("an ICC profile for other colours than the picture has was left out")
    orientation = facts.orientation if source.format.name != "avif" else 1
    stored = _stream(source, orientation)
    sample = SampleType(DTYPES[ready.format])
    sides = (ready.height, ready.width) if orientation > 4 else (ready.width, ready.height)
    low, high = sample.limits
    header = Header(
        *sides, ready.bands, sample, low, high,
        icc=icc,
        exif=facts.exif, xmp=_blob(image, "xmp-data"), dpi=_turned_dpi(facts),
        format=source.format.name, quality=facts.quality, notes=tuple(notes),
    )  # fmt: skip
    if sample not in (SampleType.UINT8, SampleType.UINT16):
        header = _with_own_range(header, stored, source.path)
    return Picture(header, None, stored)


def _fits(icc: bytes, image: Image) -> bool:
    """Whether a profile is for as many colours as the image has; no reader takes another."""
    return icc[16:20] == (b"GRAY" if image.bands <= 2 else b"RGB ")


def _turned_dpi(facts: FileFacts) -> tuple[float, float] | None:
    return facts.dpi[::-1] if facts.dpi and facts.orientation > 4 else facts.dpi


def _pages(image: Image) -> int:
    return int(image.get("n-pages")) if image.get_typeof("n-pages") else 1


def _check_page(image: Image, source: _Source) -> None:
    if not 0 <= source.page < _pages(image):
        there = "only one" if _pages(image) == 1 else f"0 to {_pages(image) - 1}"
        raise UsageError(f"{shown(source.path)} has no page {source.page}", there)


def _page_notes(source: _Source, image: Image) -> list[str]:
    if _pages(image) == 1:
        return []
    word = "page" if source.format.name == "tiff" else "frame"
    return [f"{word} {source.page + 1} of {_pages(image)} was read; the others were left out"]


def _converted(image: Image) -> bool:
    return image.interpretation in _DEVICE_COLOURS or image.interpretation in _OTHER_COLOURS


def _in_our_colours(image: Image) -> tuple[Image, list[str]]:
    """The image in grey or RGB, in a sample type that we know, and what was converted."""
    if image.interpretation in _DEVICE_COLOURS:
        own = bool(image.get_typeof("icc-profile-data"))
        deep = image.format == "ushort"
        image = image.icc_transform(
            "srgb", embedded=own, input_profile="cmyk", intent="relative",
            black_point_compensation=True, depth=16 if deep else 8,
        )  # fmt: skip
        by = "its own profile" if own else "a general CMYK profile"
        return image, [f"CMYK was converted to sRGB by {by}"]
    if image.interpretation in _OTHER_COLOURS:
        name = _OTHER_COLOURS[image.interpretation]
        return image.colourspace("srgb"), [f"{name} was converted to sRGB, 8 bits"]
    if image.format == "char":
        return image.cast("short"), ["signed 8-bit samples are written as signed 16-bit ones"]
    return image, []


def _stream(source: _Source, orientation: int) -> Callable[[], Iterator[Array]]:
    """The stored bands; each call opens the file anew."""

    def bands() -> Iterator[Array]:
        with said_plainly(source.path):
            image, _ = _in_our_colours(source.open())
            if orientation == 1:
                yield from strips(image)
            else:
                yield from turned(image, orientation)

    return bands


def _with_own_range(header: Header, stored: Callable[[], Iterator[Array]], path: Path) -> Header:
    """The header with the lowest and highest sample; floats within 0..1 keep that range."""
    low, high = np.inf, -np.inf
    for band in stored():
        lowest, highest = float(band.min()), float(band.max())
        if not (np.isfinite(lowest) and np.isfinite(highest)):
            raise PictureError(
                f"{shown(path)} holds samples that are no numbers (NaN or infinite)",
                "finite samples",
                "replace them in the program that made the file.",
            )
        low, high = min(low, lowest), max(high, highest)
    if header.sample is SampleType.FLOAT32 and low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    return replace(header, low=low, high=high)
