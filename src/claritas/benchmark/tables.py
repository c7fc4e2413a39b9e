"""Tables of how well and how fast pictures are enlarged: rows, JSON, Markdown."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, get_args

import msgspec

from claritas.assessment.full_reference import as_rgb, psnr, ssim
from claritas.assessment.score import Channels, Protocol, Score, mean
from claritas.benchmark.sets import Example, PictureSet, Pixels, as_bytes, example
from claritas.degradation.recipe import Recipe
from claritas.enhancement.enhancer import Enhancer
from claritas.enhancement.plan import Options, Precision, Preset
from claritas.image.picture import Picture
from claritas.image.resize import Kernel, resize

# Always in the table: what everybody has, to read the others against.
PLAIN_METHODS: tuple[Kernel, ...] = ("nearest", "bicubic", "lanczos")

# The same for every row, so it stands once, below; the border is in each row.
CONVENTIONS = (
    "Originals are cropped to a multiple of the scale; low resolution is MATLAB's antialiased "
    "bicubic in its uint8 form (each pass rounded); results are rounded once to 8 bits; a grey "
    "picture counts as RGB with three equal channels; PSNR and SSIM (Wang 2004, 11x11 Gaussian, "
    "sigma 1.5, valid region, per channel) are means over pictures, peak 255, higher is better."
)
SPOILED = (
    "Pictures were spoiled by the recipe first and rounded to 8 bits, noise clipped with them, "
    "unless a step says `clip = false`; "
    "`input` is what that gave, and at scale 1 no border is left out."
)
TIMING = (
    "Seconds are for the whole set, from 8-bit pixels to 8-bit pixels, the start-up of a model "
    "apart; megapixels are the input's."
)


class Row(msgspec.Struct, frozen=True):
    """One method on one set at one scale.

    Attributes
    ----------
    psnr_y, psnr_rgb
        Decibels, mean over the pictures; higher is better. Infinite where
        every picture equals its original; JSON, which has no infinity, says null.
    ssim_y, ssim_rgb
        Mean over the pictures, -1 to 1; higher is better.
    seconds
        For the whole set, from 8-bit pixels to 8-bit pixels, without start-up.
    megapixels_per_second
        Of the input.
    protocol
        The channels and the border that the scores hold for.
    engine, precision
        What ran the model; empty for a plain interpolation.
    """

    set: str
    pictures: int
    scale: int
    method: str
    psnr_y: float
    ssim_y: float
    psnr_rgb: float
    ssim_rgb: float
    seconds: float
    megapixels_per_second: float
    protocol: str
    engine: str = ""
    precision: str = ""


class Method(NamedTuple):
    """A name, and what makes a low resolution picture large.

    `enlarge` takes and gives (height, width, channels); `runs_on` tells
    engine and precision for such a picture.
    """

    name: str
    enlarge: Callable[[Pixels], Pixels]
    runs_on: Callable[[Pixels], tuple[str, str]] = lambda _: ("", "")


class Measured(NamedTuple):
    """One picture under one method."""

    scores: tuple[Score, ...]  # in the order of MEASURES
    seconds: float
    megapixels: float


MEASURES: tuple[tuple[Callable[..., Score], Channels], ...] = tuple(
    (measure, channels) for channels in get_args(Channels) for measure in (psnr, ssim)
)


def plain_method(kernel: Kernel, scale: int) -> Method:
    """Interpolation in float, rounded once."""

    def enlarge(low: Pixels) -> Pixels:
        return resize(Picture.from_array(low), scale=scale, kernel=kernel).array()

    return Method(kernel, enlarge)


def model_method(
    model: str, scale: int, precision: Precision = "auto", preset: Preset = "balanced"
) -> Method:
    """A model, by name or folder, through the Enhancer that users run."""
    options = Options(model=model, scale=scale, precision=precision, preset=preset)
    enhancer = Enhancer(options)

    def enlarge(low: Pixels) -> Pixels:
        return enhancer(Picture.from_array(low)).array()

    def runs_on(low: Pixels) -> tuple[str, str]:
        stages = enhancer.plan(Picture.from_array(low).header).stages
        return enhancer.options.engine, "+".join(stage.precision for stage in stages)

    name = f"{Path(model).name}, {preset}" if preset != options.shelf else Path(model).name
    return Method(name, enlarge, runs_on)


def methods(models: Sequence[str], scale: int, precision: Precision = "auto") -> list[Method]:
    """The plain interpolations, at scale 1 the input itself; then the models."""
    plain = [plain_method(kernel, scale) for kernel in PLAIN_METHODS]
    if scale == 1:
        plain = [Method("input", lambda low: low)]
    return plain + [model_method(model, scale, precision) for model in models]


def rows(
    pictures: PictureSet,
    scale: int,
    chosen: Sequence[Method],
    after_picture: Callable[[], object] = lambda: None,
    recipe: Recipe | None = None,
) -> list[Row]:
    """The table of one set: a row a method.

    Methods take turns on each picture, so that a busy minute of the machine
    slows them all.

    Raises
    ------
    ClaritasError
        If a picture can't be measured, or a model can't run.
    """
    measured: list[list[Measured]] = [[] for _ in chosen]
    for file in pictures.files:
        one = example(file, scale, recipe)
        for method, results in zip(chosen, measured, strict=True):
            if not results:
                method.enlarge(one.low)  # loading and compiling are start-up
            results.append(measure(method, one, border=_border(scale)))
        after_picture()
    return [
        _row(pictures.name, scale, method.name, results, method.runs_on(one.low))
        for method, results in zip(chosen, measured, strict=True)
    ]


def _border(scale: int) -> int:
    """Pixels left out on each side: as many as the scale; none where nothing is enlarged."""
    return scale if scale > 1 else 0


def measure(method: Method, one: Example, border: int) -> Measured:
    """One picture enlarged, timed and compared with its original."""
    began = time.perf_counter()
    result = method.enlarge(one.low)
    seconds = time.perf_counter() - began
    high, result = as_rgb(one.high), as_rgb(as_bytes(result))
    scores = tuple(score(result, high, channels=c, border=border) for score, c in MEASURES)
    return Measured(scores, seconds, one.low.shape[0] * one.low.shape[1] / 1e6)


def _row(
    name: str, scale: int, method: str, measured: list[Measured], runs_on: tuple[str, str]
) -> Row:
    by_measure = zip(*(one.scores for one in measured), strict=True)
    psnr_y, ssim_y, psnr_rgb, ssim_rgb = (mean(scores).value for scores in by_measure)
    seconds = sum(one.seconds for one in measured)
    return Row(
        set=name,
        pictures=len(measured),
        scale=scale,
        method=method,
        psnr_y=psnr_y,
        ssim_y=ssim_y,
        psnr_rgb=psnr_rgb,
        ssim_rgb=ssim_rgb,
        seconds=seconds,
        megapixels_per_second=sum(one.megapixels for one in measured) / seconds,
        protocol="; ".join(
            str(Protocol(channels, _border(scale))) for channels in get_args(Channels)
        ),
        engine=runs_on[0],
        precision=runs_on[1],
    )


def to_json(table: Sequence[Row], recipe: str = "") -> bytes:
    """The rows as a JSON list, one object a row, and the conventions beside them."""
    text = {"conventions": _conventions(recipe), "rows": list(table)}
    return msgspec.json.format(msgspec.json.encode(text), indent=2) + b"\n"


COLUMNS: dict[str, Callable[[Row], str]] = {
    "set": lambda row: row.set,
    "scale": lambda row: f"x{row.scale}",
    "method": lambda row: row.method,
    "PSNR-Y, dB": lambda row: f"{row.psnr_y:.2f}",
    "SSIM-Y": lambda row: f"{row.ssim_y:.4f}",
    "PSNR-RGB, dB": lambda row: f"{row.psnr_rgb:.2f}",
    "SSIM-RGB": lambda row: f"{row.ssim_rgb:.4f}",
    "seconds": lambda row: f"{row.seconds:.2f}",
    "megapixels/s": lambda row: f"{row.megapixels_per_second:.2f}",
    "engine": lambda row: f"{row.engine} {row.precision}".strip(),
    "protocol": lambda row: row.protocol,
}

WORD_COLUMNS = {"set", "scale", "method", "engine", "protocol"}


def _conventions(recipe: str) -> str:
    spoiled = f"{SPOILED} Recipe: {recipe}. " if recipe else ""
    return f"{CONVENTIONS} {spoiled}{TIMING}"


def to_markdown(table: Sequence[Row], recipe: str = "") -> str:
    """The rows as a Markdown table, the conventions below it."""
    rules = ["---" if name in WORD_COLUMNS else "---:" for name in COLUMNS]
    lines = [list(COLUMNS), rules]
    lines += [[show(row) for show in COLUMNS.values()] for row in table]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + f"\n\n{_conventions(recipe)}\n"
