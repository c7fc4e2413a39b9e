"""Checks that what came in goes out, cell by cell, and writes `docs/fidelity.md`.

    python benchmarks/fidelity.py [--large] [--write]

Files are made by Pillow, tifffile, pillow-heif or byte by byte, opened,
enlarged twice by the resizer and written by Claritas, and read back without
it. Ends with 1 where a cell fails. `--large` adds a picture of 100 megapixels.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from document import ROOT
from files import EXIF_MAKER, XMP, Sample, made, read_back, samples
from PIL import Image

from claritas.image.formats import FORMATS, format_for_output
from claritas.image.picture import Header
from claritas.image.read import open_picture
from claritas.image.resize import imresize, resize
from claritas.image.write import write_picture

PAGE = ROOT / "docs" / "fidelity.md"
TICK, NOT_HELD = "✓", "–"
# Mean error of a lossy file, in grey levels of 255.
LOSSY_TOLERANCE = 4.0
NAMES = ["plain", "two words", "naïve-Ünïcödé", "写真", "صورة", "😀", "a\nb", "a[n=1]", "%s{}*?'\""]
SIZES = [(1, 1), (1, 9), (9, 1), (17, 13), (300, 257), (1000, 3)]
LARGE = (10_000, 10_000)

Cell = Callable[[], bool]


def main() -> None:
    arguments = parse()
    with tempfile.TemporaryDirectory() as folder:
        parts = list(page(Path(folder), arguments.large))
    text = "\n\n".join(parts) + "\n"
    print(text)
    if arguments.write:
        PAGE.write_text(text, "utf-8")
    sys.exit("✗" in text)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--large", action="store_true", help="add 100 megapixels; takes minutes")
    parser.add_argument("--write", action="store_true", help="write docs/fidelity.md")
    return parser.parse_args()


def page(folder: Path, large: bool) -> Iterator[str]:
    """The parts of the document."""
    yield "# What came in goes out"
    yield (
        "Every tick was checked in one run of `python benchmarks/fidelity.py --write`: a file made "
        "by another library, opened, enlarged twice by the resizer, written, and read back by "
        f"another library. {NOT_HELD} means that the input's format holds no such thing."
    )
    yield matrix(folder)
    yield "## Names"
    yield grid(NAMES, ascii, lambda sample, name: round_trip_of_name(folder, sample, name))
    yield "## Sizes"
    sizes = [*SIZES, *([LARGE] if large else [])]
    yield grid(sizes, shown_size, lambda sample, size: round_trip_of_size(folder, sample, size))


def shown_size(size: tuple[int, int]) -> str:
    """Width and height; the large one is halved and not doubled."""
    return f"{size[0]}x{size[1]}" + (" (halved)" if size == LARGE else "")


def matrix(folder: Path) -> str:
    """One row a kind of file, one column a property."""
    heads = ["input", "output", "pixels", "depth", "grey, alpha", "ICC", "EXIF", "XMP", "dpi x2",
             "orientation 1-8", "nothing made up"]  # fmt: skip
    return table(heads, [line(sample, folder) for sample in samples()])


def line(sample: Sample, folder: Path) -> list[str]:
    """One kind of file through all checks."""
    source = made(sample, folder / f"in{sample.suffix}", metadata=sample.metadata)
    header = open_picture(source).header
    result = through(source, folder)
    back = read_back(result)
    held = sample.metadata
    # Pillow writes AVIF's EXIF with question marks for what is not ASCII.
    stated = EXIF_MAKER if sample.suffix != ".avif" else read_back(source).maker
    return [
        sample.title,
        result.suffix[1:],
        tick(lambda: close(back.pixels, sample, result.suffix)),
        tick(lambda: back.pixels.dtype == expected_dtype(sample, result.suffix)),
        tick(lambda: back.pixels.shape[2] == header.channels),
        tick(lambda: back.icc == sample.icc) if held else NOT_HELD,
        tick(lambda: back.maker == stated) if held else NOT_HELD,
        tick(lambda: back.xmp == XMP) if held and sample.xmp else NOT_HELD,
        tick(lambda: np.allclose(back.dpi or (0, 0), (600, 300), rtol=1e-4)) if held else NOT_HELD,
        tick(lambda: every_orientation(sample, folder)) if held else NOT_HELD,
        tick(lambda: nothing_made_up(sample, folder)),
    ]


def tick(check: Cell) -> str:
    """A tick, or a cross and why."""
    try:
        return TICK if check() else "✗"
    except Exception as error:
        return f"✗ {type(error).__name__}: {error}".replace("\n", " ")


def through(source: Path, folder: Path, scale: float = 2) -> Path:
    """The way of every picture: open, resize, write in the input's format."""
    picture = open_picture(source)
    format = format_for_output(picture.header)
    output = folder / f"out{format.suffixes[0]}"
    return write_picture(resize(picture, scale=scale), output, fmt=format, overwrite=True).path


def expected_dtype(sample: Sample, suffix: str) -> np.dtype[Any]:
    return np.dtype(np.uint8) if suffix == ".jpg" else sample.pixels.dtype


