"""The formats of picture files: what each can hold, and what is written in its place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from claritas.errors import UsageError
from claritas.image.picture import Header


@dataclass(frozen=True)
class Format:
    """What one format of files can hold.

    Attributes
    ----------
    title
        As people write it.
    suffixes
        Lower case, with the dot; the first is the one that is written.
    largest_side
        Pixels, as far as the writing library goes.
    alpha, sixteen_bits, floats
        Whether it holds them. `floats` means signed and 32-bit samples as well.
    lossy
        Whether it has a quality.
    streams_in
        Whether a plain file of it (baseline, not interlaced) is read in strips.
    replaced_by
        The format that is written where this one can only be read.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    largest_side: int
    alpha: bool = True
    sixteen_bits: bool = False
    floats: bool = False
    lossy: bool = False
    streams_in: bool = False
    replaced_by: str | None = None

    @property
    def writable(self) -> bool:
        return self.replaced_by is None


_ALL = (
    Format("jpeg", "JPEG", (".jpg", ".jpeg", ".jpe", ".jfif"), 65_500,
           alpha=False, lossy=True, streams_in=True),
    Format("png", "PNG", (".png",), 2**31 - 1, sixteen_bits=True, streams_in=True),
    Format("tiff", "TIFF", (".tif", ".tiff"), 2**31 - 1,
           sixteen_bits=True, floats=True, streams_in=True),
    Format("webp", "WebP", (".webp",), 16_383, lossy=True),
    Format("avif", "AVIF", (".avif",), 16_384, sixteen_bits=True, lossy=True),
    Format("gif", "GIF", (".gif",), 65_535, replaced_by="png"),
    Format("heic", "HEIC", (".heic", ".heif", ".hif"), 16_384, replaced_by="jpeg"),
)  # fmt: skip

FORMATS: dict[str, Format] = {format.name: format for format in _ALL}
_BY_SUFFIX = {suffix: format for format in _ALL for suffix in format.suffixes}
_BY_WORD = {suffix[1:]: format for suffix, format in _BY_SUFFIX.items()} | FORMATS

# The longest of these openings decides what a file is; its name does not.
_OPENINGS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"II+\0", "tiff"),
    (b"MM\0+", "tiff"),
    (b"GIF8", "gif"),
)
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
BYTES_THAT_TELL = 64


def format_of_name(path: Path | str) -> Format | None:
    """The format that a name's suffix stands for, whatever its case; None where it is none."""
    return _BY_SUFFIX.get(Path(path).suffix.lower())


def format_of_content(opening: bytes) -> Format | None:
    """The format of a file by its first `BYTES_THAT_TELL` bytes; None where it is none."""
    for magic, name in _OPENINGS:
        if opening.startswith(magic):
            return FORMATS[name]
    if opening[:4] == b"RIFF" and opening[8:12] == b"WEBP":
        return FORMATS["webp"]
    if opening[4:8] == b"ftyp":
        return _of_brands(opening)
    return None


def _of_brands(opening: bytes) -> Format | None:
    """AVIF or HEIC, by the major and the compatible brands of an ISO media file."""
    length = int.from_bytes(opening[:4], "big")
    brands = [opening[8:12]] + [opening[at : at + 4] for at in range(16, length, 4)]
    if b"avif" in brands or b"avis" in brands:
        return FORMATS["avif"]
    return FORMATS["heic"] if any(brand in _HEIC_BRANDS for brand in brands) else None


def format_for_output(header: Header, asked: str | None = None, suffix: str = "") -> Format:
    """The format that a result is written in.

    Parameters
    ----------
    header
        Of the input: its format is kept unless told otherwise.
    asked
        `--format`: a name or a suffix of a format, in any case.
    suffix
        Of the output's name, where the user gave one; `asked` goes first.

    Raises
    ------
    UsageError
        If a format is unknown, or asked for and can only be read, or if `asked`
        and `suffix` contradict each other.
    """
    by_suffix = _named(suffix) if suffix else None
    by_name = _named(asked) if asked else None
    if by_name and by_suffix and by_name is not by_suffix:
        raise UsageError(
            f"The format {by_name.title} and a name that ends in {suffix}",
            f"a name that ends in {by_name.suffixes[0]}, or no --format",
        )
    return by_name or by_suffix or _kept(header)


def _named(word: str) -> Format:
    found = _BY_WORD.get(word.lower().lstrip("."))
    if found is None or not found.writable:
        what = f"{found.title} can only be read" if found else f"No format is called {word!r}"
        names = ", ".join(format.name for format in _ALL if format.writable)
        raise UsageError(what, f"one of {names}")
    return found


def _kept(header: Header) -> Format:
    found = FORMATS.get(header.format, FORMATS["png"])
    return FORMATS[found.replaced_by] if found.replaced_by else found
