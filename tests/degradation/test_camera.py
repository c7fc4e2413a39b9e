from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from claritas.degradation import camera


def test_the_inverse_is_numpys(random: np.random.Generator):
    colours = camera.random_camera(random).colours
    assert np.allclose(camera.inverse(colours), np.linalg.inv(colours))
    assert colours.sum(axis=1) == pytest.approx([1, 1, 1])


def test_without_noise_only_the_mosaic_is_seen(photograph: np.ndarray, random: np.random.Generator):
    smooth = ndimage.gaussian_filter(photograph, (3, 3, 0))
    result = camera.camera_noise(smooth, random, shot=0, read=0)
    assert result.dtype == np.float32
    assert result.shape == smooth.shape
    assert np.abs(result - smooth).mean() < 0.01


def test_white_stays_white_and_black_black(random: np.random.Generator):
    for level in (0, 1):
        even = np.full((9, 11, 3), level, np.float32)
        assert np.allclose(camera.camera_noise(even, random, shot=0, read=0), level, atol=1e-3)


def test_the_mosaic_begins_with_red_and_green():
    colours = np.zeros((4, 4, 3))
    colours[...] = [0.1, 0.2, 0.3]
    assert camera.mosaic(colours)[:2, :2].tolist() == [[0.1, 0.2], [0.2, 0.3]]


def test_an_even_mosaic_is_demosaicked_evenly_up_to_the_border():
    raw = camera.mosaic(np.ones((7, 8, 3)) * [0.25, 0.5, 0.75]).astype(np.float32)
    assert np.allclose(camera.demosaicked(raw), [0.25, 0.5, 0.75])


@pytest.mark.parametrize("level", [0.1, 0.7])
def test_noise_has_the_variance_of_its_formula(level: float, random: np.random.Generator):
    added = camera.with_noise(np.full((300, 300), level), random, 0.01, 0.0004) - level
    assert added.var() == pytest.approx(0.01 * level + 0.0004, rel=0.03)


def test_more_shot_noise_is_seen_as_more_noise(even: np.ndarray):
    def spread(shot: float) -> float:
        return float(camera.camera_noise(even, np.random.default_rng(5), shot=shot, read=0).std())

    assert spread(0.0016) == pytest.approx(2 * spread(0.0004), rel=0.1)


def test_levels_are_drawn_as_published(random: np.random.Generator):
    drawn = np.log([camera.random_levels(random, None) for _ in range(3000)])
    assert drawn[:, 0].min() >= np.log(1e-4)
    assert drawn[:, 0].max() <= np.log(0.012)
    assert drawn[:, 0].mean() == pytest.approx((np.log(1e-4) + np.log(0.012)) / 2, abs=0.1)
    rest = drawn[:, 1] - (2.18 * drawn[:, 0] + 1.20)
    assert rest.mean() == pytest.approx(0, abs=0.02)
    assert rest.std() == pytest.approx(0.26, abs=0.02)
