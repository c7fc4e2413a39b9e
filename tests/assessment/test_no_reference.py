from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats
from scipy.ndimage import gaussian_filter
from scipy.signal import convolve2d
from skimage.measure import blur_effect

from claritas.assessment.blocks import blockiness, jpeg_quality
from claritas.assessment.exposure import brightness
from claritas.assessment.gradient import gmsd
from claritas.assessment.natural import asymmetric_fit, niqe, normalised, read_pristine
from claritas.assessment.piqe import piqe
from claritas.assessment.pixels import grey
from claritas.assessment.sharpness import noise_level, sharpness
from claritas.errors import PictureError, UsageError
from tests.assessment.conftest import noisy, through_jpeg


def blurred(picture, sigma):
    return gaussian_filter(picture.astype(float), (sigma, sigma, 0)).round().astype(np.uint8)


@pytest.mark.parametrize("shape", [0.8, 1.5, 2.0, 3.0])
def test_the_fit_finds_the_distribution_that_values_were_drawn_from(shape):
    random = np.random.default_rng(0)
    sizes = np.abs(stats.gennorm.rvs(shape, size=200_000, random_state=random))
    # Sides as likely as they are wide, as the asymmetric distribution has it.
    side = random.random(sizes.size) < 2 / (2 + 3)
    found, left, right = asymmetric_fit(np.where(side, -2 * sizes, 3 * sizes))
    assert found == pytest.approx(shape, rel=0.03)
    # Scales are given as roots of Gamma(1 / a) / Gamma(3 / a) times the deviations.
    assert (left, right) == pytest.approx((2, 3), rel=0.03)


def test_values_on_one_side_have_no_fit():
    assert np.isnan(asymmetric_fit(np.arange(1.0, 9.0))).all()
    assert special.gamma(1) == 1


def test_flat_places_are_zero_and_not_rounding():
    plane = np.full((40, 40), 77.0)
    plane[:, 30:] = 120
    assert not normalised(plane, "edge")[0][:, :20].any()


def test_niqe_rises_when_a_photograph_is_spoiled(cat):
    clean = niqe(cat).value
    assert clean < 4
    for spoiled in (noisy(cat, 20), blurred(cat, 2), through_jpeg(cat, 15)):
        assert niqe(spoiled).value > clean + 1


def test_a_file_that_holds_no_model_for_niqe_is_said(tmp_path):
    path = tmp_path / "model.npz"
    for write in (lambda: None, lambda: path.write_text("no"), lambda: np.savez(path, mean=1)):
        write()
        with pytest.raises(UsageError, match=r"model\.npz is not a model"):
            read_pristine(path)


def test_the_published_names_are_read_as_well(tmp_path):
    own = read_pristine()
    np.savez(tmp_path / "m.npz", mu_pris_param=own.mean[None], cov_pris_param=own.covariance)
    assert (read_pristine(tmp_path / "m.npz").mean == own.mean).all()


def test_piqe_rises_with_compression(cat):
    values = [piqe(through_jpeg(cat, quality)).value for quality in (90, 40, 15, 6)]
    assert values == sorted(values)
    assert values[-1] > values[0] + 20


def test_sharpness_agrees_with_scikit_image(cat):
    for picture in (cat, blurred(cat, 1.5), noisy(cat, 10)):
        expected = 1 - blur_effect(grey(picture) / 255)
        assert sharpness(picture).value == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("sigma", [2, 8, 25])
def test_the_noise_level_is_the_deviation_of_noise_that_was_added(sigma):
    flat = np.full((200, 200, 3), 128, np.uint8)
    assert noise_level(noisy(flat, sigma)).value == pytest.approx(sigma, rel=0.06)


@pytest.mark.parametrize("quality", [10, 30, 60, 85, 92])
def test_the_quality_of_a_jpeg_is_found_in_its_pixels(cat, quality):
    assert jpeg_quality(through_jpeg(cat, quality)).value == pytest.approx(quality, abs=1)


def test_pixels_that_never_were_a_jpeg_have_no_quality(cat):
    with pytest.raises(PictureError, match="no trace"):
        jpeg_quality(noisy(cat, 2))
    assert jpeg_quality(cat, stated=77).value == 77


def test_blocks_are_seen_wherever_the_grid_lies(cat):
    compressed = through_jpeg(cat, 20)
    assert blockiness(cat).value < 1.1
    assert blockiness(compressed).value > 1.5
    assert blockiness(compressed[3:, 5:]).value > 1.5


def test_brightness_is_the_mean_lightness():
    halves = np.zeros((2, 10, 3), np.uint8)
    halves[1] = 255
    assert brightness(halves).value == pytest.approx(50)


def test_gmsd_is_as_its_authors_compute_it(cat):
    def steepness(plane):
        kernel = np.array([[1, 0, -1]] * 3) / 3
        small = convolve2d(plane, np.full((2, 2), 0.25))[1:, 1:][::2, ::2]
        return np.hypot(convolve2d(small, kernel, "same"), convolve2d(small, kernel.T, "same"))

    for odd in (cat, cat[:-1, :-2]):
        x, y = steepness(grey(noisy(odd, 15))), steepness(grey(odd))
        expected = ((2 * x * y + 170) / (x * x + y * y + 170)).std()
        assert gmsd(noisy(odd, 15), odd).value == pytest.approx(expected, rel=1e-9)
