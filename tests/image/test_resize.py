from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from claritas.errors import UsageError
from claritas.image.picture import Picture
from claritas.image.resize import KERNELS, imresize, output_size, resize

MATLAB_CASES = {
    "down_down_small": ("input_small", (3, 3)),
    "down_down": ("input_square", (3, 4)),
    "down_down_irregular": ("input_square", (5, 7)),
    "down_down_x2": ("input_square", (4, 4)),
    "down_down_x4": ("input_square", (2, 2)),
    "down_down_x3": ("input_15x15", (5, 5)),
    "down_down_x5": ("input_15x15", (3, 3)),
    "up_up_topleft": ("input_topleft", (5, 5)),
    "up_up_bottomright": ("input_bottomright", (5, 5)),
    "up_up_irregular": ("input_square", (11, 13)),
    "down_down_butterfly_irregular": ("input_butterfly_uint8", (123, 234)),
}


@pytest.mark.shared
def test_imresize_gives_matlabs_numbers(oracles):
    answers = np.load(oracles / "matlab_r2019b_float64.npz")
    checked = 0
    for key in answers.files:
        if key.startswith("input_"):
            continue
        name, _, how = key.rpartition("_")
        given_key, (rows, columns) = MATLAB_CASES[name]
        given_array = answers[given_key].astype(np.float64)
        if given_key.endswith("uint8"):
            given_array = given_array / 255
        result = imresize(given_array, size=(columns, rows), antialias=how == "aa")
        assert np.abs(result - answers[key]).max() < 1e-9, key
        checked += 1
    assert checked == 16


@pytest.mark.shared
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_imresize_of_bytes_gives_matlabs_bytes(oracles, scale):
    for path in sorted((oracles / "set5" / "HR").glob("*.png")):
        whole = np.asarray(Image.open(path))
        height, width = (side - side % scale for side in whole.shape[:2])
        result = imresize(whole[:height, :width], scale=1 / scale)
        expected = np.asarray(Image.open(oracles / "set5" / f"LR_x{scale}" / path.name))
        assert np.array_equal(result, expected), path.name


def dense_matrix(length: int, wanted: int, kernel: str) -> np.ndarray:
    """The textbook form: one weight for every pair of samples, mirrored at the ends."""
    shape = KERNELS[kernel]
    scale = wanted / length
    stretch = min(scale, 1.0) if shape.antialias else 1.0
    matrix = np.zeros((wanted, length))
    for row in range(wanted):
        centre = (row + 0.5) / scale - 0.5
        for sample in range(-4 * length, 5 * length):
            weight = shape.function(np.array([stretch * (centre - sample)]))[0]
            inside = sample % (2 * length)
            matrix[row, inside if inside < length else 2 * length - 1 - inside] += weight
    return matrix / matrix.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("kernel", ["nearest", "bilinear", "bicubic", "lanczos", "area"])
@pytest.mark.parametrize("wanted", [(5, 4), (9, 13), (23, 31), (27, 33)])
def test_every_kernel_is_its_dense_matrix(kernel, wanted):
    rows, columns = wanted
    array = np.random.default_rng(1).random((9, 11))
    expected = dense_matrix(9, rows, kernel) @ array @ dense_matrix(11, columns, kernel).T
    assert np.abs(imresize(array, size=(columns, rows), kernel=kernel) - expected).max() < 1e-12


@settings(max_examples=40, deadline=None)
@given(
    width=st.integers(1, 40),
    height=st.integers(1, 700),
    scale=st.sampled_from([0.1, 0.37, 0.5, 1.1, 2, 3.3, 4]),
    kernel=st.sampled_from(sorted(KERNELS)),
    cut=st.integers(1, 300),
)
def test_a_stream_is_resized_like_an_array(width, height, scale, kernel, cut):
    array = np.random.default_rng(2).random((height, width, 3), dtype=np.float32)
    header = Picture.from_array(array).header
    picture = Picture(header, lambda: (array[top : top + cut] for top in range(0, height, cut)))
    result = resize(picture, scale=scale, kernel=kernel)
    expected = imresize(array.astype(np.float64), scale=scale, kernel=kernel)
    assert (result.header.height, result.header.width) == expected.shape[:2]
    assert np.abs(result.array() - expected).max() < 2e-6


@given(side=st.integers(1, 20_000), scale=st.sampled_from([1.1, 1.5, 2, 3, 0.1, 1 / 3, 16]))
def test_a_side_becomes_the_next_whole_number(side, scale):
    from fractions import Fraction

    exact = Fraction(scale).limit_denominator(1000) * side
    assert output_size(side, side, scale)[0] == max(1, -(-exact.numerator // exact.denominator))


def test_the_physical_size_stays():
    picture = Picture.from_array(np.zeros((4, 6), np.uint8), dpi=(300.0, 150.0))
    assert resize(picture, scale=2).header.dpi == (600.0, 300.0)


def test_neither_scale_nor_size_is_an_error():
    with pytest.raises(UsageError):
        imresize(np.zeros((2, 2)))
