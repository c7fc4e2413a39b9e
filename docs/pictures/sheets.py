"""A sheet for each model that enlarges: six places, as they came in, interpolated, ours, the truth.

python docs/pictures/sheets.py [MODEL]...

The photographs are those of scikit-image's wheel. They are shrunk by bicubic; for a model of worn
pictures they are spoiled by configs/recipes/web.toml, seed 0. Needs the extra `test`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np
from make import GAP, WEB, side_by_side
from PIL import Image
from skimage import data

from claritas.assessment.full_reference import Uint8, as_rgb
from claritas.benchmark.sets import as_bytes, cropped_to_multiple
from claritas.benchmark.tables import model_method, plain_method
from claritas.degradation.recipe import degrade, read_recipe
from claritas.image.resize import imresize
from claritas.zoo.card import Model
from claritas.zoo.catalogue import find, names

FOLDER = Path(__file__).parent
SIDE = 168  # a multiple of 2, 3 and 4
QUALITY = 90


class Place(NamedTuple):
    """Where a photograph is looked at: skin, fur, straight edges, letters, a flat gradient."""

    photograph: str
    top: int
    left: int


PLACES = (
    Place("astronaut", 24, 144),
    Place("chelsea", 56, 104),
    Place("coffee", 130, 280),
    Place("rocket", 120, 220),
    Place("stereo_motorcycle", 200, 312),
    Place("text", 0, 12),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("models", nargs="*", help="names; all that enlarge if none is given")
    chosen = [find(name) for name in parser.parse_args().models or names()]
    for model in chosen:
        if model.card.task == "upscale":
            sheet(model).save(FOLDER / f"sheet-{model.card.name}.jpg", quality=QUALITY)
            print(FOLDER / f"sheet-{model.card.name}.jpg")


def sheet(model: Model) -> Image.Image:
    rows = [row(model, place) for place in PLACES]
    height = rows[0].height + GAP
    whole = Image.new("RGB", (rows[0].width, height * len(rows) - GAP), "white")
    for index, one in enumerate(rows):
        whole.paste(one, (0, index * height))
    return whole


def row(model: Model, place: Place) -> Image.Image:
    """The four versions of a place; the whole photograph goes through the model."""
    scale, name = model.card.contract.scale, model.card.name
    original = cropped_to_multiple(photograph(place.photograph), scale)
    small = shrunk(original, model)
    versions = {
        "input": np.repeat(np.repeat(small, scale, axis=0), scale, axis=1),
        "bicubic": plain_method("bicubic", scale).enlarge(small),
        name: model_method(name, scale).enlarge(small),
        "the original": original,
    }
    window = np.s_[place.top : place.top + SIDE, place.left : place.left + SIDE]
    return side_by_side({title: one[window] for title, one in versions.items()})


def photograph(name: str) -> Uint8:
    """(height, width, 3)."""
    found = getattr(data, name)()
    picture = found[0] if isinstance(found, tuple) else found  # a stereo pair and its depth
    return as_rgb(np.ascontiguousarray(picture[..., :3] if picture.ndim == 3 else picture))


def shrunk(original: Uint8, model: Model) -> Uint8:
    scale = model.card.contract.scale
    height, width = original.shape[:2]
    if model.card.condition == "clean":
        return imresize(original, size=(width // scale, height // scale))
    clean = original.astype(np.float32) / np.float32(255)
    return as_bytes(degrade(clean, read_recipe(WEB)))


if __name__ == "__main__":
    main()
