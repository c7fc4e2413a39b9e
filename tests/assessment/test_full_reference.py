from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter
from skimage import data
from skimage.measure import block_reduce
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from claritas.assessment.full_reference import luma, ms_ssim, psnr, rmse, ssim
from claritas.assessment.score import Protocol, mean
from claritas.errors import PictureError

AS_WANG = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}


def noisy(picture, sigma, seed=0):
    noise = np.random.default_rng(seed).normal(0, sigma, picture.shape)
    return np.clip(picture + noise, 0, 255).round().astype(np.uint8)


@pytest.fixture(scope="module")
def cat():
    return data.chelsea()[:151, :203]


@pytest.mark.parametrize("sigma", [1, 12, 60])
@pytest.mark.parametrize("border", [0, 3])
def test_luma_measures_agree_with_scikit_image(cat, sigma, border):
    worse = noisy(cat, sigma)
    inside = np.s_[border : 151 - border, border : 203 - border]
    x, y = luma(worse)[inside], luma(cat)[inside]
    expected = peak_signal_noise_ratio(y, x, data_range=255)
    assert psnr(worse, cat, border=border).value == pytest.approx(expected, abs=1e-9)
    expected = structural_similarity(y, x, data_range=255, **AS_WANG)
    assert ssim(worse, cat, border=border).value == pytest.approx(expected, abs=1e-9)


def test_rgb_measures_agree_with_scikit_image(cat):
    worse = noisy(cat, 12)
    expected = peak_signal_noise_ratio(cat, worse, data_range=255)
    assert psnr(worse, cat, channels="RGB").value == pytest.approx(expected, abs=1e-9)
    expected = structural_similarity(cat, worse, data_range=255, channel_axis=2, **AS_WANG)
    assert ssim(worse, cat, channels="RGB").value == pytest.approx(expected, abs=1e-9)


@settings(max_examples=15, deadline=None)
@given(st.integers(11, 75), st.integers(11, 75), st.integers(0, 9))
def test_ssim_of_any_size_agrees_with_scikit_image(height, width, seed):
    random = np.random.default_rng(seed)
    x, y = random.integers(0, 256, (2, height, width, 3), dtype=np.uint8)
    expected = structural_similarity(luma(x), luma(y), data_range=255, **AS_WANG)
    assert ssim(x, y).value == pytest.approx(expected, abs=1e-9)


def test_luma_of_primaries_is_that_of_bt601_in_studio_range():
    primaries = np.eye(3, dtype=np.uint8)[None] * np.uint8(255)
    assert luma(primaries)[0] == pytest.approx([81.481, 144.553, 40.966])


def test_grey_counts_as_rgb_with_equal_channels(cat):
    grey, worse = cat[..., 0], noisy(cat[..., 0], 8)
    as_rgb = [np.repeat(picture[..., None], 3, 2) for picture in (worse, grey)]
    for measure in (psnr, ssim):
        for channels in ("Y", "RGB"):
            expected = measure(*as_rgb, channels=channels)
            assert measure(worse, grey, channels=channels) == expected
            assert measure(worse[..., None], grey[..., None], channels=channels) == expected
    gain = psnr(worse, grey).value - psnr(worse, grey, channels="RGB").value
    assert gain == pytest.approx(20 * math.log10(255 / 219))


def test_the_border_is_left_out(cat):
    worse = cat.copy()
    worse[:4] = worse[:, -4:] = 0
    assert psnr(worse, cat, border=4).value == math.inf
    assert ssim(worse, cat, border=4).value == pytest.approx(1)
    assert psnr(worse, cat, border=3).value < 40


def test_a_score_says_all_that_is_needed_to_read_it(cat):
    score = psnr(noisy(cat, 5), cat, border=4)
    assert (score.name, score.unit, score.higher_is_better) == ("PSNR", "dB", True)
    assert score.range == (0, math.inf)
    assert str(score.protocol) == "Y BT.601, border 4, 8 bit"
    window = ", 11x11 Gaussian, sigma 1.5, valid region"
    assert str(ssim(cat, cat, channels="RGB").protocol) == "RGB, border 0, 8 bit" + window


def test_scores_under_different_protocols_have_no_mean(cat):
    worse = noisy(cat, 5)
    first, second = psnr(worse, cat, border=2), psnr(worse, cat, border=4)
    assert mean([first, first]) == first
    assert mean([first]).protocol == Protocol("Y", 2)
    with pytest.raises(ValueError, match="one protocol"):
        mean([first, second])


@pytest.mark.parametrize(
    ("result", "reference", "border", "says"),
    [
        (np.zeros((20, 20, 3), np.uint8), np.zeros((20, 21, 3), np.uint8), 0, "be compared"),
        (np.zeros((20, 20, 3)), np.zeros((20, 20, 3)), 0, "8-bit"),
        (np.zeros((20, 20, 4), np.uint8), np.zeros((20, 20, 4), np.uint8), 0, "without alpha"),
        (np.zeros((20, 20, 3), np.uint8), np.zeros((20, 20, 3), np.uint8), 5, "at least 11"),
        (np.zeros((20, 20, 3), np.uint8), np.zeros((20, 20, 3), np.uint8), -1, "border of -1"),
    ],
)
def test_what_cannot_be_measured_is_an_error_that_says_what_was_expected(
    result, reference, border, says
):
    with pytest.raises(PictureError, match=says):
        ssim(result, reference, border=border)


def test_ms_ssim_is_the_product_over_five_sizes():
    worse = noisy(data.chelsea(), 12)
    x, y = luma(worse), luma(data.chelsea())
    expected = 1.0
    for weight in (0.0448, 0.2856, 0.3001, 0.2363, 0.1333):
        _, whole = structural_similarity(x, y, data_range=255, full=True, **AS_WANG)
        # Without its term of brightness, SSIM is what is left of it.
        mean = [gaussian_filter(one, 1.5, truncate=3.5) for one in (x, y)]
        c1 = (0.01 * 255) ** 2
        bright = (2 * mean[0] * mean[1] + c1) / (mean[0] ** 2 + mean[1] ** 2 + c1)
        inside = np.s_[5:-5, 5:-5]
        part = whole if weight == 0.1333 else whole / bright
        expected *= part[inside].mean() ** weight
        x, y = (halved(one) for one in (x, y))
    assert ms_ssim(worse, data.chelsea()).value == pytest.approx(expected, abs=1e-9)


def halved(plane):
    even = np.pad(plane, [(0, side % 2) for side in plane.shape], mode="symmetric")
    return block_reduce(even, (2, 2), np.mean)


def test_ms_ssim_needs_eleven_pixels_at_its_smallest_size():
    assert ms_ssim(np.zeros((161, 161), np.uint8), np.zeros((161, 161), np.uint8)).value == 1
    with pytest.raises(PictureError, match="at least 161"):
        ms_ssim(np.zeros((160, 300), np.uint8), np.zeros((160, 300), np.uint8))


def test_rmse_and_psnr_say_the_same(cat):
    worse = noisy(cat, 9)
    error = rmse(worse, cat).value
    assert psnr(worse, cat, channels="RGB").value == pytest.approx(20 * math.log10(255 / error))
