"""The study of looks: a squared error and gamma times what a scorer misses, for many gammas."""

from __future__ import annotations

from typing import NamedTuple

from document import ROOT, SHARED_DATA, table

from claritas.assessment.scorer import Scorer
from claritas.benchmark.sets import Example
from claritas.image.read import open_picture
from study.curves import Curve, write_curves
from study.runs import Run, Workshop
from study.scores import enlargements, means, model, results, spoiled, test_files

TEST = "set14"
PLOT = ROOT / "docs" / "pictures" / "aesthetics.svg"
BACKBONE = "backbones/mobilenet_v2_1.0_imagenet_folded.npz"
BLUR = [{"kind": "gaussian_blur", "sigma": 1.6}]
BLURRED = 'degradation={steps=[{kind="gaussian_blur", sigma=1.6}]}'
COMMON = [
    "schedule.steps=240",
    "schedule.batch=8",
    "schedule.validate_every=240",
    "data.validation=4",
    "data.memory=1.0",
    "optimiser.adam=1e-3",
    "optimiser.muon=2e-3",
]
SCORER = Run(
    "scorer",
    "mobilenet-v2",
    [
        f'net.start="{(SHARED_DATA / BACKBONE).as_posix()}"',
        'data.reader="live-wild"',
        f'data.ratings="{(SHARED_DATA / "ratings/live_itw/scores.csv").as_posix()}"',
        "schedule.steps=300",
    ],
    "ratings/live_itw",
)


class Case(NamedTuple):
    """A net, what it is for, and the gammas that it is tried with."""

    words: str
    scale: int
    settings: list[str]
    gammas: tuple[float, ...]


SMALL = "blocks=4, channels=32"
CASES = {
    "edsr": Case(
        "edsr-small, x2",
        2,
        [f"net.arguments={{scale=2, {SMALL}}}", "schedule.patch=48"],
        (0, 0.1, 0.2, 0.4, 0.8),
    ),
    "deblur": Case(
        "edsr-small, blur of sigma 1.6",
        1,
        [f"net.arguments={{scale=1, {SMALL}}}", 'task="deblur"', "schedule.patch=96", BLURRED],
        (0, 0.1, 0.2, 0.4, 0.8),
    ),
    "mdsr": Case(
        "mdsr-small, x2 of x2, x3, x4",
        2,
        [
            'net.kind="mdsr"',
            f"net.arguments={{scale=2, {SMALL}}}",
            "schedule.scales=[2, 3, 4]",
            "schedule.patch=32",
        ],
        (0, 0.2, 0.8),
    ),
}


def tables(workshop: Workshop) -> str:
    """PSNR and mean score of every net and gamma; the plot is written beside it."""
    scorer = Scorer(workshop.model(SCORER))
    lines, curves = [], []
    for name, case in CASES.items():
        pairs = _pairs(case)
        points = []
        for gamma in case.gammas:
            method = model(workshop.model(_run(workshop, name, gamma)), case.scale)
            psnr = means(pairs, method).psnr
            marks = [scorer(result).score.value for result, _ in results(pairs, method)]
            score = sum(marks) / len(marks)
            points.append((psnr, score))
            lines.append([case.words, f"{gamma:g}", f"{psnr:.2f}", f"{score:.3f}"])
        curves.append(Curve(case.words, points, [f"{gamma:g}" for gamma in case.gammas]))
    write_curves(PLOT, curves, "PSNR, dB", "mean score")
    return table(["net", "gamma", "PSNR, dB", "mean score"], lines)


def _run(workshop: Workshop, name: str, gamma: float) -> Run:
    objective = [
        f'objective.scorer="{workshop.run_folder(SCORER.name).as_posix()}"',
        f"objective.gamma={gamma}",
    ]
    settings = [*CASES[name].settings, *COMMON, *objective]
    return Run(f"aesthetic-{name}-{gamma:g}", "aesthetic-x2", settings, "train-photos")


def _pairs(case: Case) -> list[Example]:
    if case.scale > 1:
        return enlargements(TEST, case.scale)
    clean = [open_picture(file).array() for file in test_files(TEST)]
    return spoiled([picture for picture in clean if picture.shape[-1] == 3], {"steps": BLUR})
