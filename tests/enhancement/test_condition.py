"""Telling worn pictures from clean ones."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut, chelsea, coffee, rocket

from claritas.enhancement.condition import worn
from claritas.image.picture import Picture
from claritas.image.read import open_picture
from claritas.image.resize import imresize


@pytest.fixture(params=[astronaut, chelsea, coffee, rocket])
def photograph(request):
    return imresize(request.param(), scale=0.5)


def saved(pixels, path, **options):
    Image.fromarray(pixels).save(path, **options)
    return path


def test_a_clean_picture_is_clean_as_png_and_as_a_good_jpeg(photograph, tmp_path):
    assert worn(open_picture(saved(photograph, tmp_path / "a.png"))) == ""
    assert worn(open_picture(saved(photograph, tmp_path / "a.jpg", quality=95))) == ""


@pytest.mark.parametrize("quality", [35, 60])
def test_a_strong_jpeg_is_worn_and_stays_so_when_it_is_saved_again(photograph, quality, tmp_path):
    path = saved(photograph, tmp_path / "a.jpg", quality=quality)
    assert f"quality {quality}" in worn(open_picture(path))
    again = np.asarray(Image.open(path))
    assert f"quality {quality}" in worn(open_picture(saved(again, tmp_path / "b.png")))


def test_noise_makes_a_picture_worn_and_more_bits_or_one_pixel_do_not():
    random = np.random.default_rng(0)
    noisy = np.clip(128 + random.normal(0, 20, (96, 96, 3)), 0, 255).astype(np.uint8)
    assert "noise" in worn(Picture.from_array(noisy))
    assert worn(Picture.from_array(noisy.astype(np.uint16) * 257)) == ""
    assert worn(Picture.from_array(noisy[:1, :1])) == ""
