"""Rows as an uncompressed PNG: the way into libvips for a picture that is still being made.

The compression is zlib's level 0, which stores: it costs little more than a
copy, and the reader on the other end notices when the stream breaks off.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np

from claritas.image.picture import Array, Header, SampleType

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # by channels; PNG specification, table 11.1


def png_stream(header: Header, bands: Iterator[Array]) -> Iterator[bytes]:
    """The bytes of a PNG file, piece by piece.

    Parameters
    ----------
    header
        Of a picture of 8 or 16 bits; only size, channels and sample type are told.
    bands
        (rows, width, channels), uint8 or uint16, whose rows add up to the height.
    """
    bits = 16 if header.sample is SampleType.UINT16 else 8
    colour = _COLOUR_TYPES[header.channels]
    shape = struct.pack(">IIBBBBB", header.width, header.height, bits, colour, 0, 0, 0)
    yield SIGNATURE + chunk(b"IHDR", shape)
    deflate = zlib.compressobj(0)
    for band in bands:
        if stored := deflate.compress(_filtered(band)):
            yield chunk(b"IDAT", stored)
    yield chunk(b"IDAT", deflate.flush()) + chunk(b"IEND", b"")


def chunk(kind: bytes, data: bytes) -> bytes:
    """A PNG chunk: length, kind, data, checksum."""
    checksum = zlib.crc32(data, zlib.crc32(kind))
    return b"".join([struct.pack(">I", len(data)), kind, data, struct.pack(">I", checksum)])


def _filtered(band: Array) -> bytes:
    """Rows in PNG's byte order, each behind a 0 (no filter)."""
    rows = len(band)
    big_endian = np.ascontiguousarray(band, dtype=band.dtype.newbyteorder(">"))
    samples = big_endian.reshape(rows, -1).view(np.uint8)
    filtered = np.zeros((rows, samples.shape[1] + 1), np.uint8)
    filtered[:, 1:] = samples
    return filtered.tobytes()
