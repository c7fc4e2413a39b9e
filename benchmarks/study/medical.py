"""The medical study: a generator for medical pictures, before and after its adversarial stage."""

from __future__ import annotations

from document import table

from study.runs import Run, Workshop
from study.scores import HEADS, bicubic, enlargements, means, model

SET = "retina"
FAITHFUL = [
    "schedule.steps=400",
    "schedule.batch=8",
    "schedule.validate_every=200",
    "data.validation=4",
    "optimiser.muon=1e-3",
    "optimiser.adam=4e-4",
]
CONTEST = ["schedule.steps=120", "schedule.batch=4", "schedule.validate_every=60"]

# Generator: the recipes of its two stages.
NETS = {"ahmad2022": ("ahmad2022-x4", "ahmad2022-gan-x4"), "srgan": ("srresnet-x4", "srgan-x4")}


def stages(workshop: Workshop, net: str) -> list[tuple[str, Run]]:
    faithful, contest = NETS[net]
    first = Run(f"medical-{faithful}", faithful, FAITHFUL, f"{SET}/train")
    start = f'net.start="{workshop.run_folder(first.name).as_posix()}"'
    settings = [*CONTEST, "data.validation=4", start]
    second = Run(f"medical-{contest}", contest, settings, f"{SET}/train")
    return [("fidelity", first), ("adversarial", second)]


def tables(workshop: Workshop) -> str:
    """x4 on the test part: bicubic, and both generators after each stage."""
    pairs = enlargements(f"{SET}/test", 4)
    lines = [["bicubic", "", *means(pairs, bicubic(4)).cells()]]
    for net in NETS:
        for stage, run in stages(workshop, net):
            method = model(workshop.model(run), 4)
            lines.append([net, stage, *means(pairs, method).cells()])
    return table(["generator", "after its stage of", *HEADS], lines)
