"""The scorer that ships, from its data to a model folder, by one command.

    python benchmarks/train_scorer.py DATA RUN

DATA holds ratings/live_itw, ratings/labels, kodak, train-photos and backbones; the model
comes to lie in RUN/photo-score. It takes some 20 minutes of a core:

1. TID2013's distortions are rebuilt, on its references and on 120 photographs
   of ours (distortions.py). These get the mean that people gave to their type
   and level: a guess about people, which teaches to look at the distortion and
   not at what the few references show.
2. ImageNet's backbone, as it is but for its 8 bits, looks at every picture as
   the scorer will: a frame, the whole resized to a square, and crops at native
   size. So the head learns from numbers as they will be, rounding included.
3. Kernel ridge regression on the pooled numbers of all its stages, on people's
   marks of LIVE In the Wild and, by one affine scale, of TID2013's rebuilt
   pictures; the views of a picture count together, as in the scorer.
4. The regression is written as the head of the net (`claritas.nets.levels`).

Nothing in it is random. Pictures of LIVE whose name's SHA-1 is divisible by 5
and TID2013's references 3, 8, 13, 18 and 23 are never seen. The settings were
chosen on those of remainder 1 and on references 2, 7, 12, 17 and 22; the model
that ships learned from these too (`--tuning` keeps them back, and tells).
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import openvino
import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parent))
import distortions

from claritas.assessment.agreement import plcc, srcc
from claritas.assessment.scorer import views
from claritas.nets import create
from claritas.nets.contract import as_module
from claritas.nets.levels import FARTHEST, LEAST_SPREAD, LevelRating
from claritas.nets.texture import NUMBERS
from claritas.training.config import to_config
from claritas.training.data.samples import load_rgb
from claritas.training.deployment.eight_bits import EightBits, in_eight_bits, with_ranges
from claritas.training.deployment.model_folder import write_card, write_model
from claritas.training.deployment.onnx_file import write_onnx
from claritas.training.deployment.packed import store_in_bytes
from claritas.training.start import take_over
from claritas.zoo.card import PERCENTILES, Views

Picture = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Exact = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

NAME = "photo-score"
SHOWN = Views(frame=224, crops=5, side=224, share=0.5)
SIDE = SHOWN.side
TID_CROPS = 2  # of the five; the rest cover the same
TEST, TUNING = 0, 1  # remainders of a name's SHA-1
TUNING_REFERENCES = (2, 7, 12, 17, 22)

DIRECTIONS = 400
WIDTH = 0.6  # of the Gaussians, against the mean squared deviation of a number
RIDGE = 0.1
LINEAR = 0.1  # how freely the directions themselves tell, beside the centres
TEXTURE = 0.06  # share of the squared deviation that is the texture's few numbers
CALIBRATION = 24  # pictures whose views tell the ranges of the 8 bits
TID_WEIGHT, OTHER_WEIGHT = 0.3, 0.5  # of a picture against one of LIVE
TID_SCALE = (1.2, 1.3)  # a mark of LIVE's scale is the first plus the second times the mean

CARD = {
    "name": NAME,
    "task": "score",
    "summary": "How good a photograph looks to people: shares of the marks 1 to 10.",
    "licence": "Apache-2.0",
    "limits": (
        "Judges technical quality as people saw it in ordinary photographs, not beauty, and not "
        "text, drawings or medical pictures. Errors of one mark are usual."
    ),
    "data": {
        "description": (
            "LIVE In the Wild Challenge (Ghadiyaram and Bovik 2016): photographs with people's "
            "marks, 0..100 brought to 1..10; TID2013's distortions rebuilt on its references "
            "(Ponomarenko et al. 2013), 18 types, with people's mean marks on one scale, the "
            "same on 120 other photographs, with the means of their type and level"
        ),
        "licence": "LIVE: any purpose with its notice; TID2013's marks: research; see NOTICE",
    },
    "degradation": {"kind": "none"},
    "objective": {
        "description": (
            "kernel ridge regression of the mean marks, and of LIVE's deviations, on pooled "
            "numbers of ImageNet's backbone, whose layers stay as they were but for their rounding "
            "to 8 bits, and on the texture of the pixels"
        )
    },
}


@dataclass(frozen=True)
class Rated:
    """Pictures, what people said of them on LIVE's scale of 1 to 10, and how to learn from them.

    Attributes
    ----------
    deviations
        Of people's marks; not known of TID2013, where they are NaN.
    learned
        Which are learned from.
    told
        Which are kept for tuning.
    """

    files: list[Path]
    means: Exact
    deviations: Exact
    learned: Flags
    told: Flags
    crops: int
    weight: float


def live(data: Path, tuning: bool) -> Rated:
    folder = data / "ratings/live_itw"
    with (folder / "scores.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    rest = np.array([int(hashlib.sha1(r["file"].encode()).hexdigest(), 16) % 5 for r in rows])
    kept = tuning & (rest == TUNING)
    return Rated(
        [folder / "images" / row["file"] for row in rows],
        1 + 0.09 * np.array([float(row["mos"]) for row in rows]),
        0.09 * np.array([float(row["std"]) for row in rows]),
        (rest != TEST) & ~kept,
        kept,
        SHOWN.crops,
        1.0,
    )


def tid(data: Path, folder: Path, tuning: bool) -> Rated:
    text = (data / "ratings/labels/tid2013_mos_with_names.txt").read_text()
    marks = {name.lower(): float(mark) for mark, name in map(str.split, text.splitlines())}
    files = sorted(folder.glob("i*.png"))
    references = np.array([int(file.stem[1:3]) for file in files])
    counted = np.array([distortions.counted(file.stem) for file in files])
    kept = tuning & counted & np.isin(references, TUNING_REFERENCES)
    means = TID_SCALE[0] + TID_SCALE[1] * np.array([marks[f"{f.stem}.bmp"] for f in files])
    known = ~np.isin(references, (*distortions.HELD_OUT, *(TUNING_REFERENCES * tuning)))
    learned = counted & known
    return Rated(files, means, np.full(len(files), np.nan), learned, kept, TID_CROPS, TID_WEIGHT)


def others(of_tid: Rated, folder: Path) -> Rated:
    """Our photographs spoiled, with the mean of their type and level over what is learned from."""

    def kind(file: Path) -> str:
        return file.stem.partition("_")[2]

    files = sorted(folder.glob("p*.png"))
    learned = zip(of_tid.files, of_tid.means, of_tid.learned, strict=True)
    means: dict[str, list[float]] = {}
    for file, mean, one in learned:
        if one:
            means.setdefault(kind(file), []).append(float(mean))
    every = np.array([distortions.counted(file.stem) for file in files])
    marks = np.array([np.mean(means.get(kind(file), np.nan)) for file in files])
    none = np.full(len(files), np.nan)
    return Rated(files, marks, none, every, ~every, TID_CROPS, OTHER_WEIGHT)


def start(data: Path, directions: int, centres: int) -> LevelRating:
    """The net with ImageNet's weights and a head that knows nothing."""
    net = as_module(create("mobilenet-v2", arguments(directions, centres))).eval()
    assert isinstance(net, LevelRating)
    take_over(net, data / "backbones/mobilenet_v2_1.0_imagenet_folded.npz")
    return net


