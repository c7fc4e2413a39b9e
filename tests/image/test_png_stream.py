from __future__ import annotations

import io

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from claritas.image.picture import Picture
from claritas.image.png_stream import png_stream


@settings(max_examples=60, deadline=None)
@given(
    width=st.integers(1, 90),
    height=st.integers(1, 600),
    channels=st.integers(1, 4),
    seed=st.integers(0, 9),
)
def test_a_stream_is_a_png_of_the_same_pixels(width, height, channels, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)
    picture = Picture.from_array(pixels)
    data = b"".join(png_stream(picture.header, picture.stored_bands()))
    image = Image.open(io.BytesIO(data))
    assert image.mode == ("L", "LA", "RGB", "RGBA")[channels - 1]
    assert np.array_equal(np.asarray(image).reshape(pixels.shape), pixels)


@settings(max_examples=20, deadline=None)
@given(width=st.integers(1, 70), height=st.integers(1, 300))
def test_sixteen_bits_are_big_endian(width, height):
    pixels = np.random.default_rng(width).integers(0, 65536, (height, width), dtype=np.uint16)
    picture = Picture.from_array(pixels)
    data = b"".join(png_stream(picture.header, picture.stored_bands()))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), pixels)
