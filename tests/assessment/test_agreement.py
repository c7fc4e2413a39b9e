from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from claritas.assessment.agreement import accuracy, emd, krcc, plcc, srcc
from claritas.errors import UsageError

marks = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=60).filter(
    lambda pairs: all(len(set(side)) > 1 for side in zip(*pairs, strict=True))
)


@settings(max_examples=40, deadline=None)
@given(marks)
def test_correlations_agree_with_scipy_ties_included(pairs):
    x, y = zip(*pairs, strict=True)
    assert plcc(x, y).value == pytest.approx(stats.pearsonr(x, y).statistic, abs=1e-9)
    assert srcc(x, y).value == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-9)
    assert krcc(x, y).value == pytest.approx(stats.kendalltau(x, y).statistic, abs=1e-9)


def test_emd_agrees_with_scipy():
    x, y = np.random.default_rng(0).dirichlet(np.ones(10), (2, 50))
    places = np.arange(10)
    expected = [
        stats.wasserstein_distance(places, places, a, b) / 10 for a, b in zip(x, y, strict=True)
    ]
    assert emd(x, y).value == pytest.approx(np.mean(expected), abs=1e-12)
    farthest = np.eye(10)[0], np.eye(10)[9]
    assert emd(*farthest).value == pytest.approx(emd(*farthest).range[1])


def test_accuracy_counts_the_side_of_the_cut():
    assert accuracy([4, 6, 5, 5.1], [3, 5, 5, 9]).value == 75


@pytest.mark.parametrize(
    ("measure", "x", "y"),
    [
        (plcc, [1, 1, 1], [1, 2, 3]),
        (srcc, [1, 2], [1, 2, 3]),
        (krcc, [1, float("nan")], [1, 2]),
        (accuracy, [], []),
        (emd, [0.5, 0.4], [0.5, 0.5]),
        (emd, [1.5, -0.5], [0.5, 0.5]),
        (emd, [0.5, 0.5], [1.0, 0.0, 0.0]),
    ],
)
def test_what_cannot_be_compared_is_an_error(measure, x, y):
    with pytest.raises(UsageError):
        measure(x, y)
