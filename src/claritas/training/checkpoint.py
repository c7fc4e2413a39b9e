"""The state of a run on disk: safetensors for tensors, JSON for the rest.

A checkpoint is a folder that appears whole, by renaming. The one before it is
kept too, so a kill at any moment leaves a good one.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from claritas.errors import TrainingError
from claritas.training.tensors import divided_like, whole

TENSORS = "tensors.safetensors"
SCALARS = "state.json"
SHA256 = "sha256"
KEPT = 2


@dataclass(frozen=True)
class Checkpoint:
    """Everything that the loop needs to go on exactly.

    Attributes
    ----------
    tensors
        `net.*`, `average.*` and `optimiser.NAME.INDEX.*`.
    scalars
        `step` and `steps` (the schedule's length), and what else was counted.
    """

    tensors: dict[str, Tensor]
    scalars: dict[str, Any]


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write `folder/STEP`, then let those before the last one go.

    Raises
    ------
    TrainingError
        If the disk is full or not writable; the last good checkpoint stays.
    """
    final = folder / f"{checkpoint.scalars['step']:08d}"
    unfinished = folder / f".{final.name}.part"
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        _write(unfinished, checkpoint)
        shutil.rmtree(final, ignore_errors=True)
        unfinished.rename(final)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise TrainingError(
            f"The checkpoint {final} could not be written: {error}",
            remedy="make room or choose another --out; the last good checkpoint is still there.",
        ) from None
    for older in _all(folder)[:-KEPT]:
        shutil.rmtree(older, ignore_errors=True)
    return final


def _write(folder: Path, checkpoint: Checkpoint) -> None:
    """Both files, safely on the disk."""
    tensors = {name: t.detach().cpu().contiguous() for name, t in checkpoint.tensors.items()}
    save_file(tensors, folder / TENSORS)
    scalars = checkpoint.scalars | {SHA256: _hash(folder / TENSORS)}
    (folder / SCALARS).write_text(json.dumps(scalars, indent=1), "utf-8")
    for name in (TENSORS, SCALARS):
        with (folder / name).open("rb+") as stream:
            os.fsync(stream.fileno())


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _all(folder: Path) -> list[Path]:
    return sorted(p for p in folder.glob("[0-9]*") if p.is_dir())


def load_checkpoint(folder: Path) -> Checkpoint | None:
    """The newest checkpoint below `folder`, or None where there is none yet.

    Raises
    ------
    TrainingError
        If its files are corrupt.
    """
    found = _all(folder)
    if not found:
        return None
    try:
        scalars = json.loads((found[-1] / SCALARS).read_text("utf-8"))
        if scalars[SHA256] != _hash(found[-1] / TENSORS):
            raise ValueError("its tensors are not those that were written")
        return Checkpoint(load_file(found[-1] / TENSORS), scalars)
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise TrainingError(
            f"The checkpoint {found[-1]} is corrupt: {error}",
            remedy="delete that folder; the run goes on from the one before it, or anew.",
        ) from None


def module_tensors(prefix: str, module: nn.Module) -> dict[str, Tensor]:
    return {f"{prefix}.{name}": whole(tensor) for name, tensor in module.state_dict().items()}


def load_module(prefix: str, module: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Raises `TrainingError` with the difference where names or shapes do not fit."""
    wanted = module_tensors(prefix, module)
    found = {name: t for name, t in tensors.items() if name.startswith(f"{prefix}.")}
    wrong = [
        name
        for name in sorted(wanted.keys() | found.keys())
        if name not in wanted or name not in found or wanted[name].shape != found[name].shape
    ]
    if wrong:
        raise _unfit(wrong)
    module.load_state_dict({name.removeprefix(f"{prefix}."): t for name, t in found.items()})


def optimiser_tensors(name: str, optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    states = optimiser.state_dict()["state"]
    return {
        f"optimiser.{name}.{index}.{key}": whole(value)
        for index, state in states.items()
        for key, value in state.items()
    }


def load_optimiser(
    name: str, optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]
) -> None:
    """Raises `TrainingError` where the states do not fit the optimiser's weights."""
    prefix = f"optimiser.{name}."
    weights = [weight for group in optimiser.param_groups for weight in group["params"]]
    states: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        if key.startswith(prefix):
            index, part = key.removeprefix(prefix).split(".")
            if int(index) >= len(weights) or value.shape not in ((), weights[int(index)].shape):
                raise _unfit([key])
            states.setdefault(int(index), {})[part] = divided_like(value, weights[int(index)])
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": states, "param_groups": groups})


def _unfit(names: list[str]) -> TrainingError:
    return TrainingError(
        f"The checkpoint does not fit the configuration: {', '.join(names[:5])} differ",
        "the configuration that the run began with",
        "use another --out for another configuration.",
    )
