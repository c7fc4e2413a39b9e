from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

from claritas.benchmark.sets import (
    as_bytes,
    cropped_to_multiple,
    example,
    picture_set,
    picture_sets,
)
from claritas.degradation.recipe import to_recipe
from claritas.errors import UsageError
from claritas.image.resize import imresize


def test_a_set_is_the_pictures_of_a_folder_in_the_order_of_their_names(folder, tmp_path):
    found = picture_set(folder)
    assert found.name == "pair"
    assert [file.name for file in found.files] == ["cat.png", "grey.png"]
    for name in ("b.JPG", "a.png", "notes.txt"):
        (tmp_path / name).touch()
    assert [file.name for file in picture_set(tmp_path).files] == ["a.png", "b.JPG"]


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_low_resolution_is_the_uint8_form_of_the_cropped_original(folder, scale):
    high, low = example(folder / "cat.png", scale)
    assert high.shape == (97 - 97 % scale, 131 - 131 % scale, 3)
    assert low.dtype == np.uint8
    assert np.array_equal(low, imresize(high, scale=1 / scale))


def test_grey_keeps_its_one_channel(folder):
    high, low = example(folder / "grey.png", 3)
    assert high.shape == (72, 87, 1)
    assert low.shape == (24, 29, 1)


def test_cropping_keeps_the_upper_left():
    picture = np.arange(35, dtype=np.uint8).reshape(5, 7)
    assert np.array_equal(cropped_to_multiple(picture, 3), picture[:3, :6])


def test_a_folder_without_pictures_is_an_error_that_names_it(tmp_path):
    with pytest.raises(UsageError, match=f"{tmp_path.name} holds no pictures"):
        picture_set(tmp_path)
    with pytest.raises(UsageError, match="missing is not a folder"):
        picture_set(tmp_path / "missing")


def test_two_folders_of_one_name_are_an_error(folder):
    with pytest.raises(UsageError, match="Two folders are called pair"):
        picture_sets([folder, folder])


@pytest.mark.parametrize("kind", ["alpha", "deep", "tiny"])
def test_what_the_protocol_does_not_cover_is_an_error_that_names_the_file(tmp_path, kind):
    file = tmp_path / f"{kind}.png"
    pictures = {
        "alpha": np.zeros((20, 20, 4), np.uint8),
        "deep": np.zeros((20, 20), np.uint16),
        "tiny": np.zeros((1, 20, 3), np.uint8),
    }
    picture: Any = pictures[kind]
    Image.fromarray(picture).save(file)
    with pytest.raises(UsageError, match=f"{kind}.png"):
        example(file, 2)


def test_noise_that_is_not_clipped_stays_float_and_results_are_rounded_once(tmp_path):
    file = tmp_path / "white.png"
    Image.fromarray(np.full((32, 32, 3), 255, np.uint8)).save(file)
    noise = {"kind": "gaussian_noise", "sigma": 25}
    clipped = example(file, 1, to_recipe({"steps": [noise]}, "test")).low
    free = example(file, 1, to_recipe({"steps": [noise | {"clip": False}]}, "test")).low
    assert clipped.dtype == np.uint8
    assert free.max() > 1
    assert np.array_equal(as_bytes(free), clipped)
