from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from claritas.image.resize import imresize
from claritas.image.thumbnail import small


@pytest.mark.parametrize("size", [(120, 80), (300, 200), (599, 399), (7, 200), (1, 1), (700, 30)])
def test_a_small_picture_is_that_of_imresize_within_a_few_levels(size):
    large = data.coffee()
    found = small(large, *size)
    assert found.shape == (size[1], size[0], 3)
    error = np.abs(found.astype(int) - imresize(large, size=size))
    assert error.mean() < 2
    assert error.max() < 20


def test_what_is_flat_stays_flat():
    assert (small(np.full((777, 333, 3), 91, np.uint8), 50, 60) == 91).all()
