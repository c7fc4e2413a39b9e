from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, JpegImagePlugin

from claritas.degradation import compress
from claritas.errors import PictureError

RANDOM = np.random.default_rng(0)
# The first row of the luma table of the JPEG standard, annex K.
BASE = [16, 11, 10, 16, 24, 40, 51, 61]


def as_bytes(picture: np.ndarray) -> np.ndarray:
    return np.rint(picture * 255).astype(np.uint8)


def opened(file: bytes) -> Image.Image:
    return Image.open(io.BytesIO(file))


@pytest.mark.parametrize(("chroma", "told"), [("4:2:0", 2), ("4:4:4", 0)])
def test_jpeg_has_the_stated_chroma(photograph: np.ndarray, chroma: str, told: int):
    mode = compress.CHROMA[chroma]
    file = opened(compress.encode("jpeg", as_bytes(photograph), Q=95, subsample_mode=mode))
    assert JpegImagePlugin.get_sampling(file) == told


@pytest.mark.parametrize("quality", [1, 35, 60, 95])
def test_jpeg_has_libjpegs_tables_of_its_quality(photograph: np.ndarray, quality: int):
    file = opened(compress.encode("jpeg", as_bytes(photograph), Q=quality))
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    expected = [min(max((one * scale + 50) // 100, 1), 255) for one in BASE]
    tables = file.quantization  # type: ignore[attr-defined]
    assert list(tables[0][:8]) == expected


@pytest.mark.parametrize(("chroma", "told"), [("4:2:0", 2), ("4:4:4", 0)])
def test_jpeg_gives_nearly_the_pixels_of_another_encoder(
    photograph: np.ndarray, chroma: str, told: int
):
    ours = compress.jpeg(photograph, RANDOM, quality=60, chroma=chroma)
    file = io.BytesIO()
    Image.fromarray(as_bytes(photograph)).save(file, "jpeg", quality=60, subsampling=told)
    theirs = np.asarray(Image.open(file)) / 255
    assert np.abs(ours - theirs).max() * 255 <= 3
    assert ours.dtype == np.float32


def test_lower_quality_loses_more(photograph: np.ndarray):
    def error(quality: int) -> float:
        jpeg = compress.jpeg(photograph, RANDOM, quality=quality, chroma="4:2:0")
        webp = compress.webp(photograph, RANDOM, quality=quality)
        assert jpeg.shape == webp.shape == photograph.shape
        return float(((jpeg - photograph) ** 2).mean() + ((webp - photograph) ** 2).mean())

    assert error(10) > error(40) > error(90) > 0


def test_webp_is_what_another_decoder_reads(photograph: np.ndarray):
    ours = compress.webp(photograph, RANDOM, quality=50)
    theirs = np.asarray(opened(compress.encode("webp", as_bytes(photograph), Q=50))) / 255
    assert np.allclose(ours, theirs, atol=1e-6)


def test_the_grids_of_double_jpeg_are_shifted(photograph: np.ndarray):
    grids: dict[str, Any] = {"first": 10, "second": 100, "chroma": "4:4:4"}
    spoiled = compress.double_jpeg(photograph, RANDOM, **grids, shift_x=3, shift_y=5)
    assert spoiled.shape == photograph.shape
    grey = spoiled.mean(axis=2)
    steps_x = np.abs(np.diff(grey, axis=1)).mean(axis=0)
    steps_y = np.abs(np.diff(grey, axis=0)).mean(axis=1)
    # A step lies behind column 8 k - 3 - 1 of the picture, and row 8 k - 5 - 1.
    assert np.argmax([steps_x[n:112:8].mean() for n in range(8)]) == (8 - 3 - 1)
    assert np.argmax([steps_y[n:80:8].mean() for n in range(8)]) == (8 - 5 - 1)


def test_double_jpeg_without_shift_is_jpeg_twice(photograph: np.ndarray):
    twice = compress.double_jpeg(
        photograph, RANDOM, first=30, second=70, shift_x=0, shift_y=0, chroma="4:2:0"
    )
    once = compress.jpeg(photograph, RANDOM, quality=30, chroma="4:2:0")
    again = compress.jpeg(once, RANDOM, quality=70, chroma="4:2:0")
    assert np.array_equal(twice, again)


def test_eight_bits_rounds_to_levels(photograph: np.ndarray):
    spoiled = compress.eight_bits(photograph * np.float32(1.3) - np.float32(0.1), RANDOM)
    assert np.array_equal(spoiled, as_bytes(spoiled).astype(np.float32) / np.float32(255))
    assert np.abs(compress.eight_bits(photograph, RANDOM) - photograph).max() <= 0.5 / 255 + 1e-6


def test_a_picture_too_large_for_webp_is_an_error_that_says_so():
    with pytest.raises(PictureError, match="16384x1"):
        compress.webp(np.zeros((1, 16384, 3), np.float32), RANDOM, quality=50)
