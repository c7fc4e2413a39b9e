"""From a clean picture to a spoiled one, as a recipe in a TOML file says.

All that is random in a picture comes from the seed, the picture's name or
number, the position and the step's number: not from the process, not from
what was spoiled before.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from claritas.degradation import mask
from claritas.degradation.greyscale import Pixels
from claritas.degradation.parameters import Draw, Number, OneOf, read_parameters
from claritas.degradation.steps import STEPS
from claritas.errors import UsageError

CHOICE = "choose"  # the kind of a step that stands for one of several lists of steps

# The chance of a step that states none.
_ALWAYS = OneOf((1.0,))
_SHARE = Number(0, 1)
_WEIGHT = Number(0, 1e6)
_RECIPE_KEYS = {"steps", "description"}

Holes = list[Pixels]  # masks, as steps that make holes give them


@dataclass(frozen=True)
class PlannedStep:
    """A step of a recipe: what is drawn for each picture."""

    kind: str
    parameters: dict[str, Draw] = field(default_factory=dict)
    chance: Draw = _ALWAYS
    clip: bool = True

    def apply(
        self,
        picture: Pixels,
        random: np.random.Generator,
        clean_size: tuple[int, int],
        holes: Holes,
    ) -> Pixels:
        """Float32 (height, width, 3), in 0..1 if clipped; the same picture if chance says so."""
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
        bounded = np.clip(spoiled, 0, 1) if self.clip else spoiled
        return bounded.astype(np.float32, copy=False)


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

    @property
    def clips(self) -> bool:
        """Whether its results are within 0..1: the last step decides."""
        last = self.steps[-1]
        return not isinstance(last, PlannedStep) or last.clip


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
    chance = _SHARE.read(rest.pop("chance", 1.0), f"{place}: chance", folder)
    if kind == CHOICE:
        return _choice(rest, place, folder, chance)
    clip = rest.pop("clip", True)
    if not isinstance(clip, bool):
        raise UsageError(f"{place}: clip is {clip!r}", "true or false")
    drawn = read_parameters(STEPS[kind].parameters, rest, place, folder)
    return PlannedStep(kind, drawn, chance, clip)


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
    picture: Pixels,
    recipe: Recipe,
    *,
    seed: int = 0,
    name: str | int = "",
    position: int = 0,
    clip: bool = True,
) -> Pixels:
    """A spoiled picture.

    Parameters
    ----------
    picture
        Float32 (height, width, 3), 0..1.
    seed, name, position
        What the random numbers come from; see `random_for`.
    clip
        Whether the result is clipped whatever its steps say.

    Returns
    -------
    Float32 (height, width, 3), within 0..1 if clipped; the size is another where a step resamples.

    Raises
    ------
    UsageError
        If the seed or the position is negative.
    """
    spoiled, _ = _apply(picture, recipe, seed, name, position)
    return np.clip(spoiled, 0, 1) if clip else spoiled


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
    spoiled, mask_of_holes = _apply(picture, recipe, seed, name, position)
    return np.clip(spoiled, 0, 1), mask_of_holes


def _apply(
    picture: Pixels, recipe: Recipe, seed: int, name: str | int, position: int
) -> tuple[Pixels, Pixels | None]:
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
