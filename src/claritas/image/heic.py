"""HEIC, read with pillow-heif: the extra `heic`, for libvips' wheel has no HEVC decoder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from claritas.errors import PictureError
from claritas.image import exif
from claritas.image.faults import check_size, shown
from claritas.image.picture import Picture


def open_heic(path: Path, max_pixels: int) -> Picture:
    """The main picture of a HEIC file, decoded whole, already turned upright."""
    container = _opened(path)
    image = container[container.primary_index]
    width, height = image.size
    check_size(path, width, height, max_pixels)
    block = exif.Block(image.info.get("exif") or b"")
    pixels = np.asarray(image)
    notes = () if len(container) == 1 else (f"the main one of {len(container)} pictures was read",)
    return Picture.from_array(
        pixels,
        icc=image.info.get("icc_profile"),
        exif=exif.fields_of(block),
        xmp=image.info.get("xmp"),
        dpi=exif.dpi_of(block),
        format="heic",
        notes=notes,
    )


def _opened(path: Path) -> Any:
    try:
        import pillow_heif
    except ImportError:
        raise PictureError(
            f"{shown(path)} is HEIC, which needs an extra package",
            remedy="pip install 'claritas[heic]'",
        ) from None
    try:
        return pillow_heif.open_heif(path, convert_hdr_to_8bit=False)
    except (ValueError, OSError, EOFError) as error:
        raise PictureError(f"{shown(path)} is damaged or cannot be decoded: {error}") from None
