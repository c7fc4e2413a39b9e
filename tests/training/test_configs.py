"""Every recipe of configs/ is one that `claritas train` takes."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from claritas.nets import NETS, create  # noqa: E402
from claritas.training.config import read_config  # noqa: E402
from claritas.training.objectives import create_objective  # noqa: E402

pytestmark = pytest.mark.torch

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.toml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_recipe_is_read_and_its_net_and_objective_are_made(path):
    config = read_config(path)
    with torch.device("meta"):
        net = create(config.net.kind, config.net.arguments)
    assert net.contract.scale == config.net.arguments.get("scale", 1)
    create_objective(config.objective)


def test_every_net_has_a_recipe():
    assert {read_config(path).net.kind for path in CONFIGS} == set(NETS)
