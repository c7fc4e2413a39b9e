"""TIFF written as a stream of tiles, any sample type, with all of the metadata.

Our own, because libvips writes no EXIF into TIFF files, and because float and
signed samples do not go through the PNG stream that feeds it.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO

import numpy as np

from claritas.image import exif
from claritas.image.exif import Field, long, short
from claritas.image.picture import Array, Header, Picture, SampleType
from claritas.image.rows import rebanded

TILE = 256
# Deflate's first level: twice as fast as the usual one and only a little larger.
_LEVEL = 1
# Classic TIFF ends at 4 GiB; incompressible samples grow a little.
_LARGEST_CLASSIC = 4_100_000_000
_SAMPLE_FORMATS = {"u": 1, "i": 2, "f": 3}
_ADOBE_DEFLATE, _HORIZONTAL, _CHUNKY, _STRAIGHT_ALPHA = 8, 2, 1, 2


def write_tiff(picture: Picture, file: BinaryIO) -> None:
    """Write a picture as a tiled, deflated TIFF; as BigTIFF where it may pass 4 GiB.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    header = picture.header
    big = header.stored_bytes > _LARGEST_CLASSIC
    file.write(bytes(16))  # the place of the file header, which is known last
    places = list(_write_tiles(picture, file))
    file.write(bytes(file.tell() % 2))
    at = file.tell()
    parts = exif.directories(header.exif, header.width, header.height, header.dpi)
    parts["main"] |= _storage(header) | _profiles(header) | _tile_places(places, big)
    file.write(exif.serialise(parts, at, big))
    file.seek(0)
    file.write(struct.pack("<2sHHHQ", b"II", 43, 8, 0, at) if big
               else struct.pack("<2sHI", b"II", 42, at))  # fmt: skip


def _write_tiles(picture: Picture, file: BinaryIO) -> Iterator[tuple[int, int]]:
    """Writes all tiles; gives the offset and length of each."""
    tops = range(0, picture.header.height, TILE)
    heights = (min(TILE, picture.header.height - top) for top in tops)
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        for rows in rebanded(picture.stored_bands(), heights):
            for data in pool.map(_deflated, _tiles(rows)):
                yield file.tell(), len(data)
                file.write(data)


def _tiles(rows: Array) -> Iterator[Array]:
    """Square tiles of a row of them; the last ones are filled up with their edge."""
    for left in range(0, rows.shape[1], TILE):
        part = rows[:, left : left + TILE]
        missing = ((0, TILE - part.shape[0]), (0, TILE - part.shape[1]), (0, 0))
        yield np.pad(part, missing, mode="edge") if any(sum(missing, ())) else part


def _deflated(tile: Array) -> bytes:
    if tile.dtype.kind == "f":
        return zlib.compress(tile.astype("<f4").tobytes(), _LEVEL)
    differences = tile.copy()
    differences[:, 1:] -= tile[:, :-1]  # wraps around, as TIFF's predictor 2 does
    return zlib.compress(differences.astype(tile.dtype.newbyteorder("<")).tobytes(), _LEVEL)


def _storage(header: Header) -> dict[int, Field]:
    """The tags that say how the samples are stored."""
    dtype = np.dtype(header.sample.value)
    channels = header.channels
    tags = {
        256: long(header.width),
        257: long(header.height),
        258: short(*[dtype.itemsize * 8] * channels),
        259: short(_ADOBE_DEFLATE),
        262: short(1 if header.grey else 2),
        277: short(channels),
        284: short(_CHUNKY),
        317: short(_HORIZONTAL if header.sample is not SampleType.FLOAT32 else 1),
        322: short(TILE),
        323: short(TILE),
        339: short(*[_SAMPLE_FORMATS[dtype.kind]] * channels),
    }
    return tags | ({338: short(_STRAIGHT_ALPHA)} if header.alpha else {})


def _profiles(header: Header) -> dict[int, Field]:
    found = {}
    if header.xmp:
        found[700] = Field(1, header.xmp)
    if header.icc:
        found[34675] = Field(7, header.icc)
    return found


def _tile_places(places: list[tuple[int, int]], big: bool) -> dict[int, Field]:
    offsets, lengths = zip(*places, strict=True)
    if big:
        return {324: Field(16, struct.pack(f"<{len(offsets)}Q", *offsets)), 325: long(*lengths)}
    return {324: long(*offsets), 325: long(*lengths)}
