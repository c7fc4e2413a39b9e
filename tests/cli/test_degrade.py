from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data
from typer.testing import CliRunner

from claritas.cli.main import app
from claritas.errors import PictureError, UsageError

run = CliRunner().invoke
WEB = str(Path(__file__).parents[2] / "configs/recipes/web.toml")


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(data.chelsea()[100:180, 100:220]).save(path)
    return path


def degraded(source: Path, name: str, *words: str) -> np.ndarray:
    out = source.with_name(name)
    result = run(app, ["degrade", str(source), "-o", str(out), "--recipe", WEB, *words])
    assert result.exit_code == 0, result.exception
    assert result.stdout.strip() == str(out)
    return np.asarray(Image.open(out))


def test_a_picture_is_spoiled_the_same_for_the_same_seed(photograph: Path):
    first, again, other = (
        degraded(photograph, name, "--seed", seed)
        for name, seed in (("a.png", "1"), ("b.png", "1"), ("c.png", "2"))
    )
    assert first.shape == (20, 30, 3)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(("mode", "suffix"), [("L", "png"), ("RGBA", "png"), ("I;16", "png")])
def test_grey_transparent_and_deep_pictures_become_rgb(photograph: Path, mode: str, suffix: str):
    source = photograph.with_name(f"other.{suffix}")
    if mode == "I;16":
        grey = np.asarray(Image.open(photograph).convert("L")).astype(np.uint16) * 257
        Image.fromarray(grey).save(source)
    else:
        Image.open(photograph).convert(mode).save(source)
    assert degraded(source, "a.png").shape == (20, 30, 3)


def test_the_input_is_never_written_to(photograph: Path):
    before = photograph.read_bytes()
    words = ["degrade", str(photograph), "-o", str(photograph), "--recipe", WEB, "--overwrite"]
    assert isinstance(run(app, words).exception, UsageError)
    assert photograph.read_bytes() == before


def test_a_file_that_stands_there_is_only_replaced_when_asked(photograph: Path):
    degraded(photograph, "a.png")
    words = ["degrade", str(photograph), "-o", str(photograph.with_name("a.png")), "--recipe", WEB]
    assert isinstance(run(app, words).exception, PictureError)
    degraded(photograph, "a.png", "--overwrite")


def test_an_unknown_step_is_an_error_that_names_it(photograph: Path, tmp_path: Path):
    recipe = tmp_path / "r.toml"
    recipe.write_text("[[steps]]\nkind = 'rain'\n")
    words = ["degrade", str(photograph), "-o", str(tmp_path / "o.png"), "--recipe", str(recipe)]
    result = run(app, words)
    assert isinstance(result.exception, UsageError)
    assert "rain" in str(result.exception)
    assert not (tmp_path / "o.png").exists()
