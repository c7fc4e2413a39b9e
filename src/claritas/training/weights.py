"""Weights that the user points to: a file or a URL, checked, and read without running code."""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import tempfile
import urllib.request
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from claritas.errors import TrainingError, UsageError

TIMEOUT = 60  # seconds without an answer


def local_file(place: str, sha256: str = "") -> Path:
    """The file of a path, or of a URL after it was fetched once.

    Raises
    ------
    UsageError
        If there is no file, or a URL comes without a hash.
    TrainingError
        If it cannot be fetched, or its content is another.
    """
    if place.startswith(("https://", "http://")):
        return _fetched(place, sha256.lower())
    path = Path(place).expanduser()
    if not path.is_file():
        raise UsageError(f"There is no file {place}", "a path or a URL of weights")
    if sha256:
        _check(path, sha256.lower(), place)
    return path


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file or a torch file.

    Raises
    ------
    TrainingError
        If it is neither, or a torch file that wants to run code.
    """
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        found = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, SafetensorError, pickle.UnpicklingError, EOFError) as error:
        reason = str(error).splitlines()[0]
        raise TrainingError(f"{path} cannot be read: {reason}", "safetensors or weights") from None
    if not isinstance(found, dict):
        raise TrainingError(f"{path} holds no named tensors", "the state of a network")
    return {name: tensor for name, tensor in found.items() if isinstance(tensor, Tensor)}


def _fetched(url: str, sha256: str) -> Path:
    if not sha256:
        raise UsageError(f"Weights from {url} need a hash", "sha256, of the file")
    suffix = Path(url.partition("?")[0]).suffix
    home = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    path = home / "claritas" / "weights" / f"{sha256}{suffix}"
    if path.is_file():
        _check(path, sha256, url)
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".claritas-", dir=path.parent) as name:
        unfinished = Path(name) / path.name
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT) as source, unfinished.open("wb") as f:
                shutil.copyfileobj(source, f)
        except OSError as error:
            raise TrainingError(f"{url} could not be fetched: {error}") from None
        _check(unfinished, sha256, url)
        unfinished.replace(path)
    return path


def _check(path: Path, sha256: str, place: str) -> None:
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != sha256:
        raise TrainingError(f"The SHA-256 of {place} is {found}", sha256)
