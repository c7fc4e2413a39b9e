"""From what the user asked for and a picture's header to the steps that do it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from claritas.errors import UsageError
from claritas.image.picture import Header
from claritas.image.resize import output_size

Preset = Literal["fast", "balanced", "best"]
Precision = Literal["auto", "fp32", "bf16", "int8"]

LARGEST_SCALE = 16.0
DEFAULT_ENLARGEMENT = 2.0


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
    strength
        0 is plain interpolation, 1 the model's result.
    tile
        Side of the core of a tile in input pixels; None chooses it by memory.
    engine
        `openvino`, `onnxruntime` or, for tests, `fake`.
    """

    scale: float | None = None
    size: tuple[int | None, int | None] | None = None
    model: str | None = None
    task: str | None = None
    preset: Preset = "balanced"
    device: str = "auto"
    precision: Precision = "auto"
    strength: float = 1.0
    ensemble: bool = False
    tile: int | None = None
    engine: str = "openvino"

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


@dataclass(frozen=True)
class Plan:
    """What will be done to one picture; made from its header, before any work.

    Attributes
    ----------
    width, height
        Of the result.
    models
        Names of the models that run, in order; empty where the resizer does all.
    identity
        Changes whenever the same input would give another result: options,
        models' hashes, versions. The ledger compares it.
    """

    width: int
    height: int
    models: tuple[str, ...] = field(default_factory=tuple)
    identity: str = ""


def result_size(header: Header, options: Options, default_scale: float) -> tuple[int, int]:
    """Width and height of the result.

    A scale keeps the exact factor, sizes rounded up; a size with one side
    missing keeps the picture's shape.
    """
    if options.size is None:
        scale = default_scale if options.scale is None else options.scale
        return output_size(header.width, header.height, scale)
    width, height = options.size
    if width is None:
        assert height is not None
        width = max(1, round(header.width * height / header.height))
    if height is None:
        height = max(1, round(header.height * width / header.width))
    return width, height
