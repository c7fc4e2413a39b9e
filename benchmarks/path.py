"""Times our whole path, from 8-bit pixels to 8-bit pixels, against the bare net in one call.

    python benchmarks/path.py [--model photo-x4] [--size 1024x768] [--data DIR]... [--write]

Bare: the whole picture in one call of the engine, float32 in and out, same
precision and threads. Ours cuts, converts, interpolates, rounds and stitches;
with files, it decodes and encodes a JPEG as well. Everything takes turns.
Beside it, what the default precision loses against fp32 on folders of pictures.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyvips
from document import SHARED_DATA, SPEED_PAGE, machine, photograph, publish, stop, table
from engines import openvino
from interleaved import Timing, interleaved

from claritas.assessment.full_reference import Uint8
from claritas.benchmark.sets import picture_set
from claritas.benchmark.tables import model_method, rows
from claritas.enhancement.enhancer import Enhancer
from claritas.enhancement.plan import Options
from claritas.errors import ClaritasError
from claritas.image.picture import Picture
from claritas.image.read import open_picture
from claritas.image.write import write_picture
from claritas.zoo.card import Model
from claritas.zoo.catalogue import find


def main() -> None:
    arguments = parse()
    try:
        model = find(arguments.model)
    except ClaritasError as error:
        stop(str(error).splitlines()[0])
    width, height = map(int, arguments.size.split("x"))
    pixels = photograph(width, height)
    text = f"{machine()}. {model.card.name}, {width}x{height} in, {arguments.rounds} rounds.\n\n"
    text += times(model, arguments.model, pixels, arguments.rounds) + "\n"
    for folder in arguments.data or [SHARED_DATA / "set5"]:
        text += "\n" + loss(model, arguments.model, folder) + "\n"
    publish("path", text, SPEED_PAGE if arguments.write else None)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="photo-x4", help="a model's name or folder")
    parser.add_argument("--size", default="1024x768", help="of the input, WIDTHxHEIGHT")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument(
        "--data", type=Path, action="append", help="original pictures, for the loss"
    )
    parser.add_argument("--write", action="store_true", help="put the table into docs/speed.md")
    return parser.parse_args()


def times(model: Model, name: str, pixels: Uint8, rounds: int) -> str:
    """The table: bare, pixels to pixels, file to file."""
    enhancer = Enhancer(Options(model=name, scale=model.card.contract.scale))
    precision = enhancer.plan(Picture.from_array(pixels).header).stages[0].precision
    fed = pixels.transpose(2, 0, 1)[None] * np.float32(model.card.contract.range / 255)
    with tempfile.TemporaryDirectory() as folder:
        candidates: dict[str, Callable[[], object]] = {
            f"bare net, {precision}": openvino(model.file(precision), fed, precision),
            "8-bit pixels to 8-bit pixels": lambda: pull(enhancer(Picture.from_array(pixels))),
            "JPEG file to JPEG file": from_file_to_file(enhancer, pixels, Path(folder)),
        }
        return as_table(interleaved(candidates, rounds))


def pull(picture: Picture) -> None:
    for _ in picture.stored_bands():
        pass


def from_file_to_file(enhancer: Enhancer, pixels: Uint8, folder: Path) -> Callable[[], object]:
    source = folder / "source.jpg"
    pyvips.Image.new_from_array(pixels).write_to_file(str(source), Q=90)
    numbers = itertools.count()

    def run() -> None:
        write_picture(enhancer(open_picture(source)), folder / f"{next(numbers)}.jpg")

    return run


def as_table(timings: dict[str, Timing]) -> str:
    bare = next(iter(timings.values())).smallest
    lines = [
        [name, f"{one.smallest * 1e3:.0f}", f"{one.median * 1e3:.0f}", f"{one.smallest / bare:.2f}"]
        for name, one in timings.items()
    ]
    return table(["path", "smallest, ms", "median, ms", "times bare (smallest)"], lines)


def loss(model: Model, name: str, folder: Path) -> str:
    """One sentence: what the default precision loses against fp32, in decibels."""
    try:
        pictures = picture_set(folder)
    except ClaritasError as error:
        return f"Loss not measured: {str(error).splitlines()[0]}."
    scale = model.card.contract.scale
    default, exact = rows(
        pictures, scale, [model_method(name, scale), model_method(name, scale, "fp32")]
    )
    return (
        f"{default.precision} against fp32 on {pictures.name}: {default.psnr_y:.3f} and "
        f"{exact.psnr_y:.3f} dB, {exact.psnr_y - default.psnr_y:+.3f} dB lost "
        f"({default.protocol.split(';')[0]})."
    )


if __name__ == "__main__":
    main()
