"""JPEG 2000, by Pillow: libvips' wheel has no encoder for it. The extra `jpeg2000`."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from claritas.degradation.greyscale import Pixels
from claritas.errors import UsageError


def jpeg2000(picture: Pixels, _random: np.random.Generator, *, ratio: float) -> Pixels:
    """Rounded to 8 bits, saved as JPEG 2000 `ratio` times smaller than its bytes, opened again.

    Wavelets that lose (9-7), one layer, colours decorrelated.

    Raises
    ------
    UsageError
        If Pillow is not installed, or has no codec for it.
    """
    image = _library()
    levels = np.asarray(np.rint(np.clip(picture, 0, 1) * np.float32(255)), np.uint8)
    file = io.BytesIO()
    try:
        image.fromarray(levels).save(
            file, "JPEG2000", quality_mode="rates", quality_layers=[ratio], irreversible=True
        )
        opened = np.asarray(image.open(file))
    except OSError as error:
        raise UsageError(
            f"Pillow cannot save JPEG 2000 here: {error}", "OpenJPEG in Pillow"
        ) from None
    return opened.astype(np.float32) / np.float32(255)


def _library() -> Any:
    try:
        from PIL import Image
    except ImportError:
        raise UsageError(
            "JPEG 2000 needs Pillow, which is not installed",
            "the extra `jpeg2000`",
            "pip install 'claritas[jpeg2000]'",
        ) from None
    return Image
