"""Each task from its recipe to `claritas enhance --task`, through the real command line."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")

from typer.testing import CliRunner  # noqa: E402

from claritas.cli.main import app  # noqa: E402
from claritas.degradation.greyscale import luma  # noqa: E402
from claritas.training.deployment.export import export_run  # noqa: E402
from claritas.training.run import train_from  # noqa: E402

pytestmark = pytest.mark.torch

DEGRADATIONS = {
    "denoise": '[[degradation.steps]]\nkind = "gaussian_noise"\nsigma = [5, 50]\n',
    "deblur": '[[degradation.steps]]\nkind = "gaussian_blur"\nsigma = [0.5, 2]\n',
    "dejpeg": '[[degradation.steps]]\nkind = "jpeg"\nquality = [10, 90]\n',
    "relight": '[[degradation.steps]]\nkind = "exposure"\nev = [-2, 1]\n',
    "unwatermark": '[[degradation.steps]]\nkind = "text_watermark"\n',
    "colour": "",
    "inpaint": '[[degradation.steps]]\nkind = "box_mask"\n',
}
NET = 'kind = "dncnn"\narguments = { channels = 3, depth = 3, width = 8 }'
PAINTER = 'kind = "masked"\narguments = { kind = "vdsr", arguments = { depth = 3, width = 8 } }'


@pytest.fixture(scope="module", params=DEGRADATIONS)
def trained(request, tmp_path_factory, photographs):
    """(task, model folder) of a training of three steps."""
    task, folder = request.param, tmp_path_factory.mktemp(request.param)
    (folder / "tiny.toml").write_text(
        f'name = "tiny"\ntask = "{task}"\n[net]\n{PAINTER if task == "inpaint" else NET}\n'
        f'[data]\nfolder = "{photographs.as_posix()}"\nvalidation = 1\n'
        f"[schedule]\nsteps = 3\nbatch = 2\npatch = 24\n{DEGRADATIONS[task]}",
        "utf-8",
    )
    run = train_from(folder / "tiny.toml", out=folder / "run", report=lambda _: None)
    model = export_run(run, folder / "model", lambda _: None)
    return task, model


def enhanced(tmp_path, array, task, model, *more):
    Image.fromarray(array).save(tmp_path / "in.png")
    command = ["enhance", str(tmp_path / "in.png"), "-o", str(tmp_path / "out.png"), "--quiet"]
    command += ["--task", task, "--model", str(model.folder), *map(str, more)]
    result = CliRunner().invoke(app, command)
    return result, tmp_path / "out.png"


def picture():
    return np.random.default_rng(0).integers(0, 256, (45, 61, 3), np.uint8)


def test_a_task_goes_from_its_recipe_to_the_command_line(trained, tmp_path):
    task, model = trained
    more = []
    if task == "inpaint":
        mask = np.zeros((45, 61), np.uint8)
        mask[10:30, 20:40] = 255
        Image.fromarray(mask).save(tmp_path / "mask.png")
        more = ["--mask", tmp_path / "mask.png"]
    result, out = enhanced(tmp_path, picture(), task, model, *more)
    assert result.exit_code == 0, result.output
    made = np.asarray(Image.open(out))
    assert made.shape == (45, 61, 3)
    assert model.card.task == task
    assert "{" not in model.card.data.degradation
    if task == "inpaint":
        outside = np.ones((45, 61), bool)
        outside[10:30, 20:40] = False
        assert np.array_equal(made[outside], picture()[outside])
        assert not np.array_equal(made[~outside], picture()[~outside])
    if task == "colour":
        before, after = (luma(np.asarray(p / 255, np.float32)) for p in (picture(), made))
        assert np.abs(before - after).mean() < 0.02


def test_the_mask_is_asked_for_where_it_is_needed_and_nowhere_else(trained, tmp_path):
    task, model = trained
    Image.fromarray(np.zeros((45, 60), np.uint8)).save(tmp_path / "mask.png")
    if task == "inpaint":
        result, _ = enhanced(tmp_path, picture(), task, model)
        assert result.exit_code
        result, out = enhanced(tmp_path, picture(), task, model, "--mask", tmp_path / "mask.png")
        assert result.exit_code == 1  # one column too few
        assert not out.exists()
    else:
        result, _ = enhanced(tmp_path, picture(), task, model, "--mask", tmp_path / "mask.png")
        assert result.exit_code


def test_a_grey_picture_gets_colours_from_a_model_of_that_task_alone(trained, tmp_path):
    task, model = trained
    if task not in ("colour", "denoise"):
        pytest.skip("one task that colours, and one that does not")
    result, out = enhanced(tmp_path, picture()[..., 0], task, model)
    assert result.exit_code == 0, result.output
    assert np.asarray(Image.open(out)).ndim == (3 if task == "colour" else 2)
