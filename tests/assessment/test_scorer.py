"""A scoring model runs from its folder; the network here answers by brightness alone."""

from __future__ import annotations

import numpy as np
import pytest

import claritas
from claritas.assessment.scorer import Scorer
from claritas.errors import ModelError, UsageError


@pytest.fixture
def model(scoring_model):
    return scoring_model


@pytest.mark.parametrize("size", [(1, 1), (40, 30), (224, 224), (300, 1000)])
def test_a_picture_of_any_size_is_scored(model, size):
    scorer = Scorer(str(model))
    black, white = (scorer(np.full((*size, 3), level, np.uint8)) for level in (0, 255))
    assert black.score.value == pytest.approx(1, abs=1e-6)
    assert white.score.value == pytest.approx(10, abs=1e-6)
    assert sum(white.distribution) == pytest.approx(1)
    assert white.deviation < 0.01


def test_half_of_a_score_is_the_frame_and_half_are_crops(model):
    picture = np.zeros((1000, 1000, 3), np.uint8)
    picture[:100] = 255  # seen by the frame, by no crop at the middle
    found = Scorer(str(model))(picture)
    assert found.distribution[0] > 0.5
    assert found == Scorer(str(model))(picture)


def test_an_assessment_holds_the_score_beside_the_metrics(model):
    found = claritas.assess(np.full((40, 40), 255, np.uint8), model=str(model), metrics=["piqe"])
    assert found.score is not None
    assert found["score"] is found.score
    assert found.score.range == (1, 10)
    assert found["piqe"].value == 100


def test_a_model_that_enhances_does_not_score():
    with pytest.raises(UsageError, match="task score"):
        Scorer("photo-x2")


def test_weights_that_are_not_the_cards_are_refused(model):
    (model / "model.onnx").write_bytes(b"")
    with pytest.raises(ModelError, match="SHA-256"):
        Scorer(str(model))


def test_many_pictures_are_scored_as_each_alone(model):
    random = np.random.default_rng(3)
    sizes = [(30, 40), (224, 224), (300, 260), (500, 230)] * 3
    pictures = [random.integers(0, 256, (*size, 3), np.uint8) for size in sizes]
    scorer = Scorer(str(model))
    found = list(scorer.many(iter(pictures)))
    assert [one.score.value for one in found] == pytest.approx(
        [scorer(one).score.value for one in pictures], abs=1e-5
    )


def test_the_card_says_what_the_network_is_shown(model):
    picture = np.zeros((1000, 1000, 3), np.uint8)
    picture[:100] = 255
    card, text = model / "card.toml", (model / "card.toml").read_text("utf-8")
    marks = {}
    for share in (0, 0.5, 1):
        card.write_text(text + f"[views]\nframe = 64\nside = 32\nshare = {share}\n", "utf-8")
        marks[share] = Scorer(str(model))(picture).score.value
    assert marks[0] == pytest.approx(1, abs=1e-6)
    assert marks[0.5] == pytest.approx((marks[0] + marks[1]) / 2)
    card.write_text(text + "[views]\nframe = 64\ncrops = 0\n", "utf-8")
    alone = Scorer(str(model))(picture)
    assert alone.score.value == marks[1]
    assert str(alone.score.protocol).endswith("frame of 64 pixels")
    card.write_text(text + "[views]\nframe = 0\ncrops = 0\n", "utf-8")
    with pytest.raises(ModelError, match="frame or crops"):
        Scorer(str(model))


def test_a_score_is_placed_among_the_photographs_that_people_rated(model):
    scorer = Scorer(str(model))
    black, white = (scorer(np.full((40, 40, 3), level, np.uint8)) for level in (0, 255))
    assert (black.percentile, white.percentile) == (0, 100)
    assert white.rated == "101 photographs"
    assert claritas.assess(np.zeros((40, 40), np.uint8), model=str(model)).percentile == 0
