"""What `--faithful` gains and keeps: a table of `docs/trust.md`.

    python benchmarks/faithful.py [--write]

Set14 brought down by block averages and by bicubic, enlarged by the models that ship; results are
written as PNG and read back. Then noise, checkerboards and single pixels with `block`. Some five
minutes on one core.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from document import ROOT, SHARED_DATA, publish, table

from claritas.assessment.full_reference import as_rgb, psnr
from claritas.assessment.pixels import Uint8
from claritas.benchmark.sets import picture_set
from claritas.enhancement.enhancer import Enhancer
from claritas.enhancement.faithful import Faithful
from claritas.enhancement.plan import Options
from claritas.image.picture import Picture
from claritas.image.read import open_picture
from claritas.image.resize import imresize
from claritas.image.write import write_picture

PAGE = ROOT / "docs" / "trust.md"
SCALES = (2, 3, 4)
# What inputs are made by, and the ways to enlarge them.
TRIED: Mapping[Faithful, tuple[Faithful | None, ...]] = {
    "block": (None, "block"),
    "bicubic": (None, "bicubic", "block"),
}
SIDE = 48


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="write docs/trust.md")
    page = PAGE if parser.parse_args().write else None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "result.png"
        rows = [line for made_by in TRIED for line in lines(made_by, path)]
        odd = max(block_deviation(one, scale, path) for one in odd_pictures() for scale in SCALES)
    words = (
        "PSNR-Y in the mean; the largest deviation anywhere, in grey levels, is read back from the "
        f"file. Noise, checkerboards and single pixels with `block`: {odd:g}."
    )
    heads = ["", *(f"×{scale}" for scale in SCALES)]
    publish("faithful", f"{table(heads, rows)}\n\n{words}", page)


def lines(made_by: Faithful, path: Path) -> Iterator[list[str]]:
    """Three lines a way: PSNR, how many pictures gained against plain, and the deviation."""
    plain: dict[int, list[float]] = {}
    for how in TRIED[made_by]:
        found = {scale: measured(made_by, how, scale, path) for scale in SCALES}
        scores = {scale: [one[0] for one in pairs] for scale, pairs in found.items()}
        name = f"inputs by {made_by}, {f'`{how}`' if how else 'plain'}"
        yield [f"{name}: PSNR-Y", *(f"{np.mean(scores[scale]):.2f}" for scale in SCALES)]
        if how is None:
            plain = scores
        else:
            gained = (np.greater_equal(scores[scale], plain[scale]) for scale in SCALES)
            yield [
                f"{name}: no lower than plain",
                *(f"{one.sum()} of {one.size}" for one in gained),
            ]
        worst = (max(pair[1] for pair in found[scale]) for scale in SCALES)
        yield [f"{name}: largest deviation", *(f"{one:.4g}" for one in worst)]


def measured(
    made_by: Faithful, how: Faithful | None, scale: int, path: Path
) -> list[tuple[float, float]]:
    """PSNR-Y and the largest deviation of each picture of Set14."""
    found = []
    for file in picture_set(SHARED_DATA / "set14").files:
        high = as_rgb(open_picture(file).array())
        high = high[: len(high) // scale * scale, : high.shape[1] // scale * scale]
        low = brought_down(high, scale, made_by).round().clip(0, 255).astype(np.uint8)
        result = through_a_file(low, scale, how, path)
        score = psnr(result, high, channels="Y", border=scale).value
        found.append((score, deviation(result, low, scale, made_by)))
    return found


def brought_down(picture: Uint8, scale: int, how: Faithful) -> np.ndarray:
    if how == "bicubic":
        size = picture.shape[1] // scale, picture.shape[0] // scale
        return imresize(picture.astype(np.float64), size=size)
    height, width, channels = picture.shape
    blocks = picture.reshape(height // scale, scale, width // scale, scale, channels)
    return np.asarray(blocks.mean(axis=(1, 3), dtype=np.float64))


def through_a_file(low: Uint8, scale: int, how: Faithful | None, path: Path) -> Uint8:
    enhancer = Enhancer(Options(scale=scale, faithful=how))
    write_picture(enhancer(Picture.from_array(low)), path, overwrite=True)
    return as_rgb(open_picture(path).array())


def deviation(result: Uint8, low: Uint8, scale: int, how: Faithful) -> float:
    return float(np.abs(brought_down(result, scale, how) - low).max())


def block_deviation(low: Uint8, scale: int, path: Path) -> float:
    return deviation(through_a_file(low, scale, "block", path), low, scale, "block")


def odd_pictures() -> Iterator[Uint8]:
    random = np.random.default_rng(0)
    yield random.integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    yield random.choice([0, 255], (SIDE, SIDE, 3)).astype(np.uint8)
    checkers = (np.indices((SIDE, SIDE)).sum(0) % 2 * 255).astype(np.uint8)
    yield as_rgb(checkers)
    dots = np.zeros((SIDE, SIDE, 3), np.uint8)
    dots[4::9, 5::11] = 255
    yield dots
    yield 255 - dots


if __name__ == "__main__":
    main()
