"""Pairs for training: a clean picture of 8 bits and its spoiled form."""

from __future__ import annotations

import numpy as np
import pytest

from claritas.degradation.spoiling import to_spoiling
from claritas.errors import UsageError


@pytest.fixture
def clean(photograph: np.ndarray) -> np.ndarray:
    return np.rint(photograph * 255).astype(np.uint8)


def test_bicubic_pairs_are_as_training_knows_them(clean: np.ndarray):
    low, high, mask = to_spoiling({"kind": "bicubic"}, 4)(clean, "a")
    assert low.dtype == high.dtype == np.uint8
    assert low.shape == (22, 30, 3)
    assert np.array_equal(high, clean[:88, :120])
    assert mask is None


def test_pairs_by_steps_differ_by_name_and_seed_and_are_the_same_again(clean: np.ndarray):
    table = {
        "seed": 4,
        "steps": [{"kind": "resample", "scale": 0.5}, {"kind": "gaussian_noise", "sigma": 20}],
    }
    first, again, other = (to_spoiling(table, 2)(clean, name).low for name in ("a", "a", "b"))
    assert first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert not np.array_equal(first, to_spoiling(table | {"seed": 5}, 2)(clean, "a").low)


def test_steps_that_give_another_size_than_the_scale_are_an_error(clean: np.ndarray):
    with pytest.raises(UsageError, match="60x44"):
        to_spoiling({"steps": [{"kind": "resample", "scale": 0.5}]}, 4)(clean, "a")
    with pytest.raises(UsageError, match="rain"):
        to_spoiling({"kind": "rain"}, 4)
