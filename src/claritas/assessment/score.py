"""A number about a picture, with all that is needed to read it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from claritas.errors import PictureError

Channels = Literal["Y", "RGB"]
Planes = Literal["Y", "RGB", "grey"]  # what a measure may be taken on; tables have the first two

CHANNEL_NAMES: dict[Planes, str] = {"Y": "Y BT.601", "RGB": "RGB", "grey": "grey BT.601"}


DIRECTIONS = {True: "higher is better", False: "lower is better", None: "describes, judges not"}


@dataclass(frozen=True)
class Protocol:
    """How two pictures were compared.

    Attributes
    ----------
    channels
        `Y` is luma of BT.601 in studio range (16..235), not rounded. A grey
        picture counts as RGB with three equal channels, for both: its luma
        spans 16..235 too, which reads 1.32 dB higher than the grey values
        themselves would. `grey` is MATLAB's rgb2gray, full range, rounded to
        8 bits: what the authors of many metrics take.
    border
        Pixels left out along each side.
    peak
        The sample value that stands for white in the formulas.
    window
        What a local measure looks at, in words; empty for the others.

    Examples
    --------
    >>> str(Protocol("Y", border=4))
    'Y BT.601, border 4, 8 bit'
    """

    channels: Planes
    border: int
    peak: int = 255
    window: str = ""

    def __str__(self) -> str:
        parts = [CHANNEL_NAMES[self.channels], f"border {self.border}"]
        parts.append(f"{self.peak.bit_length()} bit")
        return ", ".join(parts + [self.window] * bool(self.window))


@dataclass(frozen=True)
class Score:
    """A number that travels with its name, range, direction and protocol.

    Attributes
    ----------
    unit
        Empty for a pure number.
    range
        The lowest and the highest value that can come out.
    higher_is_better
        None where the number describes and does not judge.
    protocol
        How it was measured; words where no two pictures were compared.

    Raises
    ------
    PictureError
        If the value is not a number: such a score says nothing.
    """

    name: str
    value: float
    unit: str
    range: tuple[float, float]
    higher_is_better: bool | None
    protocol: Protocol | str

    def __post_init__(self) -> None:
        if math.isnan(self.value):
            raise PictureError(f"{self.name} cannot be had of this picture: it gives no number")

    @property
    def direction(self) -> str:
        return DIRECTIONS[self.higher_is_better]

    def __str__(self) -> str:
        value = f"{self.value:.4g} {self.unit}".rstrip()
        return f"{self.name} {value} ({self.protocol}; {self.direction})"


def mean(scores: Sequence[Score]) -> Score:
    """The mean of scores of one measure under one protocol.

    Raises
    ------
    ValueError
        If they differ in more than their value: such a mean says nothing.
    """
    if len({replace(score, value=0.0) for score in scores}) != 1:
        raise ValueError("a mean needs scores of one measure under one protocol")
    return replace(scores[0], value=math.fsum(score.value for score in scores) / len(scores))
