"""A run from its configuration to its end, in a folder of its own."""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from lightning_fabric import Fabric

from claritas.errors import TrainingError
from claritas.nets import create
from claritas.nets.contract import Net
from claritas.training.config import Config, read_config
from claritas.training.data.feed import find_parts, make_sampler, write_manifest
from claritas.training.data.sources import Parts
from claritas.training.deployment.quantise import fine_tune
from claritas.training.log import RunLog
from claritas.training.loop import Watchers, train
from claritas.training.machines import launch, quiet_elsewhere
from claritas.training.objectives import create_objective
from claritas.training.plots import write_plots
from claritas.training.rated_validation import RatedValidation
from claritas.training.run_folder import CHECKPOINTS, MANIFEST, begin_folder
from claritas.training.start import take_over
from claritas.training.validation import Validation

Report = Callable[[str], None]

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def train_from(
    config_path: Path,
    *,
    data: Path | None = None,
    out: Path | None = None,
    minutes: float | None = None,
    settings: Sequence[str] = (),
    report: Report = print,
) -> Path:
    """Train as a TOML file says, or go on where an earlier call was stopped.

    Parameters
    ----------
    data
        The folder of pictures, instead of the file's folder or sources; the file's
        words on its pictures and licence are dropped.
    out
        The run folder; by default `runs/NAME`.
    minutes
        End the schedule after that time, whatever the machine: turned into
        steps once, after a few measured ones.
    settings
        `key=value` laid over the file.

    Returns
    -------
    The run folder.

    Raises
    ------
    UsageError
        If the configuration or the folder does not fit.
    TrainingError
        If the pictures are too few or too small, or the loss is not finite.
    """
    config = read_config(config_path, [*(_own_data(data) if data else []), *settings])
    run = out or Path("runs") / config.name
    fabric = launch(config)
    report = quiet_elsewhere(fabric, report)
    parts = find_parts(config)
    if fabric.is_global_zero:
        begin_folder(run, config)
        write_manifest(run / MANIFEST, parts)
    try:
        _run(run, config, parts, fabric, minutes, report)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise TrainingError(
            f"{run} could not be written: {error}",
            remedy="make room; the last good checkpoint is still there, and the run goes on.",
        ) from None
    report(f"Done. Make a model of it: claritas export {run} -o MODEL-FOLDER")
    return run


def _own_data(folder: Path) -> list[str]:
    """Another folder than the file's: what the file says of its pictures is no longer true."""
    return [
        f'data.folder="{folder.as_posix()}"',
        "data.sources=[]",
        f'data.description="the pictures of the folder {folder.resolve().name}"',
        'data.licence="not stated"',
        'licence="not stated"',
    ]


def _run(
    run: Path, config: Config, parts: Parts, fabric: Fabric, minutes: float | None, report: Report
) -> None:
    net = _fresh_net(config)
    objective = create_objective(config.objective)
    sampler = make_sampler(config, parts, report)
    count = sampler.pictures
    report(f"{count} pictures to train on, {len(parts.validation)} to validate with; {run}")

    def go(watchers: Watchers) -> None:
        trained = train(
            config,
            net,
            objective,
            sampler,
            run / CHECKPOINTS,
            fabric=fabric,
            minutes=minutes,
            watchers=watchers,
        )
        if config.quantisation.steps:
            report("Now under fake quantisation, for the 8-bit file; steps are counted anew.")
            told = Watchers(watchers.every_step)
            fine_tune(run, config, trained, objective, sampler, fabric, told)

    if not fabric.is_global_zero:
        go(Watchers())
        return
    with RunLog(run, report) as log:
        if net.contract.outputs:
            go(Watchers(log.step, RatedValidation(parts.validation, log)))
        else:
            go(Watchers(log.step, Validation(run, config, parts.validation, count, log)))
    write_plots(run)


def _fresh_net(config: Config) -> Net:
    torch.manual_seed(config.seed)
    net = create(config.net.kind, config.net.arguments)
    if config.net.start:
        take_over(net, Path(config.net.start))
    return net
