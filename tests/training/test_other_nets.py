"""Nets of one side and nets that rate, from a configuration to a model folder."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from PIL import Image  # noqa: E402

from claritas.enhancement.given import enhance  # noqa: E402
from claritas.errors import UsageError  # noqa: E402
from claritas.training.deployment.export import export_run  # noqa: E402
from claritas.training.run import train_from  # noqa: E402

pytestmark = pytest.mark.torch


def quiet(_: str) -> None:
    pass


def test_a_net_of_one_side_takes_pictures_of_that_side_alone(tmp_path):
    random = np.random.default_rng(0)
    (tmp_path / "small").mkdir()
    for number in range(4):
        noise = random.integers(0, 256, (32, 32, 3), np.uint8)
        Image.fromarray(noise).save(tmp_path / f"small/{number}.png")
    path = tmp_path / "vae.toml"
    path.write_text(
        'name = "tiny-vae"\ntask = "denoise"\n[net]\nkind = "vae"\narguments = { latent = 3 }\n'
        f'[data]\nfolder = "{(tmp_path / "small").as_posix()}"\nvalidation = 1\n'
        '[[degradation.steps]]\nkind = "gaussian_noise"\nsigma = 10\n'
        '[objective]\nkind = "autoencoding"\nbeta = 1.0\n'
        "[schedule]\nsteps = 2\nbatch = 2\npatch = 32\n",
        "utf-8",
    )
    run = train_from(path, out=tmp_path / "run", report=quiet)
    model = export_run(run, tmp_path / "model", quiet)
    assert model.card.contract.side == 32
    picture = np.zeros((32, 32, 3), np.uint8)
    assert enhance(picture, model=str(model.folder)).shape == (32, 32, 3)
    with pytest.raises(UsageError, match="32x32"):
        enhance(np.zeros((32, 40, 3), np.uint8), model=str(model.folder))


def test_a_net_that_rates_trains_is_exported_and_changes_no_picture(tmp_path, photographs):
    lines = ["file,mos,std"]
    names = sorted(p.stem for p in photographs.rglob("*.png"))
    lines += [f"{name}.png,{20 + 15 * number},12" for number, name in enumerate(names)]
    (tmp_path / "scores.csv").write_text("\n".join(lines), "utf-8")
    path = tmp_path / "score.toml"
    path.write_text(
        'name = "tiny-score"\ntask = "score"\n[net]\nkind = "mobilenet-v2"\n'
        "arguments = { norm = false, frozen = 8 }\n"
        f'[data]\nreader = "live-wild"\nfolder = "{photographs.as_posix()}"\n'
        f'ratings = "{(tmp_path / "scores.csv").as_posix()}"\nvalidation = 2\n'
        '[objective]\nkind = "rating"\n[schedule]\nsteps = 2\nbatch = 2\npatch = 64\n',
        "utf-8",
    )
    told: list[str] = []
    run = train_from(path, out=tmp_path / "run", report=told.append)
    assert "validation/emd" in (run / "log.csv").read_text("utf-8")
    model = export_run(run, tmp_path / "model", quiet)
    assert (model.card.task, model.card.contract.outputs) == ("score", 10)
    with pytest.raises(UsageError, match="scores pictures"):
        enhance(np.zeros((64, 64, 3), np.uint8), model=str(model.folder))
