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
    slurm: Annotated[bool, typer.Option("--slurm", help="Submit it as a job of Slurm.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --slurm: print the job file only.")
    ] = False,
) -> None:
    """Train a model, or go on with a run that was stopped."""
    settings = settings or []
    if slurm:
        _submit(config, data, out, minutes, settings, dry_run)
        return
    with needs_torch():
        from claritas.training.run import train_from

    run = train_from(config, data=data, out=out, minutes=minutes, settings=settings, report=say)
    typer.echo(run)


def _submit(
    config: Path,
    data: Path | None,
    out: Path | None,
    minutes: float | None,
    settings: list[str],
    dry_run: bool,
) -> None:
    from claritas.training.config import read_config
    from claritas.training.slurm import job_file, submit

    read = read_config(config, settings)
    run = out or Path("runs") / read.name
    named = {"--data": data, "--out": out, "--minutes": minutes}
    words = [word for name, value in named.items() if value is not None for word in (name, value)]
    laid = [word for setting in settings for word in ("--set", setting)]
    text = job_file(read, run, ["train", str(config), *map(str, words), *laid])
    typer.echo(text if dry_run else submit(text, run), nl=not dry_run)
