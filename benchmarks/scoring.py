"""How long scoring takes beside decoding: the table of `docs/speed.md`.

    python benchmarks/scoring.py [--model NAME|FOLDER] [--rounds N] [--write]

A JPEG of 12 megapixels, decoding included, beside decoding it whole and halving it; and 400
pictures of 224x224. All take turns, so that a busy minute hits them alike.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from document import SPEED_PAGE, machine, photograph, publish, stop, table
from interleaved import interleaved

from claritas.assessment.assessor import Assessor
from claritas.assessment.scorer import Scorer
from claritas.image.libvips import libvips
from claritas.image.picture import Picture
from claritas.image.write import write_picture
from claritas.zoo.catalogue import default_scorer

WIDTH, HEIGHT = 4000, 3000
GRAIN = 3.0  # grey levels; a photograph that was enlarged has none, and decodes too fast
SIDE, COUNT = 224, 400
NAMES = ("decoded whole and halved", "scored, decoding included", f"{COUNT} of {SIDE}x{SIDE}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", help="a scoring model; the one that ships if not given")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="write docs/speed.md")
    words = parser.parse_args()
    name = words.model or default_scorer() or stop("There is no scoring model: name one (--model).")
    with tempfile.TemporaryDirectory() as folder:
        found = interleaved(candidates(name, Path(folder)), words.rounds)
    halved, scored, crops = (found[one].median for one in NAMES)
    rows = [
        [NAMES[0], f"{halved:.3f}", ""],
        [f"12 megapixels {NAMES[1]}", f"{scored:.3f}", f"{scored / halved:.2f} times that"],
        [NAMES[2], f"{crops:.2f}", f"{crops / scored:.1f} such pictures"],
    ]
    text = f"{machine()}; medians of {words.rounds} rounds by turns."
    page = SPEED_PAGE if words.write else None
    publish("scoring", table(["", "seconds", ""], rows) + f"\n\n{text}", page)


def candidates(name: str, folder: Path) -> dict[str, Callable[[], object]]:
    path = folder / "large.jpg"
    write_picture(Picture.from_array(large()), path, quality=90)
    random = np.random.default_rng(0)
    crops = [random.integers(0, 256, (SIDE, SIDE, 3), np.uint8) for _ in range(COUNT)]
    scorer = Scorer(name)
    return {
        NAMES[0]: partial(halved, path),
        NAMES[1]: partial(Assessor([], name), path),
        NAMES[2]: lambda: list(scorer.many(crops)),
    }


def large() -> np.ndarray:
    grain = np.random.default_rng(0).normal(0, GRAIN, (HEIGHT, WIDTH, 1))
    return np.clip(photograph(WIDTH, HEIGHT) + grain, 0, 255).round().astype(np.uint8)


def halved(path: Path) -> bytes:
    """By libvips: every pixel decoded, then means of two by two."""
    image = libvips().Image.jpegload(str(path), access="sequential", revalidate=True)
    return bytes(image.shrink(2, 2).write_to_memory())


if __name__ == "__main__":
    main()
