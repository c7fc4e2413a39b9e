from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import ndimage, special

from claritas.degradation import blur
from claritas.errors import UsageError

RANDOM = np.random.default_rng(0)
ELLIPSE = {"sigma_x": 3.0, "sigma_y": 1.0, "angle": 30.0, "size": 21}
BLURS: dict[str, tuple[Callable[..., np.ndarray], dict[str, Any]]] = {
    "gaussian": (blur.gaussian, {"sigma": 1.7, "size": None}),
    "anisotropic": (blur.anisotropic, ELLIPSE),
    "generalised": (blur.generalised, ELLIPSE | {"beta": 0.7}),
    "plateau": (blur.plateau, ELLIPSE | {"beta": 1.6}),
    "sinc": (blur.sinc, {"cutoff": 1.2, "size": 21}),
    "motion": (blur.motion, {"length": 9.5, "angle": 40.0}),
    "defocus": (blur.defocus, {"radius": 3.3}),
    "kernel": (blur.by_kernel, {"file": np.full((3, 5), 1 / 15, np.float32)}),
}


def response(kind: str, **changes: Any) -> np.ndarray:
    """What a blur makes of a point of light in the middle of 61x61 pixels: its kernel."""
    point = np.zeros((61, 61, 3), np.float32)
    point[30, 30] = 1
    function, parameters = BLURS[kind]
    return function(point, RANDOM, **(parameters | changes))[..., 1].astype(np.float64)


def moments(kernel: np.ndarray) -> np.ndarray:
    """The covariance of a kernel about its middle: x and x, x and y, y and y."""
    y, x = np.mgrid[-30:31, -30:31]
    return np.array([(kernel * one).sum() for one in (x * x, x * y, y * y)])


@pytest.mark.parametrize("kind", BLURS)
def test_a_kernel_sums_to_one_and_lies_in_the_middle(kind: str):
    kernel = response(kind)
    assert kernel.sum() == pytest.approx(1, abs=1e-5)
    assert np.allclose(kernel, kernel[::-1, ::-1], atol=1e-6)


@pytest.mark.parametrize("kind", BLURS)
def test_an_even_picture_stays_even(kind: str, even: np.ndarray):
    function, parameters = BLURS[kind]
    result = function(even[:40, :50], RANDOM, **parameters)
    assert result.shape == (40, 50, 3)
    assert result.dtype == np.float32
    assert np.allclose(result, 0.5, atol=1e-5)


def test_gaussian_is_scipys(photograph: np.ndarray):
    ours = blur.gaussian(photograph, RANDOM, sigma=2.0, size=25)
    theirs = ndimage.gaussian_filter(
        photograph.astype(np.float64), (2, 2, 0), mode="reflect", radius=(12, 12, 0)
    )
    assert np.allclose(ours, theirs, atol=1e-6)


def test_convolution_is_scipys_for_a_lopsided_kernel(photograph: np.ndarray):
    kernel = np.arange(15, dtype=np.float32).reshape(3, 5) / np.float32(105)
    theirs = ndimage.convolve(photograph.astype(np.float64), kernel[..., None], mode="reflect")
    assert np.allclose(blur.convolve(photograph, kernel), theirs, atol=1e-6)


def test_an_anisotropic_kernel_has_the_stated_covariance():
    wide = response("anisotropic", size=51)
    c, s = math.cos(math.radians(30)), math.sin(math.radians(30))
    expected = [9 * c * c + s * s, -8 * c * s, 9 * s * s + c * c]
    assert moments(wide) == pytest.approx(expected, rel=2e-3)


def test_a_generalised_kernel_with_beta_1_is_the_gaussian():
    assert np.allclose(response("generalised", beta=1.0), response("anisotropic"), atol=1e-7)


def test_without_a_second_sigma_a_kernel_is_round():
    kernel = response("plateau", sigma_y=None)
    assert np.allclose(kernel, kernel.T, atol=1e-7)


def test_generalised_and_plateau_fall_as_their_formulas_say():
    even = {"sigma_x": 2.0, "sigma_y": 2.0, "angle": 0.0}
    peak = response("generalised", **even, beta=0.5)
    assert peak[30, 34] / peak[30, 30] == pytest.approx(math.exp(-((4 / 2) ** 1) / 2), rel=1e-4)
    flat = response("plateau", **even, beta=1.5)
    assert flat[34, 30] / flat[30, 30] == pytest.approx(1 / (1 + (4 / 2) ** 3), rel=1e-4)


def test_j1_is_scipys():
    x = np.linspace(0, 560, 3001)
    assert np.allclose(blur.bessel_j1(x), special.j1(x), atol=1e-12)


def test_sinc_follows_its_formula():
    kernel = response("sinc")
    ratio = (1.2 * special.j1(1.2 * 5) / (2 * math.pi * 5)) / (1.2**2 / (4 * math.pi))
    assert kernel[30, 35] / kernel[30, 30] == pytest.approx(ratio, rel=1e-4)


@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0, -45.0])
def test_motion_has_the_variance_of_a_line_along_its_angle(angle: float):
    length = 20.0
    xx, xy, yy = moments(response("motion", length=length, angle=angle))
    c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    # Rows count downwards, angles upwards; sharing among pixels adds up to 1/4 a side.
    assert xy == pytest.approx(-c * s * length**2 / 12, abs=0.3)
    assert xx == pytest.approx(c * c * length**2 / 12, abs=0.6)
    assert yy == pytest.approx(s * s * length**2 / 12, abs=0.6)


def test_defocus_is_an_even_disc():
    kernel = response("defocus", radius=5.0)
    assert kernel[30, 30] == pytest.approx(1 / (math.pi * 25), rel=0.01)
    assert kernel[30, 34] == pytest.approx(kernel[30, 30], rel=1e-5)
    assert kernel[30, 37] == 0


def test_a_kernel_is_read_from_text_and_from_npy(tmp_path: Path):
    (tmp_path / "k.txt").write_text("0, 1, 0\n1 2 1\n0 1 0\n")
    np.save(tmp_path / "k.npy", np.array([[0, 1, 0], [1, 2, 1], [0, 1, 0]]))
    for name in ("k.txt", "k.npy"):
        assert blur.read_kernel(tmp_path / name)[1].tolist() == pytest.approx([1 / 6, 2 / 6, 1 / 6])


@pytest.mark.parametrize(
    "text", ["", "1 2\n", "1 x 1\n", "1 2 3\n1 2\n", "1 -1 0\n", "nan 1 1\n"],
    ids=["empty", "even", "word", "ragged", "sum 0", "nan"],
)  # fmt: skip
def test_what_is_no_kernel_is_an_error_that_names_the_file(text: str, tmp_path: Path):
    (tmp_path / "k.txt").write_text(text)
    with pytest.raises(UsageError, match=r"k\.txt"):
        blur.read_kernel(tmp_path / "k.txt")


def test_a_missing_kernel_is_an_error_that_names_it(tmp_path: Path):
    with pytest.raises(UsageError, match=r"none\.npy"):
        blur.read_kernel(tmp_path / "none.npy")
