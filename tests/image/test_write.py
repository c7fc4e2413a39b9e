from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from claritas.errors import ClaritasError, PictureError, UsageError
from claritas.image.exif import Field, Tag, serialise, short
from claritas.image.formats import FORMATS
from claritas.image.picture import Header, Picture
from claritas.image.png_stream import chunk
from claritas.image.read import open_picture
from claritas.image.resize import resize
from claritas.image.write import check_writable, write_picture

WRITABLE = [format for format in FORMATS.values() if format.writable]
SUFFIXES = [format.suffixes[0] for format in WRITABLE]
MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


def pixels_of(photograph, channels):
    image = Image.fromarray(photograph).convert(MODES[channels])
    if channels in (2, 4):
        image.putalpha(Image.fromarray(photograph[..., 2]))
    return np.asarray(image).reshape(*photograph.shape[:2], channels)


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
def test_lossless_formats_hold_the_samples(tmp_path, photograph, suffix, channels):
    pixels = pixels_of(photograph, channels)
    written = write_picture(Picture.from_array(pixels), tmp_path / f"a{suffix}", quality=100)
    with Image.open(written.path) as image:
        assert written.bytes == written.path.stat().st_size
        assert np.array_equal(
            np.asarray(image.convert(MODES[channels])).reshape(pixels.shape), pixels
        )
        if suffix != ".webp":  # which has no grey
            assert image.mode == MODES[channels]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("suffix", [".jpg", ".avif"])
def test_lossy_formats_come_close(tmp_path, photograph, suffix, channels):
    pixels = pixels_of(photograph, channels)
    path = write_picture(Picture.from_array(pixels), tmp_path / f"a{suffix}").path
    with Image.open(path) as image:
        result = np.asarray(image.convert(MODES[channels])).reshape(pixels.shape)
    assert np.abs(result.astype(int) - pixels).mean() < 4


def test_grey_stays_grey_in_a_jpeg(tmp_path, photograph):
    path = write_picture(Picture.from_array(photograph[..., 0]), tmp_path / "a.jpg").path
    with Image.open(path) as image:
        assert image.mode == "L"


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "uint32", "int32", "float32"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_tiff_holds_every_sample_type(tmp_path, dtype, channels):
    samples = (np.random.default_rng(4).random((300, 270, channels)) * 200 - 50).astype(dtype)
    picture = Picture.from_array(samples)
    path = write_picture(picture, tmp_path / "a.tif").path
    result = tifffile.imread(path).reshape(samples.shape)
    assert result.dtype == dtype
    assert np.array_equal(result, samples)


def test_a_large_tiff_is_a_bigtiff(tmp_path, photograph, monkeypatch, icc):
    monkeypatch.setattr("claritas.image.tiff_stream._LARGEST_CLASSIC", 1000)
    picture = Picture.from_array(np.tile(photograph, (6, 6, 1)), icc=icc, dpi=(300, 300))
    path = write_picture(picture, tmp_path / "a.tif").path
    with tifffile.TiffFile(path) as file:
        assert file.is_bigtiff
        assert np.array_equal(file.asarray(), picture.array())
    again = open_picture(path)
    assert np.array_equal(again.array(), picture.array())
    assert (again.header.icc, again.header.dpi) == (icc, (300, 300))


