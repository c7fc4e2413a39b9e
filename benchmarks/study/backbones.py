"""The study of scorers: its backbones on one set of ratings, from scratch and from ImageNet."""

from __future__ import annotations

import csv
import hashlib
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from document import SHARED_DATA, table
from interleaved import interleaved

from claritas.assessment.agreement import emd
from claritas.assessment.scorer import Scorer
from claritas.training.data.ratings import read_lines
from claritas.training.data.readers.live_wild import rated_row
from claritas.training.runs import read_log
from study.runs import Run, Workshop

RATED = SHARED_DATA / "ratings" / "live_itw"
IMAGENET = SHARED_DATA / "backbones" / "mobilenet_v2_1.0_imagenet_folded.npz"
TEST, VALIDATION = 0, 1  # remainders of a name's SHA-1 by 5: never read here, and told below
ROUNDS = 25
MEASURES = {"emd": ".4f", "srcc": ".3f", "plcc": ".3f", "accuracy": ".1f"}
COMMON = ["schedule.steps=500", "schedule.batch=16", "schedule.patch=224", "data.size=256"]


class Backbone(NamedTuple):
    """A row: a recipe of `configs/`, what it begins with, its rate and whether it has norms."""

    words: str
    config: str
    start: str
    adam: float
    norm: bool = True


BACKBONES = {
    "mobilenet-v1": Backbone("MobileNet, from scratch", "mobilenet-v1", "", 5e-4),
    "mobilenet-v2": Backbone("MobileNet v2, from scratch", "mobilenet-v2", "", 5e-4),
    "mnasnet-b1": Backbone("MnasNet B1, from scratch", "mnasnet-b1", "", 5e-4),
    "imagenet": Backbone("MobileNet v2, from ImageNet", "mobilenet-v2", "imagenet", 1e-4, False),
    "ordered": Backbone(
        "the same, after learning the order of 566 photographs' damages",
        "mobilenet-v2",
        "ordered",
        1e-4,
        False,
    ),
}


def tables(workshop: Workshop) -> str:
    """How each agrees with people on pictures that it has not seen, its size and its speed."""
    ratings, names = divided(workshop.folder)
    runs = {name: _run(workshop, name, ratings, names) for name in BACKBONES}
    scorers = {name: Scorer(workshop.model(run)) for name, run in runs.items()}
    view = np.random.default_rng(0).integers(0, 256, (224, 224, 3), np.uint8)
    times = interleaved({name: partial(one, view) for name, one in scorers.items()}, ROUNDS)
    lines = [["the mean of the others' marks", f"{same_for_all(ratings, names):.4f}", *[""] * 6]]
    for name, scorer in scorers.items():
        log = read_log(workshop.run_folder(runs[name].name))
        found = [format(log[f"validation/{one}"][-1][1], form) for one, form in MEASURES.items()]
        card = scorer.model.card
        size = scorer.model.file("fp32").stat().st_size / 1e6
        facts = [f"{card.net.parameters:,}", f"{size:.1f}", f"{times[name].smallest * 1e3:.1f}"]
        lines.append([BACKBONES[name].words, *found, *facts])
    heads = ["EMD", "SRCC", "LCC", "accuracy, %", "parameters", "file, MB", "ms a view"]
    return table(["backbone", *heads], lines)


def divided(folder: Path) -> tuple[Path, Path]:
    """Ratings without those of the test part, and the names that are kept for validation."""
    ratings, names = folder / "scores.csv", folder / "kept.txt"
    folder.mkdir(parents=True, exist_ok=True)
    with (RATED / "scores.csv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if _remainder(row["file"]) != TEST]
    lines = [f"{row['file']},{row['mos']},{row['std']}" for row in rows]
    ratings.write_text("\n".join(["file,mos,std", *lines]) + "\n")
    kept = [row["file"] for row in rows if _remainder(row["file"]) == VALIDATION]
    names.write_text("\n".join(kept) + "\n")
    return ratings, names


def _remainder(name: str) -> int:
    return int(hashlib.sha1(name.encode()).hexdigest(), 16) % 5


def same_for_all(ratings: Path, names: Path) -> float:
    """The distance of whoever gives every picture the same shares: those of all that is learned."""
    shares = read_lines(ratings, rated_row, heading="file")
    kept = {Path(name).stem for name in names.read_text().split()}
    people = np.stack([one for name, one in shares.items() if name in kept])
    others = np.mean([one for name, one in shares.items() if name not in kept], axis=0)
    return emd(np.tile(others, (len(people), 1)), people).value


def _run(workshop: Workshop, name: str, ratings: Path, names: Path) -> Run:
    backbone = BACKBONES[name]
    norm = "" if backbone.norm else ", norm=false"
    settings = [
        f"net.arguments={{dropout=0.5{norm}}}",
        f"optimiser.adam={backbone.adam}",
        'data.reader="live-wild"',
        f'data.ratings="{ratings.as_posix()}"',
        f'data.list="{names.as_posix()}"',
        'data.augment=["crop", "flip"]',
        *COMMON,
    ]
    if backbone.start:
        start = IMAGENET if backbone.start == "imagenet" else workshop.run(_ordered())
        settings.append(f'net.start="{start.as_posix()}"')
    return Run(f"rate-{name}", backbone.config, settings, "ratings/live_itw")


def _ordered() -> Run:
    start = f'net.start="{IMAGENET.as_posix()}"'
    return Run("rate-order", "mobilenet-v2-ordered", [start, "data.memory=1.0"], "train-photos")
