from __future__ import annotations

import numpy as np
import pytest
from skimage import color

from claritas.assessment.colour import (
    ciede2000,
    colour_shift,
    colourfulness,
    difference,
    to_lab,
)
from tests.assessment.conftest import noisy

# Sharma, Wu and Dalal 2005, table 1.
SHARMA = [
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
    ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
    ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ((50, 2.49, -0.001), (50, -2.49, 0.0009), 7.1792),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
]


@pytest.mark.parametrize(("first", "second", "expected"), SHARMA)
def test_the_difference_is_that_of_the_published_pairs(first, second, expected):
    first, second = np.array(first, float), np.array(second, float)
    assert difference(first, second) == pytest.approx(expected, abs=5e-5)
    assert difference(second, first) == pytest.approx(expected, abs=5e-5)


def test_the_difference_agrees_with_scikit_image():
    lab = np.random.default_rng(0).uniform((0, -90, -90), (100, 90, 90), (2, 4000, 3))
    expected = color.deltaE_ciede2000(lab[0], lab[1])
    assert difference(lab[0], lab[1]) == pytest.approx(expected, abs=1e-6)


def test_lab_agrees_with_scikit_image(cat):
    # Its matrix is rounded to six digits.
    assert to_lab(cat) == pytest.approx(color.rgb2lab(cat), abs=0.01)


def test_ciede2000_of_pictures_is_the_mean_over_the_pixels(cat):
    worse = noisy(cat, 9)
    expected = color.deltaE_ciede2000(color.rgb2lab(worse), color.rgb2lab(cat)).mean()
    assert ciede2000(worse, cat).value == pytest.approx(expected, abs=0.01)
    assert ciede2000(cat, cat).value == 0


def test_the_colour_shift_sees_a_tint_and_not_noise(cat):
    tinted = np.clip(cat + np.array([12, 0, -12]), 0, 255).astype(np.uint8)
    large = tinted.repeat(2, 0).repeat(2, 1)
    assert colour_shift(large, cat).value > 3
    assert colour_shift(noisy(cat, 12), cat).value < 1
    assert colour_shift(cat, cat).value == 0


def test_colourfulness_is_hasler_and_suesstrunks(cat):
    red, green, blue = np.moveaxis(cat.astype(float), -1, 0)
    first, second = red - green, (red + green) / 2 - blue
    expected = np.hypot(first.std(), second.std()) + 0.3 * np.hypot(first.mean(), second.mean())
    assert colourfulness(cat).value == pytest.approx(expected, rel=1e-6)
