"""Enlarging before and after the net: interpolated pictures refined, or small ones enlarged late.

The same photographs, patches, batches and steps for all; MDSR is one net for three factors.
"""

from __future__ import annotations

import time

from document import table

from claritas.benchmark.sets import as_bytes
from study.runs import Run, Workshop
from study.scores import HEADS, Method, bicubic, enlargements, means, model

STEPS = 600
TEST = "set14"
COMMON = [
    f"schedule.steps={STEPS}",
    "schedule.batch=16",
    "schedule.patch=32",
    "schedule.validate_every=300",
    "data.validation=4",
    "data.memory=1.0",
    "optimiser.muon=2e-3",
    "optimiser.adam=1e-3",
    "objective={l1=1.0}",
]

# Net: where it enlarges, its recipe, its arguments.
NETS = {
    "srcnn": ("before", "srcnn-x2", "{scale=2}"),
    "vdsr, 8 layers of 32": ("before", "vdsr-x2", "{scale=2, depth=8, width=32}"),
    "fsrcnn": ("after", "fsrcnn-x2", "{scale=2}"),
    "espcn": ("after", "espcn-x3", "{scale=2}"),
    "edsr, 4 blocks of 32": ("after", "edsr-baseline-x2", "{scale=2, blocks=4, channels=32}"),
}
MDSR = Run(
    "upsampling-mdsr",
    "mdsr-x2",
    ["net.arguments={scale=2, blocks=4, channels=32}", "schedule.scales=[2, 3, 4]", *COMMON],
    "train-photos",
)


def run(net: str) -> Run:
    _, config, arguments = NETS[net]
    settings = [f"net.arguments={arguments}", *COMMON]
    return Run(f"upsampling-{config.partition('-')[0]}", config, settings, "train-photos")


def tables(workshop: Workshop) -> str:
    """Two tables: the nets at x2, and the one net at its three factors."""
    pairs = enlargements(TEST, 2)
    lines = [["bicubic", "", *means(pairs, bicubic(2)).cells(), ""]]
    for net, (place, _, _) in NETS.items():
        method = model(workshop.model(run(net)), 2)
        lines.append([net, place, *means(pairs, method).cells(), _megapixels(method)])
    heads = ["net", "enlarges", *HEADS, "megapixels of input a second"]
    return f"{table(heads, lines)}\n\n{_factors(workshop)}"


def _factors(workshop: Workshop) -> str:
    lines = []
    for scale in (2, 3, 4):
        pairs = enlargements(TEST, scale)
        method = model(workshop.model(MDSR, scale), scale)
        lines.append([f"x{scale}", "bicubic", *means(pairs, bicubic(scale)).cells()])
        lines.append([f"x{scale}", "mdsr, 4 blocks of 32", *means(pairs, method).cells()])
    return table(["factor", "net", *HEADS], lines)


def _megapixels(method: Method) -> str:
    low = as_bytes(enlargements(TEST, 2)[0].low)
    method(low)
    began = time.perf_counter()
    method(low)
    return f"{low.shape[0] * low.shape[1] / 1e6 / (time.perf_counter() - began):.2f}"
