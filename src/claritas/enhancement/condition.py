"""Clean or worn: whether a picture went through JPEG or is noisy, told from the picture.

What the choice between models for clean and for worn pictures rests on. Three
signs are looked for, in the file's own words or in the middle of the picture.
"""

from __future__ import annotations

from claritas.assessment.blocks import jpeg_quality
from claritas.assessment.sharpness import noise_level
from claritas.enhancement.part import window
from claritas.errors import PictureError
from claritas.image.picture import Picture, SampleType

# Measured on kodak and its quarters: clean pictures up to JPEG 95 show no trace of JPEG or one of
# 92 and more, those spoiled by configs/recipes/web.toml and old.toml show 60 and 35, saved again
# or not. Pressed but otherwise clean, they gain 0.2 dB by real-x4 at a quality of 70, at x2 and x4,
# and lose 0.1 to 0.2 at 80 (benchmarks/real.py).
# The noise level of clean ones, in which texture counts, reaches 7.
WORN_QUALITY = 70.0
WORN_NOISE = 10.0
SIDE = 512  # of the part that is looked at
BLOCK = 8


def worn(picture: Picture) -> str:
    """Why a picture is worn, to be read after "since"; empty if it is clean.

    Pictures of other than 8 bits and too small ones count as clean; of those
    that can be read only once, only what the file says is known.
    """
    header = picture.header
    if header.sample is not SampleType.UINT8 or (header.low, header.high) != (0, 255):
        return ""
    if header.format == "jpeg" and header.quality is not None and header.quality <= WORN_QUALITY:
        return f"it was saved as JPEG of quality {header.quality}"
    if not header.restartable:
        return ""
    pixels = _middle(picture).array()[..., : header.colours]
    try:
        quality = jpeg_quality(pixels).value
        if quality <= WORN_QUALITY:
            return f"it shows the traces of JPEG of quality {quality:.0f}"
    except PictureError:  # no trace of it, or too small
        pass
    try:
        noise = noise_level(pixels).value
    except PictureError:
        return ""
    return f"its noise level is {noise:.0f}" if noise > WORN_NOISE else ""


def _middle(picture: Picture) -> Picture:
    """At most SIDE pixels each way, beginning on JPEG's grid."""
    header = picture.header
    width, height = min(header.width, SIDE), min(header.height, SIDE)
    left, top = _start(header.width, width), _start(header.height, height)
    return window(picture, left, top, width, height)


def _start(length: int, part: int) -> int:
    """Where a part from the middle begins, on JPEG's grid."""
    return (length - part) // 2 // BLOCK * BLOCK
