"""The study's enlargers of cats and dogs: what the loss does to a small and a larger net."""

from __future__ import annotations

from document import SHARED_DATA, table

from claritas.assessment.full_reference import Uint8
from claritas.benchmark.sets import Example
from claritas.image.resize import imresize
from claritas.training.config import Source
from claritas.training.data.readers import read_source
from study.runs import Run, Workshop
from study.scores import HEADS, bicubic, means, model

SETTINGS = [
    'data.reader="cats-dogs"',
    "data.size=360",
    "data.validation=4",
    "schedule.validate_every=400",
    "optimiser.adam=1e-3",
    "schedule.batch=8",
]
LOSSES = {"L2": "{l2=1.0}", "SSIM": "{ssim=1.0}"}

# Net: recipe, factor, side of the small patches, steps.
NETS = {
    "deconvolution net, 180 to 360": ("deconvolution-x2", 2, 45, 2500),
    "residual net, 90 to 360": ("residual-x4", 4, 24, 500),
}


def tables(workshop: Workshop) -> str:
    """Both nets under both losses, each beside bicubic at its factor."""
    lines = []
    for words, (config, scale, patch, steps) in NETS.items():
        pairs = [_pair(clean, scale) for clean in _test_pictures()]
        lines.append([f"bicubic, {360 // scale} to 360", "", *means(pairs, bicubic(scale)).cells()])
        for loss, objective in LOSSES.items():
            lengths = [f"schedule.patch={patch}", f"schedule.steps={steps}"]
            settings = [*SETTINGS, *lengths, f"objective={objective}"]
            run = Run(f"{config}-{loss.lower()}", config, settings, "cats-dogs/train")
            method = model(workshop.model(run), scale)
            lines.append([words, loss, *means(pairs, method).cells()])
    return table(["net", "loss", *HEADS], lines)


def _test_pictures() -> list[Uint8]:
    folder = SHARED_DATA / "cats-dogs" / "test"
    items, _ = read_source(Source(reader="cats-dogs", folder=str(folder), size=360))
    return [item.load().clean for item in items]


def _pair(clean: Uint8, scale: int) -> Example:
    return Example(clean, imresize(clean, scale=1 / scale))
