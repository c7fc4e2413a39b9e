"""From what the user asked for and a picture's header to the steps that do it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Literal

from claritas.enhancement.faithful import NAMES, Faithful, check_faithful
from claritas.errors import UsageError
from claritas.image.picture import Header, SampleType
from claritas.image.resize import output_size
from claritas.version import __version__
from claritas.zoo.card import Model, PrecisionName
from claritas.zoo.catalogue import find, for_task, for_worn

Preset = Literal["fast", "balanced", "best"]
Precision = Literal["auto", "fp32", "bf16", "int8"]

LARGEST_SCALE = 16.0
DEFAULT_ENLARGEMENT = 2.0
UPSCALE = "upscale"
MOST_STAGES = 4  # 2 * 2 * 2 * 2 reaches the largest scale
ROUNDING = 1e-9
FASTEST_FIRST: tuple[PrecisionName, ...] = ("int8", "bf16", "fp32")

# Presets that have no models of their own but make more of another's: they average over variants
# of the picture.
BORROWING: dict[Preset, Preset] = {"best": "balanced"}


@dataclass(frozen=True)
class Options:
    """What the user asked for; the same words as on the command line.

    Attributes
    ----------
    scale
        Any number in (0, 16]; None is 2 for enlargement and 1 for other tasks.
    size
        (width, height) instead of a scale; None in one place keeps the shape.
    model
        A name of the catalogue or the path of a model folder.
    mask
        A file that is white where the picture is to be painted in.
    strength
        0 is plain interpolation, 1 the model's result.
    tile
        Side of the core of a tile in input pixels; None chooses it by memory.
    engine
        `openvino`, `onnxruntime` or, for tests, `fake`.
    faithful
        `block` or `bicubic`: the result, brought down so, gives back the input.
    judge
        Keep the input, interpolated, where the result is no better.
    """

    scale: float | None = None
    size: tuple[int | None, int | None] | None = None
    model: str | None = None
    task: str | None = None
    mask: str | None = None
    preset: Preset = "balanced"
    device: str = "auto"
    precision: Precision = "auto"
    strength: float = 1.0
    ensemble: bool = False
    tile: int | None = None
    engine: str = "openvino"
    faithful: Faithful | None = None
    judge: bool = False

    def __post_init__(self) -> None:
        if self.scale is not None and not 0 < self.scale <= LARGEST_SCALE:
            raise UsageError(f"A scale of {self.scale:g}", "a number above 0, at most 16")
        if self.scale is not None and self.size is not None:
            raise UsageError("Both a scale and a size were given", "one of the two")
        if self.size is not None and not any(self.size):
            raise UsageError("A size without width and height", "WxH, Wx or xH")
        if self.size is not None and any(side is not None and side < 1 for side in self.size):
            raise UsageError(f"A size of {self.size}", "sides of at least 1 pixel")
        if not 0 <= self.strength <= 1:
            raise UsageError(f"A strength of {self.strength:g}", "a number from 0 to 1")
        if self.tile is not None and self.tile < 16:
            raise UsageError(f"A tile of {self.tile} pixels", "at least 16, or auto")
        if self.faithful not in (None, *NAMES):
            raise UsageError(f"Faithful as {self.faithful!r}", f"one of {', '.join(NAMES)}")

    @property
    def averages(self) -> bool:
        """Whether a result is the mean over variants of the picture."""
        return self.ensemble or self.preset in BORROWING

    @property
    def shelf(self) -> Preset:
        """The preset whose models are taken."""
        return BORROWING.get(self.preset, self.preset)


@dataclass(frozen=True)
class Stage:
    """One model of a plan and the precision that it runs in."""

    model: Model
    precision: PrecisionName


@dataclass(frozen=True)
class Plan:
    """What will be done to one picture; made from its header, before any work.

    Attributes
    ----------
    width, height
        Of the result.
    scale
        The exact factors along x and y; sizes are rounded up from them.
    stages
        The models that run, in order; empty where the resizer does all.
    identity
        Changes whenever the same input would give another result: options,
        models' hashes, versions. The ledger compares it.
    """

    width: int
    height: int
    scale: tuple[float, float]
    stages: tuple[Stage, ...]
    identity: str

    @property
    def models(self) -> tuple[str, ...]:
        return tuple(stage.model.card.name for stage in self.stages)


def make_plan(
    header: Header, options: Options, native: Sequence[str], masked: bool = False
) -> Plan:
    """What to do to a picture with this header.

    Parameters
    ----------
    native
        The precisions that the engine's device computes in by itself.
    masked
        Whether a mask is given, though the options name none.

    Raises
    ------
    UsageError
        If no model fits the options; those that exist are told. If a mask is
        missing, or given and not needed.
    """
    width, height, scale = result_size(header, options, default_scale(options))
    if options.faithful:
        check_faithful(header, width, height, options.faithful)
    models = choose_models(options, max(scale), worn=bool(header.worn))
    for model in models:
        _check_takes(model, header)
    _check_mask(models, masked or options.mask is not None)
    stages = tuple(Stage(m, choose_precision(m, options.precision, header, native)) for m in models)
    # Both answers count, so that nobody has to look at a picture to know whether it was done.
    candidates = [*choose_models(options, max(scale)), *choose_models(options, max(scale), True)]
    known = sorted({model.identity for model in candidates})
    asked = (options, width, height, *_mask_file(options))
    identity = repr((__version__, *asked, known, sorted(native)))
    return Plan(width, height, scale, stages, identity)


def default_scale(options: Options) -> float:
    """What a scale that is not given means for the task."""
    task = options.task
    if task is None and options.model is not None:
        task = find(options.model).card.task
    return DEFAULT_ENLARGEMENT if (task or UPSCALE) == UPSCALE else 1.0


def _check_mask(models: Sequence[Model], given: bool) -> None:
    wanting = [model for model in models if model.card.contract.mask]
    if wanting and not given:
        raise UsageError(
            f"The model {wanting[0].card.name} needs a mask",
            "--mask FILE, a picture of the same size that is white where to paint in",
        )
    if given and not wanting:
        raise UsageError("A mask was given, and no model that takes one", "--task inpaint")


def _mask_file(options: Options) -> tuple[int, ...]:
    """What changes when the mask's file does."""
    if options.mask is None:
        return ()
    try:
        facts = Path(options.mask).stat()
    except OSError:
        raise UsageError(f"There is no file {options.mask}", "a mask (--mask)") from None
    return facts.st_size, facts.st_mtime_ns


