from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

SHARED = Path(__file__).parents[3] / "shared/data"


@pytest.fixture(scope="session")
def shared():
    """The folder of data beside the repository."""
    if not SHARED.is_dir():
        pytest.skip("../shared/data is missing")
    return SHARED


@pytest.fixture(scope="session")
def cat():
    return data.chelsea()[:, :, :].copy()


def noisy(picture, sigma, seed=0):
    noise = np.random.default_rng(seed).normal(0, sigma, picture.shape)
    return np.clip(picture + noise, 0, 255).round().astype(np.uint8)


def through_jpeg(picture, quality):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))
