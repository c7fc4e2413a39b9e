"""Pairs for training: a clean picture of 8 bits, and what a recipe makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from claritas.degradation.recipe import Recipe, degrade_with_mask, to_recipe
from claritas.degradation.resample import crop_to_multiple, shrink
from claritas.errors import UsageError
from claritas.image.picture import Array

BICUBIC = "bicubic"
MARGIN = 8  # small pixels that are spoiled around a patch and cut off again


class Spoiled(NamedTuple):
    """uint8 pictures (h, w, 3) and (h * scale, w * scale, 3); `mask` is (h, w), 1 in holes."""

    low: Array
    high: Array
    mask: Array | None = None

    def with_mask(self) -> Array:
        """`low`, and the mask as a fourth channel of 0 and 255 where there is one."""
        if self.mask is None:
            return self.low
        return np.concatenate([self.low, np.uint8(255) * self.mask[..., None].astype(np.uint8)], 2)


@dataclass(frozen=True)
class Spoiling:
    """How training pairs are made.

    Attributes
    ----------
    recipe
        None for MATLAB's bicubic, in which nothing is random.
    """

    scale: int
    recipe: Recipe | None = None
    seed: int = 0

    def __call__(self, clean: Array, name: str, position: int = 0) -> Spoiled:
        """A clean uint8 picture (height, width, 3), cropped to a multiple of the scale, spoiled.

        Raises
        ------
        UsageError
            If the steps give another size than 1 / scale.
        """
        cropped = crop_to_multiple(clean, self.scale)
        if self.recipe is None:
            return Spoiled(shrink(cropped, self.scale), cropped)
        pixels = cropped.astype(np.float32) / np.float32(255)
        spoiled, mask = degrade_with_mask(
            pixels, self.recipe, seed=self.seed, name=name, position=position
        )
        self._check_size(spoiled, cropped)
        return Spoiled(np.asarray(np.rint(spoiled * np.float32(255)), np.uint8), cropped, mask)

    def _check_size(self, spoiled: Array, clean: Array) -> None:
        height, width = clean.shape[0] // self.scale, clean.shape[1] // self.scale
        if spoiled.shape[:2] != (height, width):
            raise UsageError(
                f"The steps of the degradation make {spoiled.shape[1]}x{spoiled.shape[0]} pixels "
                f"of {clean.shape[1]}x{clean.shape[0]}",
                f"{width}x{height}, as the scale {self.scale} asks",
            )


def to_spoiling(table: Mapping[str, Any], scale: int, seed: int = 0) -> Spoiling:
    """The spoiling of a `[degradation]` table: `kind = "bicubic"`, or `steps` of a recipe.

    Parameters
    ----------
    seed
        Of what is random, where the table states none.

    Raises
    ------
    UsageError
        If the table is neither.
    """
    if "steps" not in table:
        if table.get("kind") != BICUBIC or len(table) > 1:
            kind = table.get("kind")
            raise UsageError(
                f"There is no degradation {kind!r} ({dict(table)})", "bicubic, or steps"
            )
        return Spoiling(scale)
    rest = dict(table)
    own_seed = rest.pop("seed", seed)
    if not isinstance(own_seed, int) or own_seed < 0:
        raise UsageError(f"degradation.seed is {own_seed!r}", "a whole number from 0")
    return Spoiling(scale, to_recipe(rest, "degradation"), own_seed)


def in_words(table: Mapping[str, Any]) -> str:
    """A `[degradation]` table as a sentence's part, for cards.

    >>> in_words({"steps": [{"kind": "gaussian_noise", "sigma": [5, 50]}, {"kind": "eight_bits"}]})
    'gaussian noise (sigma 5 to 50), then eight bits'
    """
    if "steps" not in table:
        return str(table.get("kind", ""))
    steps = ", then ".join(_step_in_words(step) for step in table["steps"])
    description = str(table.get("description", ""))
    return f"{description}: {steps}" if description else steps


def _step_in_words(step: Mapping[str, Any]) -> str:
    if step.get("kind") == "choose":
        options = [_option_in_words(option) for option in step["options"]]
        return f"one of [{'; '.join(options)}]" + _chance(step)
    rest = {k: v for k, v in step.items() if k not in ("kind", "chance")}
    said = ", ".join(f"{key.replace('_', ' ')} {_value_in_words(v)}" for key, v in rest.items())
    name = str(step["kind"]).replace("_", " ")
    return (f"{name} ({said})" if said else name) + _chance(step)


def _option_in_words(option: Mapping[str, Any]) -> str:
    steps = ", then ".join(_step_in_words(step) for step in option["steps"]) or "nothing"
    return f"{steps} with weight {option['weight']:g}" if "weight" in option else steps


def _chance(step: Mapping[str, Any]) -> str:
    return f" in {100 * step['chance']:g} %" if "chance" in step else ""


def _value_in_words(value: Any) -> str:
    if isinstance(value, Mapping):
        return " or ".join(_value_in_words(one) for one in value.get("one_of", []))
    if isinstance(value, list | tuple):
        words = all(isinstance(one, str) for one in value)
        return (" or " if words else " to ").join(map(str, value))
    return str(value)
