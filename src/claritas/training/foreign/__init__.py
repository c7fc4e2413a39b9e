"""Weights of others: from a file in its author's names to a model folder."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import torch
from torch.nn import functional

from claritas.errors import ModelError, UsageError
from claritas.nets import create
from claritas.nets.contract import Net, as_module
from claritas.training.config import Config
from claritas.training.config import Net as NetConfig
from claritas.training.deployment.export import refuse_broken
from claritas.training.deployment.model_folder import write_card, write_model
from claritas.training.foreign import efficient, enlargement, restoration
from claritas.training.foreign.family import Family, Tensors
from claritas.training.foreign.others import Other, load_other
from claritas.training.foreign.reading import read_tensors
from claritas.zoo.card import Data, Model, read_card
from claritas.zoo.catalogue import names, user_folder

FAMILIES: tuple[Family, ...] = (
    *efficient.FAMILIES,
    *enlargement.FAMILIES,
    *restoration.FAMILIES,
)
UNKNOWN = "not told by the file"
LIMITS = "Weights of others: what they were trained for is {unknown}."


@dataclass(frozen=True)
class Found:
    """What a file holds: a net with its weights, and what the card says of it."""

    net: Net
    kind: str
    arguments: dict[str, Any]
    words: str
    task: str
    invents: str


@dataclass(frozen=True)
class Wishes:
    """What the user says and no file tells; empty words stand for nothing said."""

    task: str = ""
    licence: str = ""
    origin: str = ""


def import_model(
    file: Path,
    name: str,
    wishes: Wishes = Wishes(),
    overwrite: bool = False,
    report: Callable[[str], None] = print,
) -> Model:
    """Make a model of the user's own, called `name`, of a file of weights.

    Raises
    ------
    UsageError
        If the name is taken or cannot be one, or there is no such file.
    ModelError
        If the file cannot be read safely, holds no net that is known, or its
        model breaks a promise; then nothing is left behind.
    """
    folder = _free_folder(name, overwrite)
    found = recognised(read_tensors(file), file)
    report(f"{file.name} is {found.words}.")
    task = wishes.task or found.task
    if not task:
        raise UsageError(
            f"What {file.name} was trained to do cannot be seen in it", "--task, such as denoise"
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".claritas-", dir=folder.parent) as unfinished:
            made = Path(unfinished) / name
            refuse_broken(_written(found, file, name, replace(wishes, task=task), made))
            shutil.rmtree(folder, ignore_errors=True)
            shutil.move(made, folder)
    except OSError as error:
        raise ModelError(f"{folder} could not be written: {error.strerror}") from None
    report(f"The model is in {folder}; use it with --model {name}")
    return read_card(folder)


def recognised(tensors: Tensors, file: Path) -> Found:
    """The net that a file's tensors are of.

    Raises
    ------
    ModelError
        If no family fits, spandrel included; or one does and a tensor does not.
    """
    family = next((family for family in FAMILIES if family.fits(tensors)), None)
    if family is None:
        return _other(load_other(tensors, file))
    arguments = family.arguments(tensors)
    candidates = {repr(c): c | arguments for c in family.choices}.values()
    nets = [_filled(family, tensors, arguments, file) for arguments in candidates]
    faults = [_fault_on_smooth(net) for net in nets] if len(nets) > 1 else [0.0]
    best = faults.index(min(faults))
    return Found(
        nets[best], family.net, list(candidates)[best], family.words, family.task, family.invents
    )


def _other(other: Other) -> Found:
    return Found(other.net, other.kind, {}, other.words, other.task, "much")


def _filled(family: Family, tensors: Tensors, arguments: dict[str, Any], file: Path) -> Net:
    """The family's net with the file's weights, every one of them in its place."""
    net = create(family.net, arguments)
    renamed = {f"body.{name}": tensor for name, tensor in family.renamed(tensors).items()}
    for name, own in as_module(net).state_dict().items():
        if name in renamed and renamed[name].squeeze().shape == own.squeeze().shape:
            renamed[name] = renamed[name].reshape(own.shape)  # scales of channels: (c) or (c, 1, 1)
    try:
        as_module(net).load_state_dict(renamed)
    except RuntimeError as error:
        faults = str(error).partition("\n\t")[2].partition("\n")[0] or str(error)
        raise ModelError(
            f"{file} looks like {family.words}, but does not fit it: {faults[:300]}",
            f"the tensors of {family.net} with {arguments}",
        ) from None
    as_module(net).eval()
    return net


@torch.no_grad()
def _fault_on_smooth(net: Net) -> float:
    """How far a smooth picture, enlarged and brought down again, is from itself."""
    along = torch.linspace(0, 3, 48)
    waves = [0.5 + 0.3 * torch.sin(along[:, None] * a + along * b) for a, b in ((1, 2), (2, 1))]
    picture = torch.stack([*waves, 1 - waves[0]])[None, : net.contract.channels]
    result = functional.avg_pool2d(net(picture), net.contract.scale)
    return float(torch.nan_to_num(result - picture, 1e9).abs().mean())


def _written(found: Found, file: Path, name: str, wishes: Wishes, folder: Path) -> Model:
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    config = Config(
        name=name,
        net=NetConfig(found.kind, found.arguments),
        task=wishes.task,
        summary=f"{found.words}, imported.",
        licence=wishes.licence or UNKNOWN,
        limits=LIMITS.format(unknown=UNKNOWN),
        invents=found.invents,  # type: ignore[arg-type]
    )
    model = write_model(found.net, config, folder, 0, 0)
    origin = wishes.origin or f"imported from {file.name}"
    data = Data(
        words=UNKNOWN,
        pictures=0,
        degradation=UNKNOWN,
        objective=UNKNOWN,
        steps=0,
        seed=0,
        start=f"{origin}, SHA-256 {digest}",
    )
    return write_card(folder, msgspec.structs.replace(model.card, data=data))


def _free_folder(name: str, overwrite: bool) -> Path:
    """Where the model will lie."""
    if not re.fullmatch(r"[\w][\w.+-]*", name):
        raise UsageError(f"A model cannot be called {name!r}", "letters, digits, - and .")
    if name in names():
        raise UsageError(f"{name} is a model that ships", "another name")
    folder = user_folder() / name
    if folder.exists() and not overwrite:
        raise UsageError(f"There is a model {name} already", "another name, or --overwrite")
    return folder
