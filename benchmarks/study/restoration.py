"""Nets at full size: noise, blur, and the first study's pictures through a transformer."""

from __future__ import annotations

from document import ROOT, table

from claritas.image.read import open_picture
from claritas.training.config import read_config
from study.runs import Run, Workshop
from study.scores import (
    HEADS,
    Method,
    bicubic,
    enlargements,
    means,
    model,
    spoiled,
    test_files,
    unchanged,
)

TEST = "b100"
TESTED = 20
SHORT = ["schedule.validate_every=400", "data.validation=4", "data.memory=1.0"]
TASKS = {
    "noise of 0 to 50": Run(
        "restormer-denoise",
        "restormer-small",
        ["schedule.steps=300", "schedule.batch=4", "schedule.patch=48", *SHORT],
        "train-photos",
    ),
    "blur": Run(
        "nafnet-deblur",
        "nafnet-small",
        ["schedule.steps=300", "schedule.batch=4", "schedule.patch=64", *SHORT],
        "train-photos",
    ),
}

# What is left of a picture when it goes to half its size and back, odd sides too.
HALVED = 'degradation={steps=[{kind="resample", scale=0.5}, {kind="resample_of_clean", scale=1.0}]}'
SETS = ("faces", "endoscopy")


def tables(workshop: Workshop) -> str:
    return f"{_tasks(workshop)}\n\n{_domains(workshop)}"


def _tasks(workshop: Workshop) -> str:
    """Each net on pictures that were spoiled as its recipe says, with the recipe's seed."""
    clean = [open_picture(file).array() for file in test_files(TEST)[:TESTED]]
    lines = []
    for words, run in TASKS.items():
        recipe = read_config(ROOT / "configs" / f"{run.config}.toml").degradation
        pairs = spoiled(clean, recipe)
        lines.append([words, "the input itself", *means(pairs, unchanged).cells()])
        method = model(workshop.model(run), 1)
        lines.append([words, run.config, *means(pairs, method).cells()])
    return table(["spoiled with", "method", *HEADS], lines)


def _domains(workshop: Workshop) -> str:
    """Restormer behind a bicubic enlargement, on the first study's four pairs of sets."""
    lines = []
    tests = {part: enlargements(f"{part}/test", 2) for part in SETS}
    for trained in SETS:
        run = Run(
            f"restormer-{trained}",
            "restormer-small",
            [HALVED, "schedule.steps=500", "schedule.batch=4", "schedule.patch=64", *SHORT],
            f"{trained}/train",
        )
        restore = model(workshop.model(run), 1)
        for tested in SETS:
            scores = means(tests[tested], _behind_bicubic(restore))
            plain = means(tests[tested], bicubic(2))
            lines.append(
                [trained, tested, plain.cells()[2], *(scores.cells()[i] for i in (2, 0, 1))]
            )
    heads = ["restormer-small trained on", "tested on", "RMSE of bicubic", "RMSE"]
    return table([*heads, "PSNR, dB", "SSIM"], lines)


def _behind_bicubic(restore: Method) -> Method:
    enlarge = bicubic(2)
    return lambda low: restore(enlarge(low))