def close(result: Any, sample: Sample, suffix: str, orientation: int = 1) -> bool:
    """Whether pixels are the sample's, turned and enlarged: within rounding, or lossily."""
    pixels = oriented(sample.pixels, orientation)
    expected = enlarged(pixels)
    span = 1.0 if pixels.dtype.kind == "f" else float(np.iinfo(pixels.dtype).max)
    error = np.abs(visible(result) - visible(expected)) / span
    if sample.lossy or suffix in (".jpg", ".avif"):
        return bool(error.mean() < LOSSY_TOLERANCE / 255)
    return bool(error.max() <= 2 / span + 1e-5)


def enlarged(pixels: Any) -> Any:
    """The samples twice as large, computed in float64; alpha premultiplied."""
    x = pixels.astype(np.float64)
    low, high = limits(pixels)
    if pixels.shape[2] in (1, 3):
        return np.clip(imresize(x, scale=2), low, high)
    alpha = imresize(x[..., -1:] / high, scale=2)
    colours = imresize(x[..., :-1] * x[..., -1:] / high, scale=2)
    straight = np.divide(colours, alpha, out=np.zeros_like(colours), where=alpha > 1e-4)
    return np.clip(np.concatenate([straight, alpha * high], axis=-1), low, high)


def limits(pixels: Any) -> tuple[float, float]:
    """The stored range: of the type for 8 and 16 bits, the picture's own for signed samples."""
    if pixels.dtype.kind == "f":
        return -np.inf, np.inf
    if pixels.dtype.kind == "i":
        return float(pixels.min()), float(pixels.max())
    return 0.0, float(np.iinfo(pixels.dtype).max)


def visible(pixels: Any) -> Any:
    """What can be compared: colours times alpha, and alpha."""
    x = pixels.astype(np.float64)
    if x.shape[2] in (1, 3):
        return x
    high = float(np.iinfo(np.uint16 if x.max() > 255 else np.uint8).max)
    return np.concatenate([x[..., :-1] * x[..., -1:] / high, x[..., -1:]], axis=-1)


def oriented(pixels: Any, orientation: int) -> Any:
    """Samples as a viewer shows them under an EXIF orientation."""
    mirrored = pixels[:, ::-1] if orientation in (2, 4, 5, 7) else pixels
    turns = {3: 2, 4: 2, 5: 1, 6: 3, 7: 3, 8: 1}.get(orientation, 0)
    return np.rot90(mirrored, turns)


def every_orientation(sample: Sample, folder: Path) -> bool:
    def right(orientation: int) -> bool:
        path = folder / f"turned{sample.suffix}"
        made(sample, path, metadata=True, orientation=orientation)
        back = read_back(through(path, folder))
        return back.orientation == 1 and close(back.pixels, sample, path.suffix, orientation)

    return all(right(orientation) for orientation in range(1, 9))


def nothing_made_up(sample: Sample, folder: Path) -> bool:
    """A file that states nothing gives one that states nothing."""
    back = read_back(through(made(sample, folder / f"bare{sample.suffix}"), folder))
    return (back.icc, back.maker, back.xmp, back.dpi) == (None, None, None, None)


def grid(
    things: list[Any], shown: Callable[[Any], str], check: Callable[[Sample, Any], bool]
) -> str:
    """One row a thing, one column a format."""
    columns = {sample.suffix: sample for sample in samples() if sample.first}
    heads = ["", *(suffix[1:] for suffix in columns)]
    lines = [
        [shown(thing), *(tick(partial(check, sample, thing)) for sample in columns.values())]
        for thing in things
    ]
    return table(heads, lines)


def round_trip_of_name(folder: Path, sample: Sample, name: str) -> bool:
    """A picture of that name gives one of that name."""
    source = folder / f"{name}{sample.suffix}"
    made(sample, folder / f"in{sample.suffix}").replace(source)
    format = FORMATS[format_for_output(open_picture(source).header).name]
    output = folder / f"{name}-x2{format.suffixes[0]}"
    write_picture(resize(open_picture(source), scale=2), output, overwrite=True)
    return output.exists() and close(read_back(output).pixels, sample, output.suffix)


def round_trip_of_size(folder: Path, sample: Sample, size: tuple[int, int]) -> bool:
    """A picture of that size gives one of the right size and colours."""
    width, height = size
    tiles = (-(-height // sample.pixels.shape[0]), -(-width // sample.pixels.shape[1]), 1)
    pixels = np.tile(sample.pixels, tiles)[:height, :width]
    source = made(sample.of(pixels), folder / f"sized{sample.suffix}")
    scale = 0.5 if size == LARGE else 2
    result = through(source, folder, scale)
    Image.MAX_IMAGE_PIXELS = None
    back = read_back(result)
    wanted = Header(max(1, int(width * scale)), max(1, int(height * scale)), 3)
    span = np.iinfo(pixels.dtype).max
    level = abs(float(back.pixels.mean()) - float(pixels.mean())) / span
    return back.pixels.shape[1::-1] == (wanted.width, wanted.height) and level < 0.02


def table(heads: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    rules = ["---"] + [":-:"] * (len(heads) - 1)
    escaped = ([cell.replace("|", "\\|") for cell in row] for row in (heads, rules, *rows))
    return "\n".join(f"| {' | '.join(row)} |" for row in escaped)


if __name__ == "__main__":
    main()
