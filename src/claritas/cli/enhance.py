"""`claritas enhance`: make pictures larger and better."""

from __future__ import annotations

import json as json_format
import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import typer

from claritas.cli import arguments
from claritas.cli.messages import say
from claritas.cli.progress import Progress, say_failures, say_plan, say_summary
from claritas.errors import UsageError

if TYPE_CHECKING:
    from claritas.batch.inputs import Job
    from claritas.batch.ledger import Ledger
    from claritas.batch.survey import Existing, Outcome, Settings
    from claritas.enhancement.enhancer import Enhancer
    from claritas.enhancement.plan import Options

MANY = 500  # pictures whose headers take longer to read than a user waits without a word


def enhance(
    inputs: arguments.Inputs,
    out: arguments.Out = None,
    scale: arguments.Scale = None,
    size: arguments.Size = None,
    model: arguments.Model = None,
    task: arguments.Task = None,
    mask: arguments.Mask = None,
    preset: arguments.Preset = "balanced",
    device: arguments.Device = "auto",
    precision: arguments.Precision = "auto",
    strength: arguments.Strength = 1.0,
    ensemble: arguments.Ensemble = False,
    tile: arguments.Tile = "auto",
    faithful: arguments.Faithful = None,
    judge: arguments.Judge = False,
    report: arguments.Report = False,
    format: arguments.Format = None,
    quality: arguments.Quality = None,
    max_pixels: arguments.MaxPixels = None,
    recursive: arguments.Recursive = False,
    overwrite: arguments.Overwrite = False,
    skip_existing: arguments.SkipExisting = False,
    resume: arguments.Resume = False,
    json: arguments.JsonLines = False,
    quiet: arguments.Quiet = False,
) -> None:
    """Enlarge and restore pictures; inputs are never written to.

    Exits with 0 if all is done, 1 if some pictures failed, 2 for wrong use.
    """
    _limit_threads()
    from claritas.batch.ledger import Ledger
    from claritas.batch.survey import Settings
    from claritas.enhancement.given import enhancer_for
    from claritas.enhancement.plan import Options

    options = Options(
        scale=scale,
        size=_size(size),
        model=model,
        task=task,
        mask=mask,
        preset=preset,
        device=device,
        precision=precision,
        strength=strength,
        ensemble=ensemble,
        tile=_tile(tile),
        faithful=faithful,
        judge=judge,
    )
    existing = _existing(overwrite, skip_existing)
    settings = Settings(format, quality, max_pixels, existing, resume, report)
    with closing(Ledger(say)) as ledger:
        jobs = _jobs(inputs, out, recursive, options, settings, ledger)
        code = _batch(jobs, enhancer_for(options), settings, ledger, json, quiet)
    raise typer.Exit(code)


def _limit_threads() -> None:
    """libvips counts the host's cores unless it is told, before it is loaded."""
    from claritas.engines.threads import available_cores

    os.environ.setdefault("VIPS_CONCURRENCY", str(available_cores()))


def _size(text: str | None) -> tuple[int | None, int | None] | None:
    if text is None:
        return None
    sides = re.fullmatch(r"(\d*)x(\d*)", text.lower())
    if sides is None:
        raise UsageError(f"The size {text}", "WxH, Wx or xH, for example 1920x1080 or 1920x")
    width, height = (int(side) if side else None for side in sides.groups())
    return width, height


def _tile(text: str) -> int | None:
    if text == "auto":
        return None
    if not text.isdecimal():
        raise UsageError(f"The tile {text}", "auto, or a number of pixels")
    return int(text)


def _existing(overwrite: bool, skip_existing: bool) -> Existing:
    from claritas.batch.survey import Existing

    if overwrite and skip_existing:
        raise UsageError("Both --overwrite and --skip-existing were given", "one of the two")
    if overwrite:
        return Existing.OVERWRITE
    return Existing.SKIP if skip_existing else Existing.REFUSE


def _jobs(
    inputs: list[str],
    out: str | None,
    recursive: bool,
    options: Options,
    settings: Settings,
    ledger: Ledger,
) -> list[Job]:
    from claritas.batch.inputs import Naming, output_suffix, work_list
    from claritas.enhancement.plan import default_scale

    scale = default_scale(options) if options.scale is None else options.scale
    naming = Naming(
        out,
        f"{scale:g}" if options.size is None else None,
        lambda path: output_suffix(path, settings.format),
    )
    return work_list(inputs, naming, recursive=recursive, is_ours=ledger.knows_output)


def _batch(
    jobs: list[Job],
    enhancer: Enhancer,
    settings: Settings,
    ledger: Ledger,
    json: bool,
    quiet: bool,
) -> int:
    """Do the jobs and say what became of them; the exit code."""
    from claritas.batch.runner import run
    from claritas.batch.survey import survey

    with _stoppable() as stop:
        if not quiet and len(jobs) > MANY:
            say(f"Looking at {len(jobs)} pictures.")
        found = survey(jobs, enhancer, settings, ledger)
        if not quiet and len(jobs) > 1:
            say_plan(found)
        progress, began = Progress(found, quiet), time.perf_counter()
        outcomes: list[Outcome] = []
        try:
            for outcome in found.settled:
                _record(outcome, outcomes, json)
            for outcome in run(
                found.tasks, enhancer, settings, ledger, pulled=progress.pulled, stop=stop.asked
            ):
                progress.ended(outcome)
                _record(outcome, outcomes, json)
        finally:
            progress.close()
    if not quiet:
        say_summary(outcomes, time.perf_counter() - began)
    say_failures(outcomes)
    if stop.signal:
        say(f"Stopped: {len(outcomes)} of {len(jobs)} pictures are settled, none is half written.")
        say("What to do: the same command with --resume goes on.")
        return 128 + stop.signal
    return int(any(outcome.status == "failed" for outcome in outcomes))


def _record(outcome: Outcome, outcomes: list[Outcome], json: bool) -> None:
    outcomes.append(outcome)
    if json:
        print(json_line(outcome), flush=True)


def json_line(outcome: Outcome) -> str:
    """One picture for machines; ASCII, so that any name survives any terminal."""
    return json_format.dumps(
        {
            "input": str(outcome.input),
            "output": str(outcome.output),
            "status": outcome.status.value,
            "width": outcome.width,
            "height": outcome.height,
            "models": outcome.models,
            "seconds": round(outcome.seconds, 4),
            "notes": outcome.notes,
            "error": outcome.error or None,
        }
    )


class _Stop:
    """Whether the user asked to stop; the second time ends the process at once."""

    signal = 0

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        if self.signal:
            raise KeyboardInterrupt
        self.signal = number
        say("Stopping after this band; once more stops at once.")

    def asked(self) -> bool:
        return bool(self.signal)


@contextmanager
def _stoppable() -> Iterator[_Stop]:
    """Signals become a question that is asked between bands.

    An exception in the middle of a library's callback would be lost there.
    """
    stop = _Stop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, stop) for number in numbers]
    try:
        yield stop
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
