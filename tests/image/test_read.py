from __future__ import annotations

import os
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from claritas.errors import ClaritasError, PictureError, UsageError
from claritas.image.picture import SampleType
from claritas.image.read import open_picture

LOSSLESS = [
    ("rgb.png", "RGB", {}),
    ("rgba.png", "RGBA", {}),
    ("grey.png", "L", {}),
    ("grey-alpha.png", "LA", {}),
    ("rgb.tif", "RGB", {}),
    ("rgba.tif", "RGBA", {}),
    ("lzw.tif", "RGB", {"compression": "tiff_lzw"}),
    ("lossless.webp", "RGB", {"lossless": True}),
    ("lossless-alpha.webp", "RGBA", {"lossless": True, "exact": True}),
]


@pytest.mark.parametrize(("name", "mode", "options"), LOSSLESS)
def test_lossless_files_give_their_samples(photograph, tmp_path, name, mode, options):
    image = Image.fromarray(photograph).convert(mode)
    if "A" in mode:
        image.putalpha(Image.fromarray(photograph[..., 2]))
    image.save(tmp_path / name, **options)
    expected = np.asarray(image).reshape(60, 80, -1)
    picture = open_picture(tmp_path / name)
    assert picture.header.channels == expected.shape[2]
    assert np.array_equal(picture.array(), expected)
    assert np.allclose(np.concatenate(list(picture.bands())), expected / 255, atol=1e-6)


@pytest.mark.parametrize(("name", "progressive"), [("a.jpg", False), ("b.jpg", True)])
def test_a_jpeg_gives_the_pixels_that_another_decoder_gives(saved, photograph, name, progressive):
    path = saved(name, photograph, quality=87, subsampling=0, progressive=progressive)
    picture = open_picture(path)
    difference = picture.array().astype(int) - np.asarray(Image.open(path))
    assert np.abs(difference).max() <= 1
    assert picture.header.quality == 87


@pytest.mark.parametrize("quality", [1, 10, 30, 50, 51, 75, 90, 95, 100])
def test_the_quality_of_a_jpeg_is_told_from_its_tables(saved, photograph, quality):
    path = saved("a.jpg", photograph, quality=quality)
    assert abs(open_picture(path).header.quality - quality) <= 1


def test_one_bit_becomes_grey(saved, photograph):
    bits = photograph[..., 0] > 100
    picture = open_picture(saved("a.png", bits))
    assert picture.header.channels == 1
    assert np.array_equal(picture.array()[..., 0], bits * np.uint8(255))


@pytest.mark.parametrize("suffix", ["png", "gif", "tif"])
def test_palettes_become_rgb(photograph, tmp_path, suffix):
    image = Image.fromarray(photograph).quantize(32)
    image.save(tmp_path / f"a.{suffix}")
    picture = open_picture(tmp_path / f"a.{suffix}")
    assert np.array_equal(picture.array(), np.asarray(image.convert("RGB")))


def test_a_transparent_palette_becomes_rgba(photograph, tmp_path):
    Image.fromarray(photograph).quantize(32).save(tmp_path / "a.png", transparency=3)
    assert open_picture(tmp_path / "a.png").header.channels == 4


def test_an_interlaced_png_is_read(tmp_path, photograph):
    import pyvips

    pyvips.Image.new_from_array(photograph).pngsave(str(tmp_path / "a.png"), interlace=True)
    assert np.array_equal(open_picture(tmp_path / "a.png").array(), photograph)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "uint32", "int32", "float32"])
@pytest.mark.parametrize("options", [{}, {"tile": (16, 16)}, {"bigtiff": True}])
def test_every_tiff_sample_type_is_held(tmp_path, dtype, options):
    samples = np.random.default_rng(3).integers(0, 2000, (70, 50, 3)).astype(dtype)
    samples = samples - 1000 if dtype.startswith(("i", "f")) else samples
    samples = samples.astype(dtype)
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric="rgb", **options)
    picture = open_picture(tmp_path / "a.tif")
    assert picture.header.sample == SampleType(dtype)
    assert np.array_equal(picture.array(), samples)
    if dtype not in ("uint8", "uint16"):
        assert (picture.header.low, picture.header.high) == (samples.min(), samples.max())
        band = np.concatenate(list(picture.bands()))
        assert (band.min(), band.max()) == (0, 1)


