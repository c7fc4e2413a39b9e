from __future__ import annotations

import numpy as np
import pytest

from claritas.degradation import noise

Generator = np.random.Generator


@pytest.mark.parametrize("correlation", [0.0, 1.5])
def test_gaussian_noise_has_its_sigma(even: np.ndarray, random: Generator, correlation: float):
    added = noise.gaussian_noise(even, random, sigma=15, grey=0, correlation=correlation) - even
    assert added.dtype == np.float32
    assert added.std() * 255 == pytest.approx(15, rel=0.03)
    assert abs(added.mean()) * 255 < 0.5
    assert abs(np.corrcoef(added[..., 0].ravel(), added[..., 1].ravel())[0, 1]) < 0.05


def test_correlated_noise_resembles_its_neighbours_as_a_gaussian_says(
    even: np.ndarray, random: Generator
):
    added = noise.gaussian_noise(even, random, sigma=15, grey=0, correlation=1.5) - even
    left, right = added[:, :-2].ravel(), added[:, 2:].ravel()
    # Noise smoothed with sigma s correlates as exp(-d^2 / 4 s^2).
    expected = np.exp(-(2**2) / (4 * 1.5**2))
    assert np.corrcoef(left, right)[0, 1] == pytest.approx(expected, abs=0.05)


def test_correlated_noise_is_as_strong_at_the_border(even: np.ndarray, random: Generator):
    many = [
        noise.gaussian_noise(even, random, sigma=15, grey=0, correlation=3)[0] for _ in range(20)
    ]
    assert (np.array(many) - 0.5).std() * 255 == pytest.approx(15, rel=0.06)


def test_grey_noise_is_the_same_in_all_channels(photograph: np.ndarray, random: Generator):
    for added in (
        noise.gaussian_noise(photograph, random, sigma=9, grey=1, correlation=0) - photograph,
        noise.poisson_noise(photograph, random, scale=1, grey=1) - photograph,
    ):
        assert np.allclose(added[..., 0], added[..., 2], atol=1e-6)
        assert added.std() > 0


def test_poisson_noise_has_the_variance_of_counted_photons(random: Generator):
    # 256 values, so white is 256 photons and the variance of x is x / 256.
    ramp = np.repeat(np.arange(256, dtype=np.float32)[None, :, None] / np.float32(255), 4000, 0)
    added = noise.poisson_noise(ramp, random, scale=2, grey=0) - ramp
    assert added[:, 200].var() == pytest.approx(4 * (200 / 255) / 256, rel=0.1)
    assert added[:, 50].var() == pytest.approx(4 * (50 / 255) / 256, rel=0.1)
    assert abs(added.mean()) < 1e-3


def test_speckle_grows_with_the_pixel(even: np.ndarray, random: Generator):
    for level in (0.2, 0.8):
        picture = np.full_like(even, level)
        added = noise.speckle(picture, random, sigma=0.1, grey=0) - picture
        assert added.std() == pytest.approx(0.1 * level, rel=0.03)


def test_salt_and_pepper_sets_whole_pixels_to_white_or_black(even: np.ndarray, random: Generator):
    spoiled = noise.salt_and_pepper(even, random, share=0.4, salt=0.25)
    hit = (spoiled != 0.5).any(axis=2)
    assert hit.mean() == pytest.approx(0.4, abs=0.02)
    assert set(np.unique(spoiled[hit])) == {0.0, 1.0}
    assert (spoiled[hit].std(axis=1) == 0).all()
    assert spoiled[hit].mean() == pytest.approx(0.25, abs=0.02)


def test_coloured_pixels_are_even_over_all_bytes(even: np.ndarray, random: Generator):
    spoiled = noise.coloured_pixels(even, random, share=0.6)
    hit = (spoiled != 0.5).any(axis=2)
    assert hit.mean() == pytest.approx(0.6, abs=0.02)
    levels = spoiled[hit] * 255
    assert np.allclose(levels, np.rint(levels), atol=1e-4)
    assert levels.mean() == pytest.approx(127.5, abs=1.5)
    assert levels.std() == pytest.approx(np.sqrt((256**2 - 1) / 12), rel=0.02)
