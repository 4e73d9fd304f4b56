"""A training that never came near where it began is refused; one that ran away later keeps the best."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from shoal import NetClassifier, NetRegressor, fit_many
from shoal.errors import TrainingError, TrainingWarning
from shoal.fitting.endings import blown_up, fruitless, refuse_fruitless, tell_ending
from shoal.settings import Settings
from shoal.train.results import NetResult

RATE = Settings(learning_rate=0.5)
ADVICE = r"Lower learning_rate \(now 0\.5\), or set clip_norm=1\.0 to bound each step\."


def result(losses, best: int, *, before: int = 0, code: str = "complete", score: float = 0.5) -> NetResult:
    history = np.full((len(losses), 4), np.nan)
    history[:, 0] = losses
    return NetResult({}, {}, best, before + len(losses), score, code, "It ended.", history, 0.0, 1)


@pytest.mark.parametrize(
    ("losses", "best", "score", "expected"),
    [
        ([1.0, 0.5], 2, 0.5, False),
        ([1.0, 1e9], 0, np.inf, True),  # no epoch was near the beginning
        ([1.0, 1e9], 1, np.inf, True),  # going on from epoch 1, whose weights are kept
        ([], 0, np.inf, False),  # interrupted before the first epoch: another story
    ],
)
def test_what_is_no_result(losses, best, score, expected):
    assert fruitless(result(losses, best, score=score)) is expected


def test_going_on_without_getting_better_is_a_result():
    """The best epoch lies before this run, in which it was measured."""
    assert not fruitless(result([0.5, 0.6], 10, before=10))


@pytest.mark.parametrize(
    ("losses", "best", "expected"),
    [([1.0, 0.1, 22.0], 2, True), ([1.0, 0.1, 20.0], 2, False), ([1.0, 0.1, np.nan], 2, True)],
)
def test_far_above_the_beginning_is_ten_times_as_far_as_from_knowing_nothing(losses, best, expected):
    """1 + 10 (1 + 1) = 21."""
    assert blown_up(result(losses, best)) is expected


def test_the_sentences():
    with pytest.raises(TrainingError, match=rf"infinite or NaN in the first epoch\. {ADVICE}"):
        refuse_fruitless(result([np.nan], 0, code="diverged"), RATE)
    with pytest.raises(TrainingError, match=rf"never near where it began, in 2 epochs\. {ADVICE}"):
        refuse_fruitless(result([1.0, 1e9], 0), RATE)
    with pytest.warns(TrainingWarning, match=rf"^It ended\. {ADVICE}"):
        tell_ending(result([1.0, 0.1, np.nan], 2, code="diverged"), RATE)
    with pytest.warns(TrainingWarning, match=rf"the weights of epoch 2 are kept\. {ADVICE}"):
        tell_ending(result([1.0, 0.1, 1e9], 2), RATE)
    with pytest.warns(TrainingWarning, match=r"^It ended\. What was learnt is kept\.$"):
        tell_ending(result([1.0, 0.1], 2, code="interrupted"), RATE)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tell_ending(result([1.0, 0.1, 0.2], 2), RATE)
        refuse_fruitless(result([1.0, 0.1, 0.2], 2), RATE)


# ---------------------------------------------------------------- through the front doors


@pytest.fixture(scope="module")
def table():
    X = np.random.default_rng(0).normal(size=(200, 5))
    return X, X @ [1.0, -2.0, 0.5, 0.0, 3.0]


RUNAWAYS = [{"learning_rate": 1e300}, {"optimizer": "sgd", "learning_rate": 1e6}]


@pytest.mark.parametrize("settings", RUNAWAYS)
def test_a_rate_beyond_reason_is_refused(table, settings):
    X, y = table
    net = NetRegressor(epochs=60, hidden=(32,), random_state=0, **settings)
    with pytest.raises(TrainingError, match=r"Lower learning_rate \(now 1e\+(300|06)\), or set clip_norm"):
        net.fit(X, y)
    assert not hasattr(net, "model_")
    with pytest.raises(TrainingError, match="Lower learning_rate"):
        NetClassifier(epochs=60, hidden=(32,), random_state=0, **settings).fit(X, y > 0)


def test_many_nets_count_such_a_one_as_diverged(table):
    X, y = table
    common = NetRegressor(epochs=10, hidden=(8,), optimizer="sgd", batch_size=32)
    with pytest.warns(TrainingWarning, match=r"1 of 2 networks diverged"):
        nets = fit_many(common, [{"learning_rate": 1e6}, {"learning_rate": 0.01}], X, y)
    assert nets.codes == ("diverged", "complete")
    assert nets.best() is nets[1]


def test_ten_good_epochs_and_an_explosion_keep_the_good_weights(table):
    X, y = table
    burst = {"kind": "step", "every": 10, "factor": 1e12}
    net = NetRegressor(
        hidden=(16,), optimizer="sgd", learning_rate=0.05, schedule=burst, epochs=12, random_state=0
    )
    with pytest.warns(
        TrainingWarning, match=r"epoch (9|10) (is|are) kept\. Lower learning_rate \(now 0\.05\)"
    ):
        net.fit(X, y)
    assert net.best_iter_ in (9, 10)
    short = NetRegressor(
        hidden=(16,), optimizer="sgd", learning_rate=0.05, schedule="constant", epochs=9, random_state=0
    ).fit(X, y)
    assert net.score(X, y) > 0.9 * short.score(X, y)


def test_going_on_that_runs_away_leaves_the_estimator_as_it_was(table):
    X, y = table
    net = NetRegressor(hidden=(16,), epochs=20, random_state=0, warm_start=True).fit(X, y)
    before = net.predict(X)
    with pytest.raises(TrainingError, match="Lower learning_rate"):
        net.set_params(learning_rate=1e300).fit(X, y)
    np.testing.assert_array_equal(net.predict(X), before)
