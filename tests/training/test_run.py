"""From a folder of pictures to a model folder, by the functions behind the two commands."""

from __future__ import annotations

import json
import resource
import shutil
import tomllib
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import load_file  # noqa: E402

from claritas.enhancement.given import enhance  # noqa: E402
from claritas.errors import ClaritasError, TrainingError, UsageError  # noqa: E402
from claritas.nets import create  # noqa: E402
from claritas.nets.contract import as_module  # noqa: E402
from claritas.training.checkpoint import save_checkpoint  # noqa: E402
from claritas.training.config import to_config  # noqa: E402
from claritas.training.data.patches import Batch  # noqa: E402
from claritas.training.deployment.export import export_run  # noqa: E402
from claritas.training.loop import train  # noqa: E402
from claritas.training.machines import launch  # noqa: E402
from claritas.training.objectives import create_objective  # noqa: E402
from claritas.training.run import train_from  # noqa: E402
from claritas.training.run_folder import open_run  # noqa: E402
from claritas.training.runs import list_runs  # noqa: E402
from claritas.training.state import begin, to_checkpoint  # noqa: E402
from tests.training.saved import newest_checkpoint  # noqa: E402

pytestmark = pytest.mark.torch


def quiet(_: str) -> None:
    pass


def tensors_of(run):
    newest = sorted((run / "checkpoints").glob("[0-9]*"))[-1]
    return load_file(newest / "tensors.safetensors")


@pytest.fixture(scope="module")
def finished(tmp_path_factory, photographs):
    """One finished run that several tests look at."""
    folder = tmp_path_factory.mktemp("finished")
    path = folder / "tiny.toml"
    path.write_text(
        f'name = "tiny"\n[net]\nkind = "plain"\n'
        f"arguments = {{ scale = 2, channels = 16, blocks = 1, depth = 2 }}\n"
        f'[data]\nfolder = "{photographs.as_posix()}"\nvalidation = 1\n'
        f"[schedule]\nsteps = 12\nbatch = 2\npatch = 16\nvalidate_every = 6\n",
        "utf-8",
    )
    lines: list[str] = []
    run = train_from(path, out=folder / "run", report=lines.append)
    return run, lines


def test_a_run_folder_tells_its_whole_story(finished):
    run, lines = finished
    with (run / "config.toml").open("rb") as stream:
        assert tomllib.load(stream)["schedule"]["steps"] == 12
    assert (run / "manifest.csv").read_text("utf-8").count("\n") == 5
    assert "validation/psnr_y" in (run / "log.csv").read_text("utf-8")
    assert len(list((run / "samples").glob("*.png"))) == 2
    assert any((run / "tensorboard").iterdir())
    assert json.loads((run / "versions.json").read_text())["seed"] == 1
    page = (run / "plots.html").read_text("utf-8")
    assert all(f"<h2>{name}</h2>" in page for name in ("loss", "l1", "validation/psnr_y"))
    assert page.count("<svg") == page.count("<h2>")
    assert "http" not in page
    assert any("PSNR-Y" in line for line in lines)


def test_an_exported_run_is_a_model_by_its_path(finished, tmp_path):
    run, _ = finished
    model = export_run(run, tmp_path / "mine", quiet)
    picture = np.zeros((10, 12, 3), np.uint8)
    assert enhance(picture, model=str(model.folder)).shape == (20, 24, 3)
    assert model.card.net.parity < 1e-5
    assert model.card.data.pictures == 3
    assert model.card.speed


def test_a_folder_with_other_files_is_not_overwritten_by_export(finished, tmp_path):
    (tmp_path / "diary.txt").write_text("dear diary")
    with pytest.raises(TrainingError, match="other files"):
        export_run(finished[0], tmp_path, quiet)
    assert (tmp_path / "diary.txt").read_text() == "dear diary"


