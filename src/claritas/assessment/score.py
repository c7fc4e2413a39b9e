"""A number about a picture, with all that is needed to read it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

Channels = Literal["Y", "RGB"]

CHANNEL_NAMES: dict[Channels, str] = {"Y": "Y BT.601", "RGB": "RGB"}


@dataclass(frozen=True)
class Protocol:
    """How two pictures were compared.

    Attributes
    ----------
    channels
        `Y` is luma of BT.601 in studio range (16..235), not rounded. A grey
        picture counts as RGB with three equal channels, for both: its luma
        spans 16..235 too, which reads 1.32 dB higher than the grey values
        themselves would.
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

    channels: Channels
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
    """

    name: str
    value: float
    unit: str
    range: tuple[float, float]
    higher_is_better: bool
    protocol: Protocol

    def __str__(self) -> str:
        direction = "higher" if self.higher_is_better else "lower"
        value = f"{self.value:.4g} {self.unit}".rstrip()
        return f"{self.name} {value} ({self.protocol}; {direction} is better)"


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
