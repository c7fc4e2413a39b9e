"""`claritas runs`: the training runs of a folder, beside each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer


def runs(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Holds run folders, or is one.")
    ] = Path("runs"),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a run.")] = False,
) -> None:
    """List training runs: net, steps, loss, validation PSNR and minutes."""
    from claritas.training.runs import list_runs

    found = list_runs(folder)
    if as_json:
        for run in found:
            typer.echo(json.dumps(run))
        return
    rows = [["RUN", "NET", "STEPS", "LOSS", "PSNR-Y", "MINUTES"], *map(_row, found)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        typer.echo("  ".join(cells).rstrip())


def _row(run: dict[str, Any]) -> list[str]:
    return [
        Path(run["run"]).name,
        f"{run['net']} x{run['scale']}",
        f"{run['steps']}/{run['planned']}",
        _number(run["loss"], 5),
        _number(run["validation_psnr"], 3),
        _number(run["minutes"], 1),
    ]


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
