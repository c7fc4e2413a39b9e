"""Bytes put right in a file that libvips wrote.

libvips writes EXIF through libexif, which turns other scripts into ASCII,
drops makers' notes and adds fields of its own. So it is given one field of
filler as long as our own block, and our block is then written over it.
"""

from __future__ import annotations

import struct
import zlib
from typing import BinaryIO

_PIECE = 2**22
_TIFF_HEADER = b"II*\0"
# libexif puts its header and directory before the first value, and no more.
_HEADER_IS_WITHIN = 4096
_JFIF_UNITS = 13


def fill_exif(file: BinaryIO, token: bytes, block: bytes) -> None:
    """Write `block` over the EXIF whose filler begins with `token`; a PNG gets its checksum."""
    at = _find(file, token)
    start = at - min(at, _HEADER_IS_WITHIN)
    file.seek(start)
    head = file.read(at - start)
    begin = start + head.rindex(_TIFF_HEADER)
    file.seek(begin)
    file.write(block.ljust(at + len(block) - begin, b"\0"))
    if head[: begin - start].endswith(b"eXIf"):
        _renew_checksum(file, begin - 8)


def _find(file: BinaryIO, token: bytes) -> int:
    """Where `token` stands, read piece by piece so that a large file is not held."""
    file.seek(0)
    at, tail = 0, b""
    while piece := file.read(_PIECE):
        found = (tail + piece).find(token)
        if found >= 0:
            return at - len(tail) + found
        at += len(piece)
        tail = piece[-len(token) :]
    raise AssertionError("libvips wrote no EXIF, though it was given some")


def _renew_checksum(file: BinaryIO, chunk: int) -> None:
    """Compute a PNG chunk's CRC again; the chunk begins with its length at `chunk`."""
    file.seek(chunk)
    length = int.from_bytes(file.read(4), "big")
    checksum = zlib.crc32(file.read(4 + length))
    file.write(struct.pack(">I", checksum))


def state_no_dpi(file: BinaryIO, format: str) -> None:
    """Undo the 72 dots per inch that libvips states where the picture says nothing."""
    file.seek(0)
    head = file.read(_HEADER_IS_WITHIN)
    if format == "jpeg" and head[6:11] == b"JFIF\0":
        file.seek(_JFIF_UNITS)
        file.write(struct.pack(">BHH", 0, 1, 1))
    at = head.find(b"pHYs") if format == "png" else -1
    if at >= 0:
        file.seek(at + 4)
        file.write(struct.pack(">IIB", 1, 1, 0))
        _renew_checksum(file, at - 4)
