"""Alpha apart from colour, and together again.

Colours are interpolated premultiplied, then divided: interpolating straight
colours lets what lies under alpha 0 leak out as a rim.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from claritas.image.picture import Band, Picture
from claritas.image.rows import copies, side_by_side

# Below this alpha a colour is not visible at 16 bits, and dividing by it is noise.
LEAST_ALPHA = np.float32(1 / 131070)


def premultiply(picture: Picture) -> Picture:
    """Colours multiplied by alpha."""
    return _each_band(picture, _premultiplied)


def unpremultiply(picture: Picture) -> Picture:
    """Colours divided by alpha; 0 where nothing is visible."""
    return _each_band(picture, _divided)


def _each_band(picture: Picture, change: Callable[[Band], Band]) -> Picture:
    return Picture(picture.header, lambda: map(change, picture.bands()))


def _premultiplied(band: Band) -> Band:
    result = band.copy()
    result[..., :-1] *= band[..., -1:]
    return result


def _divided(band: Band) -> Band:
    # Interpolation overshoots: colours are divided by the alpha that they were
    # interpolated with, and only then is alpha kept within its range.
    alpha = band[..., -1:]
    visible = alpha > LEAST_ALPHA
    colours = np.divide(band[..., :-1], alpha, out=np.zeros_like(band[..., :-1]), where=visible)
    return np.concatenate([colours, np.clip(alpha, 0, 1)], axis=-1)


def colours_and_alpha(
    picture: Picture,
    colour_step: Callable[[Picture], Picture],
    alpha_step: Callable[[Picture], Picture],
) -> Picture:
    """One step for the colours, another for alpha, side by side in one pass.

    Both steps must give pictures of the same size. The source is read once;
    what one step has taken and the other has not is held meanwhile.
    """
    header = picture.header
    shape = replace(header, channels=header.colours)
    # Only headers are looked at here; the streams are made anew for each pass.
    after = colour_step(Picture(shape, picture.bands)).header
    result = replace(after, channels=after.channels + 1)

    def bands() -> Iterator[Band]:
        for_colour, for_alpha = copies(picture.bands(), 2)
        colour = colour_step(Picture(shape, lambda: (b[..., :-1] for b in for_colour)))
        mask = replace(header, channels=1)
        alpha_picture = alpha_step(Picture(mask, lambda: (b[..., -1:] for b in for_alpha)))
        for band, alpha in side_by_side(colour.bands(), alpha_picture.bands()):
            yield np.concatenate([band, np.clip(alpha, 0, 1)], axis=-1)

    return Picture(result, bands)
