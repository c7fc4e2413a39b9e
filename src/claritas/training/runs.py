"""Run folders as a table: what each trained, how far it came and how good it got.

Reads text only: nothing here needs torch.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from claritas.errors import UsageError
from claritas.training.config import read_config

CONFIG = "config.toml"
LOG = "log.csv"

Curve = list[tuple[int, float]]


def list_runs(folder: Path) -> list[dict[str, Any]]:
    """What `summarise` says of every run folder in `folder`, or of itself if it is one.

    Raises
    ------
    UsageError
        If there is none.
    """
    runs = [folder] if (folder / CONFIG).is_file() else sorted(folder.glob(f"*/{CONFIG}"))
    if not runs:
        raise UsageError(
            f"There is no run in {folder}", "a folder that holds folders that `claritas train` made"
        )
    return [summarise(run.parent if run.name == CONFIG else run) for run in runs]


def summarise(run: Path) -> dict[str, Any]:
    """Name, net, steps done and planned, loss, validation and minutes; None where unknown."""
    config = read_config(run / CONFIG)
    curves = read_log(run)
    steps = max((curve[-1][0] for curve in curves.values()), default=0)
    return {
        "run": str(run),
        "name": config.name,
        "net": config.net.kind,
        "scale": config.net.arguments.get("scale", 1),
        "steps": steps,
        "planned": int(_last(curves, "steps") or config.schedule.steps),
        "loss": _last(curves, "loss"),
        "validation_psnr": _last(curves, "validation/psnr_y"),
        "minutes": _last(curves, "minutes"),
    }


def _last(curves: dict[str, Curve], name: str) -> float | None:
    return curves[name][-1][1] if name in curves else None


def read_log(run: Path) -> dict[str, Curve]:
    """The curves of a run's `log.csv`; a step that was logged again counts once, the later time."""
    path = run / LOG
    found: dict[str, dict[int, float]] = {}
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            try:
                step, value = int(row["step"]), float(row["value"])
            except (KeyError, TypeError, ValueError):
                continue  # the last line of a run that was killed while it wrote
            found.setdefault(row["name"], {})[step] = value
    return {name: sorted(values.items()) for name, values in found.items()}
