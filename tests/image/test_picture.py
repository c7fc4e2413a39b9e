from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claritas.errors import PictureError
from claritas.image.picture import Header, Picture, SampleType, normalise, quantise


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "uint32", "int32"])
def test_every_integer_survives_the_way_to_floats_and_back(dtype):
    limits = np.iinfo(dtype)
    values = np.linspace(limits.min, limits.max, 65536, dtype=np.float64).astype(dtype)
    header = Header(256, 256, 1, SampleType(dtype), float(limits.min), float(limits.max))
    back = quantise(normalise(values, header), header)
    # float32 has 24 bits: 32-bit integers lose their last ones, and only those.
    tolerance = 0 if values.itemsize < 4 else 2**9
    assert np.abs(back.astype(np.int64) - values.astype(np.int64)).max() <= tolerance


@settings(max_examples=50)
@given(low=st.floats(-1e4, 1e4), span=st.floats(1, 1e4))
def test_a_float_picture_keeps_its_own_range(low, span):
    header = Header(5, 1, 1, SampleType.FLOAT32, low, low + span)
    values = (low + span * np.linspace(0, 1, 5)).astype(np.float32)
    normal = normalise(values, header)
    assert normal.min() == pytest.approx(0, abs=1e-3)
    assert normal.max() == pytest.approx(1, abs=1e-3)
    assert np.allclose(quantise(normal, header), values, atol=2e-6 * (abs(low) + span))


def test_integers_beyond_the_range_are_clipped_and_floats_are_not():
    band = np.array([[[-0.5], [0.5], [1.5]]], np.float32)
    assert quantise(band, Header(3, 1, 1)).ravel().tolist() == [0, 128, 255]
    free = Header(3, 1, 1, SampleType.FLOAT32, 0, 1)
    assert quantise(band, free).ravel().tolist() == [-0.5, 0.5, 1.5]


def test_a_flat_signed_picture_survives():
    header = Header(2, 1, 1, SampleType.INT16, -7, -7)
    values = np.full((1, 2, 1), -7, np.int16)
    assert quantise(normalise(values, header), header).ravel().tolist() == [-7, -7]


def test_an_array_is_given_back_as_it_was():
    array = np.random.default_rng(0).integers(0, 65536, (700, 3, 4), dtype=np.uint16)
    picture = Picture.from_array(array)
    assert np.array_equal(picture.array(), array)
    assert (picture.header.width, picture.header.height) == (3, 700)
    assert picture.header.alpha


@pytest.mark.parametrize("shape", [(0, 3), (3, 3, 5), (2, 2, 3, 3)])
def test_an_array_of_another_shape_is_an_error(shape):
    with pytest.raises(PictureError):
        Picture.from_array(np.zeros(shape, np.uint8))
