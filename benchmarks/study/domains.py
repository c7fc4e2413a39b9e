"""The first study: nets trained on faces and on endoscopy, each tested on both."""

from __future__ import annotations

from document import table

from study.runs import Run, Workshop
from study.scores import Means, bicubic, enlargements, means, model

SETS = ("faces", "endoscopy")

# Net: its recipe, and what is laid over it. SRCNN must first learn to pass the picture through, so
# it gets many small steps.
NETS = {
    "srcnn": (
        "srcnn-x2",
        [
            "net.arguments={scale=2}",
            "schedule.batch=8",
            "schedule.patch=24",
            "schedule.steps=8000",
            "schedule.validate_every=4000",
            "optimiser.adam=2e-3",
        ],
    ),
    "rdn-small": (
        "rdn-x2",
        [
            "net.arguments={scale=2, blocks=3, depth=3, growth=24, channels=24}",
            "schedule.batch=8",
            "schedule.steps=1000",
            "schedule.validate_every=500",
            "optimiser.muon=2e-3",
            "optimiser.adam=5e-4",
        ],
    ),
}


def runs() -> list[Run]:
    return [
        Run(f"{net}-{part}", config, [*settings, "data.validation=4"], f"{part}/train")
        for net, (config, settings) in NETS.items()
        for part in SETS
    ]


def tables(workshop: Workshop) -> str:
    """RMSE on 0..255: a row for each net and training part, columns for the test parts."""
    tests = {part: enlargements(f"{part}/test", 2) for part in SETS}
    lines = [_line("bicubic", "-", {part: means(tests[part], bicubic(2)) for part in SETS})]
    for run in runs():
        net, _, trained = run.name.rpartition("-")
        method = model(workshop.model(run), 2)
        lines.append(_line(net, trained, {part: means(tests[part], method) for part in SETS}))
    heads = ["net", "trained on"]
    heads += [f"{part}: {what}" for part in SETS for what in ("RMSE", "PSNR, dB")]
    return table(heads, lines)


def _line(net: str, trained: str, scores: dict[str, Means]) -> list[str]:
    cells = [cell for part in SETS for cell in (scores[part].cells()[2], scores[part].cells()[0])]
    return [net, trained, *cells]
