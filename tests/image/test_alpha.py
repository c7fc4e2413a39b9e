from __future__ import annotations

import numpy as np
import pytest

from claritas.image.alpha import colours_and_alpha, premultiply, unpremultiply
from claritas.image.picture import Picture
from claritas.image.resize import resize


def on_white(rgba: np.ndarray) -> np.ndarray:
    colours = rgba[..., :3].astype(float) / np.iinfo(rgba.dtype).max
    alpha = rgba[..., 3:].astype(float) / np.iinfo(rgba.dtype).max
    return colours * alpha + 1 - alpha


@pytest.mark.parametrize("kernel", ["bilinear", "bicubic", "lanczos", "area"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_a_white_shape_on_transparent_black_gets_no_rim(kernel, dtype):
    full = np.iinfo(dtype).max
    array = np.zeros((20, 20, 4), dtype)
    array[9:11, 9:11] = full
    result = resize(Picture.from_array(array), scale=2, kernel=kernel).array()
    assert on_white(result).min() > 0.98


def test_dividing_undoes_multiplying_where_something_is_visible():
    array = np.random.default_rng(0).random((30, 7, 4)).astype(np.float32)
    array[3, 3, 3] = 0
    result = unpremultiply(premultiply(Picture.from_array(array))).array()
    visible = array[..., 3] > 0
    assert np.allclose(result[visible], array[visible], atol=1e-5)
    assert result[3, 3].tolist() == [0, 0, 0, 0]


def test_colours_and_alpha_go_their_own_ways_in_one_pass():
    array = np.random.default_rng(0).random((700, 5, 4)).astype(np.float32)
    result = colours_and_alpha(
        Picture.from_array(array),
        lambda picture: resize(picture, scale=2, kernel="bicubic"),
        lambda picture: resize(picture, scale=2, kernel="nearest"),
    )
    assert result.array().shape == (1400, 10, 4)
    assert np.array_equal(result.array()[::2, ::2, 3], array[..., 3])
