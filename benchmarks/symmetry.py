"""What a net gains that turns and mirrors with the picture, by the number of pictures.

    python benchmarks/symmetry.py [--steps 400] [--runs DIR] [--write]

Enlargement by 4 from nothing, with and without `symmetric`, all else alike, with a few of
train-photos and with all. PSNR-Y on kodak and Set14, which nobody trains on. Some thirty minutes of
one core; a training that is finished is not made again. Needs the extra `train`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from document import ROOT, SHARED_DATA, publish, stop, table

from claritas.benchmark.sets import picture_sets
from claritas.benchmark.tables import model_method, rows

try:
    from study.runs import Run, Workshop
except ImportError:
    stop("torch is not installed; pip install '.[train]' brings it.")

PAGE = ROOT / "docs" / "training.md"
PHOTOGRAPHS = SHARED_DATA / "train-photos"
FEW = 20
SETS = ("kodak", "set14")
FORM = "scale=4, channels=32, blocks=8, depth=2"


def main() -> None:
    arguments = parse()
    if not SHARED_DATA.is_dir():
        stop(f"The nets learn from the pictures of {SHARED_DATA}, which is not there.")
    workshop = Workshop(arguments.runs)
    folders = {str(FEW): a_few(arguments.runs / f"{FEW}-pictures"), "all": PHOTOGRAPHS}
    lines = []
    for name, folder in folders.items():
        count = sum(1 for path in folder.iterdir() if path.suffix == ".jpg")
        for symmetric in (False, True):
            model = trained(f"{name}-{symmetric}", folder, symmetric, workshop, arguments.steps)
            cells = [f"{value:.2f}" for value in quality(model)]
            lines.append([f"{count}", "symmetric" if symmetric else "ordinary", *cells])
    heads = ["pictures", "net", *(f"{name}, dB" for name in SETS)]
    text = f"{arguments.steps} steps each.\n\n{table(heads, lines)}"
    publish("symmetry", text, PAGE if arguments.write else None)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--steps", type=int, default=400, help="of each training")
    parser.add_argument("--runs", type=Path, default=Path("runs/symmetry"), help="where runs lie")
    parser.add_argument("--write", action="store_true", help="put the table into docs/training.md")
    return parser.parse_args()


def a_few(folder: Path) -> Path:
    """A folder with links to some of the photographs, evenly spread over their names."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = sorted(PHOTOGRAPHS.glob("*.jpg"))
    for path in paths[:: len(paths) // FEW][:FEW]:
        link = folder / path.name
        if not link.exists():
            link.symlink_to(path.resolve())
    return folder.resolve()


def trained(name: str, data: Path, symmetric: bool, workshop: Workshop, steps: int) -> str:
    """The folder of a model."""
    form = f"{{{FORM}, symmetric={str(symmetric).lower()}}}"
    settings = [f"net.arguments={form}", f"schedule.steps={steps}", f"schedule.hold={steps // 3}"]
    return workshop.model(Run(f"{name.lower()}-{steps}", "photo-x4", settings, str(data)))


def quality(model: str) -> Sequence[float]:
    method = model_method(model, 4, "fp32")
    sets = picture_sets([SHARED_DATA / name for name in SETS])
    return [rows(pictures, 4, [method])[0].psnr_y for pictures in sets]


if __name__ == "__main__":
    main()
