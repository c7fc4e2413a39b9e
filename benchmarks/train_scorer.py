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
4. All layers, slower. The seed is this stage's; stages 2 and 3 are run once.

A picture is learned as it is judged: a frame, the whole resized to a square,
and crops at native size; the frame counts one half. Pictures of LIVE whose
name's SHA-1 is divisible by 5 and TID2013's references 3, 8, 13, 18 and 23 are
never seen. Those of remainder 1 are kept back for tuning up to stage 3, which
tells how well they are judged, and learned from in stage 4.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).parent))
import distortions

from claritas.assessment.agreement import plcc, srcc
from claritas.assessment.scorer import views
from claritas.degradation import blur, compress, noise
from claritas.degradation.greyscale import Pixels
from claritas.image.resize import imresize
from claritas.nets import create
from claritas.nets.contract import as_module
from claritas.nets.levels import LevelRating
from claritas.training.average import Average
from claritas.training.config import to_config
from claritas.training.halves import store_in_halves
from claritas.training.model_folder import write_card, write_model
from claritas.training.objectives.rating import earth_movers_distance, mean_mark
from claritas.training.ratings import discretised_normal
from claritas.training.samples import load_rgb
from claritas.training.start import take_over
from claritas.zoo.card import PERCENTILES, Views

Picture = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.float64]

TEST, TUNING = 0, 1  # remainders of a name's SHA-1
ARGUMENTS = {"norm": False, "levels": True, "dropout": 0.0}

SHOWN = Views(frame=224, crops=5, side=224, share=0.5)
SIDE = SHOWN.side

NAME = "photo-score"
CARD = {
    "name": NAME,
    "task": "score",
    "summary": "How good a photograph looks to people: shares of the marks 1 to 10.",
    "licence": "Apache-2.0",
    "limits": (
        "Judges technical quality as people saw it in ordinary photographs, not beauty, and not "
        "text, drawings or medical pictures. Trained on one study's marks; errors of one mark "
        "are usual."
    ),
    "net": {"kind": "mobilenet-v2", "arguments": ARGUMENTS, "start": "ImageNet, from Keras"},
    "data": {
        "description": (
            "LIVE In the Wild Challenge (Ghadiyaram and Bovik 2016): photographs with people's "
            "marks; TID2013's distortions rebuilt on its references (Ponomarenko et al. 2013), "
            "20 types, with people's mean marks by one affine scale; pairs made of photographs "
            "whose order is known. The mark is LIVE's, 0..100 brought to 1..10."
        ),
        "licence": "LIVE: any purpose with its notice; TID2013's marks: research; see NOTICE",
    },
    "degradation": {"kind": "none"},
    "objective": {
        "description": (
            "earth mover's distance of power 2 to LIVE's histograms (discretised normals of its "
            "means and deviations), error of TID2013's means, order of pairs"
        )
    },
}

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
        found.append(SHOWN.share * numbers[0] + (1 - SHOWN.share) * crops)
    return np.stack(found)


def ridge(x: Numbers, y: Numbers, weights: Numbers, strength: float) -> tuple[Numbers, float]:
    """Weighted ridge regression by its dual: a matrix (numbers,) and an offset."""
    offset = float(np.average(y, weights=weights))
    root = np.sqrt(weights)[:, None]
    rows = root * x
    kernel = rows @ rows.T + strength * x.shape[1] * np.eye(len(x))
    dual = np.linalg.solve(kernel, root[:, 0] * (y - offset))
    return rows.T @ dual, offset


def begun(net: LevelRating, run: Path, of_live: Rated, of_tid: Rated, kept: int) -> None:
    """Give the net its head."""
    live_numbers = _cached(
        run / "live.npy", lambda: pooled(net, (views(p, SHOWN) for p in of_live.pictures))
    )
    tid_numbers = _cached(
        run / "tid.npy",
        lambda: pooled(net, (views(p, SHOWN)[: 1 + TID_CROPS] for p in of_tid.pictures)),
    )
    of_live_too = np.array([remainder(name) not in (TEST, kept) for name in of_live.names])
    of_tid_too = np.array([not held_out(name) for name in of_tid.names])
    x = np.concatenate([live_numbers[of_live_too], tid_numbers[of_tid_too]])
    times, plus = TID_SCALE
    y = np.concatenate([of_live.means[of_live_too], (of_tid.means[of_tid_too] - plus) / times])
    weights = np.concatenate([np.ones(of_live_too.sum()), np.full(of_tid_too.sum(), TID_WEIGHT)])
    usual = live_numbers[of_live_too]
    centre = usual.mean(0)
    spread = usual.std(0) + 1e-3 * usual.std(0).mean()
    matrix, offset = ridge((x - centre) / spread, y, weights, RIDGE)
    with torch.no_grad():
        net.centre.copy_(torch.from_numpy(centre))
        net.spread.copy_(torch.from_numpy(spread))
        net.head.weight.zero_()
        net.head.weight[0].copy_(torch.from_numpy(matrix))
        net.head.bias[0] = offset