def arguments(directions: int, centres: int) -> dict[str, object]:
    return {"norm": False, "dropout": 0.0, "directions": directions, "centres": centres}


class Eye(nn.Module):
    """The part of the net that is not learned here: a picture to its pooled numbers, in 8 bits.

    Parameters
    ----------
    rated
        Pictures; some of them tell the ranges of the maps between the layers.
    """

    def __init__(self, net: LevelRating, rated: Rated) -> None:
        super().__init__()
        few = replace(rated, files=rated.files[:: len(rated.files) // CALIBRATION])
        rounded = in_eight_bits(net, (torch.from_numpy(_planes(seen)) for seen in _seen(few)))
        assert isinstance(rounded, LevelRating)
        self.net = rounded.eval()
        self.contract = net.contract

    def forward(self, pictures: Tensor) -> Tensor:
        return self.net.pooled(pictures)

    def deployed(self) -> nn.Module:
        return self

    def trained_form(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return dict(tensors)

    def give_ranges(self, net: LevelRating) -> LevelRating:
        """The net in 8 bits, with the ranges of this one."""
        rounded = with_ranges(net)
        assert isinstance(rounded, LevelRating)
        rounded.features.load_state_dict(self.net.features.state_dict())
        return rounded


def looked_at(eye: Eye, rated: Rated, kept: Path) -> Floats:
    """Pooled numbers of every view, (n, views, numbers); held in a file."""
    if not kept.exists():
        path = kept.with_suffix(".onnx")
        write_onnx(EightBits(eye), path)
        settings = {"INFERENCE_PRECISION_HINT": "f32"}
        run = openvino.Core().compile_model(path, "CPU", settings)
        np.save(kept, np.stack([run(_planes(seen))[0] for seen in _seen(rated)]))
    return np.asarray(np.load(kept), np.float32)


def _seen(rated: Rated) -> Iterable[Sequence[Picture]]:
    return (views(load_rgb(file), SHOWN)[: 1 + rated.crops] for file in rated.files)


def _planes(pictures: Sequence[Picture]) -> Floats:
    return np.stack(pictures).transpose(0, 3, 1, 2).astype(np.float32) / np.float32(255)


def together(of_views: Floats) -> Floats:
    """(n, views, ...) to (n, ...): the frame counts its share, the crops the rest."""
    crops = of_views.shape[1] - 1
    shares = np.array([SHOWN.share] + [(1 - SHOWN.share) / crops] * crops, np.float32)
    return np.asarray(np.einsum("nvd,v->nd", of_views, shares))


def learn(
    net_for: Callable[[int], LevelRating], sets: Sequence[tuple[Rated, Floats]]
) -> LevelRating:
    """The net with its head, learned from sets of pictures and their pooled numbers; LIVE first."""
    learned = [(rated, numbers[rated.learned]) for rated, numbers in sets]
    usual = together(learned[0][1])
    middle, scale = usual.mean(0), usual.std(0)
    scale += 1e-3 * scale.mean()

    def placed(numbers: Floats) -> Floats:
        return np.asarray(np.clip((numbers - middle) / scale, -FARTHEST, FARTHEST), np.float32)

    emphasis = _emphasis(len(middle))
    pictures = np.concatenate([together(placed(n)) for _, n in learned]) * emphasis
    net = net_for(len(pictures))
    spread = pictures - pictures.mean(0)
    _, axes = np.linalg.eigh(spread.T @ spread)
    project = axes[:, ::-1][:, :DIRECTIONS].T * np.sqrt(WIDTH / pictures.shape[1])
    for name, value in (("middle", middle), ("scale", scale), ("centres", pictures @ project.T)):
        getattr(net, name).data = torch.from_numpy(np.ascontiguousarray(value, np.float32))
    net.project.weight.data = torch.from_numpy((project * emphasis).astype(np.float32))
    rows = np.concatenate([compared(net, numbers) for _, numbers in learned])
    means = np.concatenate([rated.means[rated.learned] for rated, _ in sets])
    weights = np.concatenate([np.full(rated.learned.sum(), rated.weight) for rated, _ in sets])
    _set(net, 0, *_solved(net, rows, means, weights))
    deviations = np.concatenate([rated.deviations[rated.learned] for rated, _ in sets])
    known = np.isfinite(deviations)
    before = np.log(np.expm1(np.maximum(deviations[known] - LEAST_SPREAD, 0.05)))
    _set(net, 1, *_solved(net, rows[known], before, weights[known], 10 * RIDGE))
    return net


def _emphasis(count: int) -> Floats:
    """What pooled numbers are multiplied by before they are compared; the texture's come last."""
    factor = np.ones(count, np.float32)
    factor[-NUMBERS:] = np.sqrt(TEXTURE / (1 - TEXTURE) * (count - NUMBERS) / NUMBERS)
    return factor


@torch.no_grad()
def compared(net: LevelRating, numbers: Floats) -> Floats:
    """What the head's matrix sees of each picture, (n, centres + directions)."""
    return together(np.stack([net.placed(torch.from_numpy(one)).numpy() for one in numbers]))


def _solved(
    net: LevelRating, rows: Floats, wanted: Exact, weights: Exact, ridge: float = RIDGE
) -> tuple[Exact, float]:
    """Weighted ridge regression in the space of the kernel: a row of the head, and its bias."""
    exact = rows.astype(np.float64)
    offset = float(np.average(wanted, weights=weights))
    centres = net.centres.detach().double()
    count = len(centres)
    penalty = np.diag(np.full(exact.shape[1], ridge / LINEAR))
    penalty[:count, :count] = ridge * torch.exp(-torch.cdist(centres, centres).square()).numpy()
    penalty[:count, :count] += 1e-6 * np.eye(count)
    left = exact.T @ (weights[:, None] * exact) + penalty
    head = np.linalg.solve(left, exact.T @ (weights * (wanted - offset)))
    return np.asarray(head, np.float64), offset


def _set(net: LevelRating, row: int, matrix: Exact, offset: float) -> None:
    with torch.no_grad():
        net.head.weight[row] = torch.from_numpy(matrix)
        net.head.bias[row] = offset


def tell(net: LevelRating, rated: Rated, numbers: Floats) -> None:
    """Agreement with people on what is kept for tuning."""
    rows = torch.from_numpy(compared(net, numbers[rated.told]))
    marks = net.head(rows)[:, 0].detach().numpy()
    found = (measure(marks, rated.means[rated.told]) for measure in (srcc, plcc))
    print(len(marks), "kept:", *(f"{one.name} {one.value:.3f}" for one in found))


def write(net: LevelRating, eye: Eye, of_live: Rated, pictures: int, run: Path) -> None:
    """The model folder; what is measured on it is for `scorer.py` to add."""
    settings = {"kind": "mobilenet-v2", "arguments": arguments(DIRECTIONS, len(net.centres))}
    config = to_config(CARD | {"net": settings | {"start": "ImageNet, from Keras"}}, NAME)
    model = write_model(net, config, run / NAME, pictures, steps=1)
    path = model.file("fp32")
    write_onnx(EightBits(eye.give_ranges(net)), path)
    store_in_bytes(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    fp32 = msgspec.structs.replace(model.card.precision["fp32"], sha256=digest)
    marks = np.percentile(of_live.means, np.arange(PERCENTILES)).round(3)
    card = msgspec.structs.replace(
        model.card,
        precision={"fp32": fp32},
        views=SHOWN,
        percentiles=[float(mark) for mark in marks],
        rated=f"{len(of_live.files)} photographs of LIVE In the Wild",
    )
    write_card(model.folder, card)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--tuning", action="store_true")
    given = parser.parse_args()
    data, run = given.data, given.run
    run.mkdir(parents=True, exist_ok=True)
    distortions.rebuild(data / "kodak", run / "tid")
    distortions.spoil_others(data / "train-photos", run / "others")
    of_live, of_tid = live(data, given.tuning), tid(data, run / "tid", given.tuning)
    every = {"live": of_live, "tid": of_tid, "others": others(of_tid, run / "others")}
    eye = Eye(start(data, 1, 1), of_live)
    numbers = [looked_at(eye, rated, run / f"{name}-views.npy") for name, rated in every.items()]
    sets = list(zip(every.values(), numbers, strict=True))
    net = learn(lambda count: start(data, DIRECTIONS, count), sets)
    if given.tuning:
        for rated, seen in sets[:2]:
            tell(net, rated, seen)
    else:
        write(net, eye, of_live, sum(int(rated.learned.sum()) for rated in every.values()), run)


if __name__ == "__main__":
    main()
