"""The terms of fidelity against other implementations, and their slopes."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from scipy.ndimage import sobel  # noqa: E402
from skimage.data import chelsea  # noqa: E402
from skimage.metrics import peak_signal_noise_ratio, structural_similarity  # noqa: E402

from claritas.errors import TrainingError  # noqa: E402
from claritas.training.objectives.fidelity import TERMS  # noqa: E402
from claritas.training.objectives.structure import SCALE_WEIGHTS  # noqa: E402

pytestmark = pytest.mark.torch

WINDOW = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1.0}


@pytest.fixture(scope="module")
def pair():
    """A photograph (2, 3, 176, 170) and itself with noise, float64."""
    clean = np.stack([chelsea()[:176, :170], chelsea()[100:276, 200:370]]) / 255
    noisy = np.clip(clean + np.random.default_rng(0).normal(0, 0.05, clean.shape), 0, 1)
    return noisy, clean


def term(name, pair):
    return float(TERMS[name](*(torch.from_numpy(p.transpose(0, 3, 1, 2)) for p in pair)))


def test_psnr_is_minus_that_of_scikit_image(pair):
    wanted = [
        peak_signal_noise_ratio(truth, result, data_range=1.0)
        for result, truth in zip(*pair, strict=True)
    ]
    assert term("psnr", pair) == pytest.approx(-np.mean(wanted), abs=1e-3)


def similarity(x, y, **options):
    """Of planes, over the region in which the window lies inside."""
    _, whole = structural_similarity(x, y, full=True, **WINDOW, **options)
    return whole[5:-5, 5:-5].mean()


def planes(pair):
    for result, truth in zip(*pair, strict=True):
        for channel in range(3):
            yield result[..., channel], truth[..., channel]


def test_ssim_is_that_of_scikit_image(pair):
    wanted = np.mean([similarity(x, y) for x, y in planes(pair)])
    assert term("ssim", pair) == pytest.approx(1 - wanted, abs=1e-6)


def halved(plane):
    """Means of 2x2; odd sides first get a line of zeros on each side."""
    plane = np.pad(plane, [(side % 2, side % 2) for side in plane.shape])
    height, width = (side // 2 * 2 for side in plane.shape)
    plane = plane[:height, :width]
    return plane.reshape(height // 2, 2, width // 2, 2).mean((1, 3))


def multi_scale(x, y):
    """With scikit-image: an enormous K1 leaves nothing of SSIM but its structure."""
    value = 1.0
    for scale, weight in enumerate(SCALE_WEIGHTS):
        last = scale == len(SCALE_WEIGHTS) - 1
        value *= similarity(x, y, K1=0.01 if last else 1e6) ** weight
        x, y = halved(x), halved(y)
    return value


def test_ms_ssim_is_the_product_of_scikit_images_scales(pair):
    wanted = np.mean([multi_scale(x, y) for x, y in planes(pair)])
    assert term("ms_ssim", pair) == pytest.approx(1 - wanted, abs=1e-6)


def test_gradient_is_that_of_scipy(pair):
    errors = [x - y for x, y in planes(pair)]
    wanted = [np.abs(sobel(e, axis)[1:-1, 1:-1]).mean() / 8 for e in errors for axis in (0, 1)]
    assert term("gradient", pair) == pytest.approx(np.mean(wanted), abs=1e-9)


def test_focal_frequency_is_its_formula_in_numpy(pair):
    spectrum = np.abs(np.fft.fft2(np.subtract(*pair), axes=(1, 2), norm="ortho"))
    weight = spectrum / spectrum.max((1, 2), keepdims=True)
    assert term("focal_frequency", pair) == pytest.approx((weight * spectrum**2).mean(), rel=1e-5)


@pytest.mark.parametrize("name", TERMS)
def test_every_term_has_a_finite_slope_even_at_a_perfect_or_opposite_result(name):
    truth = torch.rand(1, 3, 161, 161, generator=torch.Generator().manual_seed(0))
    for start in (truth, 1 - truth, torch.zeros_like(truth)):
        result = start.clone().requires_grad_()
        TERMS[name](result, truth).backward()
        assert result.grad.isfinite().all()


def test_ms_ssim_of_small_patches_is_an_error_that_says_how_large():
    small = torch.zeros(1, 3, 96, 96)
    with pytest.raises(TrainingError, match="at least 161 pixels"):
        TERMS["ms_ssim"](small, small)
