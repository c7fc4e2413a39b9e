"""libvips, loaded when it is first needed and set up once."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

from claritas.image.picture import ROWS_A_BAND, Array

Image = Any  # pyvips.Image

# Decoding and encoding are short beside the network; more threads only hold more memory.
MOST_THREADS = 4
# numpy's names of libvips' sample types.
DTYPES = {
    "uchar": "uint8",
    "char": "int8",
    "ushort": "uint16",
    "short": "int16",
    "uint": "uint32",
    "int": "int32",
    "float": "float32",
}


@cache
def libvips() -> Any:
    """The module `pyvips`: quiet, without a cache of operations, with few threads."""
    os.environ.setdefault("VIPS_CONCURRENCY", str(min(MOST_THREADS, _processors())))
    # Without a handler, Python's logging would print libvips' warnings.
    logging.getLogger("pyvips").addHandler(logging.NullHandler())
    import pyvips

    # The cache knows files by name: it would hold them open and give old pixels.
    pyvips.cache_set_max(0)
    return pyvips


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1


def reason(error: Exception) -> str:
    """What libvips said, on one line, without the names of its classes."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith("unable to call")]
    return "; ".join(dict.fromkeys(told)) or "no reason given"


def strips(image: Image) -> Iterator[Array]:
    """An image from top to bottom, in bands (rows, width, channels)."""
    fetch = _fetch_from_region(image) if _in_tiff_strips(image) else _crop
    for top in range(0, image.height, ROWS_A_BAND):
        rows = min(ROWS_A_BAND, image.height - top)
        yield fetch(image, top, rows).reshape(rows, image.width, image.bands)


def _in_tiff_strips(image: Image) -> bool:
    """Whether strips, which rarely end where our bands do, were read into this image."""
    loader = image.get("vips-loader") if image.get_typeof("vips-loader") else ""
    return str(loader).startswith("tiff") and not image.get_typeof("tile-width")


def _crop(image: Image, top: int, rows: int) -> Array:
    """A band by a pipeline of its own: quick and lean.

    libvips lets go of what it has read ahead when a pipeline ends, so the
    loader's own blocks have to end where bands do.
    """
    band: Array = image.crop(0, top, image.width, rows).numpy()
    return band


def _fetch_from_region(image: Image) -> Callable[[Image, int, int], Array]:
    """Bands by one region that stays open: half as fast, and never reads twice."""
    region = libvips().Region.new(image)
    dtype = DTYPES[image.format]

    def fetch(image: Image, top: int, rows: int) -> Array:
        return np.frombuffer(region.fetch(0, top, image.width, rows), dtype)

    return fetch
