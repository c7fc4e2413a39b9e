"""Telling worn pictures from clean ones."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut, chelsea, coffee, rocket

from claritas.enhancement.condition import worn
from claritas.enhancement.enhancer import Enhancer
from claritas.enhancement.plan import Options, choose_models
from claritas.image.picture import Picture
from claritas.image.read import open_picture
from claritas.image.resize import imresize
from claritas.zoo.catalogue import shipped


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


@pytest.fixture
def jpeg(tmp_path):
    """A picture that was pressed hard, as its file says."""
    return open_picture(saved(imresize(coffee(), scale=0.1), tmp_path / "a.jpg", quality=50))


def models(enhancer, picture):
    return enhancer.plan(enhancer.examined(picture).header).models


@pytest.mark.parametrize(
    ("scale", "wanted"),
    [
        (1.5, ("real-x4",)),
        (2, ("real-x4",)),
        (4, ("real-x4",)),
        (6, ("real-x4", "photo-x2")),
        (16, ("real-x4", "photo-x4")),
    ],
)
def test_a_worn_picture_goes_through_a_model_for_such_first(jpeg, scale, wanted):
    assert models(Enhancer(Options(scale=scale)), jpeg) == wanted


@pytest.mark.parametrize(
    "options",
    [
        {"model": "photo-x4"},
        {"preset": "fast", "scale": 4},
        {"scale": 1},
        {"size": (20, 9)},
        {"faithful": "block"},
    ],
)
def test_nobody_looks_where_the_options_leave_no_choice(jpeg, options):
    enhancer = Enhancer(Options(**options))
    assert enhancer.examined(jpeg) is jpeg
    assert "real-x4" not in models(enhancer, jpeg)


def test_a_model_that_lacks_the_precision_asked_for_is_not_chosen(jpeg):
    enhancer = Enhancer(Options(scale=4, precision="bf16"))
    assert "bf16" not in shipped()["real-x4"].card.precision
    assert enhancer.examined(jpeg) is jpeg
    assert choose_models(enhancer.options, 4, worn=True) == [shipped()["photo-x4"]]


def test_a_clean_picture_goes_through_a_model_for_clean_ones():
    picture = Picture.from_array(imresize(coffee(), scale=0.2))
    assert models(Enhancer(Options(scale=4)), picture) == ("photo-x4",)


def test_the_result_says_why_it_was_taken_for_worn_and_is_another_picture(jpeg):
    result = Enhancer(Options(scale=2))(jpeg)
    first, second = result.header.notes[-2:]
    assert first == "Taken for worn, since it was saved as JPEG of quality 50."
    assert second.startswith("Model real-x4")
    assert result.header.worn is None
    assert result.array().shape == (2 * jpeg.header.height, 2 * jpeg.header.width, 3)


def test_whether_a_picture_was_done_is_known_without_looking_at_it(jpeg):
    enhancer = Enhancer()
    seen = enhancer.examined(jpeg).header
    assert enhancer.plan(seen).models != enhancer.plan(jpeg.header).models
    assert enhancer.plan(seen).identity == enhancer.plan(jpeg.header).identity
