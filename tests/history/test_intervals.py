"""Intervals: hand-worked values, and they cover the truth about as often as they say."""

from __future__ import annotations

import math

import numpy as np
import pytest

from shoal.history import METRICS, interval, judged, wilson


def test_wilson_by_hand():
    """Textbook values, z = 1.96 (Newcombe 1998, table I: 81/263, 15/148, 0/20, 1/29)."""
    for right, rows, low, high in [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605)]:
        assert wilson(right / rows, rows) == pytest.approx((low, high), abs=5e-5)
    assert wilson(0.0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(1 / 29, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)
    assert wilson(1.0, 10)[1] == 1.0


def test_weights_count_as_kish_says():
    proba = np.array([[0.9, 0.1]] * 4)
    truth = [0, 0, 0, 1]
    plain = interval("binary", METRICS["accuracy"], truth, proba)
    doubled = interval("binary", METRICS["accuracy"], truth, proba, [2.0] * 4)
    assert (plain.low, plain.high) == wilson(0.75, 4) == (doubled.low, doubled.high)
    uneven = interval("binary", METRICS["accuracy"], truth, proba, [1.0, 0.0, 0.0, 1.0])
    assert (uneven.low, uneven.high) == wilson(0.5, 2)


@pytest.mark.parametrize("rows", [300, 3000])
def test_bootstrap_of_a_mean_agrees_with_the_standard_error(rows, seed):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(rows, 1))
    found = interval("regression", METRICS["mae"], truth, np.zeros((rows, 1)))
    error = np.abs(truth).std() / math.sqrt(rows)
    assert found.value == pytest.approx(np.abs(truth).mean())
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.25)
    assert found.method == "bootstrap"


def test_bootstrap_covers_the_true_value_about_as_often_as_it_says(seed):
    rng = np.random.default_rng(seed)
    hits = 0
    for trial in range(100):
        truth = rng.normal(size=(80, 1))
        found = interval("regression", METRICS["rmse"], truth, np.zeros((80, 1)), seed=trial)
        hits += found.low <= 1.0 <= found.high
    assert hits >= 80


def test_the_same_seed_gives_the_same_interval(seed):
    rng = np.random.default_rng(seed)
    proba = rng.dirichlet([1, 1, 1], 60)
    truth = rng.integers(0, 3, 60)
    one, two = (judged("multiclass", truth, proba, seed=5) for _ in range(2))
    assert one == two
    assert one != judged("multiclass", truth, proba, seed=6)
    for figure in one["figures"].values():
        assert figure["low"] <= figure["value"] <= figure["high"] or figure["value"] == figure["low"]


def test_rows_of_weight_zero_are_absent(seed):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(40, 1))
    weight = (np.arange(40) < 30).astype(float)
    cut = interval("regression", METRICS["r2"], truth[:30], truth[:30] * 0.5)
    assert interval("regression", METRICS["r2"], truth, truth * 0.5, weight) == cut


def test_a_figure_that_is_not_defined_has_no_bounds():
    found = interval("binary", METRICS["roc_auc"], [1, 1], [[0.1, 0.9], [0.2, 0.8]])
    assert all(math.isnan(number) for number in (found.value, found.low, found.high))


def test_a_single_row_still_gets_an_answer():
    found = judged("binary", [1], [[0.1, 0.9]])
    assert found["rows"] == 1
    assert found["figures"]["accuracy"]["value"] == 1.0
    assert found["figures"]["accuracy"]["low"] < 0.3


def test_an_interval_stays_where_the_figure_can_be():
    truth = np.arange(3000) % 2
    proba = np.stack([1 - truth, truth], axis=1) * 0.8 + 0.1
    proba[:3] = proba[:3, ::-1]
    for figure in judged("binary", truth, proba)["figures"].values():
        assert 0.0 <= figure["low"] <= figure["value"] <= figure["high"]
    assert judged("binary", truth, proba)["figures"]["roc_auc"]["high"] <= 1.0
