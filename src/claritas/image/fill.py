"""Bytes put right in a file that libvips wrote.

libvips writes EXIF through libexif, which turns other scripts into ASCII,
drops makers' notes and adds fields of its own. So it is given one field of
filler as long as our own block, and our block is then written over it.
"""

from __future__ import annotations

import struct
import zlib
from typing import BinaryIO

from claritas.image.png_stream import chunk

_PIECE = 2**22
_TIFF_HEADER = b"II*\0"
# libexif puts its header and directory before the first value, and no more.
_HEADER_IS_WITHIN = 4096
_BEHIND_IHDR = 33


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


def _renew_checksum(file: BinaryIO, at: int) -> None:
    """Compute a PNG chunk's CRC again; the chunk begins, with its length, at `at`."""
    file.seek(at)
    length = int.from_bytes(file.read(4), "big")
    checksum = zlib.crc32(file.read(4 + length))
    file.write(struct.pack(">I", checksum))


def state_no_dpi(file: BinaryIO) -> None:
    """Undo the 72 dots per inch that libvips states in a PNG where the picture says nothing."""
    file.seek(0)
    at = file.read(_HEADER_IS_WITHIN).find(b"pHYs")
    if at >= 0:
        file.seek(at + 4)
        file.write(struct.pack(">IIB", 1, 1, 0))
        _renew_checksum(file, at - 4)


def insert_xmp(file: BinaryIO, xmp: bytes) -> None:
    """Put XMP into a PNG where readers look for it: libvips would write another kind of chunk."""
    _insert(file, _BEHIND_IHDR, chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp))


def _insert(file: BinaryIO, at: int, data: bytes) -> None:
    """Move what follows `at` towards the end, last piece first, and write `data` before it."""
    end = file.seek(0, 2)
    while end > at:
        begin = max(at, end - _PIECE)
        file.seek(begin)
        piece = file.read(end - begin)
        file.seek(begin + len(data))
        file.write(piece)
        end = begin
    file.seek(at)
    file.write(data)