def _cached(path: Path, make: Callable[[], Numbers]) -> Numbers:
    if not path.exists():
        np.save(path, make())
    return np.asarray(np.load(path))


# ---- stages 3 and 4: the layers too


def spoiled(clean: Pixels, random: np.random.Generator, kind: str, strength: float) -> Pixels:
    """A photograph spoiled by one of the ways whose order is known; strength 0..1."""
    if kind == "noise":
        sigma = 3 * 18**strength
        return noise.gaussian_noise(clean, random, sigma=sigma, grey=0.3, correlation=0)
    if kind == "blur":
        return blur.gaussian(clean, random, sigma=0.5 * 11**strength, size=None)
    if kind == "jpeg":
        quality = round(85 * (5 / 85) ** strength)
        return compress.jpeg(clean, random, quality=quality, chroma="4:2:0")
    if kind == "small":
        small = imresize(clean, size=_divided(clean, 1.2 * 6**strength))
        return imresize(small, size=(clean.shape[1], clean.shape[0]))
    if kind == "net":  # what a net with random weights adds to an enlarged picture
        kernel = random.standard_normal((2, 3, 3)).astype(np.float32)
        wild = np.maximum(blur.convolve(clean, kernel[0]), 0)
        wild = blur.convolve(wild, kernel[1])
        return clean + np.float32(0.02 * 20**strength / wild.std()) * (wild - wild.mean())
    noisy = noise.gaussian_noise(clean, random, sigma=6, grey=0.3, correlation=0)
    sharper = noisy - distortions.blurred(noisy, 1.5)
    return clean + np.float32(0.5 * 20**strength) * sharper  # amplified noise


KINDS = ("noise", "blur", "jpeg", "small", "net", "amplified")


def _divided(picture: Pixels, by: float) -> tuple[int, int]:
    height, width = picture.shape[:2]
    return max(1, round(width / by)), max(1, round(height / by))


def pair(photograph: Picture, random: np.random.Generator) -> tuple[Picture, Picture]:
    """Two views of a photograph, the better one first: crops, or frames of a larger part."""
    frame = random.random() < 0.35
    side = 2 * SIDE if frame and min(photograph.shape[:2]) >= 2 * SIDE else SIDE
    part = cut(photograph, side, random)
    clean = part.astype(np.float32) / np.float32(255)
    kind = KINDS[random.integers(len(KINDS))]
    less = random.uniform(-0.15, 0.65)
    more = random.uniform(less + 0.25, 1)
    seed = int(random.integers(1 << 31))
    made = [part if less < 0 else _eight_bits(_spoiled(clean, seed, kind, less))]
    made.append(_eight_bits(_spoiled(clean, seed, kind, more)))
    first, second = (imresize(one, size=(SIDE, SIDE), kernel="area") for one in made)
    return first, second


def _spoiled(clean: Pixels, seed: int, kind: str, strength: float) -> Pixels:
    return spoiled(clean, np.random.default_rng(seed), kind, strength)


def _eight_bits(picture: Pixels) -> Picture:
    return np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)


def cut(picture: Picture, side: int, random: np.random.Generator) -> Picture:
    """A square somewhere in the picture, half of them mirrored."""
    height, width = picture.shape[:2]
    top, left = random.integers(height - side + 1), random.integers(width - side + 1)
    found = picture[top : top + side, left : left + side]
    return found[:, ::-1] if random.random() < 0.5 else found


def tensor(pictures: Sequence[Picture]) -> Tensor:
    """(n, 3, side, side), 0..1, channels last in memory."""
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float().div_(255)


def shown(picture: Picture, frame: Picture, random: np.random.Generator) -> list[Picture]:
    """A frame and crops, for one step."""
    return [
        frame[:, ::-1] if random.random() < 0.5 else frame,
        *(cut(picture, SIDE, random) for _ in range(LIVE_CROPS)),
    ]


