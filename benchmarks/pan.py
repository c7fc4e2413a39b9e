"""PSNR and SSIM beside another's, picture by picture: `docs/assess.md`.

    python benchmarks/pan.py [--write]

PAN x4 with its authors' weights, imported and run in fp32 on Set5, Set14 and B100, beside the log
that its authors published. Some three minutes on one core.
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from document import ROOT, SHARED_DATA, publish, table

from claritas.assessment.full_reference import as_rgb
from claritas.benchmark.sets import as_bytes, example, picture_set
from claritas.benchmark.tables import MEASURES, model_method
from claritas.training.foreign import Wishes, import_model

PAGE = ROOT / "docs" / "assess.md"
LOG = SHARED_DATA / "peers" / "pan" / "authors_log_x4.txt"
WEIGHTS = SHARED_DATA / "peers" / "pan" / "PANx4_DF2K.pth"
SCALE = 4
SETS = ("Set5", "Set14", "B100")
# In the order of `MEASURES`: on luma, then on RGB.
COLUMNS = ("PSNR_Y", "SSIM_Y", "PSNR", "SSIM")
UNITS = {"PSNR_Y": " dB", "SSIM_Y": "", "PSNR": " dB", "SSIM": ""}

Numbers = tuple[float, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="write docs/assess.md")
    page = PAGE if parser.parse_args().write else None
    told = dict(logged(LOG.read_text("utf-8")))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CLARITAS_MODELS"] = folder
        model = import_model(WEIGHTS, "pan", Wishes()).folder
        for name in SETS:
            found = dict(measured(name, model))
            rows.append(row(name, [(found[key], told[key]) for key in found]))
    heads = ["", "pictures", *(f"largest difference of {column}" for column in COLUMNS)]
    publish("pan", table(heads, rows), page)


def logged(text: str) -> Iterator[tuple[tuple[str, str], Numbers]]:
    """Set and picture, and the four numbers that the log has for it."""
    current = ""
    for line in text.splitlines():
        if begins := re.match(r"Testing \[(\w+)\]", line):
            current = begins[1]
        elif found := re.search(r"INFO: (\S+) +- (PSNR: .*)", line):
            values = dict(re.findall(r"(\w+): (\d+\.\d+)", found[2]))
            yield (current, found[1]), tuple(float(values[column]) for column in COLUMNS)


def measured(name: str, model: Path) -> Iterator[tuple[tuple[str, str], Numbers]]:
    """The same four numbers, by Claritas."""
    method = model_method(str(model), SCALE, "fp32")
    for file in picture_set(SHARED_DATA / name.lower()).files:
        made = example(file, SCALE)
        high, result = as_rgb(made.high), as_rgb(as_bytes(method.enlarge(made.low)))
        scores = [
            measure(result, high, border=SCALE, channels=channels).value
            for measure, channels in MEASURES
        ]
        yield (name, file.stem), tuple(scores)


def row(name: str, pairs: Sequence[tuple[Numbers, Numbers]]) -> list[str]:
    differences = np.abs(np.subtract(*zip(*pairs, strict=True))).max(axis=0)
    shown = [f"{one:.5f}{UNITS[column]}" for one, column in zip(differences, COLUMNS, strict=True)]
    return [name, str(len(pairs)), *shown]


if __name__ == "__main__":
    main()
