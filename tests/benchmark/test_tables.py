from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from claritas.assessment.full_reference import as_rgb, psnr
from claritas.benchmark.sets import PictureSet, as_bytes, example, picture_set
from claritas.benchmark.tables import Method, methods, plain_method, rows, to_json, to_markdown
from claritas.image.resize import imresize

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"

# PSNR-Y of bicubic, decibels; the tolerance is for rounding the low resolution once or twice.
PUBLISHED = {
    "set5": ({2: 33.68, 3: 30.41, 4: 28.43}, 0.01),
    "set14": ({2: 30.330, 3: 27.634, 4: 26.092}, 0.015),
    "b100": ({2: 29.565, 3: 27.211, 4: 25.963}, 0.015),
}


@pytest.fixture(scope="module")
def table(folder):
    return rows(picture_set(folder), 3, methods([], 3))


def test_plain_interpolation_is_always_in_the_table(table):
    assert [row.method for row in table] == ["nearest", "bicubic", "lanczos"]
    assert all((row.set, row.scale, row.pictures) == ("pair", 3, 2) for row in table)


def test_every_row_names_its_protocol(table):
    assert {row.protocol for row in table} == {"Y BT.601, border 3, 8 bit; RGB, border 3, 8 bit"}


def test_enlargement_is_float_rounded_once(folder):
    low = example(folder / "cat.png", 2).low
    exact = imresize(low.astype(np.float64), scale=2)
    ours = plain_method("bicubic", 2).enlarge(low)
    assert np.abs(ours - exact.clip(0, 255)).max() <= 0.5 + 1e-3


def test_scores_are_means_over_pictures_within_a_border_of_the_scale(folder, table):
    expected = []
    for file in picture_set(folder).files:
        high, low = example(file, 3)
        result = plain_method("bicubic", 3).enlarge(low)
        expected.append(psnr(as_rgb(as_bytes(result)), as_rgb(high), border=3).value)
    assert table[1].psnr_y == pytest.approx(np.mean(expected))


def test_seconds_leave_the_start_of_a_method_out(folder):
    calls = []

    def enlarge(low):
        calls.append(low.shape)
        return imresize(low, scale=2)

    (row,) = rows(picture_set(folder), 2, [Method("counted", enlarge)])
    assert len(calls) == 1 + len(picture_set(folder).files)
    pixels = sum(height * width for height, width, _ in calls[1:])
    assert row.megapixels_per_second == pytest.approx(pixels / 1e6 / row.seconds)


def test_what_ran_a_method_stands_in_its_row(folder):
    method = Method("made", lambda low: imresize(low, scale=2), lambda _: ("openvino", "bf16"))
    (row,) = rows(picture_set(folder), 2, [method])
    assert (row.engine, row.precision) == ("openvino", "bf16")
    assert "| openvino bf16 |" in to_markdown([row])


def test_json_holds_every_number_unrounded(table):
    read = json.loads(to_json(table))
    assert [row["psnr_y"] for row in read["rows"]] == [row.psnr_y for row in table]
    assert "grey" in read["conventions"]


def test_a_perfect_method_is_infinite_and_json_says_null(folder):
    one = picture_set(folder)
    original = example(one.files[0], 2).high
    perfect = Method("perfect", lambda _: original)
    (row,) = rows(PictureSet("one", one.files[:1]), 2, [perfect])
    assert row.psnr_y == float("inf")
    assert row.ssim_y == pytest.approx(1)
    assert json.loads(to_json([row]))["rows"][0]["psnr_y"] is None


def test_markdown_has_a_line_a_row_and_the_conventions_below(table):
    lines = to_markdown(table).splitlines()
    assert len({line.count("|") for line in lines[:5]}) == 1
    assert lines[3].startswith("| pair | x3 | bicubic | ")
    assert "Originals are cropped" in lines[-1]


@pytest.mark.shared
@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("name", PUBLISHED)
def test_bicubic_rows_are_the_published_ones(name, scale):
    if not (SHARED / name).is_dir():
        pytest.skip("../shared is missing")
    expected, tolerance = PUBLISHED[name]
    (row,) = rows(picture_set(SHARED / name), scale, [plain_method("bicubic", scale)])
    assert row.psnr_y == pytest.approx(expected[scale], abs=tolerance)
