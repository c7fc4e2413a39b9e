"""The card of a model: everything that using it needs and an honest user asks.

Strict: an unknown key is an error that names it, a file with another hash than
the card's is refused.
"""

from __future__ import annotations

import hashlib
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import msgspec

from claritas.errors import ModelError

SCHEMA = 1
CARD = "card.toml"
PERCENTILES = 101  # 0 to 100 %
MOST_CROPS = 9

PrecisionName = Literal["fp32", "bf16", "int8"]
Condition = Literal["clean", "worn"]


class Net(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Which net of `claritas.nets` it is, and its size.

    `multiply_adds` is for each pixel of the input, `parity` the largest
    difference between torch and the file when it was exported (share of white).
    """

    kind: str
    parameters: int
    multiply_adds: int
    parity: float = 0.0
    arguments: dict[str, Any] = {}

    @property
    def symmetric(self) -> bool:
        """Whether its result turns and mirrors with its input by construction."""
        return bool(self.arguments.get("symmetric"))


class Contract(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How the file is fed; the words are those of `claritas.nets.contract`.

    `range` is what the file calls white; `inputs` are arrays besides the
    picture (mask, strength, level). A file of a fixed `side` takes pictures of
    that height and width alone. A file with `outputs` gives no picture but
    that many numbers (task `score`: the shares of the marks 1 to `outputs`). A
    file with a `mask` takes one more channel, 1 where the picture is to be painted in.
    Where a file wants the `whole` picture, `tiling` says what happens to one
    that is too large: `blended` parts, or refused (`forbidden`). `tiling_psnr`
    is how near parts came to the whole at export, in dB; 0 is not measured.
    """

    scale: int
    halo: int
    channels: int = 3
    range: float = 1.0
    edges: Literal["mirror", "own"] = "mirror"
    margin: int = -1
    multiple: int = 1
    minimum: int = 1
    whole: bool = False
    before: bool = False
    residual: Literal["none", "bicubic"] = "none"
    tail: Literal["picture", "sub-pixel"] = "picture"
    inputs: list[str] = []
    side: int = 0
    outputs: int = 0
    mask: bool = False
    tiling: Literal["blended", "forbidden"] = "blended"
    tiling_psnr: float = 0.0

    def __post_init__(self) -> None:
        if self.scale < 1 or self.multiple < 1 or self.minimum < 1:
            raise ValueError("scale, multiple and minimum are at least 1")
        if self.channels not in (1, 3):
            raise ValueError("channels are 1 or 3")
        if self.residual != "none" and (self.edges != "mirror" or self.before):
            raise ValueError("a residual needs mirrored edges and a picture at its own size")
        if self.residual != "none" and self.halo < 2:
            raise ValueError("a residual needs a halo of at least 2, the interpolation's own")
        if not -1 <= self.margin <= self.halo:
            raise ValueError("a margin is from 0 to the halo, or -1, which is the halo")
        if self.residual != "none" and 0 <= self.margin < 2:
            raise ValueError("a residual needs a margin of at least 2, the interpolation's own")


class Views(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a model that scores is shown of a picture.

    The whole, resized to a square of `frame` pixels, and `crops` squares of
    `side` pixels at their own size; 0 leaves either out. The frame counts
    `share` of the whole, the crops together the rest.
    """

    frame: int = 224
    crops: int = 5
    side: int = 224
    share: float = 0.5

    def __post_init__(self) -> None:
        if not (self.frame or self.crops) or min(self.frame, self.crops, self.side - 1) < 0:
            raise ValueError("a model that scores is shown a frame or crops")
        if self.crops > MOST_CROPS or not 0 <= self.share <= 1:
            raise ValueError(f"crops are at most {MOST_CROPS}, and share is from 0 to 1")


class Precision(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One precision that the model may run in.

    `loss` is PSNR-Y lost against fp32 (dB, measured); `ramp` the largest
    difference from fp32 on smooth ramps (grey levels of 255).
    """

    file: str
    sha256: str
    loss: float = 0.0
    ramp: float = 0.0
    serves_8_bit: bool = True
    serves_16_bit: bool = False


class Data(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What it was trained on and how.

    `start` names the run or model whose weights it began with, `mean` those
    whose weights were averaged with its own; their steps are not among `steps`.
    """

    words: str
    pictures: int
    degradation: str
    objective: str
    steps: int
    seed: int
    terms: str = ""
    start: str = ""
    mean: list[str] = []


class Result(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One measured number."""

    data: str
    metric: str
    value: float
    protocol: str
    precision: PrecisionName = "fp32"


class Speed(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One measured speed, in megapixels of the input a second."""

    machine: str
    engine: str
    precision: PrecisionName
    megapixels_a_second: float


class Limits(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What it was not made for, and how much it may invent."""

    words: str
    invents: Literal["none", "some", "much"]


class Card(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The whole card; `schema` tells later readers how to read it.

    `condition` is that of the pictures it was made for: a plain enlargement takes a model for
    worn pictures where the picture is.
    `percentiles`, of a model that scores, are 101 mean marks that people gave
    to photographs: the lowest, that of 1 %, ..., the highest; `rated` says
    which photographs these were.
    """

    schema: int
    name: str
    version: str
    task: str
    summary: str
    licence: str
    created: str
    net: Net
    contract: Contract
    precision: dict[PrecisionName, Precision]
    data: Data
    limits: Limits
    preset: str = ""
    condition: Condition = "clean"
    claritas: str = ""
    commit: str = ""
    views: Views | None = None
    percentiles: list[float] = []
    rated: str = ""
    results: list[Result] = []
    speed: list[Speed] = []

    def __post_init__(self) -> None:
        if self.schema != SCHEMA:
            raise ValueError(f"schema {self.schema} is not {SCHEMA}, the one that is known here")
        if "fp32" not in self.precision:
            raise ValueError("a model has a file for fp32")
        if self.percentiles and not _rises(self.percentiles):
            raise ValueError(f"percentiles are {PERCENTILES} numbers, none below the one before")


def _rises(numbers: list[float]) -> bool:
    return len(numbers) == PERCENTILES and all(a <= b for a, b in pairwise(numbers))


class Model(msgspec.Struct, frozen=True):
    """A model folder and its card."""

    folder: Path
    card: Card

    def file(self, precision: PrecisionName) -> Path:
        return self.folder / self.card.precision[precision].file

    @property
    def identity(self) -> str:
        """Changes with the weights and with how they are fed."""
        hashes = {name: p.sha256 for name, p in sorted(self.card.precision.items())}
        return f"{self.card.name} {self.card.version} {hashes} {self.card.contract}"


def read_card(folder: Path) -> Model:
    """The model in a folder; its files are there, their hashes are checked later.

    Raises
    ------
    ModelError
        If there is no card, or it breaks the schema, or a file is missing.
    """
    path = folder / CARD
    try:
        card = msgspec.convert(tomllib.loads(path.read_text("utf-8")), Card)
    except (FileNotFoundError, NotADirectoryError):
        raise ModelError(
            f"{folder} is not a model folder: there is no {CARD}",
            "a folder that `claritas export` wrote",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ModelError(
            f"The card {path} is not valid: {error}",
            "the keys of schema 1, as docs/models.md lists them",
            "export the model again, or mend the card.",
        ) from None
    model = Model(folder, card)
    for name in card.precision:
        _check_name(model, name)
    return model


def _check_name(model: Model, precision: PrecisionName) -> None:
    name = model.card.precision[precision].file
    if Path(name).name != name or not model.file(precision).is_file():
        raise ModelError(
            f"The model {model.card.name} in {model.folder} lacks its file {name!r}",
            "the file beside the card",
        )


def checked_file(model: Model, precision: PrecisionName) -> Path:
    """The file of a precision, after its hash was compared with the card's.

    Raises
    ------
    ModelError
        If the file is not the one that the card describes.
    """
    path = model.file(precision)
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    wanted = model.card.precision[precision].sha256
    if found != wanted:
        raise ModelError(
            f"{path} is not the file that its card describes: its SHA-256 is {found[:16]}…",
            f"{wanted[:16]}…",
            "copy or export the model again; do not use this file.",
        )
    return path
