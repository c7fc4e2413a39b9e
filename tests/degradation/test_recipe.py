from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from claritas.degradation.parameters import Between, File, Number
from claritas.degradation.recipe import (
    Recipe,
    degrade,
    random_for,
    read_recipe,
    to_recipe,
)
from claritas.degradation.steps import STEPS
from claritas.errors import UsageError

ROOT = Path(__file__).parents[2]
RECIPES = sorted((ROOT / "configs/recipes").glob("*.toml"))
FIRST_DRAWS = [634, 942, 629, 211]
# What has no default needs a value; all of these ranges are well within the limits.
NEEDED: dict[str, Any] = {
    "sigma": [1, 3], "sigma_x": [1, 3], "sigma_y": [0.5, 1], "beta": [0.5, 2], "cutoff": [0.8, 3],
    "length": [3, 12], "radius": [1, 4], "file": "kernel.txt", "scale": [0.3, 1.4],
    "quality": [20, 80], "first": [20, 80], "second": [30, 90], "ev": [-1, 1], "strength": 0.5,
    "factor": [0.5, 1.5], "degrees": [-40, 40], "gamma": [0.5, 2],
    "ratio": [10, 60],
}  # fmt: skip


def table_of(kind: str) -> dict[str, Any]:
    known = STEPS[kind].parameters
    needed = [name for name, one in known.items() if one.required and one.default is None]
    return {"kind": kind} | {name: NEEDED[name] for name in needed}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recipe with every step, and its kernel."""
    made = tmp_path_factory.mktemp("recipe")
    (made / "kernel.txt").write_text("0 1 0\n1 4 2\n0 1 0\n")
    lines = []
    for kind in STEPS:
        lines += ["[[steps]]", "chance = 0.9"]
        lines += [f"{key} = {value!r}" for key, value in table_of(kind).items()]
    (made / "all.toml").write_text("\n".join(lines))
    return made


def one_step(kind: str, folder: Path, **parameters: Any) -> Recipe:
    return to_recipe({"steps": [table_of(kind) | parameters]}, "recipe", folder)


@pytest.mark.parametrize("kind", STEPS)
def test_each_step_gives_a_picture_in_range_and_the_same_for_the_same_seed(
    kind: str, photograph: np.ndarray, folder: Path
):
    recipe = one_step(kind, folder)
    before = photograph.copy()
    results = [degrade(photograph, recipe, seed=3, name="a.png", position=2) for _ in range(2)]
    assert np.array_equal(results[0], results[1])
    assert results[0].dtype == np.float32
    assert results[0].shape[2] == 3
    assert 0 <= results[0].min() <= results[0].max() <= 1
    assert np.array_equal(photograph, before)


def test_samples_are_the_same_in_any_order(photograph: np.ndarray, folder: Path):
    recipe = read_recipe(folder / "all.toml")
    samples = [(name, position) for name in ("a", "b") for position in (0, 1)]

    def spoiled(order: list[tuple[str, int]]) -> dict[tuple[str, int], bytes]:
        return {
            (name, n): degrade(photograph[:40, :40], recipe, name=name, position=n).tobytes()
            for name, n in order
        }

    assert spoiled(samples) == spoiled(samples[::-1])


@pytest.mark.parametrize("recipe", [None, *RECIPES], ids=lambda one: one.stem if one else "all")
def test_every_step_gives_the_same_pixels_in_another_process_and_on_another_processor(
    recipe: Path | None, photograph: np.ndarray, folder: Path
):
    recipe = recipe or folder / "all.toml"
    np.save(folder / "picture.npy", photograph)
    code = """
import hashlib, sys
from pathlib import Path
import numpy as np
from claritas.degradation.recipe import Recipe, degrade, read_recipe
folder = Path(sys.argv[1])
picture = np.load(folder / "picture.npy")
for n, step in reversed([*enumerate(read_recipe(Path(sys.argv[2])).steps)]):
    result = degrade(picture, Recipe((step,)), seed=5, name="ä.png", position=1)
    print(n, hashlib.sha256(result.tobytes()).hexdigest())