@settings(max_examples=30, deadline=None)
@given(height=st.integers(200, 900), rows=st.integers(1, 900), deflated=st.booleans())
def test_strips_of_any_height_are_read(height, rows, deflated):
    # libvips forgets what it has read ahead where our bands end inside a strip.
    samples = np.random.default_rng(rows).integers(0, 256, (height, 31, 3), dtype=np.uint8)
    compression = "deflate" if deflated else None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.tif"
        tifffile.imwrite(
            path, samples, photometric="rgb", rowsperstrip=rows, compression=compression
        )
        assert np.array_equal(open_picture(path).array(), samples)


def test_a_profile_for_other_colours_is_left_out_and_said(saved, photograph, icc):
    header = open_picture(saved("a.jpg", photograph[..., 0], icc_profile=icc)).header
    assert header.icc is None
    assert "profile" in header.notes[0]


def test_floats_within_one_keep_that_range(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.full((3, 4), 0.25, np.float32))
    header = open_picture(tmp_path / "a.tif").header
    assert (header.low, header.high) == (0, 1)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_an_error(tmp_path, bad):
    samples = np.zeros((300, 4), np.float32)
    samples[280, 2] = bad
    tifffile.imwrite(tmp_path / "a.tif", samples)
    with pytest.raises(PictureError, match="no numbers"):
        open_picture(tmp_path / "a.tif")


def test_the_other_pages_are_said(tmp_path):
    pages = np.arange(3, dtype=np.uint8)[:, None, None] * np.ones((1, 5, 6), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", pages, photometric="minisblack")
    picture = open_picture(tmp_path / "a.tif", page=1)
    assert picture.array().max() == 1
    assert "page 2 of 3" in picture.header.notes[0]
    with pytest.raises(UsageError, match="no page 3"):
        open_picture(tmp_path / "a.tif", page=3)


def test_the_first_frame_of_an_animation_is_read_and_said(tmp_path, photograph):
    frames = [Image.fromarray(np.roll(photograph, n, 1)) for n in range(3)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    header = open_picture(tmp_path / "a.gif").header
    assert (header.width, header.height) == (80, 60)
    assert "frame 1 of 3" in header.notes[0]


def test_cmyk_is_converted_and_said(tmp_path, photograph):
    Image.fromarray(photograph).convert("CMYK").save(tmp_path / "a.jpg", quality=95)
    picture = open_picture(tmp_path / "a.jpg")
    assert picture.header.channels == 3
    assert "CMYK" in picture.header.notes[0]
    assert np.corrcoef(picture.array().ravel(), photograph.ravel())[0, 1] > 0.9


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp", "avif"])
def test_every_orientation_is_applied_once(tmp_path, photograph, orientation, suffix):
    exif = Image.Exif()
    exif[0x112] = orientation
    path = tmp_path / f"a.{suffix}"
    smooth = np.repeat(np.repeat(photograph[::6, ::6], 16, 0), 16, 1)  # JPEG-friendly blocks
    Image.fromarray(smooth).save(path, exif=exif, dpi=(300, 150))
    with Image.open(path) as image:
        expected = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    picture = open_picture(path)
    result = picture.array()
    assert result.shape == (picture.header.height, picture.header.width, 3)
    assert np.abs(result.astype(int) - expected).mean() < 2


def test_a_turned_picture_turns_its_resolution(tmp_path, photograph):
    exif = Image.Exif()
    exif[0x112] = 6
    Image.fromarray(photograph).save(tmp_path / "a.jpg", exif=exif, dpi=(300, 150))
    assert open_picture(tmp_path / "a.jpg").header.dpi == (150, 300)


def test_resolutions_in_centimetres_are_converted(tmp_path, photograph):
    tifffile.imwrite(
        tmp_path / "a.tif", photograph, resolution=(100, 50), resolutionunit="CENTIMETER"
    )
    assert open_picture(tmp_path / "a.tif").header.dpi == (254, 127)


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
def test_a_file_that_states_no_resolution_has_none(saved, photograph, suffix):
    assert open_picture(saved(f"a.{suffix}", photograph)).header.dpi is None


def test_a_name_says_nothing_about_the_content(saved, photograph, tmp_path):
    saved("a.png", photograph).rename(tmp_path / "b.jpg")
    assert open_picture(tmp_path / "b.jpg").header.format == "png"


@pytest.mark.parametrize("name", ["a\nb.png", "😀.png", "日本 (1)[n=-1].png", "%s.png", "é.png"])
def test_names_in_any_script_work(photograph, saved, name):
    assert np.array_equal(open_picture(saved(name, photograph)).array(), photograph)


def test_a_file_that_was_rewritten_gives_its_new_pixels(saved, photograph):
    assert np.array_equal(open_picture(saved("a.png", photograph)).array(), photograph)
    assert np.array_equal(open_picture(saved("a.png", 255 - photograph)).array(), 255 - photograph)


def test_each_call_of_bands_starts_anew(saved, photograph):
    picture = open_picture(saved("a.jpg", np.tile(photograph, (10, 1, 1))))
    next(iter(picture.bands()))
    assert np.array_equal(picture.array(), picture.array())


def fails(path, *words):
    """Opening or pulling is a ClaritasError that says all the words."""
    with pytest.raises(ClaritasError) as caught:
        open_picture(path).array()
    for word in words:
        assert word in str(caught.value)


def test_a_missing_file_is_an_error_that_names_it(tmp_path):
    fails(tmp_path / "none.png", "no file", "none.png")


def test_an_empty_file_is_an_error_that_names_it(tmp_path):
    for name in ("a.jpg", "a.tif"):
        (tmp_path / name).touch()
        fails(tmp_path / name, "empty", name)


def test_a_folder_is_an_error_that_names_it(tmp_path):
    fails(tmp_path, "folder", tmp_path.name)


def test_text_named_jpg_is_an_error_that_names_it(tmp_path):
    (tmp_path / "a.jpg").write_text("a letter to a friend")
    fails(tmp_path / "a.jpg", "not a picture", "a.jpg")


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp", "gif", "avif"])
@pytest.mark.parametrize("part", [0.3, 0.8])
def test_a_truncated_file_is_an_error_that_names_it(saved, photograph, suffix, part):
    path = saved(f"cut.{suffix}", np.tile(photograph, (8, 8, 1)))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])
    fails(path, f"cut.{suffix}")


