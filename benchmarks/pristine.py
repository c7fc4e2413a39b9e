"""The model of clean photographs that NIQE measures against.

    python benchmarks/pristine.py FOLDER [--write]

FOLDER holds clean photographs; pictures named in its `valid.txt` are left out.
With `--write` the model goes into the package.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from claritas.assessment.natural import OWN_MODEL, block_features, fitted
from claritas.image.read import is_picture_name, open_picture


def main(folder: Path, write: bool) -> None:
    held_out = folder / "valid.txt"
    left_out = set(held_out.read_text("utf-8").split()) if held_out.exists() else set()
    files = [
        file
        for file in sorted(folder.iterdir())
        if is_picture_name(file) and file.name not in left_out
    ]
    model = fitted([block_features(open_picture(file).array()) for file in files], folder.name)
    print(f"{len(files)} photographs, shape of the first feature {model.mean[0]:.3f}")
    if write:
        np.savez(OWN_MODEL, mean=model.mean, covariance=model.covariance)
        print(OWN_MODEL)


if __name__ == "__main__":
    main(Path(sys.argv[1]), "--write" in sys.argv[2:])
