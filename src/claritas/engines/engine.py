"""The protocol of engines: a file, a precision and a finish in; a picture in, a picture out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from claritas.image.picture import Array

Samples = Literal["uint8", "float32"]

# The mean size of a network's output, as a share of white, beyond which it is not
# believed. A checkerboard of single pixels rightly needs corrections of 0.5.
SANE_SIZE = 2.0


@dataclass(frozen=True)
class Finish:
    """What turns a network's output into a picture.

    Attributes
    ----------
    scale
        Output over input, along a side.
    white
        What the network calls white, for its input and its output.
    extra
        Channels that the network is fed besides the picture's: masks.
    residual
        The interpolation of the input that the output is added to.
    sub_pixel
        Whether the output is (n, channels * scale**2, h, w), yet to be
        rearranged.
    """

    scale: int
    channels: int = 3
    white: float = 1.0
    residual: Literal["none", "bicubic"] = "none"
    sub_pixel: bool = False
    extra: int = 0

    @property
    def fed(self) -> int:
        """Channels of the network's input."""
        return self.channels + self.extra


@dataclass(frozen=True)
class Request:
    """What an engine is told when it is made.

    Attributes
    ----------
    weights
        An ONNX file, its hash already checked.
    samples
        `uint8`: pictures of 0..255 go in and out, clamped and rounded inside;
        `float32`: 0..1, not clamped.
    cache
        Where compiled models are kept; None keeps none.
    """

    weights: Path
    finish: Finish
    precision: str = "fp32"
    samples: Samples = "float32"
    device: str = "auto"
    threads: int = 0
    cache: Path | None = None


@dataclass(frozen=True)
class Description:
    """What an engine really got."""

    engine: str
    device: str
    precision: str
    threads: int

    def __str__(self) -> str:
        return f"{self.engine} {self.device} {self.precision}"


class Engine(Protocol):
    """A network that runs; safe to share between threads."""

    def describe(self) -> Description: ...

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """One tile through the network.

        Parameters
        ----------
        inputs
            `picture`: (1, h, w, channels, and those of masks) in the request's samples.

        Returns
        -------
        `picture`, (1, h * scale, w * scale, channels) in the same samples, the
        caller's own; `size`, the mean absolute value of the network's output as a
        share of white, not finite if any of it was not.

        Raises
        ------
        EngineMemoryError
            If memory could not be allocated; a smaller tile may fit.
        """
        ...


def is_sane(outputs: Mapping[str, Array]) -> bool:
    """Whether a result may go into a picture."""
    size = float(outputs["size"])
    return bool(np.isfinite(size)) and size <= SANE_SIZE
