"""libvips' savers, fed with a picture that is still being made.

The thread that asked pulls the bands and sends them as a PNG stream through a
pipe; a second thread runs the saver on its other end. So whatever goes wrong
while bands are pulled, Ctrl-C included, goes wrong in the caller's thread, and
the saver notices a stream that broke off.
"""

from __future__ import annotations

import os
import secrets
import select
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, BinaryIO

from claritas.image import exif
from claritas.image.fill import fill_exif, insert_xmp, state_no_dpi
from claritas.image.formats import Format
from claritas.image.libvips import Image, libvips, reason
from claritas.image.picture import Header, Picture
from claritas.image.png_stream import png_stream

# Quality of a lossy file that came from no file with a quality on the same scale.
_USUAL_QUALITY = {"jpeg": 95, "webp": 90, "avif": 90}
# From here on, colours keep their full resolution (4:4:4).
_FULL_CHROMA = 90
_LOSSLESS = 100
_LOSSLESS_INPUTS = ("png", "tiff", "gif", "")
# libvips' flags for `keep`: EXIF only where there is any.
_KEEP_EXIF, _KEEP_XMP, _KEEP_ICC = 1, 2, 8
# The savers of the formats; PNG gets its XMP afterwards.
_SAVERS = {
    "jpeg": "jpegsave_target",
    "png": "pngsave_target",
    "webp": "webpsave_target",
    "avif": "heifsave_target",
}
# An APP1 segment has 65,533 bytes; libexif's own fields stand around ours.
_LONGEST_EXIF = 64_000


class SaverError(Exception):
    """The saver failed; the message is libvips'."""


def save(picture: Picture, file: BinaryIO, format: Format, quality: int) -> tuple[str, ...]:
    """Write a picture of 8 or 16 bits into an open file; gives notes on what was left out.

    Raises
    ------
    SaverError
        If libvips cannot encode or write it.
    """
    header = picture.header
    block, whole = _exif_block(header, format)
    token = secrets.token_hex(16)
    reading, writing = os.pipe()
    with ThreadPoolExecutor(1) as pool:
        saving = pool.submit(_run, reading, file.fileno(), header, format, quality, token, block)
        try:
            _send(writing, png_stream(header, picture.stored_bands()), saving)
        finally:
            os.close(writing)
        if told := saving.result():
            raise SaverError(told)
    if block:
        fill_exif(file, token.encode(), block)
    if format.name == "png" and header.dpi is None:
        state_no_dpi(file)
    if format.name == "png" and header.xmp:
        insert_xmp(file, header.xmp)
    return () if whole else ("EXIF was too long for the file: its largest fields were left out",)


def quality_for(header: Header, format: Format, asked: int | None) -> int:
    """The quality to save with: as asked, as the input was, or the format's usual one.

    100 means lossless for WebP.
    """
    if asked is not None:
        return asked
    if format.name == header.format and header.quality is not None:
        return header.quality
    if format.name == "webp" and header.format in _LOSSLESS_INPUTS:
        return _LOSSLESS
    return _USUAL_QUALITY.get(format.name, _LOSSLESS)


def _exif_block(header: Header, format: Format) -> tuple[bytes, bool]:
    """The EXIF to write, and whether all fitted; only PNG has another place for resolution."""
    if not header.exif and not (header.dpi and format.name != "png"):
        return b"", True
    return exif.block_of(header.exif, header.width, header.height, header.dpi, _LONGEST_EXIF)


def _send(pipe: int, pieces: Iterator[bytes], saving: Future[str]) -> None:
    """Write to the pipe until all is sent or nobody reads any more."""
    if os.name == "posix":
        os.set_blocking(pipe, False)
    for piece in pieces:
        left = memoryview(piece)
        while left:
            if saving.done():
                return
            if os.name == "posix" and not select.select([], [pipe], [], 0.2)[1]:
                continue
            try:
                left = left[os.write(pipe, left) :]
            except BrokenPipeError:
                return


def _run(
    reading: int, target: int, header: Header, format: Format, quality: int, token: str,
    block: bytes,
) -> str:  # fmt: skip
    """The saver's thread; gives libvips' complaint, or nothing when all went well.

    The complaint is a text because an exception would keep the image alive,
    and with it the pipe's open end.
    """
    vips = libvips()
    try:
        source = vips.Source.new_from_descriptor(reading)
        image = vips.Image.pngload_source(
            source, access="sequential", fail_on="truncated", revalidate=True, unlimited=True
        )
        _save(_with_metadata(image, header, token, block), target, format, quality, bool(block))
    except vips.Error as error:
        return reason(error)
    finally:
        os.close(reading)
    return ""


def _with_metadata(image: Image, header: Header, token: str, block: bytes) -> Image:
    vips = libvips()
    image = image.copy()
    if header.dpi:
        image = image.copy(xres=header.dpi[0] / 25.4, yres=header.dpi[1] / 25.4)
    if header.icc:
        image.set_type(vips.GValue.blob_type, "icc-profile-data", header.icc)
    if header.xmp:
        image.set_type(vips.GValue.blob_type, "xmp-data", header.xmp)
    if block:
        held = token.ljust(len(block), "x")
        value = f"{held} ({held}, ASCII, {len(held)} components, {len(held)} bytes)"
        image.set_type(vips.GValue.gstr_type, "exif-ifd0-ImageDescription", value)
    return image


def _save(image: Image, target: int, format: Format, quality: int, with_exif: bool) -> None:
    keep = _KEEP_XMP | _KEEP_ICC | (_KEEP_EXIF if with_exif else 0)
    if format.name == "png":
        keep &= ~_KEEP_XMP
    chroma = "off" if quality >= _FULL_CHROMA else "auto"
    deep = image.format == "ushort"
    # PNG and AVIF: where more effort only takes longer (four times, for 1 % of an AVIF).
    options: dict[str, dict[str, Any]] = {
        "jpeg": {"Q": quality, "subsample_mode": chroma},
        "png": {"compression": 3, "filter": "sub"},
        "webp": {"Q": quality, "lossless": quality == _LOSSLESS, "exact": quality == _LOSSLESS},
        "avif": {
            "compression": "av1",
            "Q": quality,
            "subsample_mode": chroma,
            "bitdepth": 12 if deep else 8,
            "effort": 2,
        },
    }
    sink = libvips().Target.new_to_descriptor(target)
    libvips().Operation.call(_SAVERS[format.name], image, sink, keep=keep, **options[format.name])
