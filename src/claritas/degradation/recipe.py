"""From a clean picture to a spoiled one, as a recipe in a TOML file says.

All that is random in a picture comes from the seed, the picture's name or
number, the position and the step's number: not from the process, not from
what was spoiled before.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from claritas.degradation import (
    blur,
    camera,
    compress,
    exposure,
    greyscale,
    jpeg2000,
    mask,
    noise,
    watermark,
)
from claritas.degradation.greyscale import Pixels
from claritas.degradation.parameters import (
    Draw,
    File,
    Number,
    OneOf,
    Parameter,
    Word,
    read_parameters,
)
from claritas.degradation.resample import crop_to_multiple, resample, resample_of_clean, shrink
from claritas.errors import UsageError
from claritas.image.picture import Array
from claritas.image.resize import KERNELS


class Step(NamedTuple):
    """A way to spoil a picture.

    `function` takes (picture, random, **parameters): float32 (height, width, 3)
    within 0..1 and a generator; it gives such a picture, which need not be clipped.
    One that asks for it also gets `clean_size`, (width, height). One that makes
    holes gives a mask instead, (height, width), 1 where the picture is gone.
    """

    function: Callable[..., Pixels]
    parameters: dict[str, Parameter]
    asks_for_clean_size: bool = False
    makes_holes: bool = False


_SIZE = Number(3, blur.LARGEST_KERNEL, step=2, required=False)
_SIGMA = Number(0.05, 40)
_CHANCE = Number(0, 1, default=0)
_QUALITY = Number(1, 100, step=1)
_SHIFT = Number(0, 7, default=(0, 7), step=1)
_CHROMA = Word(tuple(compress.CHROMA), default="4:2:0")
_FACTOR = Number(0, 10)
_RESAMPLE: dict[str, Parameter] = {
    "scale": Number(0.01, 16),
    "kernel": Word(tuple(KERNELS), default="bicubic"),
}
_ELLIPSE: dict[str, Parameter] = {
    "sigma_x": _SIGMA,
    "sigma_y": Number(0.05, 40, required=False),
    "angle": Number(-360, 360, default=(-180, 180)),
    "size": _SIZE,
}

_COUNT = Number(1, 20, default=(1, 4), step=1)
_WIDTH_OF_STROKES = Number(0.005, 0.5, default=(0.05, 0.15))
_OPACITY = Number(0, 1, default=(0.3, 0.7))
_LETTERS: dict[str, Parameter] = {
    "height": Number(0.01, 1, default=(0.05, 0.2)),
    "angle": Number(-360, 360, default=(-30, 30)),
}

STEPS: dict[str, Step] = {
    "gaussian_blur": Step(blur.gaussian, {"sigma": _SIGMA, "size": _SIZE}),
    "anisotropic_blur": Step(blur.anisotropic, _ELLIPSE),
    "generalised_blur": Step(blur.generalised, {**_ELLIPSE, "beta": Number(0.1, 10)}),
    "plateau_blur": Step(blur.plateau, {**_ELLIPSE, "beta": Number(0.1, 10)}),
    "sinc_blur": Step(
        blur.sinc,
        {"cutoff": Number(0.1, np.pi), "size": Number(3, blur.LARGEST_KERNEL, step=2, default=21)},
    ),
    "motion_blur": Step(
        blur.motion,
        {"length": Number(1, 200), "angle": Number(-360, 360, default=(-180, 180))},
    ),
    "defocus_blur": Step(blur.defocus, {"radius": Number(0.5, 100)}),
    "kernel_blur": Step(blur.by_kernel, {"file": File(blur.read_kernel)}),
    "resample": Step(resample, _RESAMPLE),
    "resample_of_clean": Step(resample_of_clean, _RESAMPLE, asks_for_clean_size=True),
    "gaussian_noise": Step(
        noise.gaussian_noise,
        {"sigma": Number(0, 255), "grey": _CHANCE, "correlation": Number(0, 20, default=0)},
    ),
    "poisson_noise": Step(
        noise.poisson_noise, {"scale": Number(0, 20, default=1), "grey": _CHANCE}
    ),
    "speckle": Step(noise.speckle, {"sigma": Number(0, 10), "grey": _CHANCE}),
    "salt_and_pepper": Step(
        noise.salt_and_pepper,
        {"share": Number(0, 1, default=(0.3, 0.6)), "salt": Number(0, 1, default=0.5)},
    ),
    "coloured_pixels": Step(noise.coloured_pixels, {"share": Number(0, 1, default=(0.3, 0.6))}),
    "camera_noise": Step(
        camera.camera_noise,
        {"shot": Number(0, 1, required=False), "read": Number(0, 1, required=False)},
    ),
    "jpeg": Step(compress.jpeg, {"quality": _QUALITY, "chroma": _CHROMA}),
    "double_jpeg": Step(
        compress.double_jpeg,
        {
            "first": _QUALITY,
            "second": _QUALITY,
            "shift_x": _SHIFT,
            "shift_y": _SHIFT,
            "chroma": _CHROMA,
        },
    ),
    "webp": Step(compress.webp, {"quality": _QUALITY}),
    "jpeg2000": Step(jpeg2000.jpeg2000, {"ratio": Number(1, 1000)}),
    "eight_bits": Step(compress.eight_bits, {}),
    "exposure": Step(exposure.exposure, {"ev": Number(-10, 10)}),
    "vignette": Step(exposure.vignette, {"strength": Number(0, 0.99)}),
    "gamma": Step(exposure.gamma, {"gamma": Number(0.05, 20)}),
    "low_light": Step(
        exposure.low_light,
        {
            "alpha": Number(0, 1, default=(0.9, 1)),
            "beta": Number(0, 1, default=(0.5, 1)),
            "gamma": Number(0.05, 20, default=(1.5, 5)),
        },
    ),
    "brightness": Step(exposure.brightness, {"factor": _FACTOR}),
    "contrast": Step(exposure.contrast, {"factor": _FACTOR}),
    "saturation": Step(exposure.saturation, {"factor": _FACTOR}),
    "hue": Step(exposure.hue, {"degrees": Number(-360, 360)}),
    "greyscale": Step(
        greyscale.greyscale, {"standard": Word(tuple(greyscale.LUMA), default="bt601")}
    ),
    "box_mask": Step(
        mask.boxes,
        {"count": _COUNT, "side": Number(0.01, 1, default=(0.1, 0.4))},
        makes_holes=True,
    ),
    "stroke_mask": Step(
        mask.strokes,
        {"count": Number(1, 20, default=(1, 3), step=1), "width": _WIDTH_OF_STROKES},
        makes_holes=True,
    ),
    "scratch_mask": Step(
        mask.scratches,
        {
            "count": Number(1, 100, default=(2, 12), step=1),
            "width": Number(0.5, 50, default=(0.7, 2.5)),
        },
        makes_holes=True,
    ),
    "text_mask": Step(
        mask.text,
        {"lines": Number(1, 20, default=(1, 3), step=1), **_LETTERS},
        makes_holes=True,
    ),
    "text_watermark": Step(watermark.text, {"opacity": _OPACITY, **_LETTERS, "tiled": _CHANCE}),
    "logo_watermark": Step(
        watermark.logo, {"opacity": _OPACITY, "size": Number(0.02, 1, default=(0.2, 0.6))}
    ),
}

CHOICE = "choose"  # the kind of a step that stands for one of several lists of steps

# The chance of a step that states none.
_ALWAYS = OneOf((1.0,))
_WEIGHT = Number(0, 1e6)
_RECIPE_KEYS = {"steps", "description"}

Holes = list[Pixels]  # masks, as steps that make holes give them


@dataclass(frozen=True)
class PlannedStep:
    """A step of a recipe: what is drawn for each picture."""

    kind: str
    parameters: dict[str, Draw] = field(default_factory=dict)
    chance: Draw = _ALWAYS

    def apply(
        self,
        picture: Pixels,
        random: np.random.Generator,
        clean_size: tuple[int, int],
        holes: Holes,
    ) -> Pixels:
        """Float32 (height, width, 3) within 0..1; the same picture if chance says so."""
        if random.random() >= self.chance.draw(random):
            return picture
        step = STEPS[self.kind]
        drawn = {name: draw.draw(random) for name, draw in self.parameters.items()}
        if step.asks_for_clean_size:
            drawn["clean_size"] = clean_size
        spoiled = step.function(picture, random, **drawn)
        if step.makes_holes:
            holes.append(spoiled)
            spoiled = mask.with_hole(picture, spoiled)
        return np.clip(spoiled, 0, 1).astype(np.float32, copy=False)


@dataclass(frozen=True)
class Choice:
    """One of several lists of steps, as likely as its weight."""

    options: tuple[tuple[Planned, ...], ...]
    weights: tuple[float, ...]
    chance: Draw = _ALWAYS

    def apply(
        self,
        picture: Pixels,
        random: np.random.Generator,
        clean_size: tuple[int, int],
        holes: Holes,
    ) -> Pixels:
        """As `PlannedStep.apply`."""
        if random.random() >= self.chance.draw(random):
            return picture
        point = random.random() * sum(self.weights)
        last = len(self.weights) - 1  # should rounding bring the point onto the last edge
        chosen = next(
            n for n, edge in enumerate(accumulate(self.weights)) if point < edge or n == last
        )
        for step in self.options[chosen]:
            picture = step.apply(picture, random, clean_size, holes)
        return picture


Planned = PlannedStep | Choice


@dataclass(frozen=True)
class Recipe:
    """Steps in their order."""

    steps: tuple[Planned, ...]
    description: str = ""


def read_recipe(path: Path) -> Recipe:
    """A recipe from a TOML file; kernels that it names lie relative to it.

    Raises
    ------
    UsageError
        If the file is missing, is not TOML, or names an unknown step or key,
        or a value out of its range.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise UsageError(f"There is no file {path}", "a recipe in TOML") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise UsageError(f"{path} is not TOML: {error}", "a recipe") from None
    return to_recipe(table, str(path), path.parent)


