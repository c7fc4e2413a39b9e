"""A run is a folder: configuration, manifest, log, samples, checkpoints."""

from __future__ import annotations

import csv
import hashlib
import json
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import tomli_w
import torch

from claritas import __version__
from claritas.degradation.recipe import spoil
from claritas.errors import TrainingError, UsageError
from claritas.nets import create
from claritas.nets.contract import Net, as_module
from claritas.training.checkpoint import load_checkpoint, load_module
from claritas.training.config import Config, read_config
from claritas.training.log import RunLog
from claritas.training.loop import Watchers, train
from claritas.training.objectives import create_objective
from claritas.training.patches import Pair, PatchSampler
from claritas.training.sources import Split, load_pictures, split_folder
from claritas.training.start import take_over
from claritas.training.validation import Validation

CONFIG = "config.toml"
MANIFEST = "manifest.csv"
VERSIONS = "versions.json"
CHECKPOINTS = "checkpoints"
Report = Callable[[str], None]


def train_from(
    config_path: Path,
    *,
    data: Path | None = None,
    out: Path | None = None,
    minutes: float | None = None,
    settings: Sequence[str] = (),
    report: Report = print,
) -> Path:
    """Train as a TOML file says, or go on where an earlier call was stopped.

    Parameters
    ----------
    data
        The folder of pictures, instead of the file's; the file's words on its
        pictures and licence are dropped.
    out
        The run folder; by default `runs/NAME`.
    minutes
        End the schedule after that time, whatever the machine: turned into
        steps once, after a few measured ones.
    settings
        `key=value` laid over the file.

    Returns
    -------
    The run folder.

    Raises
    ------
    UsageError
        If the configuration or the folder does not fit.
    TrainingError
        If the pictures are too few or too small, or the loss is not finite.
    """
    config = read_config(config_path, [*(_own_data(data) if data else []), *settings])
    run = out or Path("runs") / config.name
    split = split_folder(Path(config.data.folder), config.data.validation, config.seed)
    _begin_folder(run, config)
    pairs = _pairs(config, split, report)
    _write_manifest(run / MANIFEST, split)
    net = _fresh_net(config)
    schedule = config.schedule
    sampler = PatchSampler(pairs, net.contract.scale, schedule.patch, schedule.batch, config.seed)
    report(f"{len(pairs)} pictures to train on, {len(split.validation)} to validate with; {run}")
    with RunLog(run, report) as log:
        validation = Validation(run, config, split, len(pairs), log)
        watchers = Watchers(log.step, validation)
        objective = create_objective(config.objective)
        checkpoints = run / CHECKPOINTS
        train(config, net, objective, sampler, checkpoints, minutes=minutes, watchers=watchers)
    report(f"Done. Make a model of it: claritas export {run} -o MODEL-FOLDER")
    return run


def _own_data(folder: Path) -> list[str]:
    """Another folder than the file's: what the file says of its pictures is no longer true."""
    return [
        f'data.folder="{folder.as_posix()}"',
        f'data.description="the pictures of the folder {folder.resolve().name}"',
        'data.licence="not stated"',
        'licence="not stated"',
    ]


def _begin_folder(run: Path, config: Config) -> None:
    """The resolved configuration first; a folder of another configuration is refused."""
    path = run / CONFIG
    text = tomli_w.dumps(msgspec.to_builtins(config))
    if path.is_file() and path.read_text("utf-8") != text:
        changed = _difference(read_config(path), config)
        raise UsageError(
            f"{run} was begun with another configuration: {changed}",
            "the same configuration, to go on",
            "choose another --out, or delete that folder.",
        )
    run.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    made_with = {"claritas": __version__, "python": platform.python_version()}
    made_with |= {name: version(name) for name in ("torch", "numpy", "lightning-fabric")}
    (run / VERSIONS).write_text(json.dumps(made_with, indent=1), "utf-8")


def _difference(old: Config, new: Config) -> str:
    before, after = msgspec.to_builtins(old), msgspec.to_builtins(new)
    changed = [key for key in after if before[key] != after[key]]
    return ", ".join(f"{key} {before[key]} -> {after[key]}" for key in changed)


def _pairs(config: Config, split: Split, report: Report) -> list[Pair]:
    scale = int(config.net.arguments.get("scale", 1))
    pictures, left_out = load_pictures(split.train, config.schedule.patch * scale)
    for sentence in left_out:
        report(f"Left out: {sentence}")
    if not pictures:
        raise TrainingError(
            f"No picture of {config.data.folder} is as large as a patch",
            f"pictures of at least {config.schedule.patch * scale} pixels a side",
            "use larger pictures, or --set schedule.patch=24.",
        )
    return [Pair(*spoil(picture, scale, config.degradation)) for picture in pictures]


def _fresh_net(config: Config) -> Net:
    torch.manual_seed(config.seed)
    net = create(config.net.kind, config.net.arguments)
    if config.net.start:
        take_over(net, Path(config.net.start))
    return net


def _write_manifest(path: Path, split: Split) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["part", "file", "bytes", "sha256"])
        for part, files in (("train", split.train), ("validation", split.validation)):
            for file in files:
                content = file.read_bytes()
                writer.writerow([part, file, len(content), hashlib.sha256(content).hexdigest()])


@dataclass(frozen=True)
class RunState:
    """What export needs of a run: the averaged net and where it came from."""

    config: Config
    net: Net
    split: Split
    pictures: int
    steps: int


def open_run(run: Path) -> RunState:
    """The newest averaged weights of a run folder.

    Raises
    ------
    TrainingError
        If the folder is no run, or has no checkpoint yet.
    """
    if not (run / CONFIG).is_file():
        raise TrainingError(
            f"{run} is not a run folder: there is no {CONFIG}",
            "a folder that `claritas train` wrote",
        )
    config = read_config(run / CONFIG)
    checkpoint = load_checkpoint(run / CHECKPOINTS)
    if checkpoint is None:
        raise TrainingError(
            f"{run} has no checkpoint yet", remedy="let the training go on for some minutes."
        )
    net = create(config.net.kind, config.net.arguments)
    load_module("average", as_module(net), checkpoint.tensors)
    parts = _read_manifest(run / MANIFEST)
    return RunState(config, net, parts, len(parts.train), checkpoint.scalars["step"])


def _read_manifest(path: Path) -> Split:
    rows: list[dict[str, Any]] = []
    if path.is_file():
        with path.open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
    train = [Path(row["file"]) for row in rows if row["part"] == "train"]
    validation = [Path(row["file"]) for row in rows if row["part"] == "validation"]
    return Split(train, [path for path in validation if path.is_file()])
