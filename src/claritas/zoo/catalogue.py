"""Which models there are: those inside the package, and folders anywhere on disk."""

from __future__ import annotations

import difflib
import os
from functools import cache
from pathlib import Path

from claritas.errors import ModelError, UsageError
from claritas.zoo.card import CARD, Condition, Model, read_card

SHIPPED = Path(__file__).parent / "models"
PRESETS = ("fast", "balanced", "best")


def names() -> list[str]:
    """Names of the models that ship, sorted."""
    return sorted(path.parent.name for path in SHIPPED.glob(f"*/{CARD}"))


@cache
def shipped() -> dict[str, Model]:
    """The models that ship, by name."""
    return {name: read_card(SHIPPED / name) for name in names()}


def user_folder() -> Path:
    """Where the user's own models lie: `CLARITAS_MODELS`, else the user's data folder."""
    if chosen := os.environ.get("CLARITAS_MODELS"):
        return Path(chosen)
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share"
    return Path(home) / "claritas/models"


def user_names() -> list[str]:
    """Names of the user's own models, sorted."""
    return sorted(path.parent.name for path in user_folder().glob(f"[!.]*/{CARD}"))


def find(name: str) -> Model:
    """A model by its name, or by the path of its folder.

    Names of models that ship come first, then the user's own.

    Raises
    ------
    UsageError
        If there is no such model; the nearest names are told.
    ModelError
        If the folder's card is broken.
    """
    if name in shipped():
        return shipped()[name]
    own = user_names()
    if name in own:
        return read_card(user_folder() / name)
    if Path(name).is_dir():
        return read_card(Path(name))
    known = [*names(), *own]
    near = difflib.get_close_matches(name, known, n=1)
    raise UsageError(
        f"There is no model {name!r}",
        f"one of {', '.join(known) or '(none ships yet)'}, or the path of a model folder",
        f"did you mean {near[0]}?" if near else "see `claritas models list`.",
    )


def default_scorer() -> str | None:
    """The model that scores where none is named: the one that ships, else the user's first.

    So scores do not change with what a user imports.
    """
    own = (name for name in user_names() if _scores(user_folder() / name))
    return next((name for name in names() if _scores(SHIPPED / name)), next(own, None))


def _scores(folder: Path) -> bool:
    try:
        return read_card(folder).card.task == "score"
    except ModelError:  # a broken model of the user's harms nothing until it is named
        return False


def for_task(task: str, preset: str) -> list[Model]:
    """The models that ship for clean pictures, a task and a preset, smallest scale first.

    Raises
    ------
    UsageError
        If there is none; the tasks and presets that exist are told.
    """
    models = shipped().values()
    tasks = sorted({model.card.task for model in models})
    if task not in tasks:
        raise UsageError(f"There is no model for the task {task!r} yet", _choice(tasks))
    presets = {model.card.preset for model in models if model.card.task == task}
    if preset not in presets:
        known = [name for name in PRESETS if name in presets]
        raise UsageError(
            f"There is no model for the preset {preset!r} of {task} yet", _choice(known)
        )
    return _chosen(task, preset, "clean")


def for_worn(task: str, preset: str) -> list[Model]:
    """Those for worn pictures; there may be none."""
    return _chosen(task, preset, "worn")


def _chosen(task: str, preset: str, condition: Condition) -> list[Model]:
    wanted = (task, preset, condition)
    cards = ((model, model.card) for model in shipped().values())
    chosen = [model for model, c in cards if (c.task, c.preset, c.condition) == wanted]
    return sorted(chosen, key=lambda model: model.card.contract.scale)


def _choice(known: list[str]) -> str:
    return f"one of {', '.join(known) or '(none ships yet)'}"
