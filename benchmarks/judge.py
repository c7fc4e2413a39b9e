"""When `--judge` keeps a result, and whether it was right: the table of `docs/trust.md`.

    python benchmarks/judge.py [--write]

The last 40 pictures of B100, halved and enlarged again by `photo-x2`: 20 clean, 20 with noise or
JPEG. Consistency is measured before any projection. Some five minutes on one core.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from document import ROOT, SHARED_DATA, publish, table

from claritas.assessment.full_reference import psnr
from claritas.benchmark.sets import example, picture_set
from claritas.enhancement.judge import Judge
from claritas.enhancement.plan import Options
from claritas.image.picture import Picture
from claritas.image.read import open_picture
from claritas.image.resize import imresize
from claritas.image.write import write_picture
from claritas.zoo.catalogue import SHIPPED

if TYPE_CHECKING:
    from claritas.assessment.full_reference import Uint8

PAGE = ROOT / "docs" / "trust.md"
MODEL = "photo-x2"
TAKEN = 40
NOISE = (8, 12, 16, 20, 25)  # grey levels
QUALITY = (25, 40, 50, 60, 70)  # of JPEG
FALLS = 0.3  # dB of PSNR-Y against interpolation


class Case(NamedTuple):
    """A small picture, how it was spoiled, and its original."""

    name: str
    spoiled: str
    low: Picture
    high: Uint8


class Found(NamedTuple):
    """What was decided of a case, and what the result would have gained (dB, PSNR-Y)."""

    case: Case
    kept: bool
    gain: float
    why: tuple[str, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="write docs/trust.md")
    page = PAGE if parser.parse_args().write else None
    with tempfile.TemporaryDirectory() as folder:
        all_cases = list(cases(picture_set(SHARED_DATA / "b100").files[-TAKEN:], Path(folder)))
        found = [judged(case, MODEL) for case in all_cases]
        shuffled = str(shuffled_model(Path(folder) / "shuffled"))
        refused = [judged(case, shuffled) for case in all_cases]
        chosen = [judged(case, None) for case in all_cases if case.spoiled]
    for one in [*found, *chosen]:
        print(one.case.name, one.case.spoiled or "clean", one.kept, f"{one.gain:.2f}", one.why[-2:])
    publish("judge", shown(found, refused, chosen), page)


def cases(files: Sequence[Path], folder: Path) -> Iterator[Case]:
    """Every other picture clean, the others with noise and JPEG by turns."""
    for place, file in enumerate(files):
        made = example(file, 2)
        low, spoiled = np.broadcast_to(made.low, (*made.low.shape[:2], 3)).astype(np.uint8), ""
        turn, kind = divmod(place // 2, 2)
        if place % 2 and kind:
            spoiled = f"noise {NOISE[turn % len(NOISE)]}"
            noise = np.random.default_rng(place).normal(0, NOISE[turn % len(NOISE)], low.shape)
            low = np.clip(low + noise, 0, 255).round().astype(np.uint8)
        picture = Picture.from_array(low)
        if place % 2 and not kind:
            quality = QUALITY[turn % len(QUALITY)]
            spoiled = f"JPEG {quality}"
            path = folder / f"{file.stem}.jpg"
            write_picture(picture, path, quality=quality)
            picture = open_picture(path)
        yield Case(
            file.stem, spoiled, picture, np.broadcast_to(made.high, (*made.high.shape[:2], 3))
        )


def judged(case: Case, model: str | None) -> Found:
    """What is decided with that model, or the picture's choice, and what its result is worth."""
    judge = Judge(Options(scale=2, model=model, judge=True))
    verdict = judge.verdict(case.low)
    made = judge._maker(case.low).array()
    plain = imresize(case.low.array(), scale=2)
    result, interpolated = (psnr(one, case.high, channels="Y").value for one in (made, plain))
    return Found(case, verdict.kept, result - interpolated, verdict.why)


def shuffled_model(folder: Path) -> Path:
    """The model with its weights in a random order: it knows nothing."""
    import onnx

    shutil.copytree(SHIPPED / MODEL, folder)
    card, random = folder / "card.toml", np.random.default_rng(0)
    for file in sorted(folder.glob("*.onnx")):
        before = hashlib.sha256(file.read_bytes()).hexdigest()
        model = onnx.load(file)
        for tensor in model.graph.initializer:
            weights = onnx.numpy_helper.to_array(tensor)
            if weights.ndim > 1:
                mixed = random.permutation(weights.ravel()).reshape(weights.shape)
                tensor.CopyFrom(onnx.numpy_helper.from_array(mixed, tensor.name))
        onnx.save(model, file)
        after = hashlib.sha256(file.read_bytes()).hexdigest()
        card.write_text(card.read_text("utf-8").replace(before, after), "utf-8")
    return folder


def shown(found: Sequence[Found], refused: Sequence[Found], chosen: Sequence[Found]) -> str:
    """One row a kind of picture: how many were kept."""
    clean = [one for one in found if not one.case.spoiled]
    spoiled = [one for one in found if one.case.spoiled]
    worse, better = losing(found), gaining(spoiled)
    named = sum("other things than the input" in one.why[0] for one in refused)
    rows = [
        ["clean", count(clean), "at least 18 of 20"],
        [f"PSNR to the truth falls by {FALLS:g} dB or more", count(worse), "at most 20 %"],
        ["noise or JPEG, and PSNR rises", count(better), ""],
        ["noise or JPEG, the others", count([one for one in spoiled if one.gain <= 0]), ""],
        ["noise or JPEG, model by the picture, PSNR rises", count(gaining(chosen)), ""],
        [f"the same, PSNR falls by {FALLS:g} dB or more", count(losing(chosen)), "at most 20 %"],
        ["all, the model with its weights shuffled", count(refused), "0"],
    ]
    words = f"The shuffled model was refused for what it contradicts {named} times."
    return table(["", "kept", "wanted"], rows) + f"\n\n{words}"


def gaining(found: Sequence[Found]) -> list[Found]:
    return [one for one in found if one.gain > 0]


def losing(found: Sequence[Found]) -> list[Found]:
    return [one for one in found if one.gain <= -FALLS]


def count(found: Sequence[Found]) -> str:
    return f"{sum(one.kept for one in found)} of {len(found)}"


if __name__ == "__main__":
    main()
