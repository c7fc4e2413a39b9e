"""Worn pictures: a model beside bicubic, photo-x4 and a peer, and the rule that chooses.

    python benchmarks/real.py [--model FOLDER] [--data DIR] [--write]

Pictures as they are ("clean"), and spoiled by configs/recipes/web.toml and old.toml with fixed
seeds. The rule is asked about clean quarters and whole pictures, as PNG and as JPEG 95, and about
spoiled ones as they came out of JPEG, and saved again as PNG.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pyvips
from document import ROOT, SHARED_DATA, publish, table
from peers import realesr

from claritas.assessment.full_reference import Uint8
from claritas.benchmark.sets import PictureSet, as_bytes, example, picture_set
from claritas.benchmark.tables import Method, model_method, plain_method, rows
from claritas.degradation.recipe import read_recipe, to_recipe
from claritas.enhancement.condition import worn
from claritas.image.read import open_picture

PAGE = ROOT / "docs" / "models.md"
RECIPES = ROOT / "configs" / "recipes"
SPOILED = {"clean": None, "web": "web.toml", "old": "old.toml"}
PRESSED = (60, 70, 80)  # qualities about the one from which on the rule calls a picture worn
QUALITY = {"web": 60, "old": 35, "clean": 95}
SCALE = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", default="real-x4", help="a name or folder")
    parser.add_argument("--data", type=Path, default=SHARED_DATA / "kodak")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/models.md")
    arguments = parser.parse_args()
    pictures = picture_set(arguments.data)
    ours = [model_method(name, SCALE) for name in ("photo-x4", arguments.model)]
    methods = [plain_method("bicubic", SCALE), *ours, *realesr()]
    parts = (quality(pictures, methods), pressed(pictures, arguments.model), chosen(pictures))
    text = "\n\n".join(parts)
    publish("real", text, PAGE if arguments.write else None)


def quality(pictures: PictureSet, methods: Sequence[Method]) -> str:
    """PSNR-Y of every method on every kind of picture."""
    columns = []
    for recipe in SPOILED.values():
        read = read_recipe(RECIPES / recipe) if recipe else None
        columns.append([row.psnr_y for row in rows(pictures, SCALE, methods, recipe=read)])
    lines = [
        [method.name, *(f"{column[index]:.2f}" for column in columns)]
        for index, method in enumerate(methods)
    ]
    return table([f"{pictures.name} x4, PSNR-Y in dB", *SPOILED], lines)


def pressed(pictures: PictureSet, model: str) -> str:
    """Pictures that JPEG alone has worn: from which quality on does a model for such gain?"""
    lines = []
    for scale in (2, SCALE):
        methods = [model_method(name, scale) for name in (f"photo-x{scale}", model)]
        for kept in PRESSED:
            steps = [
                {"kind": "resample", "scale": 1 / scale, "kernel": "bicubic"},
                {"kind": "jpeg", "quality": kept},
            ]
            found = rows(pictures, scale, methods, recipe=to_recipe({"steps": steps}, "pressed"))
            lines.append([f"x{scale}, JPEG {kept}", *(f"{row.psnr_y:.2f}" for row in found)])
    return table(["PSNR-Y in dB", "photo", Path(model).name], lines)


def chosen(pictures: PictureSet) -> str:
    """How many of each kind the rule takes for worn."""
    lines = []
    for kind, recipe in SPOILED.items():
        read = read_recipe(RECIPES / recipe) if recipe else None
        small = [as_bytes(example(file, SCALE, read).low) for file in pictures.files]
        lines += [line(f"{kind}, a quarter", small, QUALITY[kind])]
        if not recipe:
            whole = [example(file, SCALE).high for file in pictures.files]
            lines += [line(f"{kind}, whole", whole, QUALITY[kind])]
    return table(["taken for worn", "PNG", "JPEG"], lines)


def line(name: str, pixels: Sequence[Uint8], quality: int) -> list[str]:
    """Of each in PNG and in JPEG; a spoiled one, which was JPEG, as that JPEG once more."""
    with tempfile.TemporaryDirectory() as folder:
        counts = []
        for ending, options in ((".png", {}), (".jpg", {"Q": quality})):
            save = saver(Path(folder) / f"picture{ending}", options)
            counts.append(sum(bool(worn(open_picture(save(one)))) for one in pixels))
    return [name, *(f"{count} of {len(pixels)}" for count in counts)]


def saver(path: Path, options: dict[str, int]) -> Callable[[Uint8], Path]:
    def save(pixels: Uint8) -> Path:
        pyvips.Image.new_from_array(pixels).write_to_file(str(path), **options)
        return path

    return save


if __name__ == "__main__":
    main()
