"""Shrunken scores are less biased than those of the lucky, and few folds no longer look like certainty."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from shoal.sweep.matter.shrinkage import _inverse_trigamma, beliefs, steadied


@pytest.mark.parametrize("kind", ["normal", "alike", "tail"])
def test_the_best_of_many_is_less_overrated(kind, seed):
    rng = np.random.default_rng(seed)
    raw, fair, cover = [], [], []
    for _ in range(150):
        truth = {"normal": rng.normal(size=30), "alike": np.zeros(30), "tail": rng.normal(size=30) * 0.3}[
            kind
        ]
        if kind == "tail":
            truth[:15] -= rng.uniform(5, 50, 15)
        seen = truth + 0.7 * rng.normal(size=30)
        found = beliefs(seen, np.full(30, 0.7))
        best = seen.argmax()
        low, high = np.quantile(found.draw(400, rng)[:, best], [0.025, 0.975])
        raw.append(seen[best] - truth[best])
        fair.append(found.means[best] - truth[best])
        cover.append(low <= truth[best] <= high)
    assert np.mean(raw) > 0.4
    assert abs(np.mean(fair)) < 0.5 * np.mean(raw)
    assert np.mean(np.square(fair)) < np.mean(np.square(raw))
    assert np.mean(cover) > 0.8


def test_all_scores_together_are_nearer_to_the_truth_than_james_and_steins_where_they_come_in_groups(seed):
    rng = np.random.default_rng(seed)
    ours = steins = raw = 0.0
    for _ in range(40):
        truth = np.repeat([0.0, 10.0], 20)
        seen = truth + rng.normal(size=40)
        centre = seen.mean()
        factor = max(0.0, 1 - 37 / ((seen - centre) ** 2).sum())
        ours += ((beliefs(seen, np.ones(40)).means - truth) ** 2).sum()
        steins += ((centre + factor * (seen - centre) - truth) ** 2).sum()
        raw += ((seen - truth) ** 2).sum()
    assert ours < 0.5 * steins < 0.5 * raw


def test_small_errors_move_nothing():
    seen = [0.1, 0.5, 0.9, 0.3]
    assert beliefs(seen, [1e-6] * 4).means == pytest.approx(seen, abs=1e-5)


def test_draws_have_the_believed_mean(seed):
    rng = np.random.default_rng(seed)
    found = beliefs(rng.normal(size=5), rng.uniform(0.2, 1, size=5))
    drawn = found.draw(40_000, rng)
    assert drawn.mean(0) == pytest.approx(found.means, abs=0.03)


def test_very_many_scores_are_quick_and_keep_the_top(seed):
    rng = np.random.default_rng(seed)
    seen = np.append(rng.normal(size=999), 40.0)
    found = beliefs(seen, np.full(1000, 0.1))
    assert found.means[-1] == pytest.approx(40.0, abs=0.1)
    assert found.weights.shape == (1000, 200)


def test_steadied_variances_recover_what_they_were_drawn_from(seed):
    """Smyth's model with s0^2 = 2, d0 = 8: variances of 2 degrees each."""
    rng = np.random.default_rng(seed)
    true = 2 * 8 / rng.chisquare(8, size=4000)
    seen = true * rng.chisquare(2, size=4000) / 2
    steady, degrees = steadied(seen, 2)
    assert degrees - 2 == pytest.approx(8, rel=0.35)
    assert np.mean((np.log(steady) - np.log(true)) ** 2) < 0.3 * np.mean((np.log(seen) - np.log(true)) ** 2)


def test_equal_variances_are_pooled(seed):
    rng = np.random.default_rng(seed)
    steady, degrees = steadied(
        rng.chisquare(50, size=40) / 50, 3
    )  # they vary less than chance would make them
    assert degrees == np.inf
    assert np.ptp(steady) == 0


def test_too_few_to_steady():
    assert steadied([1.0, 2.0], 3)[0].tolist() == [1.0, 2.0]
    assert steadied([0.0, 0.0, 1.0], 3)[1] == 3.0


@pytest.mark.parametrize("value", [1e-8, 1e-3, 0.5, 3.0, 1e5, 1e8])
def test_the_inverse_of_trigamma(value):
    assert special.polygamma(1, _inverse_trigamma(value)) == pytest.approx(value, rel=1e-3)