@pytest.mark.parametrize("channels", [1, 3])
def test_png_keeps_sixteen_bits(tmp_path, channels):
    samples = np.random.default_rng(4).integers(0, 65536, (70, 50, channels), dtype=np.uint16)
    path = write_picture(Picture.from_array(samples), tmp_path / "a.png").path
    import pyvips

    assert np.array_equal(
        pyvips.Image.new_from_file(str(path)).numpy().reshape(samples.shape), samples
    )
    assert path.read_bytes()[24] == 16


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_metadata_survives_every_format(tmp_path, photograph, icc, suffix):
    exif = Image.Exif()
    exif[0x112] = 6
    exif[0x10F] = "Zoë (best) 写真機".encode()
    exif[0x132] = "2024:01:02 03:04:05"
    photo, gps = exif.get_ifd(0x8769), exif.get_ifd(0x8825)
    photo[0xA002], photo[0xA003], photo[0x927C] = 80, 60, b"maker's (own) bytes"
    gps[1], gps[2] = "N", (51.0, 30.0, 12.5)
    xmp = b"<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
    Image.fromarray(photograph).save(
        tmp_path / "in.jpg", exif=exif, icc_profile=icc, dpi=(300, 150), xmp=xmp
    )
    picture = resize(open_picture(tmp_path / "in.jpg"), scale=2)
    path = write_picture(picture, tmp_path / f"out{suffix}").path
    with Image.open(path) as image:
        image.load()
        found = image.getexif()
        assert image.size == (120, 160)
        assert image.info["icc_profile"] == icc
        if suffix != ".tif":  # Pillow gives a TIFF's XMP only as a tag
            assert image.info["xmp"].rstrip(b"\0") == xmp
        if suffix in (".png", ".tif"):  # of EXIF, Pillow looks at the horizontal one only
            assert image.info["dpi"] == pytest.approx((300, 600), abs=0.02)
    assert found[0x112] == 1
    assert found[0x10F].encode("latin-1").decode() == "Zoë (best) 写真機"
    assert found[0x132] == "2024:01:02 03:04:05"
    assert (found[0x11A], found[0x11B]) == (300, 600)
    inner = found.get_ifd(0x8769)
    assert (inner[0xA002], inner[0xA003]) == (120, 160)
    assert inner[0x927C] == b"maker's (own) bytes"
    assert found.get_ifd(0x8825)[2] == (51.0, 30.0, 12.5)
    assert not found.get_ifd(0x10001) or 0x201 not in found  # no thumbnail
    again = open_picture(path).header
    assert again.exif == picture.header.exif
    assert again.icc == icc
    assert again.xmp is not None
    assert again.xmp.rstrip(b"\0") == xmp
    assert again.dpi == pytest.approx((300, 600), abs=0.02)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_a_picture_does_not_state_is_not_made_up(tmp_path, photograph, suffix):
    path = write_picture(Picture.from_array(photograph), tmp_path / f"a{suffix}").path
    header = open_picture(path).header
    assert header.dpi is None
    assert dict(header.exif) == {}
    with Image.open(path) as image:
        assert "icc_profile" not in image.info


def test_exif_that_is_too_long_loses_its_largest_fields_and_says_so(tmp_path, photograph):
    exif = {
        Tag("photo", 0x927C): Field(7, bytes(70_000)),
        Tag("main", 0x10F): Field(2, b"Maker\0"),
    }
    written = write_picture(Picture.from_array(photograph, exif=exif), tmp_path / "a.jpg")
    assert "EXIF" in written.notes[0]
    assert list(open_picture(written.path).header.exif) == [Tag("main", 0x10F)]


def test_sixteen_bit_rgba_turned_and_doubled(tmp_path, icc):
    """The row of the issue: 16-bit RGBA PNG with ICC and orientation 6, through x2."""
    samples = np.zeros((20, 30, 4), np.uint16)
    samples[9:11, 4:6] = 65535
    write_picture(Picture.from_array(samples, icc=icc, dpi=(300, 300)), tmp_path / "in.png")
    lying = b"II*\0\x08\0\0\0" + serialise({"main": {0x112: short(6), 0x10F: Field(2, b"Me\0")}}, 8)
    whole = (tmp_path / "in.png").read_bytes()
    (tmp_path / "in.png").write_bytes(whole[:33] + chunk(b"eXIf", lying) + whole[33:])
    picture = open_picture(tmp_path / "in.png")
    path = write_picture(resize(picture, scale=2), tmp_path / "out.png").path
    import pyvips

    result = pyvips.Image.new_from_file(str(path)).numpy()
    assert result.dtype == np.uint16
    assert result.shape == (60, 40, 4)
    alpha = result[..., 3:] / 65535
    assert (result[..., :3] / 65535 * alpha + 1 - alpha).min() > 0.98
    # Turned clockwise: row 4..5 from the left edge is now 4..5 from the top.
    rows, columns = np.nonzero(result[..., 3] > 40000)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (8, 11, 18, 21)
    with Image.open(path) as image:
        assert image.info["icc_profile"] == icc
        assert dict(image.getexif())[0x112] == 1
        assert image.getexif()[0x10F] == "Me"
        assert image.info["dpi"] == pytest.approx((600, 600), abs=0.02)


