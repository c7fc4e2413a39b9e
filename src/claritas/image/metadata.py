"""What a file says of itself before its pixels: quality, dots per inch, EXIF.

Read from the file's own bytes: libvips fills in resolutions that a file does
not state, and reads no EXIF in TIFF files.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from claritas.errors import PictureError
from claritas.image import exif
from claritas.image.faults import shown
from claritas.image.formats import Format

Dpi = tuple[float, float]

# The luminance table of the JPEG standard (ITU-T T.81, table K.1).
_STANDARD_LUMINANCE = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
)  # fmt: skip
# Nothing that is looked for stands further behind in a sane file.
_HEAD_BYTES = 2**22


@dataclass(frozen=True)
class FileFacts:
    """What a file states, apart from its pixels."""

    dpi: Dpi | None = None
    quality: int | None = None
    exif: exif.Fields = field(default_factory=dict)
    orientation: int = 1


def facts_of(path: Path, format: Format, exif_block: bytes | None, page: int = 0) -> FileFacts:
    """The facts of a file whose EXIF block, if any, libvips has found.

    Raises
    ------
    OSError
        If the file cannot be read.
    PictureError
        If it is a TIFF that ends before its samples do.
    """
    if format.name == "tiff":
        return _of_tiff(path, page)
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    dpi, quality = None, None
    if format.name == "jpeg":
        segments = dict(reversed(list(_jpeg_segments(head))))
        dpi, quality = _jfif_dpi(segments.get(0xE0, b"")), _quality(segments.get(0xDB, b""))
    elif format.name == "png":
        dpi = _png_dpi(head)
    if exif_block is None:
        return FileFacts(dpi, quality)
    block = exif.Block(exif_block)
    return FileFacts(
        dpi or exif.dpi_of(block), quality, exif.fields_of(block), exif.orientation_of(block)
    )


def _of_tiff(path: Path, page: int) -> FileFacts:
    """A TIFF's directory may stand at its end, so the file is mapped and not read."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        block = exif.Block(mapped, page)
        # libtiff would read what is missing of the last strips as zeros.
        if exif.end_of_samples(block) > len(mapped):
            raise PictureError(f"{shown(path)} is truncated", "a whole TIFF file")
        return FileFacts(
            exif.dpi_of(block), None, exif.fields_of(block), exif.orientation_of(block)
        )


def _jpeg_segments(head: bytes) -> Iterator[tuple[int, bytes]]:
    """Markers and payloads up to the start of scan."""
    at = 2
    while at + 4 <= len(head) and head[at] == 0xFF:
        marker = head[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker == 0xDA:
            return
        length = int.from_bytes(head[at + 2 : at + 4], "big")
        yield marker, head[at + 4 : at + 2 + length]
        at += 2 + length


def _jfif_dpi(segment: bytes) -> Dpi | None:
    if len(segment) < 12 or segment[:5] != b"JFIF\0" or segment[7] not in (1, 2):
        return None
    x, y = struct.unpack_from(">HH", segment, 8)
    factor = 2.54 if segment[7] == 2 else 1.0
    return (x * factor, y * factor) if x and y else None


def _quality(segment: bytes) -> int | None:
    """The quality on libjpeg's scale whose luminance table is as heavy as this one."""
    if not segment:
        return None
    wide = segment[0] >> 4
    size = 128 if wide else 64
    if len(segment) < 1 + size:
        return None
    table: tuple[int, ...] = struct.unpack_from(">64H" if wide else "64B", segment, 1)
    return min(range(100, 0, -1), key=lambda quality: abs(sum(table) - _table_weight(quality)))


@cache
def _table_weight(quality: int) -> int:
    """The sum of libjpeg's luminance table at a quality."""
    return sum(scaled_luminance(quality))


def scaled_luminance(quality: int) -> tuple[int, ...]:
    """libjpeg's luminance table at a quality of 1 to 100: 64 steps, row by row."""
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    return tuple(min(max((entry * percent + 50) // 100, 1), 255) for entry in _STANDARD_LUMINANCE)


def _png_dpi(head: bytes) -> Dpi | None:
    at = 8
    while at + 12 <= len(head):
        length, kind = struct.unpack_from(">I4s", head, at)
        if kind == b"IDAT":
            return None
        if kind == b"pHYs" and length == 9:
            x, y, unit = struct.unpack_from(">IIB", head, at + 8)
            return (x * 0.0254, y * 0.0254) if unit == 1 and x and y else None
        at += 12 + length
    return None
