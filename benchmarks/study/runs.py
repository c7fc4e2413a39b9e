"""Trainings of a study: from a recipe of `configs/` to a model folder, once."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from document import ROOT, SHARED_DATA

from claritas.training.deployment.export import export_run
from claritas.training.run import train_from


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes
    ----------
    config
        A recipe of `configs/`, without its suffix.
    settings
        `key=value` laid over it.
    data
        A folder below the shared data; empty takes the recipe's own data.
    scale
        Of a net of several factors: the one that is exported.
    """

    name: str
    config: str
    settings: Sequence[str] = ()
    data: str = ""
    scale: int | None = None


class Workshop:
    """Where runs and models of the studies lie; what is there is not made again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    def run(self, run: Run) -> Path:
        """The run folder, trained to its end; one that was stopped goes on."""
        return train_from(
            ROOT / "configs" / f"{run.config}.toml",
            data=SHARED_DATA / run.data if run.data else None,
            out=self.run_folder(run.name),
            settings=[f'name="{run.name}"', *run.settings],
            report=_say,
        )

    def model(self, run: Run, scale: int | None = None) -> str:
        """The model folder of a run, as `--model` takes it."""
        asked = scale or run.scale
        folder = self.folder / "models" / (f"{run.name}-x{asked}" if scale else run.name)
        if not folder.is_dir():
            export_run(self.run(run), folder, _say, scale=asked)
        return str(folder)

    def run_folder(self, name: str) -> Path:
        return self.folder / "runs" / name


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