def to_recipe(table: Mapping[str, Any], origin: str, folder: Path = Path()) -> Recipe:
    """A checked recipe of a plain table; `origin` is named in errors."""
    unknown = sorted(set(table) - _RECIPE_KEYS)
    if unknown:
        raise UsageError(f"{origin} has an unknown key {unknown[0]!r}", "[[steps]], description")
    return Recipe(_steps(table, origin, folder), str(table.get("description", "")))


def _steps(table: Mapping[str, Any], place: str, folder: Path) -> tuple[Planned, ...]:
    steps = table.get("steps")
    if not isinstance(steps, list) or not steps or not all(isinstance(s, dict) for s in steps):
        raise UsageError(f"{place} has no steps", "one [[steps]] table or more")
    return tuple(_planned(step, f"{place}: step {n}", folder) for n, step in enumerate(steps, 1))


def _planned(table: Mapping[str, Any], place: str, folder: Path) -> Planned:
    rest = dict(table)
    kind = rest.pop("kind", None)
    if not isinstance(kind, str) or kind not in (*STEPS, CHOICE):
        raise UsageError(f"{place} is of the unknown kind {kind!r}", ", ".join((*STEPS, CHOICE)))
    place = f"{place} ({kind})"
    chance = _CHANCE.read(rest.pop("chance", 1.0), f"{place}: chance", folder)
    if kind == CHOICE:
        return _choice(rest, place, folder, chance)
    return PlannedStep(kind, read_parameters(STEPS[kind].parameters, rest, place, folder), chance)