class Data:
    """What stages 3 and 4 draw from."""

    def __init__(self, data: Path, of_live: Rated, of_tid: Rated) -> None:
        self.live, self.tid = of_live, of_tid
        self.of_live: list[int] = []
        self.of_tid = [i for i, name in enumerate(of_tid.names) if not held_out(name)]
        both = zip(of_live.means, of_live.deviations, strict=True)
        self.histograms = np.stack([discretised_normal(m, d) for m, d in both])
        frame = Views(frame=SIDE, crops=0, side=SIDE, share=1.0)
        self.frames = [[views(p, frame)[0] for p in one.pictures] for one in (of_live, of_tid)]
        folder = data / "train-photos"
        left_out = set((folder / "valid.txt").read_text().split())
        files = [f for f in sorted(folder.glob("*.*g")) if f.name not in left_out]
        chosen = np.random.default_rng(0).permutation(len(files))
        loaded = (load_rgb(files[i])[:1000, :1000] for i in chosen)
        large = (p for p in loaded if min(p.shape[:2]) >= SIDE)
        self.photographs = [p for p, _ in zip(large, range(PHOTOGRAPHS), strict=False)]

    def keep_back(self, kept: int) -> None:
        """Draw from LIVE's pictures but for the test's and those of the remainder `kept`."""
        names = enumerate(self.live.names)
        self.of_live = [i for i, name in names if remainder(name) not in (TEST, kept)]

    def batch(self, random: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """All views of a step, LIVE's histograms and TID2013's means."""
        seen: list[Picture] = []
        live_ones = random.choice(self.of_live, LIVE_PICTURES, replace=False)
        tid_ones = random.choice(self.of_tid, TID_PICTURES, replace=False)
        for i in live_ones:
            seen += shown(self.live.pictures[i], self.frames[0][i], random)
        for i in tid_ones:
            seen += shown(self.tid.pictures[i], self.frames[1][i], random)[:2]
        for _ in range(PAIRS):
            seen += pair(self.photographs[random.integers(len(self.photographs))], random)
        means = torch.from_numpy(self.tid.means[tid_ones]).float()
        return tensor(seen), torch.from_numpy(self.histograms[live_ones]), means


def losses(
    net: LevelRating, scale: Tensor, batch: tuple[Tensor, Tensor, Tensor]
) -> dict[str, Tensor]:
    """LIVE's distance, TID2013's error on its scale, and how far pairs are from their order."""
    pictures, histograms, means = batch
    with torch.autocast("cpu", torch.bfloat16):
        numbers = net.pooled(pictures.contiguous(memory_format=torch.channels_last))
    place, spread = net.judged(numbers.float())
    shares = net.shares(place, spread)
    views_of_live, views_of_tid = LIVE_PICTURES * (1 + LIVE_CROPS), TID_PICTURES * 2
    of_live = shares[:views_of_live].view(LIVE_PICTURES, 1 + LIVE_CROPS, -1)
    whole = SHOWN.share * of_live[:, 0] + (1 - SHOWN.share) * of_live[:, 1:].mean(1)
    of_tid = place[views_of_live : views_of_live + views_of_tid].view(TID_PICTURES, 2).mean(1)
    better, worse = place[views_of_live + views_of_tid :].view(PAIRS, 2).unbind(1)
    return {
        "live": earth_movers_distance(whole, histograms, 2).mean(),
        "tid": functional.smooth_l1_loss(scale[0] * of_tid + scale[1], means, beta=0.5),
        "pairs": functional.relu(MARGIN - (better - worse)).mean(),
        "mark": (mean_mark(whole) - mean_mark(histograms)).abs().mean().detach(),
    }


def tuned(net: LevelRating, scale: Tensor, data: Data, stage: int, seed: int, run: Path) -> Tensor:
    """Stage 3 or 4, in place: the net becomes the moving average. The scale of TID2013, too."""
    steps, frozen, slow, fast = STAGES[stage]
    net.requires_grad_(True)
    net.features[:frozen].requires_grad_(False)
    scale = scale.clone().requires_grad_(True)
    layers = [p for p in net.features.parameters() if p.requires_grad]
    groups = [
        {"params": layers, "lr": slow, "rate": slow},
        {"params": net.head.parameters(), "lr": fast, "rate": fast},
        {"params": [scale], "lr": 5e-3, "rate": 5e-3},
    ]
    optimiser = torch.optim.AdamW(groups, betas=(0.9, 0.99), weight_decay=1e-3)
    average = Average(net, AVERAGE)
    began = time.monotonic()
    for step in range(steps):
        share = min((step + 1) / WARMUP, 0.5 * (1 + np.cos(np.pi * step / steps)))
        for group in optimiser.param_groups:
            group["lr"] = group["rate"] * share
        parts = losses(net, scale, data.batch(np.random.default_rng([seed, stage, step])))
        optimiser.zero_grad()
        sum(WEIGHTS[name] * parts[name] for name in WEIGHTS).backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        average.update(net, step)
        if step % 20 == 19:
            told = " ".join(f"{name} {value.item():.3f}" for name, value in parts.items())
            print(stage, step + 1, told, f"{time.monotonic() - began:.0f} s", flush=True)
        if step % 100 == 99:
            state = {"net": average.net.state_dict(), "scale": scale.detach()}
            torch.save(state, run / f"stage{stage}-{seed}-{step + 1}.pt")
            tell(average.net, data.live)
    net.load_state_dict(average.net.state_dict())
    return scale.detach()


@torch.no_grad()
def tell(net: LevelRating, of_live: Rated) -> None:
    """Agreement with people on LIVE's pictures that are kept for tuning; three views of each."""
    those = [i for i, name in enumerate(of_live.names) if remainder(name) == TUNING]
    few = Views(frame=SHOWN.frame, crops=LIVE_CROPS, side=SIDE)
    marks = []
    for i in those:
        with torch.autocast("cpu", torch.bfloat16):
            numbers = net.pooled(tensor(views(of_live.pictures[i], few)))
        place, _ = net.judged(numbers.float())
        marks.append(float(SHOWN.share * place[0] + (1 - SHOWN.share) * place[1:].mean()))
    people = of_live.means[those]
    found = (measure(marks, people) for measure in (srcc, plcc))
    print("kept for tuning:", *(f"{one.name} {one.value:.4f}" for one in found), flush=True)


def write(net: LevelRating, of_live: Rated, of_tid: int, run: Path, seed: int) -> None:
    """The model folder RUN/SEED; what is measured on it is `scorer.py`'s to add."""
    learned = sum(remainder(name) != TEST for name in of_live.names)
    config = to_config(CARD | {"seed": seed}, NAME)
    steps = sum(stage[0] for stage in STAGES.values())
    model = write_model(net, config, run / f"{NAME}-{seed}", learned + of_tid, steps)
    path = model.file("fp32")
    store_in_halves(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    fp32 = msgspec.structs.replace(model.card.precision["fp32"], sha256=digest)
    marks = np.percentile(of_live.means, np.arange(PERCENTILES)).round(3)
    card = msgspec.structs.replace(
        model.card,
        precision={"fp32": fp32},
        views=SHOWN,
        percentiles=[float(mark) for mark in marks],
        rated=f"{len(of_live.names)} photographs of LIVE In the Wild, people's mean marks",
    )
    write_card(model.folder, card)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    run: Path = given.run
    run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(given.seed)
    torch.set_num_threads(1)
    distortions.rebuild(given.data / "kodak", run / "tid")
    of_live, of_tid = live(given.data), tid(given.data, run / "tid")
    net = as_module(create("mobilenet-v2", ARGUMENTS)).eval()
    assert isinstance(net, LevelRating)
    take_over(net, given.data / "backbones/mobilenet_v2_1.0_imagenet_folded.npz")
    scale = torch.tensor(TID_SCALE)
    data: Data | None = None
    for stage in (2, 3, 4):
        seed = given.seed if stage == 4 else 1
        file = run / f"stage{stage}-{seed}.pt"
        if file.exists():
            held = torch.load(file)
            net.load_state_dict(held["net"])
            scale = held["scale"]
            continue
        if stage == 2:
            begun(net, run, of_live, of_tid, TUNING)
        else:
            data = data or Data(given.data, of_live, of_tid)
            data.keep_back(TUNING if stage == 3 else TEST)
            scale = tuned(net, scale, data, stage, seed, run)
        torch.save({"net": net.state_dict(), "scale": scale}, file)
        tell(net, of_live)
    write(net, of_live, sum(not held_out(name) for name in of_tid.names), run, given.seed)


if __name__ == "__main__":
    main()
