"""Picture files made and read without Claritas, for `fidelity.py`."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from PIL import Image, ImageCms
from skimage import data

ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _grey_profile() -> bytes:
    """The smallest ICC profile of a grey space: white point and a gamma of 2.2."""
    white = b"XYZ \0\0\0\0" + struct.pack(">III", 0xF6D6, 0x10000, 0xD32D)
    curve = b"curv\0\0\0\0" + struct.pack(">IHH", 1, 0x0233, 0)
    table = struct.pack(">I4sII4sII", 2, b"wtpt", 156, 20, b"kTRC", 176, 16)
    head = struct.pack(">I4sI4s4s4s", 192, b"lcms", 0x02400000, b"mntr", b"GRAY", b"XYZ ")
    head = head.ljust(36, b"\0") + b"acsp" + bytes(28) + white[8:]
    return head.ljust(128, b"\0") + table + white + curve


GREY_ICC = _grey_profile()
XMP = b"<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
EXIF_MAKER = "Zoë (写真機)"
DPI = (300, 150)
MAKER, ORIENTATION = 0x10F, 0x112


@dataclass(frozen=True)
class Sample:
    """One kind of file.

    Attributes
    ----------
    pixels
        (height, width, channels) as a reader must find them, or nearly so where `lossy`.
    metadata, xmp
        Whether the format holds ICC, EXIF, dpi and orientation; and XMP.
    first
        Whether it stands for its suffix where each format is tried once.
    """

    title: str
    suffix: str
    pixels: Any
    options: dict[str, Any]
    lossy: bool = False
    metadata: bool = True
    xmp: bool = True
    first: bool = False

    @property
    def icc(self) -> bytes:
        """The profile that its colours need."""
        return ICC if self.pixels.shape[2] > 2 else GREY_ICC

    def of(self, pixels: Any) -> Sample:
        """The same kind of file with other pixels."""
        return replace(self, pixels=pixels)


@dataclass(frozen=True)
class Back:
    """What another library finds in a file."""

    pixels: Any
    icc: bytes | None = None
    maker: str | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    orientation: int = 1


def samples() -> list[Sample]:
    """All kinds of files, from a smooth piece of a photograph."""
    rgb = np.asarray(Image.fromarray(data.coffee()).resize((48, 36)))
    grey = rgb[..., 1:2]
    alpha = np.broadcast_to(np.linspace(0, 255, 48).astype(np.uint8)[None, :, None], grey.shape)
    rgba, grey_alpha = np.dstack([rgb, alpha]), np.dstack([grey, alpha])
    deep, deep_alpha = rgb.astype(np.uint16) * 257, rgba.astype(np.uint16) * 257
    few = np.asarray(Image.fromarray(rgb).quantize(32).convert("RGB"))
    bits = np.where(grey > 100, 255, 0).astype(np.uint8)
    signed = (grey.astype(np.int16) - 100) * 50
    floats = (rgb / np.float32(255)).astype(np.float32)
    smooth = {"quality": 95, "subsampling": 0}
    return [
        Sample("JPEG 8 bits RGB", ".jpg", rgb, smooth, lossy=True, first=True),
        Sample("JPEG progressive", ".jpg", rgb, {**smooth, "progressive": True}, lossy=True),
        Sample("JPEG grey", ".jpg", grey, {"quality": 95}, lossy=True),
        Sample("PNG 8 bits RGB", ".png", rgb, {}, first=True),
        Sample("PNG RGBA", ".png", rgba, {}),
        Sample("PNG grey", ".png", grey, {}),
        Sample("PNG grey and alpha", ".png", grey_alpha, {}),
        Sample("PNG palette", ".png", few, {"mode": "P"}),
        Sample("PNG 1 bit", ".png", bits, {"mode": "1"}),
        Sample("PNG 16 bits RGB", ".png", deep, {}),
        Sample("PNG 16 bits RGBA", ".png", deep_alpha, {}),
        Sample("PNG 16 bits grey", ".png", deep[..., 1:2], {}),
        Sample("TIFF 8 bits RGB", ".tif", rgb, {}, first=True),
        Sample("TIFF RGBA", ".tif", rgba, {}),
        Sample("TIFF tiled, deflate", ".tif", rgb, {"tile": (16, 16), "compression": "deflate"}),
        Sample("BigTIFF", ".tif", rgb, {"bigtiff": True}),
        Sample("TIFF 16 bits RGB", ".tif", deep, {}),
        Sample("TIFF 16 bits RGBA", ".tif", deep_alpha, {}),
        Sample("TIFF 16 bits signed grey", ".tif", signed, {}),
        Sample("TIFF float RGB", ".tif", floats, {}),
        Sample("WebP lossless RGB", ".webp", rgb, {"lossless": True}, lossy=True, first=True),
        Sample("WebP RGBA", ".webp", rgba, {"quality": 95, "exact": True}, lossy=True),
        Sample("AVIF RGB", ".avif", rgb, {"quality": 95, "speed": 9}, lossy=True, first=True),
        Sample("AVIF RGBA", ".avif", rgba, {"quality": 95, "speed": 9}, lossy=True),
        Sample("GIF", ".gif", few, {"mode": "P"}, metadata=False, first=True),
        Sample("HEIC RGB", ".heic", rgb, {"quality": 95}, lossy=True),
    ]


def made(sample: Sample, path: Path, metadata: bool = False, orientation: int = 1) -> Path:
    """Write a file of this kind, with all the metadata that is looked for afterwards."""
    pixels = sample.pixels
    if sample.suffix == ".tif":
        _made_tiff(sample, path, metadata, orientation)
    elif pixels.dtype == np.uint16:
        path.write_bytes(_png(pixels, metadata, orientation))
    else:
        _made_by_pillow(sample, path, metadata, orientation)
    return path


def _made_by_pillow(sample: Sample, path: Path, metadata: bool, orientation: int) -> None:
    options = dict(sample.options)
    mode = options.pop("mode", None)
    image = Image.fromarray(sample.pixels.squeeze(2) if sample.pixels.shape[2] == 1
                            else sample.pixels)  # fmt: skip
    image = image.quantize(32) if mode == "P" else image.convert(mode) if mode else image
    if metadata:
        options |= {"exif": _exif(orientation).tobytes(), "icc_profile": sample.icc, "dpi": DPI}
        options |= _xmp_of(sample.suffix)
    if sample.suffix == ".heic":
        import pillow_heif

        pillow_heif.register_heif_opener()
    image.save(path, **options)


def _xmp_of(suffix: str) -> dict[str, Any]:
    if suffix != ".png":
        return {"xmp": XMP}
    from PIL.PngImagePlugin import PngInfo

    information = PngInfo()
    information.add_itxt("XML:com.adobe.xmp", XMP.decode())
    return {"pnginfo": information}


def _exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[MAKER], exif[ORIENTATION] = EXIF_MAKER.encode(), orientation
    exif[0x11A], exif[0x11B], exif[0x128] = *map(float, DPI), 2
    return exif


def _made_tiff(sample: Sample, path: Path, metadata: bool, orientation: int) -> None:
    options: dict[str, Any] = dict(sample.options)
    channels = sample.pixels.shape[2]
    if channels in (2, 4):
        options["extrasamples"] = ["unassalpha"]
    if metadata:
        options["iccprofile"] = sample.icc
        options |= {"resolution": DPI, "resolutionunit": "INCH"}
        options["extratags"] = [
            (MAKER, 2, 0, EXIF_MAKER.encode() + b"\0", True),
            (700, 1, len(XMP), XMP, True),
            (ORIENTATION, 3, 1, orientation, True),
        ]
    pixels = sample.pixels.squeeze(2) if channels == 1 else sample.pixels
    photometric = "rgb" if channels > 2 else "minisblack"
    tifffile.imwrite(
        path, pixels, photometric=photometric, metadata=None, software=False, **options
    )


def _png(pixels: Any, metadata: bool, orientation: int) -> bytes:
    """A PNG of 16 bits, which Pillow cannot write in colour."""
    height, width, channels = pixels.shape
    colour = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    rows = pixels.astype(">u2").reshape(height, -1).view(np.uint8)
    filtered = np.hstack([np.zeros((height, 1), np.uint8), rows]).tobytes()
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, 0))]
    if metadata:
        per_metre = [round(dots / 0.0254) for dots in DPI]
        chunks += [
            (b"iCCP", b"icc\0\0" + zlib.compress(ICC if channels > 2 else GREY_ICC)),
            (b"pHYs", struct.pack(">IIB", *per_metre, 1)),
            (b"eXIf", _exif(orientation).tobytes()[6:]),
            (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP),
        ]
    chunks += [(b"IDAT", zlib.compress(filtered)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def read_back(path: Path) -> Back:
    """What Pillow finds; samples that it would reduce are read by tifffile or here."""
    if path.suffix == ".tif":
        return _tiff_back(path)
    with Image.open(path) as image:
        image.load()
        exif = image.getexif()
        pixels = np.asarray(image)
        found = Back(
            pixels if pixels.ndim == 3 else pixels[:, :, None],
            image.info.get("icc_profile"),
            _maker(exif.get(MAKER)),
            _xmp_back(image.info.get("xmp")),
            _dpi(exif, image.info.get("dpi") if path.suffix == ".png" else None),
            exif.get(ORIENTATION, 1),
        )
    if path.suffix == ".png" and path.read_bytes()[24] == 16:
        return replace(found, pixels=_deep_pixels(path.read_bytes()))
    return found


def _maker(value: Any) -> str | None:
    return value.encode("latin-1").decode() if value else None


def _xmp_back(value: bytes | None) -> bytes | None:
    return value.rstrip(b"\0") if value else None


def _dpi(exif: Any, stated: tuple[float, float] | None) -> tuple[float, float] | None:
    if stated:
        return stated
    return (float(exif[0x11A]), float(exif[0x11B])) if 0x11A in exif else None


def _tiff_back(path: Path) -> Back:
    with tifffile.TiffFile(path) as file:
        tags = file.pages[0].tags
        pixels = file.asarray()
        value = {tag.code: tag.value for tag in tags}
    dpi = tuple(value[code][0] / value[code][1] for code in (282, 283)) if 282 in value else None
    return Back(
        pixels if pixels.ndim == 3 else pixels[:, :, None],
        value.get(34675), value.get(MAKER), value.get(700), dpi, int(value.get(ORIENTATION, 1)),
    )  # fmt: skip


def _deep_pixels(file: bytes) -> Any:
    """The samples of a PNG of 16 bits, unfiltered by the specification."""
    width, height, _, colour = struct.unpack_from(">IIBB", file, 16)
    size = {0: 2, 4: 4, 2: 6, 6: 8}[colour]
    at, packed = 8, b""
    while at < len(file):
        length, kind = struct.unpack_from(">I4s", file, at)
        packed += file[at + 8 : at + 8 + length] if kind == b"IDAT" else b""
        at += 12 + length
    raw = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, 1 + width * size)
    before = np.zeros(width * size, np.uint8)
    rows = []
    for line in raw:
        before = _unfiltered(int(line[0]), line[1:], before, size)
        rows.append(before)
    return np.vstack(rows).view(">u2").astype(np.uint16).reshape(height, width, size // 2)


def _unfiltered(kind: int, line: Any, above: Any, size: int) -> Any:
    result = [0] * size + line.tolist()
    up = [0] * size + above.tolist()
    for i in range(size, len(result)):
        left, top, corner = result[i - size], up[i], up[i - size]
        guess = left + top - corner
        paeth = min((left, top, corner), key=lambda value: abs(guess - value))
        result[i] = (result[i] + (0, left, top, (left + top) // 2, paeth)[kind]) % 256
    return np.array(result[size:], np.uint8)
