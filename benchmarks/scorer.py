"""How well the scorer that ships agrees with people, beside other measures.

    python benchmarks/scorer.py REBUILT [--model NAME] [--write]

REBUILT is where the rebuilt distortions of TID2013 lie (distortions.py), or
will. With `--write` the tables go into docs/assess.md and the numbers into the
model's card. Only pictures are measured that no model here learned from:
LIVE's whose name's SHA-1 is divisible by 5, five references of TID2013, and
photographs of B100 for the order of spoiled pictures.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import distortions
import msgspec
import numpy as np
import numpy.typing as npt
from document import ROOT, SHARED_DATA, publish, stop, table

from claritas.assessment.agreement import krcc, plcc, srcc
from claritas.assessment.assessor import Assessor
from claritas.assessment.scorer import Scorer
from claritas.degradation import blur, compress, noise
from claritas.image.read import open_picture
from claritas.image.resize import imresize
from claritas.training.deployment.model_folder import write_card
from claritas.zoo.card import Result

PAGE = ROOT / "docs" / "assess.md"
MODEL = "photo-score"
REFERENCE = ("psnr-rgb", "ssim-y")
ALONE = ("niqe", "piqe")
TITLES = {"psnr-rgb": "PSNR", "ssim-y": "SSIM", "niqe": "NIQE", "piqe": "PIQE"}
PHOTOGRAPHS = 20
APART = 2  # steps between the pictures of a pair

Picture = npt.NDArray[np.uint8]
Values = dict[str, list[float]]


def loaded(file: Path) -> Picture:
    return np.ascontiguousarray(open_picture(file).array()[..., :3])


def live() -> tuple[list[Picture], list[float]]:
    """The test part of LIVE In the Wild: pictures and people's means, 0 to 100."""
    folder = SHARED_DATA / "ratings/live_itw"
    with (folder / "scores.csv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if _hash(row["file"]) % 5 == 0]
    pictures = [loaded(folder / "images" / row["file"]) for row in rows]
    return pictures, [float(row["mos"]) for row in rows]


def _hash(name: str) -> int:
    return int(hashlib.sha1(name.encode()).hexdigest(), 16)


def measured(
    scorer: Scorer, pictures: Sequence[Picture], references: Sequence[Picture] | None = None
) -> Values:
    """The scorer's marks and the other measures, turned so that more is better."""
    found: Values = {MODEL: [opinion.score.value for opinion in scorer.many(pictures)]}
    names = (*ALONE, *(REFERENCE if references else ()))
    assessor = Assessor(names)
    for name in names:
        found[name] = []
    for number, picture in enumerate(pictures):
        result = assessor(picture, references[number] if references else None)
        for name in names:
            score = result[name]
            found[name].append(score.value if score.higher_is_better else -score.value)
    return found


def agreement(values: Values, people: Sequence[float]) -> list[list[str]]:
    rows = []
    for name in sorted(values, key=lambda name: -srcc(values[name], people).value):
        numbers = [f"{m(values[name], people).value:.3f}" for m in (srcc, plcc, krcc)]
        sees = "picture and reference" if name in REFERENCE else "picture"
        title = f"**{name}**" if name == MODEL else TITLES[name]
        rows.append([title, *numbers, sees])
    return rows


AGREEMENT = ("", "SRCC", "LCC", "KRCC", "sees")


def tid_pictures(folder: Path) -> tuple[list[str], list[Picture], list[Picture], list[float]]:
    """The held-out references' rebuilt pictures: names, pictures, references, people's means."""
    marks_file = SHARED_DATA / "ratings/labels/tid2013_mos_with_names.txt"
    lines = [line.split() for line in marks_file.read_text().splitlines() if line.strip()]
    marks = {name.lower(): float(mark) for mark, name in lines}
    distortions.rebuild(SHARED_DATA / "kodak", folder)
    files = [file for number in distortions.HELD_OUT for file in folder.glob(f"i{number:02}_*.png")]
    files.sort()
    clean = {n: distortions.reference(SHARED_DATA / "kodak", n) for n in distortions.HELD_OUT}
    return (
        [file.stem for file in files],
        [loaded(file) for file in files],
        [clean[int(file.stem[1:3])] for file in files],
        [marks[f"{file.stem}.bmp"] for file in files],
    )


def by_type(names: Sequence[str], values: Values, people: Sequence[float]) -> list[list[str]]:
    """A row for each type of distortion: SRCC of each measure over five references and levels."""
    order = [MODEL, *ALONE, *REFERENCE]
    rows = []
    for kind, (title, *_) in distortions.TYPES.items():
        those = [i for i, name in enumerate(names) if int(name[4:6]) == kind]
        marks = [people[i] for i in those]
        numbers = [f"{srcc([values[name][i] for i in those], marks).value:.2f}" for name in order]
        rows.append([f"{kind} {title}", *numbers])
    return rows


def steps() -> dict[str, tuple[tuple[float, ...], Callable[[Picture, float], Picture]]]:
    """The four ways to spoil a photograph, their six strengths."""

    def spoiled(function: Callable[..., npt.NDArray[np.float32]], **settings: object) -> Picture:
        made = function(**settings)
        return np.rint(np.clip(made, 0, 1) * 255).astype(np.uint8)

    def noisy(picture: Picture, sigma: float) -> Picture:
        random = np.random.default_rng(0)
        settings = {"sigma": sigma, "grey": 0, "correlation": 0}
        return spoiled(noise.gaussian_noise, picture=_float(picture), random=random, **settings)

    def blurred(picture: Picture, sigma: float) -> Picture:
        none = np.random.default_rng(0)
        return spoiled(blur.gaussian, picture=_float(picture), _random=none, sigma=sigma, size=None)

    def compressed(picture: Picture, quality: float) -> Picture:
        none = np.random.default_rng(0)
        settings = {"quality": int(quality), "chroma": "4:2:0"}
        return spoiled(compress.jpeg, picture=_float(picture), _random=none, **settings)

    def smaller(picture: Picture, factor: float) -> Picture:
        height, width = picture.shape[:2]
        small = imresize(picture, size=(round(width / factor), round(height / factor)))
        return imresize(small, size=(width, height))

    return {
        "noise, sigma": ((4, 8, 14, 22, 32, 45), noisy),
        "blur, sigma": ((0.6, 1, 1.5, 2.2, 3.2, 4.5), blurred),
        "JPEG, quality": ((75, 50, 35, 22, 14, 8), compressed),
        "made smaller and enlarged back, by": ((1.3, 1.7, 2.2, 3, 4, 6), smaller),
    }


def _float(picture: Picture) -> npt.NDArray[np.float32]:
    return picture.astype(np.float32) / np.float32(255)


def monotone(scorer: Scorer) -> tuple[list[list[str]], float]:
    """Rows of the share of pairs in order, and the share of all."""
    files = sorted((SHARED_DATA / "b100").glob("*.*g"))
    photographs = [loaded(file) for file in files[:: len(files) // PHOTOGRAPHS][:PHOTOGRAPHS]]
    rows, all_right, all_pairs = [], 0, 0
    for title, (strengths, spoil) in steps().items():
        pictures = [spoil(one, strength) for one in photographs for strength in strengths]
        marks = np.array([opinion.score.value for opinion in scorer.many(pictures)])
        marks = marks.reshape(len(photographs), len(strengths))
        falls = marks[:, :-APART] > marks[:, APART:]
        all_right, all_pairs = all_right + int(falls.sum()), all_pairs + falls.size
        told = " ".join(f"{strength:g}" for strength in strengths)
        means = " ".join(f"{mean:.1f}" for mean in marks.mean(0))
        rows.append([f"{title} {told}", f"{100 * falls.mean():.1f} %", means])
    share = 100 * all_right / all_pairs
    rows.append(["all", f"{share:.1f} %", ""])
    return rows, share


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("rebuilt", type=Path)
    parser.add_argument("--model", default=MODEL)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    if not SHARED_DATA.is_dir():
        stop(f"There is no folder {SHARED_DATA}, which holds the rated pictures.")
    scorer = Scorer(given.model)
    page = PAGE if given.write else None
    rows, ordered = monotone(scorer)
    publish("scorer-order", table(("spoiled by", "in order", "mean marks"), rows), page)
    pictures, people = live()
    of_live = measured(scorer, pictures)
    text = f"{len(pictures)} photographs of LIVE In the Wild:\n\n"
    publish("scorer-live", text + table(AGREEMENT, agreement(of_live, people)), page)
    names, pictures, references, means = tid_pictures(given.rebuilt)
    of_all = measured(scorer, pictures, references)
    heads = ("type", MODEL, *(TITLES[name] for name in (*ALONE, *REFERENCE)))
    publish("scorer-types", table(heads, by_type(names, of_all, means)), page)
    those = [i for i, name in enumerate(names) if distortions.counted(name)]
    of_tid = {name: [values[i] for i in those] for name, values in of_all.items()}
    kinds = len({names[i][4:6] for i in those})
    every = srcc(of_all[MODEL], means).value, plcc(of_all[MODEL], means).value
    means = [means[i] for i in those]
    text = f"{len(means)} rebuilt pictures of TID2013, {kinds} types, 5 references:\n\n"
    left = ", ".join(map(str, distortions.LEFT_OUT))
    more = f"\n\nWith the types {left}, which are left out here: SRCC %.3f, LCC %.3f." % every
    publish("scorer-tid", text + table(AGREEMENT, agreement(of_tid, means)) + more, page)
    if given.write:
        into_card(scorer, of_live[MODEL], people, of_tid[MODEL], means, ordered)


def into_card(
    scorer: Scorer,
    of_live: Sequence[float],
    people: Sequence[float],
    of_tid: Sequence[float],
    means: Sequence[float],
    ordered: float,
) -> None:
    """The results that travel with the model."""
    live_set = f"{len(people)} photographs of LIVE In the Wild, not learned from"
    tid_set = f"{len(means)} rebuilt pictures of TID2013, 18 types, references not learned from"
    b100 = f"{PHOTOGRAPHS} photographs of B100, four ways to spoil them"
    against = "mean mark against people's mean"
    results = [
        Result(name, score.name, round(score.value, 3), against)
        for name, marks, truth in ((live_set, of_live, people), (tid_set, of_tid, means))
        for score in (srcc(marks, truth), plcc(marks, truth))
    ]
    results.append(Result(b100, "in order", round(ordered, 1), "% of pairs two steps apart"))
    card = msgspec.structs.replace(scorer.model.card, results=results)
    write_card(scorer.model.folder, card)


if __name__ == "__main__":
    main()
