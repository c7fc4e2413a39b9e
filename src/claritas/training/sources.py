"""Pictures for training, held in memory as bytes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from claritas.errors import ClaritasError, TrainingError
from claritas.image.picture import Array
from claritas.image.read import is_picture_name, open_picture

VALIDATION_LIST = "valid.txt"


@dataclass(frozen=True)
class Split:
    """Files to train on and files to validate with."""

    train: list[Path]
    validation: list[Path]


def split_folder(folder: Path, validation: int, seed: int) -> Split:
    """All pictures below a folder; those for validation by `valid.txt` or by the seed.

    Raises
    ------
    TrainingError
        If the folder is missing or has fewer than two pictures.
    """
    if not folder.is_dir():
        raise TrainingError(f"There is no folder {folder}", "a folder of pictures (--data)")
    files = sorted(p for p in folder.rglob("*") if p.is_file() and is_picture_name(p))
    if len(files) < 2:
        raise TrainingError(
            f"{folder} holds {len(files)} pictures",
            "at least two: one to train on, one to validate with",
            "name a folder of pictures with --data.",
        )
    kept = _validation_files(folder, files, validation, seed)
    return Split([p for p in files if p not in kept], [p for p in files if p in kept])


def _validation_files(folder: Path, files: list[Path], count: int, seed: int) -> set[Path]:
    listed = folder / VALIDATION_LIST
    if listed.is_file():
        names = set(listed.read_text("utf-8").split())
        return {p for p in files if p.name in names or p.relative_to(folder).as_posix() in names}
    return set(random.Random(seed).sample(files, max(1, min(count, len(files) // 5))))


def load_pictures(files: Sequence[Path], least_side: int) -> tuple[list[Array], list[str]]:
    """RGB pictures, uint8 (height, width, 3), and a sentence for each file left out."""
    pictures: list[Array] = []
    left_out: list[str] = []
    for path in files:
        try:
            picture = load_rgb(path)
        except ClaritasError as error:
            left_out.append(error.what)
            continue
        if min(picture.shape[:2]) < least_side:
            left_out.append(f"{path} is smaller than a patch ({least_side} pixels a side)")
        else:
            pictures.append(picture)
    return pictures, left_out


def load_rgb(path: Path) -> Array:
    """A file as uint8 (height, width, 3); grey is repeated, alpha left out."""
    picture = open_picture(path)
    colours = picture.header.colours
    rgb = np.concatenate([band[..., :colours] for band in picture.bands()])
    rgb = np.broadcast_to(rgb, (*rgb.shape[:2], 3))
    eight: Array = np.rint(np.clip(rgb, 0, 1) * 255).astype(np.uint8)
    return eight
