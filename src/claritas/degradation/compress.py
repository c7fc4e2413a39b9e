"""Files that lose something: what a picture looks like after it was saved and opened."""

from __future__ import annotations

import numpy as np

from claritas.degradation.greyscale import Pixels
from claritas.errors import PictureError
from claritas.image.libvips import libvips, reason
from claritas.image.picture import Array

# How libvips calls them; it can write no other.
CHROMA = {"4:2:0": "on", "4:4:4": "off"}


def eight_bits(picture: Pixels, _random: np.random.Generator) -> Pixels:
    """Clipped and rounded to 256 levels."""
    return _from_bytes(_to_bytes(picture))


def jpeg(picture: Pixels, _random: np.random.Generator, *, quality: int, chroma: str) -> Pixels:
    """Rounded to 8 bits, saved as JPEG and opened again.

    `chroma` says whether colours keep their resolution ("4:4:4") or half of it
    along both axes ("4:2:0").
    """
    return _through("jpeg", picture, Q=quality, subsample_mode=CHROMA[chroma])


def double_jpeg(
    picture: Pixels,
    random: np.random.Generator,
    *,
    first: int,
    second: int,
    shift_x: int,
    shift_y: int,
    chroma: str,
) -> Pixels:
    """Saved twice; the second grid of 8x8 blocks is shifted against the first.

    The picture is mirrored at its left and top, saved, cropped to what it was
    and saved again: size and place stay.
    """
    wide = np.pad(picture, ((shift_y, 0), (shift_x, 0), (0, 0)), mode="symmetric")
    once = jpeg(wide, random, quality=first, chroma=chroma)[shift_y:, shift_x:]
    return jpeg(once, random, quality=second, chroma=chroma)


def webp(picture: Pixels, _random: np.random.Generator, *, quality: int) -> Pixels:
    """Rounded to 8 bits, saved as lossy WebP (colours always 4:2:0) and opened again."""
    return _through("webp", picture, Q=quality)


def encode(format: str, levels: Array, **options: object) -> bytes:
    """uint8 (height, width, 3) as a file in memory; options are those of libvips' saver.

    Raises
    ------
    PictureError
        If the format cannot hold it.
    """
    vips = libvips()
    height, width, bands = levels.shape
    data = np.ascontiguousarray(levels).tobytes()
    image = vips.Image.new_from_memory(data, width, height, bands, "uchar")
    image = image.copy(interpretation="srgb")
    try:
        return bytes(getattr(image, f"{format}save_buffer")(keep="none", **options))
    except vips.Error as error:
        raise PictureError(
            f"{width}x{height} pixels cannot become {format}: {reason(error)}"
        ) from None


def _through(format: str, picture: Pixels, **options: object) -> Pixels:
    file = encode(format, _to_bytes(picture), **options)
    loaded = getattr(libvips().Image, f"{format}load_buffer")(file)
    return _from_bytes(loaded.numpy())


def _to_bytes(picture: Pixels) -> Array:
    return np.asarray(np.rint(np.clip(picture, 0, 1) * np.float32(255)), np.uint8)


def _from_bytes(levels: Array) -> Pixels:
    return levels.astype(np.float32) / np.float32(255)
