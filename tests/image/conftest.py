"""Pictures on disk, made by libraries that Claritas does not use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageCms
from skimage import data

Pixels = npt.NDArray[np.generic]
SHARED = Path(__file__).parents[2].parent / "shared"


@pytest.fixture
def oracles() -> Path:
    """The folder of MATLAB's answers; skips where there is none."""
    folder = SHARED / "data" / "oracles" / "matlab_imresize"
    if not folder.is_dir():
        pytest.skip("needs ../shared")
    return folder


@pytest.fixture(scope="session")
def photograph() -> Pixels:
    """A small crop of a real photograph, (60, 80, 3), uint8, with sides that differ."""
    return np.ascontiguousarray(data.coffee()[100:160, 200:280])


@pytest.fixture(scope="session")
def icc() -> bytes:
    """An ICC profile of an RGB space."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., Path]:
    """Saves pixels with Pillow and gives the path."""

    def save(name: str, pixels: Pixels, **options: Any) -> Path:
        path = tmp_path / name
        Image.fromarray(pixels).save(path, **options)
        return path

    return save