def test_a_huge_declaration_is_refused_before_anything_is_decoded(tmp_path):
    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    shape = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    path = tmp_path / "bomb.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", shape)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )
    fails(path, "bomb.png", "60,000x60,000", "1,000,000,000", "--max-pixels")


def test_the_limit_of_pixels_is_the_callers(saved, photograph):
    path = saved("a.png", photograph)
    with pytest.raises(PictureError, match="--max-pixels 4800"):
        open_picture(path, max_pixels=4799)
    assert open_picture(path, max_pixels=4800).header.pixels == 4800


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_an_error(saved, photograph):
    path = saved("a.png", photograph)
    path.chmod(0)
    fails(path, "may not be read")


def test_too_many_channels_are_an_error(tmp_path):
    samples = np.zeros((4, 4, 6), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric="minisblack", planarconfig="contig")
    fails(tmp_path / "a.tif", "6 channels")


def test_importing_the_reader_does_not_load_libvips():
    code = "import sys, claritas.image.read, claritas.image.write; print('pyvips' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_warnings_of_libvips_stay_inside(tmp_path, photograph):
    path = tmp_path / "a.tif"
    # An unknown tag and a damaged profile make libtiff and libvips warn.
    tifffile.imwrite(path, photograph, extratags=[(65000, 3, 1, 7, True)], iccprofile=b"nonsense")
    code = f"from claritas.image.read import open_picture; open_picture({str(path)!r}).array()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_heic_is_read_or_the_extra_is_named(tmp_path, photograph):
    pillow_heif = pytest.importorskip("pillow_heif")
    path = tmp_path / "a.heic"
    smooth = np.repeat(np.repeat(photograph[::6, ::6], 16, 0), 16, 1)
    pillow_heif.from_pillow(Image.fromarray(smooth)).save(path, quality=95)
    picture = open_picture(path)
    assert picture.header.format == "heic"
    assert np.abs(picture.array().astype(int) - smooth).mean() < 6
    code = (
        "import sys; sys.modules['pillow_heif'] = None\n"
        "from claritas.image.read import open_picture\n"
        f"try: open_picture({str(path)!r})\nexcept Exception as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'claritas[heic]'" in done.stdout
