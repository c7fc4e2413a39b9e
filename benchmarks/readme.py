"""Measures what the README's table says, and writes it there.

    python benchmarks/readme.py [--data DIR]... [--scales 2 3 4] [--write]

The same numbers as `claritas benchmark`, PSNR-Y and SSIM-Y only.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from document import ROOT, SHARED_DATA, publish, stop, table

from claritas.benchmark.sets import PictureSet, picture_sets
from claritas.benchmark.tables import CONVENTIONS, Row, methods, model_method, rows
from claritas.enhancement.plan import UPSCALE
from claritas.errors import ClaritasError
from claritas.zoo.card import Card
from claritas.zoo.catalogue import shipped

USUAL_SETS = ("set5", "set14", "b100")


def main() -> None:
    arguments = parse()
    try:
        sets = picture_sets(arguments.data or [SHARED_DATA / name for name in USUAL_SETS])
    except ClaritasError as error:
        stop(str(error).splitlines()[0])
    lines = [line for scale in arguments.scales for line in lines_of(scale, sets)]
    heads = ["", *(one.name for one in sets)]
    text = f"{table(heads, lines)}\n\nPSNR-Y in dB / SSIM-Y, border as the scale. {CONVENTIONS}"
    publish("benchmark", text, ROOT / "README.md" if arguments.write else None)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, action="append", help="a folder of originals")
    parser.add_argument("--scales", type=int, nargs="+", default=[2, 3, 4])
    parser.add_argument("--write", action="store_true", help="put the table into README.md")
    return parser.parse_args()


def lines_of(scale: int, sets: list[PictureSet]) -> list[list[str]]:
    """One line a method, one column a set."""
    models = [name for name, model in shipped().items() if _enlarges(model.card, scale)]
    best = [model_method(name, scale, preset="best") for name in models if _best(name)]
    tables = [rows(one, scale, [*methods(models, scale), *best]) for one in sets]
    return [
        [f"x{scale} {line[0].method} {line[0].precision}".strip(), *map(cell, line)]
        for line in zip(*tables, strict=True)
    ]


def _enlarges(card: Card, scale: int) -> bool:
    return card.task == UPSCALE and card.contract.scale == scale


def _best(name: str) -> bool:
    """Whether `--preset best` takes the model for clean pictures."""
    card = shipped()[name].card
    return (card.preset, card.condition) == ("balanced", "clean")


def cell(row: Row) -> str:
    return f"{row.psnr_y:.2f} / {row.ssim_y:.4f}"


if __name__ == "__main__":
    main()