"""
    # The second process computes as on a processor without its newer instructions.
    newer = " ".join(np.show_config(mode="dicts")["SIMD Extensions"].get("found", []))
    printed = [
        subprocess.run(
            [sys.executable, "-c", code, str(folder), str(recipe)],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | more,
        ).stdout
        for more in ({}, {"NPY_DISABLE_CPU_FEATURES": newer, "JSIMD_FORCENONE": "1"})
    ]
    here = {
        str(n): hashlib.sha256(
            degrade(photograph, Recipe((step,)), seed=5, name="ä.png", position=1).tobytes()
        ).hexdigest()
        for n, step in enumerate(read_recipe(recipe).steps)
    }
    assert printed[0] == printed[1]
    assert dict(line.split() for line in printed[0].splitlines()) == here


@pytest.mark.parametrize(
    "other", [(4, "a", 0, 0), (3, "b", 0, 0), (3, "a", 1, 0), (3, "a", 0, 1), (3, 0, 0, 0)]
)
def test_seed_name_position_and_step_each_change_what_is_drawn(other: tuple[int, Any, int, int]):
    assert random_for(3, "a", 0, 0).random() == random_for(3, "a", 0, 0).random()
    assert random_for(3, "a", 0, 0).random() != random_for(*other).random()


def test_the_stream_of_a_sample_is_what_it_was_in_the_first_release():
    assert random_for(1, "photo.png", 2, 0).integers(0, 1000, 4).tolist() == FIRST_DRAWS


def test_a_step_that_draws_more_changes_no_other(photograph: np.ndarray):
    noise = {"kind": "gaussian_noise", "sigma": 9}
    results = [
        degrade(photograph, to_recipe({"steps": [first, noise]}, "recipe"))
        for first in (
            {"kind": "brightness", "factor": 1},
            {"kind": "brightness", "factor": [1, 1]},
            {"kind": "coloured_pixels", "share": 0},
        )
    ]
    assert np.array_equal(results[0], results[1])
    assert np.array_equal(results[0], results[2])


def test_chance_is_the_share_of_pictures_that_a_step_changes(even: np.ndarray):
    recipe = to_recipe({"steps": [{"kind": "brightness", "factor": 0.5, "chance": 0.3}]}, "recipe")
    changed = [degrade(even[:1, :1], recipe, name=n)[0, 0, 0] < 0.5 for n in range(1000)]
    assert np.mean(changed) == pytest.approx(0.3, abs=0.05)


def test_a_range_and_a_choice_are_drawn_evenly(even: np.ndarray):
    ranged = to_recipe({"steps": [{"kind": "brightness", "factor": [0.4, 1.2]}]}, "recipe")
    drawn = [degrade(even[:1, :1], ranged, name=n)[0, 0, 0] * 2 for n in range(1000)]
    assert min(drawn) >= 0.4 - 1e-6
    assert max(drawn) <= 1.2 + 1e-6
    assert np.mean(drawn) == pytest.approx(0.8, abs=0.03)
    chosen = to_recipe(
        {"steps": [{"kind": "brightness", "factor": {"one_of": [0.5, 1.0]}}]}, "recipe"
    )
    values = [round(float(degrade(even[:1, :1], chosen, name=n)[0, 0, 0]), 3) for n in range(300)]
    assert set(values) == {0.25, 0.5}


def test_lists_of_steps_are_chosen_by_their_weights(even: np.ndarray):
    options = [
        {"weight": 0.2, "steps": [{"kind": "brightness", "factor": 0.5}] * 2},
        {"weight": 0.7, "steps": [{"kind": "brightness", "factor": {"one_of": [0.8, [1.2, 2]]}}]},
        {"weight": 0.1, "steps": []},
    ]
    recipe = to_recipe({"steps": [{"kind": "choose", "options": options}]}, "recipe")
    values = np.array([degrade(even[:1, :1], recipe, name=n)[0, 0, 0] * 2 for n in range(2000)])
    assert np.isclose(values, 0.25).mean() == pytest.approx(0.2, abs=0.03)
    assert np.isclose(values, 1).mean() == pytest.approx(0.1, abs=0.03)
    assert np.isclose(values, 0.8).mean() == pytest.approx(0.35, abs=0.03)
    assert (values >= 1.2 - 1e-6).mean() == pytest.approx(0.35, abs=0.03)


def test_a_size_of_the_clean_picture_is_reached_whatever_came_before(photograph: np.ndarray):
    steps = [
        {"kind": "resample", "scale": [0.3, 1.4]},
        {"kind": "resample_of_clean", "scale": 0.25},
    ]
    recipe = to_recipe({"steps": steps}, "recipe")
    for name in range(5):
        assert degrade(photograph, recipe, name=name).shape == (23, 31, 3)


def test_a_range_of_whole_numbers_has_both_ends_and_one_of_odd_numbers_only_odd_ones(
    random: np.random.Generator,
):
    assert {Between(3, 5, 1).draw(random) for _ in range(100)} == {3, 4, 5}
    assert {Between(7, 21, 2).draw(random) for _ in range(300)} == set(range(7, 22, 2))


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ({"kind": "rain"}, "rain"),
        ({}, "unknown kind None"),
        ({"kind": "jpeg", "quality": 60, "colour": 1}, "colour"),
        ({"kind": "eight_bits", "bits": 7}, "bits"),
        ({"kind": "jpeg"}, "quality"),
        ({"kind": "jpeg", "quality": 0}, "quality is 0"),
        ({"kind": "jpeg", "quality": 60.5}, "quality is 60.5"),
        ({"kind": "jpeg", "quality": [60, 101]}, "quality is 101"),
        ({"kind": "jpeg", "quality": [60, 40]}, "lower one first"),
        ({"kind": "jpeg", "quality": [60]}, "range"),
        ({"kind": "jpeg", "quality": "60"}, "quality is '60'"),
        ({"kind": "jpeg", "quality": True}, "quality is True"),
        ({"kind": "jpeg", "quality": 60, "chroma": "4:2:2"}, "4:2:2"),
        ({"kind": "jpeg", "quality": {"one_of": []}}, "one_of"),
        ({"kind": "jpeg", "quality": {"some": [1]}}, "some"),
        ({"kind": "jpeg", "quality": {"one_of": [50, 500]}}, "500"),
        ({"kind": "jpeg", "quality": 60, "chance": 1.5}, "chance is 1.5"),
        ({"kind": "gaussian_blur", "sigma": 0}, "sigma is 0"),
        ({"kind": "gaussian_blur", "sigma": float("nan")}, "sigma is nan"),
        ({"kind": "gaussian_blur", "sigma": 1, "size": 8}, "odd number"),
        ({"kind": "kernel_blur", "file": 3}, "file is 3"),
        ({"kind": "kernel_blur", "file": "none.txt"}, "none.txt"),
        ({"kind": "resample", "scale": 0.5, "kernel": ["area", "sharp"]}, "sharp"),
        ({"kind": "resample", "scale": 0.5, "kernel": []}, "kernel"),
        ({"kind": "choose"}, "nothing"),
        ({"kind": "choose", "options": []}, "options"),
        ({"kind": "choose", "options": [{"steps": [{"kind": "rain"}]}]}, "rain"),
        ({"kind": "choose", "options": [{"weight": 1}]}, "option 1 has no steps"),
        ({"kind": "choose", "options": [{"steps": [], "weight": -1}]}, "weight is -1"),
        ({"kind": "choose", "options": [{"steps": [], "weight": 0}]}, "no weight"),
        ({"kind": "choose", "options": [{"steps": [], "share": 1}]}, "share"),
    ],
    ids=str,
)
def test_what_a_recipe_may_not_say_is_an_error_that_names_it(step: dict[str, Any], told: str):
    with pytest.raises(UsageError) as caught:
        to_recipe({"steps": [step]}, "recipe.toml")
    assert told in str(caught.value)
    assert "recipe.toml: step 1" in str(caught.value) or "none.txt" in told


@pytest.mark.parametrize("kind", STEPS)
def test_numbers_beyond_their_limits_are_errors_for_every_parameter(kind: str, folder: Path):
    for name, one in STEPS[kind].parameters.items():
        if isinstance(one, Number):
            for value in (one.low - 1, one.high + 1):
                with pytest.raises(UsageError, match=name):
                    one_step(kind, folder, **{name: value})
        elif not isinstance(one, File):
            with pytest.raises(UsageError, match=name):
                one_step(kind, folder, **{name: "nonsense"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no steps"),
        ("steps = []", "no steps"),
        ("steps = 3", "no steps"),
        ("speed = 3\n[[steps]]\nkind='eight_bits'", "speed"),
        ("[[steps", "not TOML"),
    ],
)
def test_what_is_no_recipe_is_an_error_that_names_the_file(text: str, told: str, tmp_path: Path):
    (tmp_path / "r.toml").write_text(text)
    with pytest.raises(UsageError, match=told) as caught:
        read_recipe(tmp_path / "r.toml")
    assert "r.toml" in str(caught.value)


def test_a_missing_recipe_is_an_error_that_names_it(tmp_path: Path):
    with pytest.raises(UsageError, match=r"none\.toml"):
        read_recipe(tmp_path / "none.toml")


FULL_SIZE = ("noise-25", "noise-25-unclipped", "ordered")
ENLARGED = [path for path in RECIPES if path.stem not in FULL_SIZE]


@pytest.mark.parametrize("path", ENLARGED, ids=lambda path: path.stem)
def test_recipes_for_enlarging_by_4_give_a_quarter_of_the_size_in_whole_levels(
    path: Path, photograph: np.ndarray
):
    recipe = read_recipe(path)
    for name in range(12):
        spoiled = degrade(photograph[:88, :120], recipe, name=name)
        assert spoiled.shape == (22, 30, 3)
        assert np.allclose(spoiled * 255, np.rint(spoiled * 255), atol=1e-4)


def test_recipes_of_noise_keep_the_size(photograph: np.ndarray):
    noises = [path for path in RECIPES if path not in ENLARGED]
    assert noises
    for path in noises:
        assert degrade(photograph[:88, :120], read_recipe(path)).shape == (88, 120, 3)


def test_a_step_that_does_not_clip_leaves_values_beyond_white_if_the_caller_takes_them():
    noise = {"kind": "gaussian_noise", "sigma": 25, "clip": False}
    recipe = to_recipe({"steps": [noise]}, "test")
    white = np.ones((16, 16, 3), np.float32)
    assert not recipe.clips
    assert degrade(white, recipe, clip=False).max() > 1
    assert degrade(white, recipe).max() == 1
    with pytest.raises(UsageError, match="clip"):
        to_recipe({"steps": [noise | {"clip": "no"}]}, "test")


@pytest.mark.parametrize("seed", [-1, "one", 0.5])
def test_a_seed_that_is_no_whole_number_from_0_is_an_error(even: np.ndarray, seed: Any):
    with pytest.raises(UsageError, match=str(seed)):
        degrade(even, to_recipe({"steps": [{"kind": "eight_bits"}]}, "recipe"), seed=seed)


def _digests(path: str, names: range) -> dict[str, str]:
    """Of each picture and step of a recipe; a worker's whole work."""
    recipe = read_recipe(Path(path))
    picture = np.load(Path(path).parent / "small.npy")
    found = {}
    for name in names:
        for n, step in enumerate(recipe.steps):
            spoiled = degrade(picture, Recipe((step,)), seed=2, name=name)
            found[f"{name} {n}"] = hashlib.sha256(spoiled.tobytes()).hexdigest()
    return found


@pytest.mark.parametrize("path", [None, *RECIPES], ids=lambda one: one.stem if one else "all")
def test_every_step_gives_the_same_pixels_in_1_2_and_8_workers(
    path: Path | None, photograph: np.ndarray, folder: Path
):
    recipe = folder / "all.toml"
    if path:
        recipe = folder / path.name
        recipe.write_text(path.read_text("utf-8"), "utf-8")
    np.save(folder / "small.npy", photograph[:48, :56])
    names = range(8)
    results = []
    for workers in (1, 2, 8):
        with ThreadPoolExecutor(workers) as pool:
            parts = pool.map(
                _digests, [str(recipe)] * workers, [names[n::workers] for n in range(workers)]
            )
            results.append({key: digest for part in parts for key, digest in part.items()})
    assert len(results[0]) == 8 * len(read_recipe(recipe).steps)
    assert results[0] == results[1] == results[2]
