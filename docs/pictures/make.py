"""Makes the pictures of the documents anew, from photographs in scikit-image's wheel.

python docs/pictures/make.py

`chelsea-small.png` is what `make demo` enlarges; `before-after.png` and `worn.png`
stand in the README. Needs the extra `test`, for scikit-image and for Pillow's letters.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from skimage import data

from claritas.assessment.full_reference import Uint8
from claritas.benchmark.sets import as_bytes, cropped_to_multiple
from claritas.benchmark.tables import model_method, plain_method
from claritas.degradation.recipe import degrade, read_recipe
from claritas.image.resize import imresize

FOLDER = Path(__file__).parent
SCALE = 4
MODEL, WORN_MODEL = "photo-x4", "real-x4"
WEB = FOLDER.parents[1] / "configs" / "recipes" / "web.toml"

# Of chelsea's 451x300 pixels: eyes, nose and whiskers. Of the astronaut's 512x512: the face.
FUR = np.s_[56:288, 104:372]
FACE = np.s_[0:232, 90:358]
GAP, CAPTION_HEIGHT, LETTER_HEIGHT = 12, 28, 15


def main() -> None:
    original = cropped_to_multiple(data.chelsea(), SCALE)
    height, width = original.shape[:2]
    small = imresize(original, size=(width // SCALE, height // SCALE))
    save(Image.fromarray(small), "chelsea-small.png")
    panels = {
        "bicubic": plain_method("bicubic", SCALE).enlarge(small),
        MODEL: model_method(MODEL, SCALE).enlarge(small),
        "the original": original,
    }
    save(side_by_side({title: one[FUR] for title, one in panels.items()}), "before-after.png")
    save(side_by_side(worn_panels()), "worn.png")


def worn_panels() -> dict[str, Uint8]:
    """A small picture as it comes off the web: blurred, noisy, JPEG; enlarged in three ways."""
    original = data.astronaut()
    small = as_bytes(degrade(original.astype(np.float32) / np.float32(255), read_recipe(WEB)))
    return {
        "bicubic": plain_method("bicubic", SCALE).enlarge(small)[FACE],
        MODEL: model_method(MODEL, SCALE).enlarge(small)[FACE],
        WORN_MODEL: model_method(WORN_MODEL, SCALE).enlarge(small)[FACE],
    }


def side_by_side(panels: dict[str, Uint8]) -> Image.Image:
    """Pictures of one size in a row, each over its title, on white."""
    height, wide = next(iter(panels.values())).shape[:2]
    width = len(panels) * (wide + GAP) - GAP
    sheet = Image.fromarray(np.full((height + CAPTION_HEIGHT, width, 3), 255, np.uint8))
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(LETTER_HEIGHT)
    for index, (title, picture) in enumerate(panels.items()):
        left = index * (wide + GAP)
        sheet.paste(Image.fromarray(picture), (left, 0))
        middle = (left + wide / 2, height + CAPTION_HEIGHT / 2)
        pen.text(middle, title, fill="black", font=font, anchor="mm")
    return sheet


def save(picture: Image.Image, name: str) -> None:
    picture.save(FOLDER / name, optimize=True)
    print(f"{FOLDER / name}: {picture.width}x{picture.height}")


if __name__ == "__main__":
    main()
