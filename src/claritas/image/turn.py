"""Pictures lying on their side, put upright with bounded memory."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator

from claritas.image.libvips import Image, libvips, strips
from claritas.image.picture import ROWS_A_BAND, Array

# EXIF orientation: mirrored left to right first, then turned clockwise.
_MIRRORED_AND_TURNED = {
    1: (False, "d0"),
    2: (True, "d0"),
    3: (False, "d180"),
    4: (True, "d180"),
    5: (True, "d270"),
    6: (False, "d90"),
    7: (True, "d90"),
    8: (False, "d270"),
}
# A band of the result is a column of these tiles, so each tile is read once.
_TILE = ROWS_A_BAND


def turned(image: Image, orientation: int) -> Iterator[Array]:
    """The bands of an image after its EXIF orientation (1 to 8).

    A turned picture needs its last rows first: it goes through a tiled
    temporary file, which is deleted afterwards.
    """
    mirrored, angle = _MIRRORED_AND_TURNED[orientation]
    if angle == "d0":
        yield from strips(image.fliphor() if mirrored else image)
        return
    handle, name = tempfile.mkstemp(prefix="claritas-", suffix=".tif")
    os.close(handle)
    try:
        image.tiffsave(
            name, tile=True, tile_width=_TILE, tile_height=_TILE, bigtiff=True, keep="none"
        )
        spooled = libvips().Image.tiffload(name, access="random")
        upright = (spooled.fliphor() if mirrored else spooled).rot(angle)
        yield from strips(upright)
    finally:
        os.unlink(name)
