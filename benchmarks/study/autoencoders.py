"""The study of small pictures: autoencoders on CIFAR-10, trained on clean and on spoiled ones."""

from __future__ import annotations

from pathlib import Path

from document import ROOT, SHARED_DATA, table

from claritas.assessment.full_reference import Uint8
from claritas.benchmark.sets import Example
from claritas.training.config import Source, read_config
from claritas.training.data.readers import read_source
from study.runs import Run, Workshop
from study.scores import HEADS, means, model, spoiled, unchanged

TESTED = 200
SETTINGS = [
    'data.reader="cifar10"',
    "data.validation=50",
    "schedule.steps=2500",
    "schedule.batch=64",
    "schedule.validate_every=1250",
]
NETS = {
    "A: clean from clean": "autoencoder-a",
    "B: clean from spoiled": "autoencoder-b",
    "variational, clean from clean": "vae",
}


def tables(workshop: Workshop) -> str:
    """Denoising of spoiled test pictures, and giving clean ones back."""
    clean = _test_pictures(workshop)
    recipe = read_config(ROOT / "configs" / "autoencoder-b.toml").degradation
    noisy = spoiled(clean, recipe)
    same = [Example(picture, picture) for picture in clean]
    lines = [["the input itself", *means(noisy, unchanged).cells(), ""]]
    for words, config in NETS.items():
        run = Run(f"cifar-{config}", config, SETTINGS, str(_part(workshop, "train")))
        method = model(workshop.model(run), 1)
        lines.append([words, *means(noisy, method).cells(), means(same, method).cells()[0]])
    return table(["model", *HEADS, "of a clean input: PSNR, dB"], lines)


def _test_pictures(workshop: Workshop) -> list[Uint8]:
    items, _ = read_source(Source(reader="cifar10", folder=str(_part(workshop, "test"))))
    return [item.load().clean for item in items[:TESTED]]


def _part(workshop: Workshop, part: str) -> Path:
    """A folder with one of the two files, which lie side by side in the shared data."""
    folder = workshop.folder / "data" / f"cifar10-{part}"
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / f"{part}.bin"
    if not link.exists():
        link.symlink_to((SHARED_DATA / "cifar10" / f"{part}.bin").resolve())
    return folder
