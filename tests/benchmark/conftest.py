from __future__ import annotations

import pytest
from PIL import Image
from skimage import data


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Two small photographs, one of them grey, of sides that no scale divides."""
    folder = tmp_path_factory.mktemp("sets") / "pair"
    folder.mkdir()
    Image.fromarray(data.chelsea()[:97, :131]).save(folder / "cat.png")
    Image.fromarray(data.coffee()[:73, :89, 0]).save(folder / "grey.png")
    return folder
