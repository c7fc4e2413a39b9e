"""`claritas export`: from a run folder to a model folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from claritas.cli.extras import needs_torch
from claritas.cli.messages import say


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A folder that `train` wrote.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="The model folder.")],
    scale: Annotated[
        int | None, typer.Option(metavar="N", help="Of a net of several factors, the one to ship.")
    ] = None,
) -> None:
    """Write a trained net as a model folder, its promises checked and measured.

    The folder is then a model for --model DIR.
    """
    with needs_torch():
        from claritas.training.export import export_run

    export_run(run, out, report=say, scale=scale)
    typer.echo(out)
