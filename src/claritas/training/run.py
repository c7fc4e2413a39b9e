"""A run from its configuration to its end, in a folder of its own."""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from lightning_fabric import Fabric

from claritas.degradation.recipe import spoil
from claritas.errors import TrainingError
from claritas.nets import create
from claritas.nets.contract import Net
from claritas.training.config import Config, read_config
from claritas.training.log import RunLog
from claritas.training.loop import Watchers, train
from claritas.training.machines import launch, quiet_elsewhere
from claritas.training.objectives import create_objective
from claritas.training.patches import Pair, PatchSampler
from claritas.training.plots import write_plots
from claritas.training.run_folder import CHECKPOINTS, MANIFEST, begin_folder, write_manifest
from claritas.training.schedules import largest_patch
from claritas.training.sources import Split, load_pictures, split_folder
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
        The folder of pictures, instead of the file's; the file's words on its
        pictures and licence are dropped.
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
    split = split_folder(Path(config.data.folder), config.data.validation, config.seed)
    if fabric.is_global_zero:
        begin_folder(run, config)
        write_manifest(run / MANIFEST, split)
    try:
        _run(run, config, split, fabric, minutes, report)
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
        f'data.description="the pictures of the folder {folder.resolve().name}"',
        'data.licence="not stated"',
        'licence="not stated"',
    ]


def _run(
    run: Path, config: Config, split: Split, fabric: Fabric, minutes: float | None, report: Report
) -> None:
    net = _fresh_net(config)
    objective = create_objective(config.objective)
    pairs = _pairs(config, split, net.contract.scale, report)
    count = len(next(iter(pairs.values())))
    sampler = PatchSampler(pairs, config.seed)
    report(f"{count} pictures to train on, {len(split.validation)} to validate with; {run}")

    def go(watchers: Watchers) -> None:
        train(
            config,
            net,
            objective,
            sampler,
            run / CHECKPOINTS,
            fabric=fabric,
            minutes=minutes,
            watchers=watchers,
        )

    if not fabric.is_global_zero:
        go(Watchers())
        return
    with RunLog(run, report) as log:
        go(Watchers(log.step, Validation(run, config, split, count, log)))
    write_plots(run)


def _pairs(config: Config, split: Split, scale: int, report: Report) -> dict[int, list[Pair]]:
    """Clean pictures with spoiled ones of every scale that is trained."""
    scales = config.schedule.scales or (scale,)
    side = largest_patch(config.schedule) * max(scales)
    pictures, left_out = load_pictures(split.train, side)
    for sentence in left_out:
        report(f"Left out: {sentence}")
    if not pictures:
        raise TrainingError(
            f"No picture of {config.data.folder} is as large as a patch",
            f"pictures of at least {side} pixels a side",
            "use larger pictures, or --set schedule.patch=24.",
        )
    return {s: [Pair(*spoil(p, s, config.degradation)) for p in pictures] for s in scales}


def _fresh_net(config: Config) -> Net:
    torch.manual_seed(config.seed)
    net = create(config.net.kind, config.net.arguments)
    if config.net.start:
        take_over(net, Path(config.net.start))
    return net
