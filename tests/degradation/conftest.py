from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from claritas.degradation.greyscale import Pixels


@pytest.fixture(scope="session")
def photograph() -> Pixels:
    """Part of a real photograph, float32 (90, 121, 3), with sides that differ."""
    return np.asarray(data.chelsea()[100:190, 100:221] / 255, np.float32)


@pytest.fixture(scope="session")
def even() -> Pixels:
    """Middle grey, float32 (200, 210, 3)."""
    return np.full((200, 210, 3), 0.5, np.float32)


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(7)
