"""From a clean picture to a pair, as a recipe in a TOML file says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claritas.degradation.resample import crop_to_multiple, shrink
from claritas.errors import UsageError
from claritas.image.picture import Array


def spoil(clean: Array, scale: int, recipe: Mapping[str, Any]) -> tuple[Array, Array]:
    """A clean uint8 picture (height, width, 3) to (spoiled, clean cropped to match).

    Raises
    ------
    UsageError
        If the recipe's kind is not known.
    """
    if recipe.get("kind") != "bicubic":
        raise UsageError(f"There is no degradation {recipe.get('kind')!r}", "bicubic")
    cropped = crop_to_multiple(clean, scale)
    return shrink(cropped, scale), cropped