@pytest.mark.parametrize("quality", [30, 75, 89, 96])
def test_a_jpeg_keeps_its_quality(saved, tmp_path, photograph, quality):
    picture = open_picture(saved("in.jpg", photograph, quality=quality))
    path = write_picture(picture, tmp_path / "out.jpg").path
    assert abs(open_picture(path).header.quality - quality) <= 1


def test_a_jpeg_of_high_quality_keeps_full_colour(tmp_path, photograph):
    from PIL import JpegImagePlugin

    for quality, sampling in ((95, 0), (80, 2)):
        path = write_picture(
            Picture.from_array(photograph), tmp_path / "a.jpg", quality=quality, overwrite=True
        ).path
        with Image.open(path) as image:
            assert JpegImagePlugin.get_sampling(image) == sampling


def test_transparency_is_laid_on_white_in_a_jpeg_and_said(tmp_path):
    samples = np.zeros((32, 32, 4), np.uint8)
    written = write_picture(Picture.from_array(samples), tmp_path / "a.jpg")
    with Image.open(written.path) as image:
        assert np.asarray(image).min() == 255
    assert "white" in written.notes[0]


@pytest.mark.parametrize(
    ("suffix", "bits"), [(".jpg", 8), (".webp", 8), (".png", 16), (".avif", 12)]
)
def test_fewer_bits_are_said_and_the_range_is_kept(tmp_path, suffix, bits):
    ramp = np.linspace(-3, 5, 64, dtype=np.float32)[None, :, None] * np.ones((64, 1, 3), np.float32)
    picture = Picture.from_array(ramp, low=-3.0, high=5.0)
    written = write_picture(picture, tmp_path / f"a{suffix}")
    assert f"{bits}-bit" in written.notes[0]
    result = np.concatenate(list(open_picture(written.path).bands()))
    assert np.abs(result - (ramp + 3) / 8).max() < 0.03


@pytest.mark.parametrize(("name", "side"), [("jpeg", 65_501), ("webp", 16_384), ("avif", 16_385)])
def test_a_picture_too_large_for_its_format_is_refused_before_any_work(tmp_path, name, side):
    with pytest.raises(PictureError, match=f"{side:,}") as caught:
        check_writable(Header(side, 1, 3), tmp_path / "a.x", FORMATS[name])
    assert "--format" in caught.value.remedy


def test_a_file_in_the_way_is_kept_unless_told_otherwise(tmp_path, photograph):
    path = tmp_path / "a.png"
    path.write_text("precious")
    with pytest.raises(PictureError, match="exists already"):
        write_picture(Picture.from_array(photograph), path)
    assert path.read_text() == "precious"
    write_picture(Picture.from_array(photograph), path, overwrite=True)
    assert open_picture(path).header.width == 80


def test_a_file_that_appears_meanwhile_is_kept(tmp_path, photograph):
    path = tmp_path / "a.png"

    def bands():
        path.write_text("precious")
        yield photograph

    with pytest.raises(PictureError, match="exists already"):
        write_picture(Picture(Header(80, 60, 3), None, bands), path)
    assert path.read_text() == "precious"
    assert names_in(tmp_path) == ["a.png"]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, MemoryError])
def test_a_producer_that_fails_leaves_nothing_behind(tmp_path, suffix, error):
    def bands():
        yield np.zeros((100, 400, 3), np.uint8)
        raise error("in the middle")

    with pytest.raises(error, match="in the middle"):
        write_picture(Picture(Header(400, 400, 3), None, bands), tmp_path / f"a{suffix}")
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_truncated_input_gives_no_output(tmp_path, saved, photograph, suffix):
    source = saved("in.jpg", np.tile(photograph, (9, 9, 1)))
    source.write_bytes(source.read_bytes()[:20_000])
    with pytest.raises(PictureError, match=r"in\.jpg"):
        write_picture(open_picture(source), tmp_path / f"out{suffix}")
    assert names_in(tmp_path) == ["in.jpg"]


