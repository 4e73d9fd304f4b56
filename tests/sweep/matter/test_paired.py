"""Paired differences: SciPy's t test is the oracle, and intervals cover as often as they say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from shoal.errors import InputError, SettingError
from shoal.sweep.matter.paired import paired_difference, t_test, units_of


@pytest.mark.parametrize("count", [2, 3, 5, 20])
def test_seeds_of_one_fold_are_scipys_paired_t_test(count, seed):
    rng = np.random.default_rng(seed + count)
    one, two = rng.normal(size=(2, count))
    found = paired_difference(one, two)
    oracle = stats.ttest_rel(one, two)
    bounds = oracle.confidence_interval(0.95)
    assert found.p == pytest.approx(oracle.pvalue, rel=1e-10)
    assert (found.low, found.high) == pytest.approx((bounds.low, bounds.high), rel=1e-9)
    assert found.degrees == oracle.df
    assert found.probability == pytest.approx(1 - stats.ttest_rel(one, two, alternative="greater").pvalue)


def test_folds_are_corrected_as_nadeau_and_bengio_say():
    """By hand: differences 1, 2, 3; s^2 = 1, so the error is sqrt(1/3 + 1/2) and t = 2 / 0.91287 = 2.1909."""
    found = paired_difference([1.0, 2.0, 3.0], [0.0, 0.0, 0.0], folds=3)
    assert found.error == pytest.approx(math.sqrt(5 / 6))
    assert found.p == pytest.approx(2 * stats.t.sf(2 / math.sqrt(5 / 6), 2))
    half = stats.t.ppf(0.975, 2) * math.sqrt(5 / 6)
    assert (found.low, found.high) == pytest.approx((2 - half, 2 + half))
    other = paired_difference([1.0, 2.0, 3.0], [0.0, 0.0, 0.0], folds=3, test_to_train=0.25)
    assert other.error == pytest.approx(math.sqrt(1 / 3 + 0.25))


def test_seeds_of_a_fold_are_averaged_first():
    wide = paired_difference([1.0, 3.0, 4.0, 4.0], np.zeros(4), folds=2)
    assert wide == paired_difference([2.0, 4.0], np.zeros(2), folds=2)
    gap = paired_difference([2.0, np.nan, 4.0, 4.0], np.zeros(4), folds=2)
    assert gap == wide


def test_intervals_cover_the_truth_as_often_as_they_say(seed):
    """Folds that err together as overlapping training sets make them: correlation 1 / folds."""
    rng = np.random.default_rng(seed)
    for folds in (3, 10):
        own = rng.normal(size=(2000, folds)) * math.sqrt(1 - 1 / folds)
        draws = 0.3 + own + rng.normal(size=(2000, 1)) * math.sqrt(1 / folds)
        found = [paired_difference(d, np.zeros(folds), folds=folds) for d in draws]
        assert 0.92 <= np.mean([one.low <= 0.3 <= one.high for one in found]) <= 0.98
    draws = 0.3 + rng.standard_normal((2000, 4))
    found = [paired_difference(d, np.zeros(4)) for d in draws]
    assert 0.92 <= np.mean([one.low <= 0.3 <= one.high for one in found]) <= 0.98


def test_what_cannot_be_tested_has_no_bounds():
    found = paired_difference([1.0, np.nan], [0.0, 0.0])
    assert (found.mean, found.degrees) == (1.0, 0)
    assert math.isnan(found.low)
    assert math.isnan(found.p)
    assert math.isnan(t_test(np.array([]), 0.0).mean)


def test_differences_without_spread():
    same = paired_difference([0.5, 0.5], [0.5, 0.5])
    assert (same.mean, same.low, same.high, same.p, same.probability) == (0, 0, 0, 1.0, 0.5)
    shifted = paired_difference([0.6, 0.7, 0.8], [0.5, 0.6, 0.7])
    assert (shifted.p, shifted.probability) == (0.0, 1.0)


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=8), st.floats(-5, 5))
def test_swapping_and_shifting(values, shift):
    one = np.array(values)
    there, back = paired_difference(one, one * 0), paired_difference(one * 0, one)
    assert there.mean == -back.mean
    assert there.p == pytest.approx(back.p)
    moved = paired_difference(one + shift, np.full(len(one), shift))
    assert moved.mean == pytest.approx(there.mean, abs=1e-9)


def test_what_is_refused():
    with pytest.raises(
        InputError, match=r"two arrays of one length; they came with the shapes \(2,\) and \(3,\)"
    ):
        paired_difference([1, 2], [1, 2, 3])
    with pytest.raises(InputError, match="must be folds times seeds: 3 x seeds; 4 came"):
        paired_difference(np.ones(4), np.ones(4), folds=3)
    with pytest.raises(InputError, match="folds times seeds: 2 x 3; 4 came"):
        units_of(np.ones(4), 2, 3)
    with pytest.raises(SettingError, match=r"'level' parameter .* must be a float in the range"):
        paired_difference([1, 2], [1, 2], level=1.0)
    with pytest.raises(SettingError, match="'test_to_train' parameter"):
        paired_difference([1, 2], [1, 2], folds=2, test_to_train=0.0)
    with pytest.raises(SettingError, match="'folds' parameter"):
        paired_difference([1, 2], [1, 2], folds=0)
