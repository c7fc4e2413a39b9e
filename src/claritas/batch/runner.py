"""Many pictures, safely: one after the other, each whole or not at all.

A picture is parallel inside, so pictures run in turn; one bad file does not
stop the rest.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from claritas.batch.ledger import Ledger, Standing
from claritas.batch.survey import Existing, Outcome, Settings, Status, Task, opened
from claritas.enhancement.enhancer import Enhancer, notes_of
from claritas.enhancement.faithful import is_lossy, measured_again
from claritas.errors import (
    ClaritasError,
    EngineError,
    EngineMemoryError,
    ModelError,
    PictureError,
    UsageError,
)
from claritas.image.formats import FORMATS, Format
from claritas.image.picture import Array, Header, Picture
from claritas.image.write import Written, write_picture


class StoppedError(ClaritasError):
    """The user asked to stop; raised inside the stream, so that the writer cleans up."""


def run(
    tasks: Iterable[Task],
    enhancer: Enhancer,
    settings: Settings,
    ledger: Ledger,
    *,
    pulled: Callable[[Task, int], None],
    stop: Callable[[], bool],
) -> Iterator[Outcome]:
    """Do the tasks, one outcome each; what another process has is looked at once more at the end.

    Parameters
    ----------
    pulled
        Told of every band: the task, and how many of its rows are made.
    stop
        Asked before every band; once true, the picture at hand is given up and
        the generator ends.

    Raises
    ------
    ModelError, EngineError
        If the first picture shows that none can be done.
    """
    bench = _Bench(enhancer, settings, ledger, pulled, stop)
    waiting: list[Task] = []
    for task in tasks:
        if stop():
            return
        outcome = bench.do(task)
        if outcome is None:
            return
        if outcome.status is Status.ELSEWHERE:
            waiting.append(task)
        else:
            yield outcome
    for task in waiting:
        outcome = None if stop() else bench.do(task)
        if outcome is None:
            return
        yield outcome


@dataclass
class _Bench:
    """What stays the same from picture to picture."""

    enhancer: Enhancer
    settings: Settings
    ledger: Ledger
    pulled: Callable[[Task, int], None]
    stop: Callable[[], bool]
    succeeded: bool = False

    def do(self, task: Task) -> Outcome | None:
        """One picture; None if the user stopped it."""
        standing = self.ledger.claim(task.work, again=self._again)
        if standing is not Standing.OPEN:
            finished = standing is Standing.FINISHED
            return task.outcome(Status.UNCHANGED if finished else Status.ELSEWHERE)
        try:
            outcome = self._made(task)
        except BaseException as error:
            return self._given_up(task, error)
        self.ledger.finish(task.work)
        self.succeeded = True
        return outcome

    @property
    def _again(self) -> bool:
        return self.settings.existing is Existing.OVERWRITE and not self.settings.resume

    def _made(self, task: Task) -> Outcome:
        began = time.perf_counter()
        source = self.enhancer.examined(opened(task.work.input, self.settings))
        result = self._watched(task, self.enhancer(source))
        written = _written(task, result, self.settings)
        notes = (
            *self._format_note(source.header, task.format),
            *notes_of(result),
            *written.notes,
            *self._measured_again(task, source),
        )
        return task.outcome(
            Status.DONE,
            width=result.header.width,
            height=result.header.height,
            models=self.enhancer.plan(source.header).models,
            seconds=time.perf_counter() - began,
            notes=(*notes, *self._reported(task, notes)),
        )

    def _measured_again(self, task: Task, source: Picture) -> list[str]:
        """The certificate of a faithful result, where the file holds something else."""
        how = self.enhancer.options.faithful
        if how is None or not is_lossy(task.format, source.header, self.settings.quality):
            return []
        return [measured_again(task.work.output, source, how)]

    def _reported(self, task: Task, notes: tuple[str, ...]) -> list[str]:
        if not self.settings.report:
            return []
        from claritas.enhancement.report import Made, write_report  # which loads all metrics

        work = task.work
        made = Made(work.input, work.output, task.format.name, self.settings.quality)
        return [f"Report: {write_report(made, self.enhancer, notes)}"]

    def _format_note(self, source: Header, written: Format) -> list[str]:
        """What nobody asked for: another format than the input's."""
        if self.settings.format or source.format in ("", written.name):
            return []
        return [f"{FORMATS[source.format].title} came in, {written.title} was written"]

    def _given_up(self, task: Task, error: BaseException) -> Outcome | None:
        if self.stop() or not isinstance(error, Exception):
            self.ledger.fail(task.work, "stopped")
            if not isinstance(error, Exception):
                raise error
            return None
        self.ledger.fail(task.work, str(error))
        if _concerns_all(error) and not self.succeeded:
            raise error
        return task.outcome(Status.FAILED, error=_message(task, error))

    def _watched(self, task: Task, picture: Picture) -> Picture:
        """The same picture; each band that is pulled is reported, and may be the last."""

        def watching(bands: Iterator[Array]) -> Iterator[Array]:
            rows = 0
            for band in bands:
                if self.stop():
                    raise StoppedError("Stopped")
                yield band
                rows += len(band)
                self.ledger.renew()
                self.pulled(task, rows)

        return Picture(
            picture.header,
            lambda: watching(picture.bands()),
            lambda: watching(picture.stored_bands()),
            picture.remarks,
        )


def _written(task: Task, result: Picture, settings: Settings) -> Written:
    output = task.work.output
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PictureError(
            f"The folder {output.parent} cannot be made: {error.strerror}",
            remedy="choose another output with -o.",
        ) from None
    return write_picture(
        result, output, fmt=task.format, quality=settings.quality, overwrite=task.work.replaces
    )


def _concerns_all(error: Exception) -> bool:
    """Whether the next picture would fail in the same way."""
    if isinstance(error, EngineMemoryError):
        return False
    return isinstance(error, (ModelError, EngineError, UsageError))


def _message(task: Task, error: Exception) -> str:
    if isinstance(error, ClaritasError):
        return str(error)
    if os.environ.get("CLARITAS_DEBUG"):
        raise error
    if isinstance(error, OSError):
        return f"{task.work.input}: {error}"
    return (
        f"{task.work.input}: {type(error).__name__}: {error}\n"
        "This is a mistake in Claritas, not yours; CLARITAS_DEBUG=1 shows where."
    )