def test_a_killed_writer_leaves_no_half_picture(tmp_path):
    code = (
        "import numpy, os\n"
        "from claritas.image.picture import Header, Picture\n"
        "from claritas.image.write import write_picture\n"
        "def bands():\n"
        "    for _ in range(10**6):\n"
        "        yield numpy.zeros((100, 400, 3), numpy.uint8)\n"
        "        print(flush=True)\n"
        f"write_picture(Picture(Header(400, 10**8, 3), None, bands), {str(tmp_path / 'a.png')!r})"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    child.kill()
    child.communicate()
    assert not (tmp_path / "a.png").exists()


def fails(picture, path, *words):
    with pytest.raises(ClaritasError) as caught:
        write_picture(picture, path)
    for word in words:
        assert word in str(caught.value)


def test_places_that_cannot_be_written_are_named(tmp_path, photograph):
    picture = Picture.from_array(photograph)
    fails(picture, tmp_path / "none" / "a.png", "no folder", "none")
    (tmp_path / "folder.png").mkdir()
    fails(picture, tmp_path / "folder.png", "is a folder")
    fails(picture, tmp_path / ("a" * 260 + ".png"), "too long")
    fails(picture, tmp_path / "a.xyz", "xyz")
    fails(picture, tmp_path / "a.gif", "can only be read")


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 64 KiB; needs root."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if (
        sys.platform != "linux"
        or os.geteuid()
        or subprocess.run(mount, capture_output=True).returncode
    ):
        pytest.skip("may not mount")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk_is_named_and_nothing_is_left(small_disk, suffix):
    noise = np.random.default_rng(0).integers(0, 256, (400, 300, 3), dtype=np.uint8)
    fails(Picture.from_array(noise), small_disk / f"a{suffix}", "is full", f"a{suffix}")
    assert names_in(small_disk) == []


def test_a_read_only_folder_is_named_before_any_work(small_disk, photograph):
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    fails(Picture.from_array(photograph), small_disk / "a.png", "Nothing may be written", "disk")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (700, 1), (257, 255)])
def test_odd_sizes_survive(tmp_path, suffix, shape):
    pixels = np.full((*shape, 3), 77, np.uint8)
    path = write_picture(Picture.from_array(pixels), tmp_path / f"a{suffix}").path
    with Image.open(path) as image:
        assert image.size == shape[::-1]
        assert np.abs(np.asarray(image.convert("RGB")).astype(int) - 77).max() <= 2


def test_wrong_quality_is_wrong_use(tmp_path, photograph):
    with pytest.raises(UsageError, match="quality"):
        write_picture(Picture.from_array(photograph), tmp_path / "a.jpg", quality=0)


MEASURED = """
import sys, threading, time, psutil
from claritas.image.picture import Header, Picture
from claritas.image.read import open_picture
from claritas.image.write import write_picture
peak = 0
def watch():
    global peak
    while True:
        peak = max(peak, psutil.Process().memory_info().rss)
        time.sleep(0.005)
threading.Thread(target=watch, daemon=True).start()
write_picture(open_picture(sys.argv[1]), sys.argv[2])
print(peak)
"""


def repeated(part: np.ndarray, count: int) -> Iterator[np.ndarray]:
    return iter([part] * count)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg"])
def test_memory_does_not_grow_with_the_height(tmp_path, photograph, suffix):
    part = np.tile(photograph, (4, 50, 1))  # 240 x 4000
    peaks = []
    for bands in (6, 30):
        picture = Picture(Header(4000, 240 * bands, 3), None, partial(repeated, part, bands))
        source = write_picture(picture, tmp_path / f"{bands}{suffix}").path
        output = tmp_path / f"{bands}-out{suffix}"
        command = [sys.executable, "-c", MEASURED, str(source), str(output)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout) / 2**20)
    # The taller one has 66 MiB more samples; JPEGs keep a little of each row.
    assert peaks[1] < peaks[0] + 30, peaks