def asks_condition(header: Header, options: Options) -> bool:
    """Whether the choice of models depends on the picture being clean or worn."""
    if not _for_worn(options):
        return False
    *_, scale = result_size(header, options, DEFAULT_ENLARGEMENT)
    return max(scale) > 1


def _for_worn(options: Options) -> list[Model]:
    """The models for worn pictures that the options leave free to be taken.

    None where a result has to be faithful: what takes noise away contradicts its input.
    """
    if options.model is not None or (options.task or UPSCALE) != UPSCALE or options.faithful:
        return []
    known = for_worn(UPSCALE, options.shelf)
    return [m for m in known if options.precision in ("auto", *m.card.precision)]


def choose_models(options: Options, scale: float, worn: bool = False) -> list[Model]:
    """The models whose scales multiply to at least `scale`, by as little as can be.

    One or less needs no model for enlargement; other tasks run theirs once. A
    worn picture goes through a model for such first, where there is one and
    the options name no other; what comes out of it is clean.
    """
    if options.model is not None:
        candidates = [find(options.model)]
        _check_task(candidates[0], options.task)
    else:
        candidates = for_task(options.task or UPSCALE, options.shelf)
    if candidates[0].card.task != UPSCALE:
        return candidates[:1]
    first = _for_worn(options) if worn else []
    if scale <= 1 or not first:
        return _smallest_product(candidates, scale)
    fitting = [model for model in first if model.card.contract.scale >= scale]
    one = fitting[0] if fitting else first[-1]
    return [one, *_smallest_product(candidates, scale / one.card.contract.scale)]


def _check_task(model: Model, task: str | None) -> None:
    if task is not None and model.card.task != task:
        raise UsageError(
            f"The model {model.card.name} is for {model.card.task}, not for {task}",
            remedy="leave --task or --model out.",
        )


def _check_takes(model: Model, header: Header) -> None:
    """Refuse a model that gives no picture, or takes none of this size."""
    name, side = model.card.name, model.card.contract.side
    if model.card.contract.outputs:
        raise UsageError(f"The model {name} scores pictures and changes none", "another model")
    if side and (header.width, header.height) != (side, side):
        raise UsageError(
            f"The model {name} takes pictures of {side}x{side} pixels alone",
            f"that size, not {header.width}x{header.height}",
            "choose another model; in pieces, this one would leave a seam around each.",
        )


def _smallest_product(candidates: list[Model], scale: float) -> list[Model]:
    """The fewest models among the smallest products of scales at least as large as `scale`."""
    best: list[Model] | None = None
    for count in range(MOST_STAGES + 1):
        for chosen in combinations_with_replacement(candidates, count):
            product = _product(chosen)
            if product >= scale - ROUNDING and (best is None or product < _product(best)):
                best = list(chosen)
    if best is None:
        raise UsageError(f"These models cannot enlarge by {scale:g}", "a smaller scale")
    return sorted(best, key=lambda model: -model.card.contract.scale)


def _product(models: Sequence[Model]) -> int:
    return math.prod(model.card.contract.scale for model in models)


def choose_precision(
    model: Model, asked: Precision, header: Header, native: Sequence[str]
) -> PrecisionName:
    """The fastest precision that the card allows for the picture's depth and the device has.

    Raises
    ------
    UsageError
        If a precision was asked for that the model or the device lacks.
    """
    known = model.card.precision
    if asked != "auto":
        if asked not in known:
            raise UsageError(f"The model {model.card.name} has no {asked}", ", ".join(known))
        if asked not in native:
            raise UsageError(
                f"This device does not compute in {asked} by itself; emulated, it is slow",
                f"auto or one of {', '.join(native)}",
            )
        return asked
    eight = header.sample is SampleType.UINT8
    for name in FASTEST_FIRST:
        if name in known and name in native:
            serves = known[name].serves_8_bit if eight else known[name].serves_16_bit
            if serves:
                return name
    return "fp32"


def result_size(
    header: Header, options: Options, default: float
) -> tuple[int, int, tuple[float, float]]:
    """Width, height and the exact factors of the result.

    A scale keeps the exact factor, sizes rounded up; a size with one side
    missing keeps the picture's shape.
    """
    if options.size is None:
        scale = default if options.scale is None else options.scale
        width, height = output_size(header.width, header.height, scale)
        return width, height, (scale, scale)
    asked_width, asked_height = options.size
    width = asked_width or max(1, round(header.width * (asked_height or 1) / header.height))
    height = asked_height or max(1, round(header.height * width / header.width))
    factors = width / header.width, height / header.height
    if max(factors) > LARGEST_SCALE:
        raise UsageError(
            f"A size of {width}x{height} is {max(factors):.1f} times the picture's",
            "at most 16 times",
        )
    return width, height, factors
