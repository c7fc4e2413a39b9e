"""A result is kept only where it is no worse than its input."""

from __future__ import annotations

import io
import re
import shutil
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage import data

import claritas
from claritas.enhancement.judge import Judge, as_natural
from claritas.enhancement.part import matching, middle
from claritas.errors import UsageError
from claritas.image.picture import Picture
from claritas.image.resize import imresize, resize
from claritas.zoo.catalogue import SHIPPED, default_scorer

SMALL = imresize(np.ascontiguousarray(data.chelsea()[:192, :256]), scale=0.5)


def of_niqe(value: float) -> Any:
    """Stands for an assessment."""
    return {"niqe": SimpleNamespace(value=value)}


def noisy(sigma: float) -> np.ndarray:
    noise = np.random.default_rng(1).normal(0, sigma, SMALL.shape)
    return np.clip(SMALL + noise, 0, 255).round().astype(np.uint8)


def test_a_good_result_is_kept_and_nothing_else_is_changed():
    verdict = Judge(claritas.Options(scale=2, judge=True)).verdict(Picture.from_array(SMALL))
    assert verdict.kept
    assert np.array_equal(verdict.picture.array(), claritas.enhance(SMALL, scale=2))
    assert verdict.after["consistency"].value > 50
    assert any("its NIQE is no worse" in remark for remark in verdict.picture.remarks)
    scored = "its score is no lower" if default_scorer() else "no scoring model is installed"
    assert any(scored in remark for remark in verdict.picture.remarks)


@pytest.mark.parametrize("sigma", [0, 8, 20])
def test_a_model_with_shuffled_weights_is_refused_for_what_it_contradicts(shuffled, sigma):
    source = Picture.from_array(noisy(sigma))
    judge = Judge(claritas.Options(scale=2, judge=True, model=str(shuffled)))
    verdict = judge.verdict(source)
    assert not verdict.kept
    assert "other things than the input" in verdict.why[0]
    assert np.array_equal(verdict.picture.array(), resize(source, scale=2).array())
    assert any("input was kept" in remark for remark in verdict.picture.remarks)
    assert any("No model changed" in note for note in verdict.picture.header.notes)


def test_projection_does_not_hide_a_bad_model(shuffled):
    options = claritas.Options(scale=2, judge=True, model=str(shuffled), faithful="block")
    assert not Judge(options).verdict(Picture.from_array(SMALL)).kept


def test_noise_that_a_model_would_sharpen_is_left_alone():
    options = claritas.Options(scale=2, judge=True, model="photo-x2")
    verdict = Judge(options).verdict(Picture.from_array(noisy(15)))
    assert not verdict.kept
    assert "noise of 1" in verdict.why[1]


def test_a_result_that_people_would_like_less_is_refused(scoring_model, monkeypatch):
    monkeypatch.setattr("claritas.enhancement.judge.default_scorer", lambda: str(scoring_model))
    verdict = Judge(claritas.Options(scale=2, judge=True)).verdict(Picture.from_array(SMALL))
    assert any("its score is" in sentence for sentence in verdict.why)
    assert verdict.before.score is not None
    assert verdict.after.score is not None
    assert verdict.kept == (verdict.after.score.value >= verdict.before.score.value)


def test_a_fault_that_the_card_says_was_learned_is_no_reason(tmp_path):
    shutil.copytree(SHIPPED / "photo-x2", tmp_path / "model")
    card = tmp_path / "model/card.toml"
    text = card.read_text("utf-8")
    options = claritas.Options(scale=2, judge=True, model=str(tmp_path / "model"))
    for kind, learned in (("bicubic", False), ("bicubic, noise of 0 to 30", True)):
        card.write_text(re.sub('degradation = ".*"', f'degradation = "{kind}"', text), "utf-8")
        why = Judge(options).verdict(Picture.from_array(noisy(15))).why
        assert any("noise of 1" in sentence for sentence in why) != learned


def test_strong_jpeg_is_left_alone_by_models_that_never_saw_any():
    file = io.BytesIO()
    Image.fromarray(SMALL).save(file, "JPEG", quality=30)
    options = claritas.Options(scale=2, judge=True, model="photo-x2")
    verdict = Judge(options).verdict(Picture.from_array(np.asarray(Image.open(file))))
    assert not verdict.kept
    assert "a JPEG of quality 30" in verdict.why[-2]


def test_a_worn_picture_is_kept_as_the_model_for_such_cleans_it():
    """Real photographs: what takes noise away may differ from its input by that noise."""
    clean = imresize(data.coffee(), scale=0.5)
    noise = np.random.default_rng(0).normal(0, 14, clean.shape)
    worn = np.clip(clean + noise, 0, 255).round().astype(np.uint8)
    verdict = Judge(claritas.Options(scale=2, judge=True)).verdict(Picture.from_array(worn))
    assert verdict.kept, verdict.why
    assert any("real-x4" in note for note in verdict.picture.header.notes)


def test_small_pictures_are_judged_without_their_statistics_and_that_is_said():
    array = claritas.enhance(SMALL[:9, :12], scale=2, judge=True)
    assert array.shape == (18, 24, 3)
    verdict = Judge(claritas.Options(scale=2, judge=True)).verdict(Picture.from_array(SMALL[:9]))
    assert verdict.kept
    assert any("no NIQE can be had" in sentence for sentence in verdict.why)


def test_a_size_and_a_projection_go_with_judging():
    array = claritas.enhance(SMALL, size=(200, 150), judge=True)
    assert array.shape == (150, 200, 3)
    exact = claritas.enhance(SMALL, scale=2, judge=True, faithful="block")
    assert np.array_equal(exact.reshape(96, 2, 128, 2, 3).mean(axis=(1, 3)), SMALL)


def test_what_cannot_be_judged_is_refused():
    with pytest.raises(UsageError, match="enlargements"):
        claritas.enhance(SMALL, scale=0.5, judge=True)
    with pytest.raises(UsageError, match="the shape kept"):
        claritas.enhance(SMALL, size=(300, 100), judge=True)
    with pytest.raises(UsageError, match="does not judge"):
        claritas.Enhancer(claritas.Options(judge=True))


def test_of_a_large_picture_the_middle_is_judged():
    source = Picture.from_array(np.arange(60 * 40, dtype=np.uint16).reshape(60, 40))
    part = middle(source, 2, largest=2400)
    assert (part.header.width, part.header.height) == (20, 30)
    assert np.array_equal(part.array()[..., 0], source.array()[15:45, 10:30, 0])
    large = Picture.from_array(source.array().repeat(2, 0).repeat(2, 1))
    beside = matching(large, source.header, part.header).array()
    assert np.array_equal(beside, part.array().repeat(2, 0).repeat(2, 1))
    assert middle(source, 2) is source


@pytest.mark.parametrize(
    ("now", "kept", "words"),
    [(6.0, True, "no worse"), (7.1, True, "little worse"), (7.3, False, "worse")],
)
def test_a_niqe_that_rises_by_up_to_a_fifth_is_kept_and_said(now, kept, words):
    remark = f"its NIQE is {words} ({now:.2f}, interpolated 6.00; lower is better)"
    assert as_natural(of_niqe(6.0), of_niqe(now)) == (kept, remark)
