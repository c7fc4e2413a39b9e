"""Pictures that were rated, from AVA's files to a net that learned what decides the marks."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")

from claritas.training.data.ratings import discretised_normal  # noqa: E402
from claritas.training.rated_validation import agreement  # noqa: E402
from claritas.training.run import train_from  # noqa: E402

pytestmark = pytest.mark.torch

RECIPE = Path(__file__).parents[2] / "configs/nima-ava.toml"
PICTURES, VOTES = 1200, 210


@pytest.fixture
def ava(tmp_path):
    """A folder as AVA's, of noise: the stronger it is in colour, the lower are the marks."""
    random = np.random.default_rng(0)
    (tmp_path / "images").mkdir()
    lines = []
    for number in range(PICTURES):
        strength = random.random()
        noise = random.normal(0, 1, (48, 48, 3)) * 90 * strength
        picture = np.clip(random.uniform(90, 160) + noise, 0, 255).astype(np.uint8)
        Image.fromarray(picture).save(tmp_path / f"images/{1000 + number}.png")
        votes = random.multinomial(VOTES, _exact(discretised_normal(8 - 5 * strength, 1.4)))
        lines.append(f"{number + 1} {1000 + number} {' '.join(map(str, votes))} 1 22 1396\n")
    (tmp_path / "AVA.txt").write_text("".join(lines))
    return tmp_path


def _exact(shares):
    return shares.astype(np.float64) / shares.astype(np.float64).sum()


def test_the_recipe_for_ava_learns_a_planted_rule(ava):
    settings = [
        f'data.folder="{ava.as_posix()}"', "data.size=48", "net.arguments.side=0",
        "net.arguments.dropout=0.0", "optimiser.adam=2e-3", "optimiser.average=0.97",
        "schedule.steps=120", "schedule.batch=16", "schedule.patch=48", "schedule.warmup=1",
        "schedule.validate_every=120",
    ]  # fmt: skip
    run = train_from(RECIPE, out=ava / "run", settings=settings, report=lambda _: None)
    with (run / "log.csv").open(newline="") as stream:
        found = {row["name"]: float(row["value"]) for row in csv.DictReader(stream)}
    assert found["validation/srcc"] > 0.9
    assert found["validation/plcc"] > 0.9


def test_agreement_has_all_that_nima_is_judged_by():
    people = np.stack([_exact(discretised_normal(m, d)) for m, d in ((3, 1), (6, 2), (8, 1.5))])
    same = agreement(people, people)
    assert same["emd"] == 0
    assert same["accuracy"] == 100
    names = ("srcc", "plcc", "srcc_of_deviations", "plcc_of_deviations")
    assert all(same[name] == pytest.approx(1) for name in names)


def test_of_pictures_that_are_rated_alike_there_is_no_correlation():
    people = np.full((3, 10), 0.1)
    assert set(agreement(people, people)) == {"emd", "accuracy"}
