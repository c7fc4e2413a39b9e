from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from claritas.degradation.drawing import LETTERS, drawn, text_lines
from claritas.degradation.mask import HOLE
from claritas.degradation.recipe import degrade, degrade_with_mask, to_recipe
from claritas.degradation.spoiling import in_words, to_spoiling
from claritas.errors import UsageError

MASKS = ("box_mask", "stroke_mask", "scratch_mask", "text_mask")
MARKS = ("text_watermark", "logo_watermark")


def recipe(*steps: Any):
    tables = [{"kind": step} if isinstance(step, str) else step for step in steps]
    return to_recipe({"steps": tables}, "recipe")


@pytest.mark.parametrize("kind", MASKS)
def test_a_hole_is_grey_where_its_mask_is_one_and_nothing_else_changes(kind: str, photograph):
    shares = []
    for name in range(12):
        spoiled, mask = degrade_with_mask(photograph, recipe(kind), name=name)
        assert mask is not None
        assert mask.shape == photograph.shape[:2]
        assert set(np.unique(mask)) <= {0.0, 1.0}
        assert np.array_equal(spoiled[mask == 0], photograph[mask == 0])
        assert (spoiled[mask == 1] == HOLE).all()
        shares.append(mask.mean())
    assert max(shares) > 0.01
    assert max(shares) < 0.9


def test_masks_of_several_steps_are_one(photograph):
    both = recipe("box_mask", "scratch_mask")
    spoiled, mask = degrade_with_mask(photograph, both, name="a")
    assert mask is not None
    assert (spoiled[mask == 1] == HOLE).all()
    _, boxes = degrade_with_mask(photograph, recipe("box_mask"), name="a")
    assert boxes is not None
    assert (mask >= boxes).all()
    assert mask.sum() > boxes.sum()


def test_a_recipe_without_holes_has_no_mask(photograph):
    assert degrade_with_mask(photograph, recipe("eight_bits"))[1] is None


def test_a_hole_before_another_size_is_an_error(photograph):
    with pytest.raises(UsageError, match="resamples"):
        degrade(photograph, recipe("box_mask", {"kind": "resample", "scale": 0.5}))


@pytest.mark.parametrize("kind", MARKS)
def test_a_watermark_changes_a_part_and_none_of_it_at_opacity_0(kind: str, photograph):
    changed = []
    for name in range(12):
        marked = degrade(photograph, recipe(kind), name=name)
        changed.append((marked != photograph).any(axis=-1).mean())
        none = degrade(photograph, recipe({"kind": kind, "opacity": 0}), name=name)
        assert np.allclose(none, photograph, atol=1e-6)
    assert 0 < np.median(changed) < 0.7


def test_a_tiled_watermark_is_in_every_quarter(photograph):
    table = {"kind": "text_watermark", "tiled": 1, "height": 0.08, "opacity": 0.7}
    marked = degrade(photograph, recipe(table), name=1)
    changed = (marked != photograph).any(axis=-1)
    height, width = changed.shape
    for rows in (slice(0, height // 2), slice(height // 2, height)):
        for columns in (slice(0, width // 2), slice(width // 2, width)):
            assert changed[rows, columns].any()


def test_a_line_covers_as_much_as_it_is_long_and_wide():
    cover = drawn((40, 60), [((10.0, 20.0), (50.0, 20.0))], 3.0)
    assert cover.sum() == pytest.approx(40 * 3 + np.pi * 1.5**2, rel=0.05)
    assert cover.max() == 1


def test_every_letter_can_be_told_from_every_other():
    seen = set()
    for letter in LETTERS:
        seen.add((drawn((40, 40), text_lines(letter, 24, (20.0, 20.0), 0), 2.0) > 0.5).tobytes())
    assert len(seen) == len(LETTERS) == 36


def test_jpeg_2000_gets_worse_with_its_ratio(photograph):
    errors = [
        np.abs(degrade(photograph, recipe({"kind": "jpeg2000", "ratio": r})) - photograph).mean()
        for r in (4, 20, 60)
    ]
    assert errors[0] < errors[1] < errors[2]


def test_jpeg_2000_without_pillow_names_the_extra(photograph, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(UsageError, match="jpeg2000"):
        degrade(photograph, recipe({"kind": "jpeg2000", "ratio": 4}))


@pytest.mark.parametrize("table", [{}, {"kind": "rain"}, {"kind": "bicubic", "scale": 2}])
def test_a_degradation_that_is_none_is_an_error(table: dict[str, Any]):
    with pytest.raises(UsageError, match="no degradation"):
        to_spoiling(table, 2)


def test_a_seed_of_a_degradation_is_a_whole_number():
    with pytest.raises(UsageError, match="seed"):
        to_spoiling({"steps": [{"kind": "eight_bits"}], "seed": -1}, 2)


def test_a_recipe_in_words_says_its_steps():
    jpeg = {"kind": "jpeg", "quality": {"one_of": [30, [60, 90]]}}
    table = {
        "steps": [
            {"kind": "gaussian_blur", "sigma": [0.2, 3], "chance": 0.8},
            {"kind": "resample", "scale": 0.5, "kernel": ["area", "bicubic"]},
            {
                "kind": "choose",
                "options": [
                    {
                        "weight": 2,
                        "steps": [jpeg],
                    },
                    {"steps": []},
                ],
            },
        ]
    }
    assert in_words(table) == (
        "gaussian blur (sigma 0.2 to 3) in 80 %, then "
        "resample (scale 0.5, kernel area or bicubic), then "
        "one of [jpeg (quality 30 or 60 to 90) with weight 2; nothing]"
    )
    assert in_words({"kind": "bicubic"}) == "bicubic"
