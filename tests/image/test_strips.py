from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from claritas.image.read import open_picture


@pytest.mark.parametrize("rows", [1, 7, 12, 100, 300, 1000])
def test_the_strips_of_a_tiff_may_end_anywhere(tmp_path: Path, rows: int):
    pixels = np.random.default_rng(rows).integers(0, 256, (700, 9, 3), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", pixels, rowsperstrip=rows, photometric="rgb")
    np.testing.assert_array_equal(open_picture(tmp_path / "a.tif").array(), pixels)
