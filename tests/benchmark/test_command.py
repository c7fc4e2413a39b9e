from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from claritas.cli.benchmark import benchmark
from claritas.errors import ClaritasError, UsageError

PROGRAM = typer.Typer()
PROGRAM.command()(benchmark)


def run(*arguments):
    return CliRunner().invoke(PROGRAM, [str(one) for one in arguments])


def test_the_table_goes_to_standard_output(folder):
    result = run(folder, "--scale", 2)
    assert result.exit_code == 0
    assert [line.split(" | ")[2] for line in result.stdout.splitlines()[2:5]] == [
        "nearest",
        "bicubic",
        "lanczos",
    ]


def test_files_are_written_whole_and_quiet_says_nothing(folder, tmp_path):
    table, page = tmp_path / "table.json", tmp_path / "table.md"
    result = run(folder, "--scale", 2, "--json", table, "--markdown", page, "--quiet")
    assert (result.exit_code, result.output) == (0, "")
    assert len(json.loads(table.read_bytes())["rows"]) == 3
    assert page.read_text().startswith("| set |")
    assert sorted(tmp_path.iterdir()) == [table, page]


def test_an_output_that_cannot_be_written_is_said_before_any_work(folder, tmp_path):
    result = run(folder, "--scale", 2, "--json", tmp_path / "missing" / "table.json")
    assert isinstance(result.exception, UsageError)
    assert "cannot be written" in str(result.exception)


def test_an_unknown_model_is_a_message(folder):
    result = run(folder, "--scale", 2, "--model", "no-such-model")
    assert isinstance(result.exception, ClaritasError)
    assert "no-such-model" in str(result.exception)


def test_spoiled_pictures_are_measured_against_the_clean_ones(folder, tmp_path):
    recipe, table = tmp_path / "noise.toml", tmp_path / "table.json"
    recipe.write_text('steps = [{ kind = "gaussian_noise", sigma = 25 }]')
    result = run(folder, "--scale", 1, "--recipe", recipe, "--json", table, "--quiet")
    assert result.exit_code == 0
    (row,) = json.loads(table.read_bytes())["rows"]
    assert row["method"] == "input"
    assert 19.5 < row["psnr_rgb"] < 21.5  # 10 log10(255**2 / 25**2) is 20.17; clipping helps
    assert run(folder, "--scale", 2, "--recipe", recipe, "--quiet").exit_code == 0


def test_a_recipe_of_another_size_is_wrong_use(folder, tmp_path):
    recipe = tmp_path / "third.toml"
    recipe.write_text('steps = [{ kind = "resample", scale = 0.3 }]')
    result = run(folder, "--scale", 2, "--recipe", recipe)
    assert isinstance(result.exception, UsageError)


def test_scale_one_needs_a_recipe(folder):
    assert isinstance(run(folder, "--scale", 1).exception, UsageError)


@pytest.mark.parametrize("scale", ["0", "17", "2.5"])
def test_a_scale_that_cannot_be_measured_is_wrong_use(folder, scale):
    assert run(folder, "--scale", scale).exit_code == 2
