"""8-bit files of runs and of models that have none, by the functions behind the two commands."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from skimage.data import chelsea  # noqa: E402

from claritas.enhancement.given import enhance  # noqa: E402
from claritas.errors import TrainingError  # noqa: E402
from claritas.training.deployment.export import export_eight_bits, export_run  # noqa: E402
from claritas.training.run import train_from  # noqa: E402
from claritas.zoo.card import checked_file  # noqa: E402

pytestmark = pytest.mark.torch


def quiet(_: str) -> None:
    pass


@pytest.fixture
def run(config, tmp_path):
    settings = ["quantisation.steps=6"]
    return train_from(config, out=tmp_path / "run", settings=settings, report=quiet)


def test_a_run_with_a_last_stage_in_8_bits_ships_a_second_file(run, tmp_path):
    model = export_run(run, tmp_path / "mine", quiet)
    eight = model.card.precision["int8"]
    assert eight.file != model.card.precision["fp32"].file
    assert checked_file(model, "int8").stat().st_size > 0
    assert abs(eight.loss) < 0.05
    assert eight.serves_8_bit
    assert not eight.serves_16_bit
    assert {result.precision for result in model.card.results} >= {"fp32", "int8"}


def test_a_model_may_ship_its_8_bit_file_alone(config, tmp_path):
    settings = ["quantisation.steps=2", "quantisation.alone=true"]
    run = train_from(config, out=tmp_path / "run", settings=settings, report=quiet)
    model = export_run(run, tmp_path / "mine", quiet)
    assert [file.name for file in model.folder.glob("*.onnx")] == ["model-int8.onnx"]
    assert set(model.card.precision) == {"fp32", "int8"}
    assert not any(precision.serves_16_bit for precision in model.card.precision.values())
    picture = chelsea()[:40, :50].astype("uint16") * 257
    assert enhance(picture, model=str(model.folder)).dtype == picture.dtype


def test_a_finished_run_in_8_bits_is_not_trained_again(run, config):
    def newest():
        return sorted((run / "eight-bits").glob("*"))[-1].name

    before = newest()
    train_from(config, out=run, settings=["quantisation.steps=6"], report=quiet)
    assert newest() == before


def test_a_model_that_has_none_gets_an_8_bit_file_from_pictures(photographs, tmp_path):
    model = export_eight_bits("photo-x4-fast", photographs, tmp_path / "mine", quiet)
    assert model.card.precision["int8"].loss < 0.3
    picture = chelsea()[:40, :50]
    float_result = enhance(picture, model=str(model.folder), precision="fp32").astype(int)
    eight = enhance(picture, model=str(model.folder), precision="int8").astype(int)
    assert 0 < abs(eight - float_result).mean() < 1


def test_calibrating_with_a_folder_without_pictures_is_an_error(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(TrainingError, match="0 pictures"):
        export_eight_bits("photo-x2", tmp_path / "empty", tmp_path / "mine", quiet)


def test_a_model_that_has_none_may_be_fine_tuned_for_some_steps(photographs, tmp_path, run):
    export_run(run, tmp_path / "tiny", quiet)
    start, out = str(tmp_path / "tiny"), tmp_path / "mine"
    model = export_eight_bits(start, photographs, out, quiet, steps=2)
    assert checked_file(model, "int8").stat().st_size > 0
