"""What the numbers of a picture's pixels tell."""

from __future__ import annotations

import pytest
from skimage import data

torch = pytest.importorskip("torch")

from torch.nn import functional  # noqa: E402

from claritas.nets.texture import NUMBERS, SIZES, Texture  # noqa: E402

pytestmark = pytest.mark.torch
PLANES = 3
EXPOSURE = 2 * PLANES + 2


@pytest.fixture(scope="module")
def photograph():
    pixels = torch.from_numpy(data.astronaut()[:224, :224].copy())
    return pixels.permute(2, 0, 1)[None].float() / 255


def finest_of_luma(pictures):
    """Logarithm of the mean activity of luma at each size, (n, sizes)."""
    found = Texture()(pictures)
    return found[:, EXPOSURE :: 3 * PLANES][:, :SIZES]


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("size", [(32, 32), (45, 70)])
def test_a_flat_picture_gives_finite_numbers_and_no_activity(value, size):
    picture = torch.full((2, 3, *size), value)
    found = Texture()(picture)
    assert found.shape == (2, NUMBERS)
    assert torch.isfinite(found).all()
    assert torch.allclose(finest_of_luma(picture).exp(), torch.full((2, SIZES), 0.5), atol=1e-3)


def test_noise_raises_the_activity_most_in_the_finest_size(photograph):
    noise = torch.randn(photograph.shape, generator=torch.Generator().manual_seed(0))
    rise = finest_of_luma(photograph + 0.06 * noise) - finest_of_luma(photograph)
    assert (rise > 0).all()
    assert rise[0, 0] == rise.max()


def test_blur_lowers_the_activity_most_in_the_finest_size(photograph):
    blurred = functional.avg_pool2d(photograph, 3, 1, 1)
    fall = finest_of_luma(photograph) - finest_of_luma(blurred)
    assert (fall > 0).all()
    assert fall[0, 0] == fall.max()


def test_what_is_black_or_white_is_told_apart(photograph):
    usual, over, under = (
        Texture()(p)[0, 6:8] for p in (photograph, photograph * 0 + 1, photograph * 0)
    )
    assert over[1] == pytest.approx(1, abs=1e-3)
    assert under[0] == pytest.approx(1, abs=1e-3)
    assert over[0] < usual[0] < under[0]
