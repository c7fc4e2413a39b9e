"""`claritas export`: from a run folder, or a model without 8 bits, to a model folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from claritas.cli.extras import needs_torch
from claritas.cli.messages import say
from claritas.errors import UsageError


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A folder that `train` wrote.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="The model folder.")],
    scale: Annotated[
        int | None, typer.Option(metavar="N", help="Of a net of several factors, the one to ship.")
    ] = None,
    mean: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FOLDER",
            help="Average the weights with this run's or model's; may be repeated.",
        ),
    ] = None,
    int8: Annotated[
        Path | None,
        typer.Option(
            metavar="PICTURES",
            help="RUN is a model instead: copy it and add a file of 8-bit integers, "
            "its ranges taken from these clean pictures.",
        ),
    ] = None,
    steps: Annotated[
        int, typer.Option(min=0, metavar="N", help="With --int8: so many steps of fine-tuning.")
    ] = 0,
) -> None:
    """Write a trained net as a model folder, its promises checked and measured.

    The folder is then a model for --model DIR.
    """
    if int8 is None and steps:
        raise UsageError("--steps without --int8", "the folder of pictures to fine-tune on")
    if int8 is not None and (mean or scale is not None):
        raise UsageError(
            f"--int8 with --{'mean' if mean else 'scale'}", "one of the two: RUN is then a model"
        )
    with needs_torch():
        from claritas.training.deployment.export import export_eight_bits, export_run

    if int8 is None:
        export_run(run, out, report=say, scale=scale, mean=mean or ())
    else:
        export_eight_bits(str(run), int8, out, report=say, steps=steps)
    typer.echo(out)
