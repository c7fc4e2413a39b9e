"""The TOML file of a training run, typed and strict: an unknown key is an error that names it."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from claritas.errors import UsageError
from claritas.zoo.card import Condition

Count = Annotated[int, msgspec.Meta(ge=1)]
Rate = Literal["cosine", "constant", "step", "restarts", "exponential"]


class Net(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`kind` is a name of `claritas.nets.NETS`; `arguments` go to its maker."""

    kind: str
    arguments: dict[str, Any] = {}
    start: str = ""  # a run or model folder whose weights of equal shape are taken over


class Source(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """One data set; `reader` is a name of `claritas.training.data.readers.READERS`."""

    reader: str = "folder"
    folder: str = ""
    spoiled: str = ""  # of pairs: the folder of the spoiled pictures
    ratings: str = ""  # of rated pictures: the file of ratings
    size: int = 0  # side of the squares that pictures become, where the reader makes such
    list: str = ""  # a file of the names that are kept for validation
    weight: float = 1.0  # how often it is drawn from, beside other sources


class Data(Source, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """One source, or several in `sources`, and how patches are drawn from them."""

    sources: tuple[Source, ...] = ()
    validation: float = 12  # pictures kept for validation; below 1 their share of all
    augment: tuple[str, ...] | dict[str, Any] = ("crop", "flip", "turn")
    memory: float = 2.0  # GB that pictures may fill
    description: str = ""
    licence: str = ""

    def all_sources(self) -> tuple[Source, ...]:
        """The sources; without `sources`, the one that the keys themselves state."""
        return self.sources or (self,)


class Stage(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Other patches from a step on: larger ones late, as Restormer's."""

    at: Count
    patch: Count
    batch: Count


class Schedule(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How long, how much at a time, how fast."""

    steps: Count = 20_000
    batch: Count = 16
    patch: Count = 48  # side of the low-resolution patch
    stages: tuple[Stage, ...] = ()
    scales: tuple[Count, ...] = ()  # of a net of several factors: one of these a step
    warmup: int = 100
    rate: Rate = "cosine"
    hold: int = 0  # steps before the rate begins to fall
    floor: float = 0.0  # share of the rate that is left at the end
    milestones: tuple[Count, ...] = ()  # where the rate steps down, or starts again
    factor: float = 0.5  # by which it steps down
    validate_every: Count = 1_000
    checkpoint_minutes: float = 3.0

    def __post_init__(self) -> None:
        if self.rate == "exponential" and self.floor <= 0:
            raise ValueError("an exponential rate needs a floor above 0")
        if self.rate in ("step", "restarts") and not self.milestones:
            raise ValueError(f"a rate of {self.rate!r} needs milestones")
        if self.rate in ("cosine", "exponential") and not 0 <= self.hold < self.steps:
            raise ValueError(
                f"hold must be 0 to {self.steps - 1} in a run of {self.steps} steps, "
                f"not {self.hold}: the rate would never fall"
            )
        for ordered in (self.milestones, tuple(stage.at for stage in self.stages)):
            if list(ordered) != sorted(set(ordered)):
                raise ValueError(f"milestones and stages must rise, not {list(ordered)}")


class Optimiser(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Muon for the convolutions between a net's first and last, Adam for the rest."""

    muon: float = 2e-3  # learning rate; 0 leaves everything to Adam
    adam: float = 5e-4
    betas: tuple[float, float] = (0.9, 0.999)  # of Adam, the opponent's too
    decay: float = 0.0  # weight decay; above 0 Adam is AdamW
    opponent: float = 1e-4  # Adam's rate for the opponent of an adversarial objective
    clip: float = 1.0  # largest norm of the gradient
    average: float = 0.999  # decay of the weights' moving average


class Quantisation(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A last stage under fake quantisation, by Adam alone; it makes the model's 8-bit file."""

    steps: int = 0  # 0 leaves the stage out
    adam: float = 1e-4
    alone: bool = False  # ship no other file: half the room, and fp32 computes in 8 bits too


class Machines(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How a run is spread; not part of what it computes."""

    compile: bool = False  # a minute or two at the start, then faster steps
    strategy: Literal["ddp", "fsdp"] = "ddp"
    nodes: Count = 1  # of the job that --slurm submits, as are the keys below
    processes: Count = 1  # on each node, a GPU each where there are any
    slurm: tuple[str, ...] = ()  # further lines of the job file, such as "--partition=gpu"
    before: tuple[str, ...] = ()  # commands that it runs first, such as "module load python"


class Config(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One recipe: what `claritas train` reads, and the first thing in a run folder."""

    name: str
    net: Net
    version: str = "1"
    task: str = "upscale"
    preset: str = ""
    condition: Condition = "clean"  # of the pictures that the model is for
    summary: str = ""
    licence: str = "as its training pictures allow"
    limits: str = "Made for clean pictures; noise and JPEG damage are enlarged with the rest."
    invents: Literal["none", "some", "much"] = "none"
    data: Data = Data()
    degradation: dict[str, Any] = msgspec.field(default_factory=lambda: {"kind": "bicubic"})
    objective: dict[str, Any] = msgspec.field(default_factory=lambda: {"l1": 1.0})
    optimiser: Optimiser = Optimiser()
    schedule: Schedule = Schedule()
    quantisation: Quantisation = Quantisation()
    machines: Machines = Machines()
    seed: int = 1


def read_config(path: Path, settings: Sequence[str] = ()) -> Config:
    """A configuration with `key=value` settings laid over it.

    Parameters
    ----------
    settings
        Dotted keys and TOML values, such as `schedule.steps=500`; a value that
        is not TOML is taken as text.

    Raises
    ------
    UsageError
        If the file is missing, is not TOML, or has a key that is not known.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise UsageError(f"There is no file {path}", "a training configuration in TOML") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, IsADirectoryError) as error:
        raise UsageError(f"{path} is not TOML: {error}", "a training configuration") from None
    for setting in settings:
        _lay_over(table, setting)
    _include_recipe(table, path.parent)
    return to_config(table, str(path))


def to_config(table: dict[str, Any], origin: str) -> Config:
    """A checked configuration of a plain table; `origin` is named in errors."""
    try:
        return msgspec.convert(table, Config)
    except msgspec.ValidationError as error:
        raise UsageError(f"{origin}: {error}", "the keys that docs/training.md lists") from None


def _include_recipe(table: dict[str, Any], folder: Path) -> None:
    """Lay the file `degradation.recipe`, relative to the configuration, under the rest."""
    degradation = table.get("degradation")
    if not isinstance(degradation, dict) or "recipe" not in degradation:
        return
    file = folder / str(degradation.pop("recipe"))
    try:
        table["degradation"] = tomllib.loads(file.read_text("utf-8")) | degradation
    except OSError:
        raise UsageError(f"There is no file {file}", "degradation.recipe, a recipe") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} is not TOML: {error}", "a recipe") from None


def _lay_over(table: dict[str, Any], setting: str) -> None:
    key, equals, text = setting.partition("=")
    if not equals or not key:
        raise UsageError(f"--set {setting}", "key=value, such as schedule.steps=500")
    *path, last = key.strip().split(".")
    for part in path:
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise UsageError(f"--set {setting}: {part} is not a table")
    table[last] = _value(text)


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