def test_a_run_that_was_stopped_goes_on_to_the_same_weights(config, tmp_path):
    whole = train_from(config, out=tmp_path / "whole", report=quiet)

    def stop_at_seven(line: str) -> None:
        if line.startswith("validation at step 6"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_from(config, out=tmp_path / "parts", report=stop_at_seven)
    parts = train_from(config, out=tmp_path / "parts", report=quiet)
    a, b = tensors_of(whole), tensors_of(parts)
    assert a.keys() == b.keys()
    assert all(torch.equal(a[name], b[name]) for name in a)


def test_runs_are_told_for_a_table(finished):
    run, _ = finished
    (told,) = list_runs(run.parent)
    assert (told["name"], told["net"], told["steps"], told["planned"]) == ("tiny", "plain", 12, 12)
    assert told["loss"] > 0
    assert told["validation_psnr"] > 10
    assert list_runs(run) == [told]
    with pytest.raises(UsageError, match="no run"):
        list_runs(run / "samples")


def test_a_half_written_checkpoint_does_not_disturb_the_next_start(config, tmp_path):
    run = train_from(config, out=tmp_path / "run", report=quiet)
    (run / "checkpoints" / ".00000099.part").mkdir()
    assert open_run(run).steps == 12


def spoil_file(path):
    path.write_bytes(path.read_bytes()[:-40])


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[-10] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("file", ["tensors.safetensors", "state.json"])
@pytest.mark.parametrize("damage", [spoil_file, flip_a_bit, Path.unlink])
def test_a_corrupt_checkpoint_is_an_error_and_the_one_before_it_still_there(
    finished, tmp_path, damage, file
):
    run = shutil.copytree(finished[0], tmp_path / "run")
    newest = run / "checkpoints" / "00000012"
    shutil.copytree(newest, run / "checkpoints" / "00000006")
    damage(newest / file)
    with pytest.raises(TrainingError, match=newest.name):
        open_run(run)
    shutil.rmtree(newest)
    assert open_run(run).steps == 12  # what the other says of itself


def test_the_two_newest_checkpoints_are_kept(config, tmp_path):
    run = train_from(config, out=tmp_path / "run", report=quiet)
    kept = sorted(path.name for path in (run / "checkpoints").iterdir())
    assert kept == ["00000011", "00000012"]


def test_a_full_disk_is_one_error_and_the_last_good_checkpoint_is_still_there(config, tmp_path):
    run = train_from(config, out=tmp_path / "run", settings=["schedule.steps=5"], report=quiet)
    with (run / "config.toml").open("rb") as stream:
        table = tomllib.load(stream)
    table["schedule"]["steps"] = 7
    changed, (net, objective) = to_config(table, ""), made()
    state = begin(launch(changed), changed, net, objective, run / "checkpoints")
    state.step = 6
    largest = (run / "checkpoints/00000005/tensors.safetensors").stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest // 2, before[1]))
    try:
        with pytest.raises(TrainingError, match="could not be written"):
            save_checkpoint(run / "checkpoints", to_checkpoint(state))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list((run / "checkpoints").glob(".*"))
    assert open_run(run).steps == 5


def made():
    """A net and an objective as the tiny configuration has them."""
    form = {"scale": 2, "channels": 16, "blocks": 1, "depth": 2}
    return create("plain", form), create_objective({"l1": 1})


def test_a_checkpoint_of_another_net_is_refused_with_the_difference(finished):
    checkpoints = finished[0] / "checkpoints"
    config = to_config({"name": "x", "net": {"kind": "plain"}}, "")
    net = create("plain", {"scale": 2, "channels": 12, "blocks": 1, "depth": 2})
    with pytest.raises(TrainingError, match=r"net\.\S+weight"):
        begin(launch(config), config, net, made()[1], checkpoints)


def test_numbers_that_are_none_stop_the_run_and_the_batch_is_kept(tmp_path):
    table = {"name": "x", "net": {"kind": "plain"}, "schedule": {"steps": 9}}

    def sampler(wanted):
        low = torch.rand(2, 3, 8, 8)
        if wanted.step == 4:
            low[1, 2, 3, 3] = float("nan")
        return Batch(low, torch.rand(2, 3, 16, 16))

    net, objective = made()
    with pytest.raises(TrainingError, match=r"at step 5.*no numbers.*not-finite") as error:
        train(to_config(table, ""), net, objective, sampler, tmp_path / "checkpoints")
    (kept,) = tmp_path.glob("not-finite-*.safetensors")
    assert str(kept) in str(error.value)
    assert torch.isnan(load_file(kept)["low"][1, 2, 3, 3])
    assert all(weight.isfinite().all() for weight in net.parameters())


def test_one_run_of_mdsr_gives_a_model_of_each_scale(config, tmp_path):
    settings = [
        'name="mdsr-x2"',
        'net.kind="mdsr"',
        "net.arguments={ scale = 2, blocks = 1, channels = 8 }",
        "schedule.scales=[2, 3, 4]",
        "optimiser.muon=0.0",
    ]
    run = train_from(config, out=tmp_path / "run", settings=settings, report=quiet)
    torch.manual_seed(1)
    fresh = as_module(create("mdsr", {"blocks": 1, "channels": 8})).state_dict()
    trained = as_module(open_run(run).net).state_dict()
    for scale in "234":
        name = f"upsamplers.{scale}.0.weight"
        assert not torch.equal(trained[name], fresh[name])
    model = export_run(run, tmp_path / "three", quiet, scale=3)
    assert model.card.name == "mdsr-x3"
    assert model.card.contract.scale == 3
    grown = enhance(np.zeros((9, 14, 3), np.uint8), model=str(model.folder), scale=3)
    assert grown.shape == (27, 42, 3)
    with pytest.raises(UsageError, match="scale of 5"):
        open_run(run, scale=5)


def test_a_net_of_one_scale_cannot_take_several(config, tmp_path):
    with pytest.raises(UsageError, match="one scale"):
        train_from(config, out=tmp_path / "run", settings=["schedule.scales=[2, 3]"], report=quiet)


def test_patches_grow_and_the_schedule_goes_on_in_a_stopped_run(config, tmp_path):
    settings = ["schedule.stages=[{at=5, patch=24, batch=1}, {at=9, patch=32, batch=3}]"]
    run = train_from(config, out=tmp_path / "run", settings=settings, report=quiet)
    assert open_run(run).steps == 12
    larger = ["schedule.stages=[{at=5, patch=1000, batch=1}]"]
    with pytest.raises(TrainingError, match=r"as large as a patch[\s\S]*at least 2000"):
        train_from(config, out=tmp_path / "other", settings=larger, report=quiet)


def test_minutes_become_steps_once(config, tmp_path):
    settings = ["schedule.steps=100000", "schedule.validate_every=100000"]
    run = train_from(config, out=tmp_path / "run", minutes=0.02, settings=settings, report=quiet)
    steps = open_run(run).steps
    assert 30 <= steps < 5000
    assert newest_checkpoint(run / "checkpoints").scalars["measured"]
    again = train_from(config, out=run, minutes=9, settings=settings, report=quiet)
    assert open_run(again).steps == steps


def test_another_configuration_in_the_same_folder_is_refused_with_the_difference(config, tmp_path):
    run = train_from(config, out=tmp_path / "run", report=quiet)
    with pytest.raises(
        UsageError, match=r"seed 1 -> 2, schedule.batch 2 -> 1|schedule.batch 2 -> 1, seed 1 -> 2"
    ):
        train_from(config, out=run, settings=["seed=2", "schedule.batch=1"], report=quiet)


def test_a_run_can_begin_from_weights_that_are_there(config, tmp_path):
    first = train_from(config, out=tmp_path / "first", report=quiet)
    model = export_run(first, tmp_path / "model", quiet)
    for number, start in enumerate((first, model.folder)):
        settings = [
            f'net.start="{start}"',
            "schedule.steps=1",
            "optimiser.average=0.0",
            "optimiser.muon=1e-12",
            "optimiser.adam=1e-12",
        ]
        run = train_from(config, out=tmp_path / f"next{number}", settings=settings, report=quiet)
        picture = torch.rand(1, 3, 12, 12)
        with torch.no_grad():
            difference = open_run(run).net(picture) - open_run(first).net(picture)
        assert difference.abs().max() < 1e-4


# One net for each mechanism: interpolated before, transposed convolution, batch
# norm, weights that no step uses, pooling over the whole picture.
KINDS = {
    "srcnn": "{ scale = 2 }",
    "edsr": "{ scale = 2, blocks = 1, channels = 16 }",
    "fsrcnn": "{ scale = 2, features = 16, shrunk = 6, maps = 1 }",
    "srresnet": "{ scale = 2, blocks = 1, channels = 16 }",
    "mdsr": "{ scale = 2, blocks = 1, channels = 16 }",
    "imdn": "{ scale = 2, blocks = 1, channels = 16 }",
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_net_trains_and_exports(config, tmp_path, kind):
    settings = [f'net.kind="{kind}"', f"net.arguments={KINDS[kind]}", "schedule.steps=2"]
    run = train_from(config, out=tmp_path / "run", settings=settings, report=quiet)
    model = export_run(run, tmp_path / "model", quiet)
    for array in (np.zeros((9, 14, 3), np.uint8), np.zeros((9, 14), np.float32)):
        assert enhance(array, model=str(model.folder)).shape[:2] == (18, 28)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        (["net.kind='nope'"], "nope"),
        (["nonsense.key=1"], "nonsense"),
        (["schedule.patch=500"], "500|1000"),
        (["objective={l9=1.0}"], "l9"),
        (["degradation.kind='rain'"], "rain"),
        (["data.folder='/nowhere'"], "/nowhere"),
        (["schedule.steps='many'"], "steps"),
        (["broken"], "broken"),
    ],
)
def test_a_wrong_setting_is_one_clear_error(config, tmp_path, settings, word):
    with pytest.raises(ClaritasError, match=word):
        train_from(config, out=tmp_path / "run", settings=settings, report=quiet)


def test_an_empty_folder_of_pictures_is_an_error(config, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(TrainingError, match="holds 0 pictures"):
        train_from(config, data=tmp_path / "empty", out=tmp_path / "run", report=quiet)


def test_a_loss_that_is_no_number_stops_the_run(config, tmp_path):
    settings = ["optimiser.adam=1e30", "optimiser.muon=1e30", "optimiser.clip=1e30"]
    with pytest.raises(TrainingError, match="not finite"):
        train_from(config, out=tmp_path / "run", settings=settings, report=quiet)


def test_a_folder_that_is_no_run_cannot_be_exported(tmp_path):
    with pytest.raises(TrainingError, match="not a run folder"):
        export_run(tmp_path, tmp_path / "out", quiet)
