from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from claritas.cli.main import app
from claritas.errors import UsageError
from claritas.zoo import catalogue

run = CliRunner().invoke


def test_models_are_listed_one_a_line():
    result = run(app, ["models", "list"])
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == catalogue.names()


def test_models_are_listed_for_machines():
    result = run(app, ["models", "list", "--json"])
    assert [json.loads(line)["name"] for line in result.stdout.splitlines()] == catalogue.names()


def test_a_card_is_shown_as_text_and_for_machines():
    if not catalogue.names():
        pytest.skip("no model ships yet")
    name = catalogue.names()[0]
    assert f'name = "{name}"' in run(app, ["models", "show", name]).stdout
    assert json.loads(run(app, ["models", "show", name, "--json"]).stdout)["name"] == name


def test_an_unknown_model_is_an_error_that_tells_the_known_ones():
    result = run(app, ["models", "show", "phot"])
    assert isinstance(result.exception, UsageError)
    assert result.exception.exit_code == 2


def test_devices_list_the_processor_and_the_threads():
    result = run(app, ["devices"])
    assert "cpu" in result.stdout
    assert "Threads" in result.stdout
    first = json.loads(run(app, ["devices", "--json"]).stdout.splitlines()[0])
    assert "fp32" in first["precisions"]


@pytest.mark.parametrize(
    "words", [["train", "config.toml"], ["export", "run", "-o", "model"]], ids=["train", "export"]
)
def test_without_torch_training_says_what_to_install(
    words: list[str], monkeypatch: pytest.MonkeyPatch
):
    for name in [one for one in sys.modules if one.startswith("claritas.training")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    result = run(app, words)
    assert isinstance(result.exception, UsageError)
    assert "claritas[train]" in str(result.exception)


@pytest.mark.torch
def test_a_missing_configuration_is_an_error_that_names_it(tmp_path: Path):
    result = run(app, ["train", str(tmp_path / "none.toml")])
    assert "none.toml" in str(result.exception)
