"""From a folder of one's own pictures to a model of one's own, by three commands."""

from __future__ import annotations

import os
import random
import subprocess
from pathlib import Path

import numpy as np
import pytest

from claritas.zoo.card import read_card
from tests.journeys.shell import claritas, command, lines, paint, size_of

pytest.importorskip("torch")
tensors_on_disk = pytest.importorskip("safetensors.numpy")

pytestmark = pytest.mark.torch

SHORT = ("schedule={steps=3, patch=16, batch=2}", "net.arguments.channels=16")
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

    averaged = claritas("export", run, "-o", tmp_path / "mean", "--mean", model)
    assert averaged.returncode == 0, averaged.stderr
    assert read_card(tmp_path / "mean").card.data.mean == ["model"]
    refused = claritas(
        "export", model, "-o", tmp_path / "no", "--int8", tmp_path / "pictures", "--mean", model
    )
    assert refused.returncode == 2
    assert "--int8 with --mean" in refused.stderr


def test_a_run_that_is_killed_five_times_ends_with_the_same_weights(tmp_path: Path):
    for number in range(2):
        paint(tmp_path / f"pictures/{number}.png", 80, 70, seed=number)
    short = (
        "name=killed",
        "net.arguments={scale=2, channels=8, blocks=1, depth=1}",
        "schedule={steps=250, patch=8, batch=2, checkpoint_minutes=1e-9}",
    )
    settings = [word for setting in short for word in ("--set", setting)]
    words: list[str | Path] = ["train", CONFIG, "--data", tmp_path / "pictures", *settings, "--out"]
    one_thread = {"OMP_NUM_THREADS": "1"}
    whole = claritas(*words, tmp_path / "whole", **one_thread)
    assert whole.returncode == 0, whole.stderr
    moments = random.Random(0)
    for _ in range(5):
        kill_while_it_trains([*words, tmp_path / "killed"], moments.uniform(0.05, 0.5), one_thread)
    killed = claritas(*words, tmp_path / "killed", **one_thread)
    assert killed.returncode == 0, killed.stderr
    tensors = [
        tensors_on_disk.load_file(tmp_path / run / "checkpoints/00000250/tensors.safetensors")
        for run in ("whole", "killed")
    ]
    assert tensors[0].keys() == tensors[1].keys()
    assert all(np.array_equal(tensors[0][name], tensors[1][name]) for name in tensors[0])
    shown = claritas("runs", tmp_path, "--json")
    assert [run["steps"] for run in lines(shown)] == [250, 250]


def kill_while_it_trains(words: list[str | Path], seconds: float, environment: dict[str, str]):
    """Kill (-9) the command some time after its first step could begin."""
    process = subprocess.Popen(
        command(*words), stderr=subprocess.PIPE, env=os.environ | environment, encoding="utf-8"
    )
    assert process.stderr is not None
    assert any("pictures to train on" in line for line in process.stderr)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(seconds)
    process.kill()
    process.wait()
    process.stderr.close()


def test_training_without_pictures_is_one_message(tmp_path: Path):
    result = claritas("train", CONFIG, "--data", tmp_path, "--out", tmp_path / "run")
    assert result.returncode == 1
    assert "holds 0 pictures" in result.stderr
