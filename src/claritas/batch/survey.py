"""What a batch will do: every header is read, and what needs no work is settled."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from claritas.batch.inputs import Job
from claritas.batch.ledger import Ledger, Standing, Work
from claritas.enhancement.enhancer import Enhancer
from claritas.enhancement.faithful import check_file
from claritas.enhancement.plan import asks_condition
from claritas.errors import PictureError, UsageError
from claritas.image.formats import Format, format_for_output
from claritas.image.part import remove_stale
from claritas.image.picture import Header, Picture
from claritas.image.read import open_picture
from claritas.image.write import check_writable

NAMES_SHOWN = 3
FREE_NAME = ".claritas-free"

# Bytes of a file for each byte of its samples, from enlarged photographs.
DENSITY = {"jpeg": 0.08, "webp": 0.05, "avif": 0.04, "png": 0.5, "tiff": 1.0}


class Existing(StrEnum):
    """What to do where an output is there already."""

    REFUSE = "refuse"
    OVERWRITE = "overwrite"
    SKIP = "skip"


class Status(StrEnum):
    """How a picture ended."""

    DONE = "done"
    SKIPPED = "skipped"  # an output was there, and that was enough
    UNCHANGED = "unchanged"  # done before, and nothing has changed since
    ELSEWHERE = "elsewhere"  # another process is at it
    FAILED = "failed"


@dataclass(frozen=True)
class Settings:
    """How a batch reads and writes; the same words as on the command line.

    Attributes
    ----------
    max_pixels
        Limit on the pixels that a file declares; None is the reader's own.
    resume
        Redo nothing that the ledger knows as done and unchanged.
    report
        Whether each result gets a report beside it.
    """

    format: str | None = None
    quality: int | None = None
    max_pixels: int | None = None
    existing: Existing = Existing.REFUSE
    resume: bool = False
    report: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of one picture.

    `width` and `height` are the result's, 0 where it was never known; `seconds`
    from opening to the name in place.
    """

    input: Path
    output: Path
    status: Status
    width: int = 0
    height: int = 0
    models: tuple[str, ...] = ()
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    error: str = ""

    @property
    def pixels(self) -> int:
        return self.width * self.height


@dataclass(frozen=True)
class Task:
    """A job that was surveyed and has to be done.

    Attributes
    ----------
    header
        Of the result, without its metadata.
    models
        Empty where it takes a look at the picture to choose them.
    expected_bytes
        A rough size of the output file.
    """

    work: Work
    header: Header
    format: Format
    models: tuple[str, ...]
    expected_bytes: int

    @property
    def pixels(self) -> int:
        return self.header.pixels

    def outcome(self, status: Status, **more: object) -> Outcome:
        base = Outcome(
            self.work.input,
            self.work.output,
            status,
            self.header.width,
            self.header.height,
            self.models,
        )
        return replace(base, **more)  # type: ignore[arg-type]


@dataclass
class Survey:
    """What a batch will do: tasks, and outcomes that are settled without work."""

    tasks: list[Task] = field(default_factory=list)
    settled: list[Outcome] = field(default_factory=list)

    @property
    def expected_bytes(self) -> int:
        return sum(task.expected_bytes for task in self.tasks)

    @property
    def pixels(self) -> int:
        return sum(task.pixels for task in self.tasks)


def survey(jobs: Iterable[Job], enhancer: Enhancer, settings: Settings, ledger: Ledger) -> Survey:
    """Look at every header, without any work.

    Raises
    ------
    UsageError
        Outputs that are there and may not be replaced, output folders that
        cannot be written to, options that do not fit.
    ModelError
        A model that is broken.
    """
    jobs = list(jobs)
    if not settings.resume and settings.existing is Existing.REFUSE:
        _refuse_existing([job.output for job in jobs if os.path.lexists(job.output)])
    for folder in sorted({job.output.parent for job in jobs}):
        _check_folder(folder)
        remove_stale(folder)
    found = Survey()
    for job in jobs:
        one = _surveyed(job, enhancer, settings, ledger)
        found.tasks.append(one) if isinstance(one, Task) else found.settled.append(one)
    return found


