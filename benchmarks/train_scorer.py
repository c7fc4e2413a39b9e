"""The scorer that ships, from its data to a run folder that `claritas export` takes.

    python benchmarks/train_scorer.py DATA RUN [--seed 1]

DATA holds ratings/live_itw, ratings/labels, kodak, train-photos and backbones.
Four stages, each kept in RUN and passed over when it is there:

1. TID2013's distortions are rebuilt (distortions.py).
2. The head alone: ridge regression on the pooled numbers of all stages of the
   backbone as ImageNet left it, for LIVE In the Wild and TID2013 together.
3. The layers above the first four, on three things at once: LIVE's histograms
   (earth mover's distance), the means of TID2013 by one affine scale, and
   pairs whose order is known, made of photographs.
4. All layers, slower. The seed is this stage's; stage 3 has seed 1.

A picture is learned as it is judged: a frame, the whole resized to a square,
and crops at native size; the frame counts one half. Pictures of LIVE whose
name's SHA-1 is divisible by 5 and TID2013's references 3, 8, 13, 18 and 23 are
never seen. Those of remainder 1 were kept back while the settings were chosen,
and are learned from in the end (`--tuning` keeps them back again).
"""

from __future__ import annotations

import argparse
import copy
import csv
import hashlib
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).parent))
import distortions

from claritas.assessment.agreement import plcc, srcc
from claritas.assessment.scorer import FRAME_WEIGHT, SIDE, views
from claritas.degradation import blur, compress, noise
from claritas.degradation.greyscale import Pixels
from claritas.image.resize import imresize
from claritas.nets import create
from claritas.nets.contract import as_module
from claritas.nets.levels import LevelRating
from claritas.training.average import Average
from claritas.training.objectives.rating import earth_movers_distance, mean_mark
from claritas.training.ratings import discretised_normal
from claritas.training.samples import load_rgb
from claritas.training.start import take_over

Picture = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.float64]

TEST, TUNING = 0, 1  # remainders of a name's SHA-1
ARGUMENTS = {"norm": False, "levels": True, "dropout": 0.0}

# Stage 2.
RIDGE = 1.0
TID_WEIGHT = 0.3  # of a picture of TID2013 against one of LIVE
TID_CROPS = 2
TID_SCALE = (1.0, -1.4)  # a mean of TID2013 is the first times the mark plus the second

# Stages 3 and 4: steps, first stages that keep their weights, rates of backbone and head.
STAGES = {3: (420, 4, 5e-5, 1e-5), 4: (100, 0, 2e-5, 5e-6)}
AVERAGE = 0.98
WARMUP = 20
LIVE_PICTURES, TID_PICTURES, PAIRS = 4, 4, 3
LIVE_CROPS = 2
MARGIN = 0.25  # marks that the more spoiled one of a pair is to be lower, at least
PHOTOGRAPHS = 150
WEIGHTS = {"live": 1.0, "tid": 0.08, "pairs": 0.3}


@dataclass(frozen=True)
class Rated:
    """Pictures in memory, with what people said: a mark and a deviation, or TID2013's mean."""

    names: list[str]
    pictures: list[Picture]
    means: Numbers
    deviations: Numbers


def remainder(name: str) -> int:
    return int(hashlib.sha1(name.encode()).hexdigest(), 16) % 5


def live(data: Path) -> Rated:
    """LIVE In the Wild on the scale of 1 to 10."""
    folder = data / "ratings/live_itw"
    with (folder / "scores.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    return Rated(
        [row["file"] for row in rows],
        [load_rgb(folder / "images" / row["file"]) for row in rows],
        1 + 0.09 * np.array([float(row["mos"]) for row in rows]),
        0.09 * np.array([float(row["std"]) for row in rows]),
    )


def tid(data: Path, folder: Path) -> Rated:
    """The rebuilt pictures of TID2013 with people's means, 0 to 9."""
    lines = (data / "ratings/labels/tid2013_mos_with_names.txt").read_text().split("\n")
    marks = {line.split()[1].lower(): float(line.split()[0]) for line in lines if line.strip()}
    files = sorted(folder.glob("i*.png"))
    means = np.array([marks[f"{file.stem}.bmp"] for file in files])
    return Rated([f.stem for f in files], [load_rgb(f) for f in files], means, 0 * means)


def held_out(name: str) -> bool:
    """Whether a picture of TID2013 is one of a reference that is never learned from."""
    return int(name[1:3]) in distortions.HELD_OUT


# ---- stage 2: the head alone


def pooled(net: LevelRating, batches: Iterator[Sequence[Picture]]) -> Numbers:
    """The pooled numbers of each picture: of the frame one half, of the crops the other."""
    import openvino

    class Pooled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = net

        def forward(self, pictures: Tensor) -> Tensor:
            return self.net.pooled(pictures)

    example = torch.rand(2, 3, SIDE, SIDE)
    model = openvino.convert_model(Pooled().eval(), example_input=example)
    settings = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    run = openvino.Core().compile_model(model, "CPU", settings)
    found = []
    for batch in batches:
        numbers = run(tensor(batch).numpy())[0].astype(np.float64)
        crops = numbers[1:].mean(0) if len(numbers) > 1 else numbers[0]
        found.append(FRAME_WEIGHT * numbers[0] + (1 - FRAME_WEIGHT) * crops)
    return np.stack(found)


def ridge(x: Numbers, y: Numbers, weights: Numbers, strength: float) -> tuple[Numbers, float]:
    """Weighted ridge regression by its dual: a matrix (numbers,) and an offset."""
    offset = float(np.average(y, weights=weights))
    root = np.sqrt(weights)[:, None]
    rows = root * x
    kernel = rows @ rows.T + strength * x.shape[1] * np.eye(len(x))
    dual = np.linalg.solve(kernel, root[:, 0] * (y - offset))
    return rows.T @ dual, offset


def begun(net: LevelRating, data: Path, run: Path, of_live: Rated, of_tid: Rated, kept: int) -> None:
    """Give the net its head."""
    live_numbers = _cached(run / "live.npy", lambda: pooled(net, map(seen, of_live.pictures)))
    tid_numbers = _cached(
        run / "tid.npy", lambda: pooled(net, (seen(p)[: 1 + TID_CROPS] for p in of_tid.pictures))
    )
    of_live_too = np.array([remainder(name) not in (TEST, kept) for name in of_live.names])
    of_tid_too = np.array([not held_out(name) for name in of_tid.names])
    x = np.concatenate([live_numbers[of_live_too], tid_numbers[of_tid_too]])
    times, plus = TID_SCALE
    y = np.concatenate([of_live.means[of_live_too], (of_tid.means[of_tid_too] - plus) / times])
    weights = np.concatenate(
        [np.ones(of_live_too.sum()), np.full(of_tid_too.sum(), TID_WEIGHT)]
    )
    usual = live_numbers[of_live_too]
    centre = usual.mean(0)
    spread = usual.std(0) + 1e-3 * usual.std(0).mean()
    matrix, offset = ridge((x - centre) / spread, y, weights, RIDGE / 10)
    with torch.no_grad():
        net.centre.copy_(torch.from_numpy(centre))
        net.spread.copy_(torch.from_numpy(spread))
        net.head.weight.zero_()
        net.head.weight[0].copy_(torch.from_numpy(matrix))
        net.head.bias[0] = offset


def _cached(path: Path, make: Any) -> Numbers:
    if not path.exists():
        np.save(path, make())
    return np.asarray(np.load(path))
