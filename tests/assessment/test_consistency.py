from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import fourier_shift, gaussian_filter
from skimage.registration import phase_cross_correlation

from claritas.assessment.consistency import consistency, registration, shift
from claritas.assessment.full_reference import psnr
from claritas.assessment.pixels import grey
from claritas.errors import PictureError
from claritas.image.picture import Picture
from claritas.image.resize import imresize, resize
from tests.assessment.conftest import noisy


def moved(picture, down, right):
    planes = [
        np.fft.ifft2(fourier_shift(np.fft.fft2(plane), (down, right))).real
        for plane in np.moveaxis(picture.astype(float), -1, 0)
    ]
    return np.clip(np.stack(planes, -1).round(), 0, 255).astype(np.uint8)


def test_consistency_is_the_psnr_of_what_is_brought_down(cat):
    result = noisy(cat.repeat(2, 0).repeat(2, 1), 10)
    down = imresize(result, size=(cat.shape[1], cat.shape[0]))
    expected = psnr(down, cat, channels="RGB").value
    assert consistency(result, cat).value == expected


def test_an_interpolation_is_consistent_and_another_picture_is_not(cat):
    result = resize(Picture.from_array(cat), scale=2).array()
    assert consistency(result, cat).value > 35
    assert consistency(result[::-1], cat).value < 20


@pytest.mark.parametrize("shape", [(100, 150), (302, 700)])
def test_a_result_that_was_not_made_from_the_input_is_refused(cat, shape):
    with pytest.raises(PictureError, match="not made from"):
        consistency(np.zeros((*shape, 3), np.uint8), cat)


@pytest.mark.parametrize("by", [(0.0, 0.0), (0.25, -0.5), (3.4, -7.75)])
def test_the_shift_is_found_to_a_few_hundredths_of_a_pixel(cat, by):
    picture = gaussian_filter(cat, (1, 1, 0))
    assert shift(moved(picture, *by), picture) == pytest.approx(by, abs=0.04)


def test_the_shift_agrees_with_scikit_image(cat):
    other = moved(cat, 0.3, 1.6)
    window = np.outer(np.hanning(cat.shape[0]), np.hanning(cat.shape[1]))
    x, y = (window * (grey(one) - grey(one).mean()) for one in (other, cat))
    found, _, _ = phase_cross_correlation(x, y, upsample_factor=100, normalization=None)
    assert shift(other, cat) == pytest.approx(tuple(found), abs=0.011)


def test_a_resizer_that_counts_from_corners_is_seen(cat):
    pixels = np.kron(cat[..., :1], np.ones((2, 2, 1), np.uint8)).repeat(3, 2)
    source = cat[..., :1].repeat(3, 2)
    assert registration(pixels, source).value < 0.02
    assert registration(np.roll(pixels, 1, axis=1), source).value == pytest.approx(0.5, abs=0.05)
