"""What a run says of itself: lines for people, TensorBoard and CSV for plots, sample grids."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from torch.utils.tensorboard import SummaryWriter

from claritas.image.picture import Array, Picture
from claritas.image.write import write_picture
from claritas.training.loop import Progress
from claritas.training.runs import LOG, read_log

STEPS_A_LINE = 100
COLUMNS = ("step", "name", "value")


class RunLog:
    """Opened once a run; appends when a run goes on."""

    def __init__(self, run: Path, report: Callable[[str], None]) -> None:
        self._run = run
        self._report = report
        self._sums: dict[str, float] = {}
        self._count = 0
        self._began = time.monotonic()
        before = read_log(run).get("minutes")
        self._minutes = before[-1][1] if before else 0.0

    def __enter__(self) -> RunLog:
        self._board: Any = SummaryWriter(str(self._run / "tensorboard"))
        path = self._run / LOG
        begun = path.read_bytes() if path.exists() else b""
        self._stream = path.open("a", newline="", encoding="utf-8")
        self._rows = csv.writer(self._stream)
        if not begun:
            self._rows.writerow(COLUMNS)
        elif not begun.endswith(b"\n"):  # killed while it wrote a line
            self._stream.write("\n")
        self._stream.flush()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._board.close()
        self._stream.close()

    def step(self, progress: Progress) -> None:
        """Called after every step; says something every `STEPS_A_LINE`, means since the last."""
        for name, value in ({"loss": progress.loss} | progress.parts).items():
            self._sums[name] = self._sums.get(name, 0.0) + value
        self._count += 1
        if progress.step % STEPS_A_LINE and progress.step != progress.steps:
            return
        means = {name: value / self._count for name, value in self._sums.items()}
        self._sums, self._count = {}, 0
        mean = means["loss"]
        minutes = self._minutes + (time.monotonic() - self._began) / 60
        facts = {"rate": progress.learning_rate, "steps": progress.steps, "minutes": minutes}
        self.scalars(progress.step, means | facts)
        left = (progress.steps - progress.step) * progress.seconds_a_step / 60
        self._report(
            f"step {progress.step} of {progress.steps}, loss {mean:.5f}, "
            f"{progress.seconds_a_step * 1000:.0f} ms a step, {left:.0f} minutes left"
        )

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            self._board.add_scalar(name, value, step)
            self._rows.writerow([step, name, f"{value:.8g}"])
        self._stream.flush()

    def say(self, sentence: str) -> None:
        self._report(sentence)

    def sample(self, step: int, rows: Sequence[Sequence[Array]]) -> None:
        """A grid of pictures of one size, uint8 (h, w, 3), as a PNG in `samples/`."""
        grid = np.concatenate([np.concatenate(row, axis=1) for row in rows])
        folder = self._run / "samples"
        folder.mkdir(exist_ok=True)
        write_picture(Picture.from_array(grid), folder / f"{step:08d}.png", overwrite=True)
        self._board.add_image("samples", grid, step, dataformats="HWC")
