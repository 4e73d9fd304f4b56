"""G4: the process against scikit-learn's, expected improvement against an integral, noise by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate
from scipy.stats import norm
from searches import BRANIN, MIXED, begun, branin, conditional, searched
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

from shoal.sweep.strategy import Told
from shoal.sweep.strategy.gaussian_process import _predicted, _telling, expected_improvement, features
from shoal.sweep.strategy.observed import noise_variances, winsorized


def test_the_prediction_is_scikit_learns(seed):
    rng = np.random.default_rng(seed)
    x, candidates = rng.random((15, 3)), rng.random((7, 3))
    y, noise = np.sin(4 * x).sum(axis=1), rng.random(15) * 0.01
    smooth = ConstantKernel(1.7) * Matern([0.3, 0.5, 2.0], nu=2.5)
    theirs = GaussianProcessRegressor(smooth, alpha=noise + 0.01 + 1e-8, optimizer=None).fit(x, y)
    mean, deviation = _predicted(smooth + WhiteKernel(0.01), x, y, noise, candidates)
    expected, spread = theirs.predict(candidates, return_std=True)
    np.testing.assert_allclose(mean, expected, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(deviation, spread, rtol=1e-6)


@pytest.mark.parametrize(("mean", "deviation", "best"), [(0.3, 0.5, 0.6), (1.0, 0.1, 0.0), (-2.0, 1.0, 0.5)])
def test_expected_improvement_is_the_integral(mean, deviation, best):
    exact, _ = integrate.quad(lambda f: (f - best) * norm.pdf(f, mean, deviation), best, best + 15)
    found = expected_improvement(np.array([mean]), np.array([deviation]), best)
    np.testing.assert_allclose(found, exact, rtol=1e-6)


def test_certainty_leaves_no_improvement_but_the_sure_one():
    found = expected_improvement(np.array([1.0, -1.0]), np.zeros(2), 0.0)
    np.testing.assert_allclose(found, [1.0, 0.0], atol=1e-8)


def test_features_are_quantiles_and_a_column_for_each_unordered_choice():
    rows = features(
        MIXED,
        [
            {"optimizer": "sgd", "learning_rate": 0.01, "momentum": 0.99, "hidden": [32]},
            {"optimizer": "adam", "learning_rate": 1.0, "beta_1": 0.5, "hidden": [64]},
        ],
    )
    np.testing.assert_allclose(rows[0], [0, 1, 0, 0.5, 1.0, 0.5, 0, 0, 1])
    np.testing.assert_allclose(rows[1], [1, 0, 0, 1.0, 0.5, 0.0, 1, 0, 0])


def test_scores_are_drawn_in_from_below_only():
    # of 0.5, 0.7, 0.9, -50 the median is 0.6, the best 0.3 above it, so none lies below 0
    found = winsorized([0.5, 0.7, 0.9, -50.0, -math.inf])
    np.testing.assert_allclose(found, [0.5, 0.7, 0.9, 0.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(winsorized([1.0, 1.0, 0.0]), [1.0, 1.0, 0.0])


def test_a_hard_fold_is_no_noise():
    hard = [Told(i, 0.0, 9, 0.1, (level + 0.1, level - 0.1)) for i, level in enumerate((0.1, 0.5, 0.9))]
    np.testing.assert_allclose(noise_variances(hard), 0.0, atol=1e-30)


def test_noise_by_hand():
    # trials (0, 2) and (1, 1): means 1 and 1, parts 0.5 and 1.5, residuals -+0.5, whose squares sum to 1;
    # over (2 - 1)(2 - 1), over 2 parts
    told = [Told(0, 1.0, 9, None, (0.0, 2.0)), Told(1, 1.0, 9, None, (1.0, 1.0))]
    np.testing.assert_allclose(noise_variances(told), 0.5)


def test_without_common_parts_the_spread_counts():
    told = [Told(0, 1.0, 9, 0.2, (0.8, 1.2)), Told(1, 1.0, 9, 0.3, (1.0,)), Told(2, 1.0, 9), Told(3, None, 9)]
    np.testing.assert_allclose(noise_variances(told), [0.02, 0.09, 0.0, 0.0])


def test_parts_that_came_to_nothing_do_not_make_the_others_noisy():
    told = [Told(i, 0.5, 9, None, (0.4 + i / 10, 0.6 + i / 10)) for i in range(4)]
    told.append(Told(4, None, 9, None, (math.nan, 0.6)))
    np.testing.assert_allclose(noise_variances(told), 0.0, atol=1e-30)


def test_of_many_trials_the_best_and_some_of_the_others_are_fitted():
    assert _telling(list(range(120))) == list(range(120))
    kept = _telling(list(range(1000)))
    assert kept[:100] == list(range(100))
    assert (len(kept), len(set(kept)), kept[100], kept[-1]) == (150, 150, 100, 999)


def test_a_batch_spreads_out():
    search = begun({"kind": "gp", "startup": 10, "batch": 6}, BRANIN, trials=16)
    log = searched(search, branin)
    points = np.array([BRANIN.to_unit(ask.values) for ask in log[1][0]])
    apart = np.linalg.norm(points[:, None] - points[None], axis=2) + 9 * np.eye(6)
    assert apart.min() > 1e-3
    assert apart.min(axis=1).mean() > 0.02


def test_hopeless_scores_do_not_blind_it():
    def cliff(values) -> float:
        return -1e6 if values["learning_rate"] > 0.1 else conditional(values)

    log = searched(begun({"kind": "gp", "startup": 16, "batch": 8}, trials=32), cliff)
    late = [cliff(ask.values) for asks, _ in log[1:] for ask in asks]
    early = [cliff(ask.values) for ask in log[0][0]]
    assert max(late) > max(early)
    assert np.mean(np.array(late) == -1e6) < 0.3
