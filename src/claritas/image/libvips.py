"""libvips, loaded when it is first needed and set up once."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from functools import cache
from typing import Any

from claritas.image.picture import ROWS_A_BAND, Array

Image = Any  # pyvips.Image

# Decoding and encoding are short beside the network; more threads only hold more memory.
MOST_THREADS = 4


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
    """An image from top to bottom; cropping is leaner than a libvips region."""
    # Between two crops libvips forgets the rows it holds, and cannot go back for
    # those of a TIFF whose own strips do not end where our bands do.
    of_tiff = bool(image.get_typeof("vips-loader")) and "tiff" in image.get("vips-loader")
    region = libvips().Region.new(image) if of_tiff else None
    for top in range(0, image.height, ROWS_A_BAND):
        rows = min(ROWS_A_BAND, image.height - top)
        if region is None:
            part = image.crop(0, top, image.width, rows)
        else:
            held = region.fetch(0, top, image.width, rows)
            part = libvips().Image.new_from_memory(
                held, image.width, rows, image.bands, image.format
            )
        yield part.numpy().reshape(rows, image.width, image.bands)
