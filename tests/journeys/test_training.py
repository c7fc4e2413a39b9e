"""From a folder of one's own pictures to a model of one's own, by three commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.shell import claritas, paint, size_of

pytest.importorskip("torch")

pytestmark = pytest.mark.torch

SHORT = ("schedule.steps=3", "schedule.patch=16", "schedule.batch=2", "net.arguments.channels=16")
CONFIG = Path(__file__).parents[2] / "configs" / "photo-x2.toml"


def test_a_folder_of_pictures_becomes_a_model_that_enlarges(tmp_path: Path):
    for number in range(3):
        paint(tmp_path / f"pictures/{number}.png", 80, 70, seed=number)
    settings = [word for setting in SHORT for word in ("--set", setting)]
    run, model = tmp_path / "run", tmp_path / "model"
    trained = claritas("train", CONFIG, "--data", tmp_path / "pictures", "--out", run, *settings)
    assert trained.returncode == 0, trained.stderr
    exported = claritas("export", run, "-o", model)
    assert exported.returncode == 0, exported.stderr
    shown = claritas("models", "show", model)
    assert "the pictures of the folder pictures" in shown.stdout
    enlarged = claritas(
        "enhance", tmp_path / "pictures/0.png", "-o", tmp_path / "out.png", "--model", model
    )
    assert enlarged.returncode == 0, enlarged.stderr
    assert size_of(tmp_path / "out.png") == (160, 140)


def test_training_without_pictures_is_one_message(tmp_path: Path):
    result = claritas("train", CONFIG, "--data", tmp_path, "--out", tmp_path / "run")
    assert result.returncode == 1
    assert "holds 0 pictures" in result.stderr
