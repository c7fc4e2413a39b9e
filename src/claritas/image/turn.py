"""Pictures lying on their side, put upright with bounded memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

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
_SPOOLED = {
    "tile": True,
    "tile_width": _TILE,
    "tile_height": _TILE,
    "bigtiff": True,
    "keep": "none",
}


def turned(image: Image, orientation: int) -> Iterator[Array]:
    """The bands of an image after its EXIF orientation (1 to 8).

    A turned picture needs its last rows first: it goes through a tiled
    temporary file, which is deleted afterwards.
    """
    mirrored, angle = _MIRRORED_AND_TURNED[orientation]
    if angle == "d0":
        yield from strips(image.fliphor() if mirrored else image)
        return
    with tempfile.TemporaryDirectory(prefix="claritas-") as folder:
        name = str(Path(folder) / "turned.tif")
        image.tiffsave(name, **_SPOOLED)
        spooled = libvips().Image.tiffload(name, access="random")
        yield from strips((spooled.fliphor() if mirrored else spooled).rot(angle))