def _surveyed(job: Job, enhancer: Enhancer, settings: Settings, ledger: Ledger) -> Task | Outcome:
    exists = os.path.lexists(job.output)
    known = settings.resume and exists and ledger.may_replace(job.output)
    if exists and not known and settings.existing is Existing.SKIP:
        return Outcome(job.input, job.output, Status.SKIPPED)
    try:
        task = _task(job, enhancer, settings, known)
        if settings.resume and ledger.standing(task.work) is Standing.FINISHED:
            return task.outcome(Status.UNCHANGED)
        if exists and not task.work.replaces:
            raise PictureError(
                f"{job.output} is there already, and not as a recorded run left it",
                remedy="--overwrite replaces it, --skip-existing leaves it.",
            )
    except PictureError as error:
        return Outcome(job.input, job.output, Status.FAILED, error=str(error))
    return task


def _task(job: Job, enhancer: Enhancer, settings: Settings, known: bool) -> Task:
    source = opened(job.input, settings).header
    plan = enhancer.plan(source)
    result = replace(source, width=plan.width, height=plan.height)
    form = format_for_output(source, settings.format, job.output.suffix)
    check_file(enhancer.options.faithful, source, form, settings.quality)
    check_writable(result, _place(job.output), form, overwrite=True)
    identity = repr((plan.identity, form.name, settings.quality, settings.report))
    replaces = known or settings.existing is Existing.OVERWRITE
    return Task(
        Work(job.input, job.output, identity, replaces),
        replace(result, icc=None, exif={}, xmp=None, notes=()),
        form,
        () if asks_condition(source, enhancer.options) else plan.models,
        _expected_bytes(job, source, result, form),
    )


def _place(output: Path) -> Path:
    """The output, or a free name in the nearest folder that is there already."""
    return output if output.parent.is_dir() else _nearest(output.parent) / FREE_NAME


def opened(path: Path, settings: Settings) -> Picture:
    """The picture in a file, within the limit on pixels."""
    if settings.max_pixels is None:
        return open_picture(path)
    return open_picture(path, max_pixels=settings.max_pixels)


def _refuse_existing(outputs: list[Path]) -> None:
    if not outputs:
        return
    shown = ", ".join(map(str, outputs[:NAMES_SHOWN]))
    more = f" and {len(outputs) - NAMES_SHOWN} more" if len(outputs) > NAMES_SHOWN else ""
    raise UsageError(
        f"{'Outputs are' if len(outputs) > 1 else 'The output is'} there already: {shown}{more}",
        "names that are free",
        "--overwrite replaces them, --skip-existing leaves them, "
        "--resume redoes only what has changed; -o names another place.",
    )


def _check_folder(folder: Path) -> None:
    there = _nearest(folder)
    if not there.is_dir():
        raise UsageError(
            f"The output folder {folder} cannot be made: {there} is a file", "a folder"
        )
    if not os.access(there, os.W_OK | os.X_OK):
        raise UsageError(
            f"The output folder {folder} cannot be written to",
            "a folder that allows new files",
            "choose another with -o, or change its permissions.",
        )


def _nearest(folder: Path) -> Path:
    """The folder itself or the nearest above it that is there."""
    whole = folder.absolute()
    return next(path for path in (whole, *whole.parents) if path.exists())


def _expected_bytes(job: Job, source: Header, result: Header, form: Format) -> int:
    """A guess: the input's own density where the format stays, else the usual one."""
    if form.name != source.format:
        return int(result.stored_bytes * DENSITY[form.name])
    grown = job.input.stat().st_size * result.pixels / source.pixels
    return int(min(grown, result.stored_bytes))
