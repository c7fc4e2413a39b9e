"""What lies in a run folder besides its checkpoints and its log, and its way back."""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import tomli_w

from claritas.errors import TrainingError, UsageError
from claritas.nets import create
from claritas.nets.contract import Net, as_module
from claritas.training.checkpoint import load_checkpoint, load_module
from claritas.training.config import Config, read_config
from claritas.training.data.feed import trained_pictures, validation_items
from claritas.training.data.samples import Item
from claritas.training.deployment.model_folder import commit
from claritas.training.runs import CONFIG
from claritas.version import __version__

MANIFEST = "manifest.csv"
VERSIONS = "versions.json"
CHECKPOINTS = "checkpoints"
LIBRARIES = ("torch", "numpy", "lightning-fabric")


def begin_folder(run: Path, config: Config) -> None:
    """The resolved configuration first; a folder of another configuration is refused.

    Raises
    ------
    UsageError
        If the folder was begun otherwise; how many machines share the work may change.
    """
    path = run / CONFIG
    if path.is_file():
        changed = _difference(read_config(path), config)
        if changed:
            raise UsageError(
                f"{run} was begun with another configuration: {changed}",
                "the same configuration, to go on",
                "choose another --out, or delete that folder.",
            )
    run.mkdir(parents=True, exist_ok=True)
    path.write_text(tomli_w.dumps(msgspec.to_builtins(config)), "utf-8")
    made_with: dict[str, Any] = {
        "claritas": __version__,
        "commit": commit(),
        "python": platform.python_version(),
    }
    made_with |= {name: version(name) for name in LIBRARIES} | {"seed": config.seed}
    (run / VERSIONS).write_text(json.dumps(made_with, indent=1), "utf-8")


def _difference(old: Config, new: Config) -> str:
    before, after = msgspec.to_builtins(old), msgspec.to_builtins(new)
    changed = [key for key in after if before[key] != after[key] and key != "machines"]
    return ", ".join(_told(key, before[key], after[key]) for key in changed)


def _told(key: str, before: Any, after: Any) -> str:
    """Of a table, the keys that differ."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return f"{key} {before} -> {after}"
    names = [n for n in before | after if before.get(n) != after.get(n)]
    return ", ".join(_told(f"{key}.{n}", before.get(n), after.get(n)) for n in names)


@dataclass(frozen=True)
class RunState:
    """What export needs of a run: the averaged net and where it came from."""

    config: Config
    net: Net
    validation: list[Item]
    pictures: int
    steps: int


def open_run(run: Path, scale: int | None = None) -> RunState:
    """The newest averaged weights of a run folder.

    Parameters
    ----------
    scale
        Of a net of several factors, the one that is wanted.

    Raises
    ------
    TrainingError
        If the folder is no run, or has no checkpoint yet.
    UsageError
        If the run did not train that scale.
    """
    if not (run / CONFIG).is_file():
        raise TrainingError(
            f"{run} is not a run folder: there is no {CONFIG}",
            "a folder that `claritas train` wrote",
        )
    config = _of_scale(read_config(run / CONFIG), scale)
    checkpoint = load_checkpoint(run / CHECKPOINTS)
    if checkpoint is None:
        raise TrainingError(
            f"{run} has no checkpoint yet", remedy="let the training go on for some minutes."
        )
    net = create(config.net.kind, config.net.arguments)
    load_module("average", as_module(net), checkpoint.tensors)
    pictures = trained_pictures(run / MANIFEST)
    return RunState(config, net, validation_items(config), pictures, checkpoint.scalars["step"])


def _of_scale(config: Config, scale: int | None) -> Config:
    """The configuration as if that scale had been the one of the net from the beginning."""
    own = config.net.arguments.get("scale", 1)
    if scale is None or scale == own:
        return config
    if scale not in config.schedule.scales:
        trained = ", ".join(map(str, config.schedule.scales or (own,)))
        raise UsageError(f"The run did not train a scale of {scale}", f"one of {trained}")
    net = msgspec.structs.replace(config.net, arguments=config.net.arguments | {"scale": scale})
    name = f"{config.name.removesuffix(f'-x{own}')}-x{scale}"
    return msgspec.structs.replace(config, net=net, name=name)