def _choice(table: Mapping[str, Any], place: str, folder: Path, chance: Draw) -> Choice:
    options = table.get("options")
    tables = isinstance(options, list) and all(isinstance(one, dict) for one in options)
    if set(table) != {"options"} or not tables or not options:
        raise UsageError(f"{place} says {', '.join(table) or 'nothing'}", "only options = [...]")
    weights: list[float] = []
    lists: list[tuple[Planned, ...]] = []
    for number, option in enumerate(options, 1):
        inner = f"{place}: option {number}"
        if set(option) - {"weight", "steps"}:
            raise UsageError(f"{inner} says {', '.join(option)}", "weight and steps")
        if option.get("steps") == []:  # nothing is done
            lists.append(())
        else:
            lists.append(_steps(option, inner, folder))
        weights.append(float(_WEIGHT.checked(option.get("weight", 1), f"{inner}: weight")))
    if not sum(weights):
        raise UsageError(f"{place} has no weight that is not 0", "weights that say how likely")
    return Choice(tuple(lists), tuple(weights), chance)


def random_for(seed: int, picture: str | int, position: int, step: int) -> np.random.Generator:
    """The generator of one step of one sample.

    Parameters
    ----------
    seed
        Of the whole run, 0 or more.
    picture
        Its name or number; a name counts by its bytes, whatever the process.
    position
        Which sample of that picture, from 0.
    step
        Its number in the recipe, from 0: a step that draws more changes no other.
    """
    name = f"{type(picture).__name__}:{picture}".encode("utf-8", "surrogateescape")
    digest = int.from_bytes(hashlib.sha256(name).digest()[:16], "big")
    return np.random.Generator(
        np.random.PCG64(np.random.SeedSequence((seed, digest, position, step)))
    )


