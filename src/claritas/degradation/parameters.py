"""What a recipe may say about a parameter: a value, a range or a choice.

Read and checked once, before any picture; drawn anew for each picture.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from claritas.errors import UsageError

CHOICE = "one_of"  # the key of a table that lists values to choose from


@dataclass(frozen=True)
class OneOf:
    """One of some values or ranges, all equally likely; a fixed value is the only one."""

    values: tuple[Any, ...]

    def draw(self, random: np.random.Generator) -> Any:
        chosen = self.values[int(random.integers(len(self.values)))]
        return chosen.draw(random) if isinstance(chosen, Between) else chosen


@dataclass(frozen=True)
class Between:
    """A number from a range, evenly; with `step`, from low, low + step ... high."""

    low: float
    high: float
    step: int = 0

    def draw(self, random: np.random.Generator) -> float:
        if not self.step:
            return float(random.uniform(self.low, self.high))
        steps = int((self.high - self.low) // self.step)
        return int(self.low) + self.step * int(random.integers(steps + 1))


Draw = OneOf | Between


@dataclass(frozen=True)
class Number:
    """A number from `low` to `high`, both included.

    Attributes
    ----------
    step
        0 for any number, 1 for whole ones, 2 for those of `low`'s parity.
    default
        What an absent key means; a pair is a range. There is none if `required`.
    """

    low: float
    high: float
    default: float | tuple[float, float] | None = None
    step: int = 0
    required: bool = True

    def read(self, value: Any, place: str, _folder: Path) -> Draw:
        """A checked draw of what TOML gave; `place` is named in errors."""
        return OneOf(tuple(self._one(one, place) for one in _choices(value, place)))

    def _one(self, value: Any, place: str) -> float | Between:
        if not isinstance(value, list):
            return self.checked(value, place)
        if len(value) != 2:
            raise UsageError(f"{place} is {value}", "a range [low, high]")
        low, high = (self.checked(one, place) for one in value)
        if low > high:
            raise UsageError(f"{place} is {value}", "a range [low, high], the lower one first")
        return Between(low, high, self.step)

    def checked(self, value: Any, place: str) -> float:
        """The number, within its limits; `place` is named in errors."""
        number = isinstance(value, int | float) and not isinstance(value, bool)
        fits = number and self.low <= value <= self.high
        if not fits or (self.step and (value - self.low) % self.step):
            raise UsageError(f"{place} is {value!r}", self.described())
        return int(value) if self.step else float(value)

    def described(self) -> str:
        kind = {0: "a number", 1: "a whole number", 2: "an odd number"}[self.step]
        return f"{kind} from {self.low:g} to {self.high:g}, or a range [low, high] of such"


@dataclass(frozen=True)
class Word:
    """One of some words; a list of them is a choice."""

    words: tuple[str, ...]
    default: str | None = None
    required: bool = True

    def read(self, value: Any, place: str, _folder: Path) -> Draw:
        values = value if isinstance(value, list) and value else _choices(value, place)
        for one in values:
            if one not in self.words:
                raise UsageError(f"{place} is {one!r}", f"one of {', '.join(self.words)}")
        return OneOf(tuple(values))


@dataclass(frozen=True)
class File:
    """A file, named relative to the recipe's folder, which `load` turns into a value."""

    load: Callable[[Path], Any]
    default: None = None
    required: bool = True

    def read(self, value: Any, place: str, folder: Path) -> Draw:
        values = value if isinstance(value, list) and value else _choices(value, place)
        for one in values:
            if not isinstance(one, str):
                raise UsageError(f"{place} is {one!r}", "the name of a file")
        return OneOf(tuple(self.load(folder / one) for one in values))


Parameter = Number | Word | File


def _choices(value: Any, place: str) -> list[Any]:
    """The values of `{one_of = [...]}`, or the one value."""
    if not isinstance(value, Mapping):
        return [value]
    listed = value.get(CHOICE)
    if set(value) != {CHOICE} or not isinstance(listed, list) or not listed:
        raise UsageError(f"{place} is {dict(value)}", f"{{ {CHOICE} = [...] }} with some values")
    return listed


def read_parameters(
    known: Mapping[str, Parameter], table: Mapping[str, Any], place: str, folder: Path
) -> dict[str, Draw]:
    """A draw for each parameter of a step; what has no default and is absent is an error."""
    unknown = sorted(set(table) - set(known))
    if unknown:
        expected = ", ".join(known) or "no keys besides kind and chance"
        raise UsageError(f"{place} has an unknown key {unknown[0]!r}", expected)
    return {name: _read(parameter, name, table, place, folder) for name, parameter in known.items()}


def _read(
    parameter: Parameter, name: str, table: Mapping[str, Any], place: str, folder: Path
) -> Draw:
    if name in table:
        return parameter.read(table[name], f"{place}: {name}", folder)
    default = parameter.default
    if default is None and parameter.required:
        raise UsageError(f"{place} does not say its {name}", f"{name} = ...")
    if isinstance(default, tuple):
        return Between(*default, step=parameter.step if isinstance(parameter, Number) else 0)
    return OneOf((default,))
