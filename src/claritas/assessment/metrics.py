"""All metrics by the names that commands know: what each measures and how it is called."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Literal

from claritas.assessment import (
    blocks,
    colour,
    consistency,
    exposure,
    full_reference,
    gradient,
    natural,
    perceptual,
    piqe,
    sharpness,
)
from claritas.assessment.pixels import Uint8
from claritas.assessment.score import Score
from claritas.errors import UsageError

# What a metric needs beside the picture: nothing; the same picture before it was
# spoiled; the picture, as large or smaller, that it was made from.
Needs = Literal["nothing", "reference", "input"]


@dataclass(frozen=True)
class Subject:
    """A picture to be measured.

    Attributes
    ----------
    picture
        uint8, (height, width, 3).
    reference
        The same, of the picture that it is compared with, if there is one.
    quality
        The JPEG quality that the picture's file states, if it does.
    """

    picture: Uint8
    reference: Uint8 | None = None
    quality: int | None = None


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes
    ----------
    measures
        What it tells, in one line.
    default
        Whether it is measured when no metrics are named.
    """

    name: str
    needs: Needs
    measures: str
    measure: Callable[[Subject], Score]
    default: bool = True


def _alone(function: Callable[[Uint8], Score]) -> Callable[[Subject], Score]:
    return lambda subject: function(subject.picture)


def _beside(function: Callable[[Uint8, Uint8], Score]) -> Callable[[Subject], Score]:
    def measure(subject: Subject) -> Score:
        assert subject.reference is not None
        return function(subject.picture, subject.reference)

    return measure


def _quality(subject: Subject) -> Score:
    return blocks.jpeg_quality(subject.picture, subject.quality)


_ALL = (
    Metric("psnr-y", "reference", "error against the reference, on luma",
           _beside(full_reference.psnr)),
    Metric("psnr-rgb", "reference", "error against the reference, on R, G and B",
           _beside(partial(full_reference.psnr, channels="RGB"))),
    Metric("rmse", "reference", "error against the reference, in grey levels",
           _beside(full_reference.rmse)),
    Metric("ssim-y", "reference", "likeness of structure to the reference, on luma",
           _beside(full_reference.ssim)),
    Metric("ssim-rgb", "reference", "likeness of structure, on R, G and B",
           _beside(partial(full_reference.ssim, channels="RGB")), default=False),
    Metric("ssim-grey", "reference", "likeness of structure, on grey, as its authors have it",
           _beside(partial(full_reference.ssim, channels="grey")), default=False),
    Metric("ms-ssim-y", "reference", "likeness of structure at five sizes, on luma",
           _beside(full_reference.ms_ssim)),
    Metric("ms-ssim-rgb", "reference", "likeness of structure at five sizes, on R, G and B",
           _beside(partial(full_reference.ms_ssim, channels="RGB")), default=False),
    Metric("ms-ssim-grey", "reference", "likeness of structure at five sizes, on grey",
           _beside(partial(full_reference.ms_ssim, channels="grey")), default=False),
    Metric("gmsd", "reference", "unevenness of the damage to edges", _beside(gradient.gmsd)),
    Metric("ciede2000", "reference", "difference of colours as people see it",
           _beside(colour.ciede2000)),
    Metric("lpips", "reference", "difference as a network sees it, which you give",
           _beside(perceptual.lpips), default=False),
    Metric("niqe", "nothing", "distance from the statistics of clean photographs",
           _alone(natural.niqe)),
    Metric("piqe", "nothing", "share of blocks with compression, blur or noise",
           _alone(piqe.piqe)),
    Metric("sharpness", "nothing", "how much steepness blurring would take away",
           _alone(sharpness.sharpness)),
    Metric("noise", "nothing", "deviation of the noise; fine texture counts too",
           _alone(sharpness.noise_level)),
    Metric("blockiness", "nothing", "steps across a grid of 8 pixels, as JPEG leaves them",
           _alone(blocks.blockiness)),
    Metric("jpeg-quality", "nothing", "the quality that a JPEG was saved with", _quality),
    Metric("brightness", "nothing", "mean lightness", _alone(exposure.brightness)),
    Metric("highlights", "nothing", "share of pixels lost in white", _alone(exposure.highlights)),
    Metric("shadows", "nothing", "share of pixels lost in black", _alone(exposure.shadows)),
    Metric("colourfulness", "nothing", "strength and variety of the colours",
           _alone(colour.colourfulness)),
    Metric("consistency", "input", "whether the result still holds what its input said",
           _beside(consistency.consistency), default=False),
    Metric("colour-shift", "input", "how far the colours moved from the input's",
           _beside(colour.colour_shift), default=False),
    Metric("registration", "input", "how far the result lies beside its input",
           _beside(consistency.registration), default=False),
)  # fmt: skip

METRICS: dict[str, Metric] = {metric.name: metric for metric in _ALL}


def _niqe_of(path: Path) -> Callable[[Subject], Score]:
    model = natural.read_pristine(path)
    return lambda subject: natural.niqe(subject.picture, model)


def _lpips_of(path: Path) -> Callable[[Subject], Score]:
    return _beside(lambda x, y: perceptual.lpips(x, y, path))


# Metrics that a file of the user's can be given to, as NAME=FILE.
FROM_FILE: dict[str, Callable[[Path], Callable[[Subject], Score]]] = {
    "niqe": _niqe_of,
    "lpips": _lpips_of,
}


def find(word: str) -> Metric:
    """A metric by `NAME` or `NAME=FILE`.

    Raises
    ------
    UsageError
        If there is none of that name, it takes no file, or the file does not fit.
    """
    name, has_file, file = word.partition("=")
    if name not in METRICS:
        near = difflib.get_close_matches(name, METRICS, n=1)
        raise UsageError(
            f"There is no metric {name!r}",
            f"one of {', '.join(METRICS)}",
            f"did you mean {near[0]}?" if near else "",
        )
    found = METRICS[name]
    if not has_file:
        if name == "lpips":
            raise perceptual.no_network(None)
        return found
    if name not in FROM_FILE:
        raise UsageError(f"{name} takes no file", f"{' or '.join(FROM_FILE)}=FILE")
    return Metric(name, found.needs, found.measures, FROM_FILE[name](Path(file)), found.default)


@cache
def defaults(with_reference: bool) -> tuple[Metric, ...]:
    """What is measured when nothing is named."""
    wanted = {"nothing", "reference"} if with_reference else {"nothing"}
    return tuple(one for one in _ALL if one.default and one.needs in wanted)


def chosen(words: Iterable[str]) -> tuple[Metric, ...]:
    """The metrics of several words, each once, in their order."""
    return tuple({metric.name: metric for metric in map(find, words)}.values())
