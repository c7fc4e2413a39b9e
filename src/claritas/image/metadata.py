"""What a file says of itself before its pixels: quality, dots per inch, EXIF.

Read from the file's own bytes: libvips fills in resolutions that a file does
not state, and reads no EXIF in TIFF files.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from claritas.image import exif
from claritas.image.formats import Format

Dpi = tuple[float, float]

# The luminance table of the JPEG standard (ITU-T T.81, table K.1), the sum of its entries.
_STANDARD_LUMINANCE_SUM = 3688
# Nothing that is looked for stands further behind in a sane file.
_HEAD_BYTES = 2**22


@dataclass(frozen=True)
class FileFacts:
    """What a file states, apart from its pixels."""

    dpi: Dpi | None = None
    quality: int | None = None
    exif: exif.Fields = field(default_factory=dict)
    orientation: int = 1


def facts_of(path: Path, format: Format, exif_block: bytes | None) -> FileFacts:
    """The facts of a file whose EXIF block, if any, libvips has found.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    if format.name == "tiff":
        return _of_tiff(path)
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    block = exif_block or b""
    fields = exif.fields_of(block) if block else {}
    orientation = exif.orientation_of(block) if block else 1
    dpi, quality = None, None
    if format.name == "jpeg":
        segments = dict(reversed(list(_jpeg_segments(head))))
        dpi, quality = _jfif_dpi(segments.get(0xE0, b"")), _quality(segments.get(0xDB, b""))
    elif format.name == "png":
        dpi = _png_dpi(head)
    return FileFacts(dpi or (exif.dpi_of(block) if block else None), quality, fields, orientation)


def _of_tiff(path: Path) -> FileFacts:
    """A TIFF's directory may stand at its end, so the file is mapped and not read."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        return FileFacts(
            exif.dpi_of(mapped), None, exif.fields_of(mapped), exif.orientation_of(mapped)
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
    percent = 100 * sum(table) / _STANDARD_LUMINANCE_SUM
    quality = (200 - percent) / 2 if percent <= 100 else 5000 / percent
    return min(max(round(quality), 1), 100)


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
