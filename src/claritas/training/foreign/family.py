"""Nets of the project in the names of their authors' files: how each is known, sized and renamed.

A family says which layers its files have, how their names become those of
`claritas.nets`, and how the net's arguments follow from the tensors' shapes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from torch import Tensor

Tensors = Mapping[str, Tensor]
Arguments = Callable[[Tensors], dict[str, Any]]


@dataclass(frozen=True)
class Family:
    """Files of one net by one author.

    Attributes
    ----------
    net
        A name of `claritas.nets.NETS`.
    words
        Who it is by, for the card.
    marks
        Layers that all of its files have, and no other family's.
    names
        A layer's name (a pattern that fits all of it) to the one in the net's
        body; each `{}` takes a group of the pattern, numbers less `first`.
    arguments
        The net's arguments from the file's tensors.
    choices
        Arguments that shapes cannot tell; the one under which a smooth picture
        comes back is taken.
    ignored
        Layers that hold nothing of the net's own.
    convert
        Renamed tensors in the units of the net.
    task
        What its files do; empty where that differs from file to file.
    invents
        What its published weights may add to a picture.
    """

    net: str
    words: str
    marks: tuple[str, ...]
    names: Mapping[str, str]
    arguments: Arguments
    first: int = 0
    choices: tuple[dict[str, Any], ...] = ({},)
    ignored: str = ""
    convert: Callable[[dict[str, Tensor]], dict[str, Tensor]] = field(default=dict)
    task: str = "upscale"
    invents: Literal["none", "some", "much"] = "none"

    def fits(self, tensors: Tensors) -> bool:
        layers = {name.rpartition(".")[0] or name for name in tensors}
        return set(self.marks) <= layers

    def renamed(self, tensors: Tensors) -> dict[str, Tensor]:
        """The tensors in the names and units of the net's body; unknown names stay."""
        found = {}
        for name, tensor in tensors.items():
            layer, _, kind = name.rpartition(".")
            if not (self.ignored and re.fullmatch(self.ignored, layer)):
                found[f"{self._layer(layer)}.{kind}"] = tensor.float()
        return self.convert(found)

    def _layer(self, layer: str) -> str:
        for pattern, template in self.names.items():
            if match := re.fullmatch(pattern, layer):
                groups = [
                    str(int(group) - self.first) if group.isdecimal() else group
                    for group in match.groups()
                ]
                return template.format(*groups)
        return layer


def count(tensors: Tensors, pattern: str) -> int:
    """How many different things the group of `pattern` stands for, at the beginning of names."""
    return len({match[1] for name in tensors if (match := re.match(pattern, name))})


def made(tensors: Tensors, layer: str) -> int:
    """Channels that a layer makes."""
    return int(tensors[f"{layer}.weight"].shape[0])


def sub_pixel_scale(tensors: Tensors, layer: str, colours: int = 3) -> int:
    """The factor of a last layer that makes all sub-pixels."""
    return math.isqrt(made(tensors, layer) // colours)


def stages_scale(tensors: Tensors, layers: tuple[str, ...], channels: int) -> int:
    """The factor of sub-pixel stages of `channels` channels, those of `layers` that are there."""
    there = [layer for layer in layers if f"{layer}.weight" in tensors]
    return math.prod(math.isqrt(made(tensors, layer) // channels) for layer in there)
