from __future__ import annotations

import pytest

from claritas.errors import UsageError
from claritas.training.config import Schedule, Stage, to_config

torch = pytest.importorskip("torch")

from claritas.training.schedules import learning_share, stage_of, wanted  # noqa: E402

pytestmark = pytest.mark.torch


def shares(steps=1000, **keys):
    schedule = Schedule(steps=1000, warmup=0, **keys)
    return [learning_share(schedule, step, steps) for step in range(steps + 1)]


def test_the_rate_rises_then_falls_to_zero_along_a_cosine():
    schedule = Schedule(steps=1000, warmup=100)
    found = [learning_share(schedule, step, 1000) for step in range(1001)]
    assert found[0] < 0.02
    assert max(found) == pytest.approx(1, abs=0.05)
    assert found[550] == pytest.approx(0.5, abs=0.1)
    assert found[1000] == pytest.approx(0, abs=1e-9)


def test_a_constant_rate_stays():
    assert set(shares(rate="constant")) == {1.0}


def test_restormers_rate_is_held_and_then_falls_to_its_floor():
    found = shares(hold=300, floor=0.01)
    assert found[299] == 1
    assert found[650] == pytest.approx(0.505)
    assert found[1000] == pytest.approx(0.01)


def test_a_rate_steps_down_at_its_milestones():
    found = shares(rate="step", milestones=(400, 800), factor=0.5)
    assert (found[399], found[400], found[800], found[1000]) == (1, 0.5, 0.25, 0.25)


def test_a_cosine_starts_again_at_its_milestones():
    found = shares(rate="restarts", milestones=(500,), floor=0.1)
    assert found[499] == pytest.approx(0.1, abs=1e-3)
    assert found[500] == 1
    assert found[1000] == pytest.approx(0.1)


def test_an_exponential_rate_falls_in_equal_ratios():
    found = shares(rate="exponential", floor=0.01)
    assert found[500] == pytest.approx(0.1)
    assert found[1000] == pytest.approx(0.01)


def test_milestones_move_with_a_length_found_from_minutes():
    found = shares(steps=100, rate="step", milestones=(400,))
    assert (found[39], found[40]) == (1, 0.5)


def test_patches_grow_in_stages_which_move_with_the_length():
    schedule = Schedule(
        steps=300, patch=128, batch=64, stages=(Stage(92, 160, 40), Stage(156, 192, 32))
    )
    assert [stage_of(schedule, s, 300).patch for s in (0, 91, 92, 156, 299)] == [
        128, 128, 160, 192, 192,
    ]  # fmt: skip
    assert stage_of(schedule, 25, 75).batch == 40


def test_a_step_draws_one_of_its_scales_from_the_seed_and_its_number():
    table = {"name": "many", "net": {"kind": "mdsr"}, "schedule": {"scales": [2, 3, 4]}}
    config = to_config(table, "test")
    drawn = [wanted(config, 2, step, 1000).scale for step in range(60)]
    assert set(drawn) == {2, 3, 4}
    assert drawn == [wanted(config, 2, step, 1000).scale for step in range(60)]


@pytest.mark.parametrize(
    ("schedule", "word"),
    [
        ({"rate": "exponential"}, "floor"),
        ({"rate": "step"}, "milestones"),
        ({"rate": "linear"}, "linear"),
        ({"steps": 100, "hold": 100}, "never fall"),
        ({"hold": -1}, "hold"),
        ({"rate": "step", "milestones": [5, 3]}, "rise"),
        ({"batch": 0}, "batch"),
        ({"stages": [{"at": 5, "patch": 8}]}, "batch"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(schedule, word):
    with pytest.raises(UsageError, match=word):
        to_config({"name": "x", "net": {"kind": "plain"}, "schedule": schedule}, "test")