def degrade(
    picture: Pixels, recipe: Recipe, *, seed: int = 0, name: str | int = "", position: int = 0
) -> Pixels:
    """A spoiled picture.

    Parameters
    ----------
    picture
        Float32 (height, width, 3), 0..1.
    seed, name, position
        What the random numbers come from; see `random_for`.

    Returns
    -------
    Float32 (height, width, 3) within 0..1; the size is another where a step resamples.

    Raises
    ------
    UsageError
        If the seed or the position is negative.
    """
    return degrade_with_mask(picture, recipe, seed=seed, name=name, position=position)[0]


def degrade_with_mask(
    picture: Pixels, recipe: Recipe, *, seed: int = 0, name: str | int = "", position: int = 0
) -> tuple[Pixels, Pixels | None]:
    """As `degrade`, and the mask of all holes: (height, width), 1 where the picture is gone.

    The mask is None where no step made one.

    Raises
    ------
    UsageError
        If the seed or the position is negative, or a step resamples after a hole was made.
    """
    if not isinstance(seed, int) or seed < 0 or position < 0:
        raise UsageError(f"The seed {seed!r}, position {position}", "whole numbers from 0")
    clean_size = (picture.shape[1], picture.shape[0])
    holes: Holes = []
    for number, step in enumerate(recipe.steps):
        random = random_for(seed, name, position, number)
        picture = step.apply(picture, random, clean_size, holes)
    if any(hole.shape != picture.shape[:2] for hole in holes):
        raise UsageError("A recipe resamples after it made holes", "masks after the last resample")
    return picture, np.maximum.reduce(holes) if holes else None


def spoil(clean: Array, scale: int, recipe: Mapping[str, Any]) -> tuple[Array, Array]:
    """A clean uint8 picture (height, width, 3) to (spoiled, clean cropped to match).

    Parameters
    ----------
    recipe
        `{"kind": "bicubic"}`, or a recipe's table: `steps`, and `seed` if it
        is not 0. What is random then comes from the picture's content, which
        stands for its name.

    Raises
    ------
    UsageError
        If the recipe's kind is not known, or its steps give another size than 1 / scale.
    """
    cropped = crop_to_multiple(clean, scale)
    if "steps" in recipe:
        return _by_steps(cropped, scale, recipe), cropped
    if recipe.get("kind") != "bicubic":
        raise UsageError(f"There is no degradation {recipe.get('kind')!r}", "bicubic, or steps")
    return shrink(cropped, scale), cropped


def _by_steps(clean: Array, scale: int, table: Mapping[str, Any]) -> Array:
    """The uint8 result of a recipe's table on a uint8 picture, its size checked."""
    rest = dict(table)
    seed = rest.pop("seed", 0)
    recipe = to_recipe(rest, "degradation")
    name = hashlib.sha256(clean.tobytes()).hexdigest()
    spoiled = degrade(clean.astype(np.float32) / np.float32(255), recipe, seed=seed, name=name)
    height, width = clean.shape[0] // scale, clean.shape[1] // scale
    if spoiled.shape[:2] != (height, width):
        raise UsageError(
            f"The steps of the degradation make {spoiled.shape[1]}x{spoiled.shape[0]} pixels "
            f"of {clean.shape[1]}x{clean.shape[0]}",
            f"{width}x{height}, as the scale {scale} asks",
        )
    return np.asarray(np.rint(spoiled * np.float32(255)), np.uint8)
