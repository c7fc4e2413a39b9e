"""What came in goes out, through the command and a real model, read back with another library."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import pyvips
import tifffile
from PIL import Image, ImageCms

from tests.journeys.shell import claritas


@pytest.fixture
def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def transparent_with_a_white_square() -> np.ndarray:
    """16-bit RGBA: transparent black, and two white pixels by two."""
    array = np.zeros((20, 30, 4), np.uint16)
    array[8:10, 12:14] = 65535
    return array


@pytest.fixture
def turned(tmp_path: Path, profile: bytes) -> Path:
    """A 16-bit RGBA PNG with a profile, 100 dpi and EXIF that says: a quarter turn to the right."""
    path = tmp_path / "turned.png"
    array = transparent_with_a_white_square()
    image = pyvips.Image.new_from_array(array, interpretation="rgb16").copy(
        xres=100 / 25.4, yres=100 / 25.4
    )
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    image.set_type(pyvips.GValue.gint_type, "orientation", 6)
    image.set_type(
        pyvips.GValue.gstr_type,
        "exif-ifd0-Make",
        "Claritas (Claritas, ASCII, 9 components, 9 bytes)",
    )
    image.pngsave(str(path))
    return path


def test_sixteen_bits_alpha_profile_exif_and_dpi_survive_and_the_picture_stands_upright(
    turned: Path, tmp_path: Path, profile: bytes
):
    output = tmp_path / "out.png"
    result = claritas("enhance", turned, "-o", output, "--scale", "2")
    assert result.returncode == 0, result.stderr
    raw = pyvips.Image.new_from_file(str(output))
    assert (raw.format, raw.bands, raw.width, raw.height) == ("ushort", 4, 40, 60)
    with Image.open(output) as image:
        assert image.info["icc_profile"] == profile
        assert image.info["dpi"] == pytest.approx((200, 200), abs=0.1)
        exif = image.getexif()
    assert exif[0x0112] == 1
    assert exif[0x010F].startswith("Claritas")
    found = raw.numpy() / 65535
    on_white = found[..., :3] * found[..., 3:] + 1 - found[..., 3:]
    assert on_white.min() > 0.98
    # Row 8 of 20 lies in column 20 - 1 - 8 of the turned picture, and column 12 in row 12.
    assert found[24:28, 20:24, 3].min() > 0.5


def test_a_grey_tiff_of_floats_keeps_its_kind_and_its_range(tmp_path: Path):
    source, output = tmp_path / "field.tif", tmp_path / "out.tif"
    rows, columns = np.mgrid[:24, :31]
    field = (400 * np.sin(rows / 6) + 300 * np.cos(columns / 5) - 40).astype(np.float32)
    tifffile.imwrite(source, field, metadata=None)
    result = claritas("enhance", source, "-o", output)
    assert result.returncode == 0, result.stderr
    found = tifffile.imread(output)
    assert (found.dtype, found.shape) == (np.float32, (48, 62))
    assert abs(found.mean() - field.mean()) < 5
    assert found.min() == pytest.approx(field.min(), abs=20)
    assert found.max() == pytest.approx(field.max(), abs=20)
