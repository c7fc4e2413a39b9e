from __future__ import annotations

import numpy as np
import pytest

from claritas.degradation import exposure
from claritas.degradation.greyscale import greyscale, luma
from claritas.degradation.resample import resample
from claritas.image.resize import KERNELS, Kernel

RANDOM = np.random.default_rng(0)


def test_an_exposure_step_doubles_linear_light(photograph: np.ndarray):
    dark = photograph * np.float32(0.4)
    brighter = exposure.exposure(dark, RANDOM, ev=1)
    assert np.allclose(exposure.linear(brighter), 2 * exposure.linear(dark), atol=1e-5)
    assert np.allclose(exposure.exposure(brighter, RANDOM, ev=-1), dark, atol=1e-5)


def test_srgb_has_its_published_values():
    assert exposure.linear(np.array([0, 0.5, 1], np.float32)) == pytest.approx(
        [0, 0.2140411, 1], abs=1e-6
    )
    assert exposure.encoded(np.array([0, 0.18, 1])) == pytest.approx([0, 0.4613561, 1], abs=1e-6)


def test_too_much_light_is_clipped(photograph: np.ndarray):
    assert exposure.exposure(photograph, RANDOM, ev=10).max() == 1


def test_vignette_takes_its_strength_in_the_corners_and_nothing_in_the_middle():
    white = np.ones((301, 401, 3), np.float32)
    light = exposure.linear(exposure.vignette(white, RANDOM, strength=0.6))
    assert light[150, 200, 0] == pytest.approx(1)
    assert light[0, 0, 0] == pytest.approx(0.4, abs=0.01)
    # cos^4 of the angle whose tangent grows evenly from the middle.
    tangent = np.sqrt(1 / np.sqrt(0.4) - 1)
    assert light[75, 100, 0] == pytest.approx(np.cos(np.arctan(tangent / 2)) ** 4, abs=0.01)


def test_gamma_and_low_light_are_powers(photograph: np.ndarray):
    assert np.allclose(exposure.gamma(photograph, RANDOM, gamma=2.0), photograph**2, atol=1e-6)
    dark = exposure.low_light(photograph, RANDOM, alpha=0.9, beta=0.5, gamma=3.0)
    assert np.allclose(dark, 0.5 * (0.9 * photograph) ** 3, atol=1e-6)


def test_brightness_scales_and_contrast_keeps_the_mean_luma(photograph: np.ndarray):
    assert np.allclose(
        exposure.brightness(photograph, RANDOM, factor=0.5), photograph / 2, atol=1e-6
    )
    flat = exposure.contrast(photograph, RANDOM, factor=0.3)
    assert luma(flat).mean() == pytest.approx(luma(photograph).mean(), abs=1e-5)
    assert flat.std() == pytest.approx(0.3 * photograph.std(), rel=1e-4)


@pytest.mark.parametrize("factor", [0.0, 1.0, 1.7])
def test_saturation_keeps_luma(photograph: np.ndarray, factor: float):
    spoiled = exposure.saturation(photograph, RANDOM, factor=factor)
    assert np.allclose(luma(spoiled), luma(photograph), atol=1e-5)
    if factor == 0:
        assert np.allclose(spoiled[..., 0], spoiled[..., 2], atol=1e-6)


def test_hue_keeps_luma_and_the_strength_of_colour_and_turns_back(photograph: np.ndarray):
    turned = exposure.hue(photograph, RANDOM, degrees=70)
    assert np.allclose(luma(turned), luma(photograph), atol=1e-5)
    assert np.allclose(exposure.hue(turned, RANDOM, degrees=-70), photograph, atol=1e-5)
    assert np.abs(turned - photograph).max() > 0.1
    u, v = blue_and_red_difference(photograph)
    u2, v2 = blue_and_red_difference(turned)
    assert np.allclose(np.hypot(u, v), np.hypot(u2, v2), atol=1e-5)


def blue_and_red_difference(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    grey = luma(picture)[..., 0]
    return 0.492111 * (picture[..., 2] - grey), 0.877283 * (picture[..., 0] - grey)


@pytest.mark.parametrize(
    ("standard", "green"), [("bt601", 0.587), ("bt709", 0.7152)]
)  # fmt: skip
def test_greyscale_is_the_luma_of_its_standard(standard: str, green: float):
    picture = np.zeros((2, 2, 3), np.float32)
    picture[..., 1] = 1
    assert np.allclose(greyscale(picture, RANDOM, standard=standard), green)


@pytest.mark.parametrize("kernel", KERNELS)
def test_resample_gives_matlabs_sizes_and_keeps_the_mean(photograph: np.ndarray, kernel: Kernel):
    small = resample(photograph, RANDOM, scale=0.3, kernel=kernel)
    assert small.shape == (27, 37, 3)
    assert small.dtype == np.float32
    assert small.mean() == pytest.approx(photograph.mean(), abs=0.01)
