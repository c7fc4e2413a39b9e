"""`claritas train`: from a configuration and a folder of pictures to a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from claritas.cli.extras import needs_torch
from claritas.cli.messages import say


def train(
    config: Annotated[Path, typer.Argument(metavar="CONFIG.toml", help="What to train, and how.")],
    data: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of pictures.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Run folder; one that exists goes on.")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(metavar="N", help="The schedule ends after that time.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Override a key; may be repeated."),
    ] = None,
) -> None:
    """Train a model, or go on with a run that was stopped."""
    with needs_torch():
        from claritas.training.run import train_from

    run = train_from(
        config, data=data, out=out, minutes=minutes, settings=settings or [], report=say
    )
    typer.echo(run)
