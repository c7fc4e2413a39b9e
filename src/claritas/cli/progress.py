"""What a batch says on standard error: a bar while it runs, a table and the failures at the end."""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claritas.cli.messages import say, visible

if TYPE_CHECKING:
    from claritas.batch.survey import Outcome, Survey, Task

NAMES_SHOWN = 3
MEGA = 1e6

# How each status is called in the table, in the order of its rows.
ROWS = {
    "done": "done",
    "unchanged": "unchanged since an earlier run",
    "skipped": "skipped, the output was there",
    "elsewhere": "left to another process",
    "failed": "failed",
}


class Progress:
    """Pictures done, megapixels a second and time left, on a terminal.

    The bar counts the megapixels of all results, band by band, so that there is
    an estimate before the first picture ends.
    """

    def __init__(self, survey: Survey, quiet: bool) -> None:
        self._pictures = len(survey.tasks)
        self._ended = 0
        self._pixels_ended = 0
        self._bar: Any = None
        if not quiet and self._pictures and sys.stderr.isatty():
            self._begin(survey.pixels)

    def _begin(self, pixels: int) -> None:
        from rich import progress
        from rich.console import Console

        self._bar = progress.Progress(
            progress.TextColumn("{task.fields[pictures]}"),
            progress.BarColumn(),
            progress.TextColumn("{task.fields[speed]}"),
            progress.TimeRemainingColumn(compact=True),
            console=Console(stderr=True),
            transient=True,
        )
        self._began = time.perf_counter()
        self._task = self._bar.add_task("", total=pixels, pictures=self._count(), speed="")
        self._bar.start()

    def _count(self) -> str:
        return f"{self._ended}/{self._pictures} pictures"

    def pulled(self, task: Task, rows: int) -> None:
        """So many rows of this picture are made."""
        self._show(self._pixels_ended + rows * task.header.width)

    def ended(self, outcome: Outcome) -> None:
        self._ended += 1
        self._pixels_ended += outcome.pixels
        self._show(self._pixels_ended)

    def _show(self, pixels: int) -> None:
        if self._bar is None:
            return
        rate = pixels / MEGA / max(time.perf_counter() - self._began, 1e-3)
        self._bar.update(
            self._task, completed=pixels, pictures=self._count(), speed=f"{rate:.2f} MP/s"
        )

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()


def say_plan(survey: Survey) -> None:
    """How much will be done, and how large that gets, before it begins."""
    count, megapixels = len(survey.tasks), survey.pixels / MEGA
    if count:
        size = _bytes(survey.expected_bytes)
        say(f"{_pictures(count)}, {megapixels:.1f} megapixels to write, about {size}.")
    for folder, room in _too_full(survey):
        say(f"Warning: {folder} has {_bytes(room)} left, which may not be enough.")


def _too_full(survey: Survey) -> list[tuple[Path, int]]:
    """Disks with less room than their part of the batch is expected to need."""
    import shutil

    needs: Counter[Path] = Counter()
    for task in survey.tasks:
        needs[task.work.output.absolute().parent] += task.expected_bytes
    tight = []
    for folder, need in needs.items():
        there = next(path for path in (folder, *folder.parents) if path.exists())
        room = shutil.disk_usage(there).free
        if room < need:
            tight.append((there, room))
    return tight


def say_summary(outcomes: Sequence[Outcome], seconds: float) -> None:
    """One line for one picture, a table for more; then what is worth knowing of them."""
    if len(outcomes) == 1:
        _say_one(outcomes[0])
        return
    if sys.stderr.isatty():
        _print_table(outcomes, seconds)
    else:
        for words in _table(outcomes, seconds):
            say("  ".join(f"{word:>{width}}" for word, width in zip(words, WIDTHS, strict=True)))
    _say_notes(outcomes)


def _say_one(outcome: Outcome) -> None:
    if outcome.status == "failed":
        return
    say(f"{visible(outcome.output)}: {ROWS[outcome.status]}{_measured(outcome)}")
    for note in outcome.notes:
        say(f"  {note}")


def _measured(outcome: Outcome) -> str:
    if outcome.status != "done":
        return ""
    return f", {outcome.width}x{outcome.height} pixels in {outcome.seconds:.2f} s"


WIDTHS = (30, 9, 11, 9, 7)
HEADS = ("", "pictures", "megapixels", "seconds", "MP/s")


def _table(outcomes: Sequence[Outcome], seconds: float) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [HEADS]
    for status, title in ROWS.items():
        of_status = [one for one in outcomes if one.status == status]
        if not of_status:
            continue
        megapixels = sum(one.pixels for one in of_status) / MEGA
        numbers = ("", "", "")
        if status == "done":
            rate = megapixels / max(seconds, 1e-3)
            numbers = (f"{megapixels:.1f}", f"{seconds:.1f}", f"{rate:.2f}")
        rows.append((title, str(len(of_status)), *numbers))
    return rows


def _print_table(outcomes: Sequence[Outcome], seconds: float) -> None:
    from rich.console import Console
    from rich.table import Table

    heads, *rows = _table(outcomes, seconds)
    table = Table(heads[0])
    for head in heads[1:]:
        table.add_column(head, justify="right")
    for row in rows:
        table.add_row(*row, style="red" if row[0] == ROWS["failed"] else None)
    Console(stderr=True).print(table)


def _say_notes(outcomes: Sequence[Outcome]) -> None:
    """Each note once, with the pictures that it is about."""
    about: defaultdict[str, list[Path]] = defaultdict(list)
    for outcome in outcomes:
        for note in outcome.notes:
            about[note].append(outcome.input)
    for note, paths in about.items():
        say(f"{note} ({_named(paths)})")


def _named(paths: Sequence[Path]) -> str:
    if len(paths) <= NAMES_SHOWN:
        return ", ".join(visible(path) for path in paths)
    return f"{visible(paths[0])} and {len(paths) - 1} more"


def say_failures(outcomes: Sequence[Outcome]) -> None:
    """Every picture that failed, by name, with its reason."""
    failed = [one for one in outcomes if one.status == "failed"]
    if len(failed) > 1 or (failed and len(outcomes) > 1):
        say(f"{_pictures(len(failed))} failed:")
    for one in failed:
        named = visible(one.input) in visible(one.error)
        say(one.error if named else f"{visible(one.input)}: {one.error}")


def _pictures(count: int) -> str:
    return f"{count} picture{'s' if count != 1 else ''}"


def _bytes(count: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"
