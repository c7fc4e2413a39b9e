from __future__ import annotations

import numpy as np
import pytest

from claritas.engines.finish import depth_to_space, interpolated
from claritas.engines.polyphase import polyphase_kernel
from claritas.image.resize import imresize


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_polyphase_form_is_imresize_away_from_the_border(scale):
    picture = np.random.default_rng(0).random((14, 17)).astype(np.float32)
    ours = interpolated(picture[None, None], scale)[0, 0]
    wanted = imresize(picture.astype(np.float64), scale=scale)
    inside = slice(2 * scale, -2 * scale)
    assert np.abs(ours - wanted)[inside, inside].max() < 1e-6


@pytest.mark.parametrize("scale", [1, 2, 3, 4, 8])
def test_each_sub_pixel_keeps_a_flat_picture(scale):
    assert polyphase_kernel(scale).sum((1, 2)) == pytest.approx(1, abs=1e-6)


def test_depth_to_space_puts_rows_of_sub_pixels_first():
    planes = np.arange(4, dtype=np.float32).reshape(1, 4, 1, 1)
    assert depth_to_space(planes, 2)[0, 0].tolist() == [[0, 1], [2, 3]]
