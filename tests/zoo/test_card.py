from __future__ import annotations

import shutil
import zlib
from pathlib import Path

import pytest

from claritas.errors import ModelError, UsageError
from claritas.zoo.card import checked_file, read_card
from claritas.zoo.catalogue import SHIPPED, default_scorer, find, for_task, shipped


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a model that ships, to be spoiled."""
    return Path(shutil.copytree(SHIPPED / "photo-x2", tmp_path / "model"))


def change(folder: Path, old: str, new: str) -> None:
    card = folder / "card.toml"
    text = card.read_text("utf-8")
    assert old in text
    card.write_text(text.replace(old, new, 1), "utf-8")


def test_a_folder_anywhere_is_a_model(folder):
    assert find(str(folder)).card == shipped()["photo-x2"].card


def test_the_card_of_a_model_that_ships_is_read_once():
    assert find("photo-x2") is find("photo-x2")


def test_an_unknown_key_is_an_error_that_names_it(folder):
    change(folder, "[contract]", "[contract]\nhallo = 3")
    with pytest.raises(ModelError, match="hallo"):
        read_card(folder)


def test_a_missing_key_is_an_error_that_names_it(folder):
    change(folder, "schema = 1\n", "")
    with pytest.raises(ModelError, match="schema"):
        read_card(folder)


def test_another_schema_is_refused(folder):
    change(folder, "schema = 1\n", "schema = 99\n")
    with pytest.raises(ModelError, match="99"):
        read_card(folder)


def test_a_card_that_is_not_toml_is_an_error(folder):
    (folder / "card.toml").write_bytes(b"\xff\xfe [[[")
    with pytest.raises(ModelError, match=r"card\.toml"):
        read_card(folder)


def test_a_file_with_another_hash_is_refused(folder):
    weights = folder / "model.onnx"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ModelError, match="SHA-256"):
        checked_file(read_card(folder), "fp32")


@pytest.mark.parametrize("name", ["missing.onnx", "../elsewhere.onnx", "/etc/passwd"])
def test_a_file_must_lie_beside_its_card(folder, name):
    change(folder, 'file = "model.onnx"', f'file = "{name}"')
    with pytest.raises(ModelError, match="lacks its file"):
        read_card(folder)


def test_a_folder_without_a_card_is_no_model(tmp_path):
    with pytest.raises(ModelError, match=r"no card\.toml"):
        find(str(tmp_path))


def test_an_unknown_name_is_told_its_nearest():
    with pytest.raises(UsageError, match="photo-x22") as error:
        find("photo-x22")
    assert "photo-x2" in str(error.value)


def test_tasks_and_presets_without_a_model_tell_which_exist():
    with pytest.raises(UsageError, match="paint") as error:
        for_task("paint", "balanced")
    assert "upscale" in error.value.expected
    with pytest.raises(UsageError, match="best") as error:
        for_task("upscale", "best")
    assert "balanced" in error.value.expected


def test_all_shipped_weights_together_take_at_most_ten_megabytes_in_the_wheel():
    files = list(SHIPPED.rglob("*.onnx"))
    assert sum(len(zlib.compress(file.read_bytes())) for file in files) <= 10e6


def test_a_scorer_that_ships_is_below_five_megabytes():
    scorers = [model for model in shipped().values() if model.card.task == "score"]
    assert all(model.file("fp32").stat().st_size < 5e6 for model in scorers)


def test_percentiles_are_101_numbers_that_rise(folder):
    marks = [1 + at / 20 for at in range(101)]
    change(folder, "schema = 1\n", f"schema = 1\npercentiles = {marks}\nrated = 'some'\n")
    assert read_card(folder).card.percentiles == marks
    change(folder, "[1.0, 1.05,", "[1.05, 1.0,")
    with pytest.raises(ModelError, match="101 numbers"):
        read_card(folder)


def test_a_model_that_is_broken_does_not_keep_others_from_scoring(scoring_model, monkeypatch):
    folder = scoring_model.parent / "own"
    (folder / "broken").mkdir(parents=True)
    (folder / "broken/card.toml").write_text("task = 'score'", "utf-8")
    scoring_model.rename(folder / "by-brightness")
    before = default_scorer()
    monkeypatch.setenv("CLARITAS_MODELS", str(folder))
    assert default_scorer() == before or (before is None and default_scorer() == "by-brightness")
