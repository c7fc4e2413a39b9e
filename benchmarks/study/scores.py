"""Means of a method over test pictures: PSNR and SSIM on RGB, RMSE on 0..255."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from document import SHARED_DATA, stop

from claritas.assessment.full_reference import Uint8, as_rgb, psnr, rmse, ssim
from claritas.benchmark.sets import Example, as_bytes, example, picture_set
from claritas.degradation.spoiling import to_spoiling
from claritas.enhancement.enhancer import Enhancer
from claritas.enhancement.plan import Options
from claritas.errors import ClaritasError
from claritas.image.picture import Picture
from claritas.image.resize import resize

Method = Callable[[Uint8], Uint8]


class Means(NamedTuple):
    """Over all pictures of a test part; whole pictures, RGB."""

    psnr: float
    ssim: float
    rmse: float

    def cells(self) -> list[str]:
        return [f"{self.psnr:.2f}", f"{self.ssim:.4f}", f"{self.rmse:.2f}"]


HEADS = ["PSNR, dB", "SSIM", "RMSE"]


def test_files(folder: str) -> tuple[Path, ...]:
    """The pictures of a folder below the shared data; without it, the study stops."""
    try:
        return picture_set(SHARED_DATA / folder).files
    except ClaritasError as error:
        stop(f"The study needs its data: {str(error).splitlines()[0]}")


def enlargements(folder: str, scale: int) -> list[Example]:
    """Originals and their low resolution, as `claritas benchmark` makes it."""
    return [example(file, scale) for file in test_files(folder)]


def spoiled(clean: Sequence[Uint8], recipe: Mapping[str, Any]) -> list[Example]:
    """Pictures and what a recipe makes of them, at the same size; chance comes from the pixels."""
    spoiling = to_spoiling(recipe, scale=1)
    names = [hashlib.sha256(picture.tobytes()).hexdigest() for picture in clean]
    return [Example(one, spoiling(one, name).low) for one, name in zip(clean, names, strict=True)]


def bicubic(scale: int) -> Method:
    return lambda low: resize(Picture.from_array(low), scale=scale).array()


def unchanged(picture: Uint8) -> Uint8:
    return picture


def model(folder: str, scale: int) -> Method:
    """A model in float32, through the Enhancer that users run."""
    enhancer = Enhancer(Options(model=folder, scale=scale, precision="fp32"))
    return lambda low: enhancer(Picture.from_array(low)).array()


def results(pairs: Sequence[Example], method: Method) -> Iterator[tuple[Uint8, Uint8]]:
    """What a method makes of each, and the truth, as RGB."""
    for pair in pairs:
        yield as_rgb(method(as_bytes(pair.low))), as_rgb(pair.high)


def means(pairs: Sequence[Example], method: Method) -> Means:
    """A method's mean scores."""
    values = [
        (
            psnr(result, truth, channels="RGB").value,
            ssim(result, truth, channels="RGB").value,
            rmse(result, truth).value,
        )
        for result, truth in results(pairs, method)
    ]
    return Means(*(sum(column) / len(values) for column in zip(*values, strict=True)))
