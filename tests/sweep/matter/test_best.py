"""Verdicts: sure where the evidence is, unsure where it is not, and never certain of luck."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats

from shoal.sweep.matter.best import best_settings
from shoal.sweep.matter.evidence import Evidence
from shoal.sweep.space import as_space, uniform

SPACE = as_space({"rate": uniform(0.0, 1.0)})


def evidence(parts, folds, seeds=1, costs=None):
    values = [{"rate": number / 100} for number in range(len(parts))]
    return Evidence(SPACE, values, parts, folds, seeds, costs)


def overlapping(truth, folds, rng):
    """Scores with the correlation of overlapping training sets between folds, 1 / folds."""
    own = rng.normal(size=(len(truth), 1)) / np.sqrt(folds)
    rest = rng.normal(size=(len(truth), folds)) * np.sqrt(1 - 1 / folds)
    return truth[:, None] + own + rest + rng.normal(size=folds)


def test_a_clear_winner(seed):
    rng = np.random.default_rng(seed)
    parts = rng.normal(size=(20, 5))
    parts[7] += 30
    found = best_settings(evidence(parts, 5))
    assert (found.trial, found.values, found.equals) == (7, {"rate": 0.07}, ())
    assert found.probability > 0.99
    assert found.beats_runner_up > 0.99
    assert found.low < found.fair_score < found.high
    assert found.told()[-1] == "All other settings are worse than it, beyond the noise."
    assert "probability of over 99%." in found.told()[2]
    oracle = stats.ttest_rel(parts[7], parts[found.runner_up])
    assert found.lead.mean == pytest.approx((parts[7] - parts[found.runner_up]).mean())
    assert found.lead.error == pytest.approx(
        found.lead.mean / oracle.statistic * np.sqrt((1 / 5 + 1 / 4) * 5)
    )


def test_equal_settings_are_called_equal(seed):
    rng = np.random.default_rng(seed)
    parts = rng.normal(size=(12, 4))
    found = best_settings(evidence(parts, 4, costs=list(range(12, 0, -1))))
    assert len(found.equals) == 11
    assert found.probability < 0.6
    assert found.fair_score < found.score
    assert found.cheapest == 11
    if found.trial != 11:
        cheapest = "the cheapest of them is trial 11: rate 0.11."
        assert found.told()[-1] == f"11 other settings are within the noise of the best; {cheapest}"


def test_probabilities_are_about_as_often_right_as_they_say(seed):
    rng = np.random.default_rng(seed)
    said, right, bias, raw, inside = [], [], [], [], []
    for number in range(80):
        truth = rng.normal(size=15) * 1.5
        parts = overlapping(truth, 4, rng)
        found = best_settings(evidence(parts - parts.mean(0), 4), seed=number)
        truth = truth - truth.mean()
        said.append(found.probability)
        right.append(found.trial == truth.argmax())
        raw.append(found.score - truth[found.trial])
        bias.append(found.fair_score - truth[found.trial])
        inside.append(truth.argmax() in (found.trial, *found.equals))
    assert np.mean(said) == pytest.approx(np.mean(right), abs=0.15)
    assert abs(np.mean(bias)) < 0.7 * np.mean(raw)
    assert np.mean(inside) > 0.93


def test_the_worse_ones_are_told_apart(seed):
    rng = np.random.default_rng(seed)
    truth = np.repeat([0.0, -20.0], 10)
    found = best_settings(evidence(overlapping(truth, 5, rng), 5))
    assert set(found.equals) <= set(range(10))


def test_what_failed_is_not_the_best():
    parts = np.array([[9.0, np.nan, 9.0], [1.0, 2.0, 3.0], [0.0, 2.0, 1.5]])
    found = best_settings(evidence(parts, 3))
    assert (found.trial, found.runner_up, found.trials) == (1, 2, 2)
    gone = best_settings(evidence(np.full((3, 2), np.nan), 2))
    assert gone.trial == -1
    assert gone.told() == ["No trial came to something in all folds and seeds, so there is no best one."]
    assert json.dumps(gone.to_json(), allow_nan=False)


def test_what_cannot_be_known_is_said():
    alone = best_settings(evidence([[1.0, 2.0]], 2))
    assert (
        alone.told()[1] == "It is the only trial with all its runs, so there is nothing to compare it with."
    )
    single = best_settings(evidence([[1.0], [2.0]], 1))
    assert single.trial == 1
    assert single.told()[1].startswith("One fold and one seed do not show the noise")
    assert json.dumps(single.to_json(), allow_nan=False)


def test_scores_without_any_spread():
    found = best_settings(evidence(np.array([[0.5] * 3, [0.5] * 3, [0.4] * 3]), 3))
    assert (found.trial, found.equals) == (0, (1,))
    assert found.told()[-1] == "1 other setting is within the noise of the best: trial 1."


def test_the_same_seed_gives_the_same_verdict(seed):
    parts = np.random.default_rng(seed).normal(size=(6, 3))
    one, two = (best_settings(evidence(parts, 3), seed=5) for _ in range(2))
    assert one == two
    written = json.loads(json.dumps(one.to_json(), allow_nan=False))
    assert written["lead"]["degrees"] == 2


def test_trials_that_nearly_failed_say_nothing_about_the_sound_ones(seed):
    """Scores of -1e14 are finite too. What is said of the best moves by less than the noise of a score, 1."""
    rng = np.random.default_rng(seed)
    sound = -20 - 3 * rng.random((17, 1)) + rng.standard_normal((17, 5))
    wild = -np.array([[1e3, 1e5, 1e12, 2e3, 1e4], [1e8, 1e2, 50, 60, 1e3], [1e15, 1e3, 1e2, 30, 40]])
    without, beside = (best_settings(evidence(p, 5)) for p in (sound, np.concatenate([sound, wild])))
    assert beside.trial == without.trial
    assert beside.fair_score == pytest.approx(without.fair_score, abs=1.0)
    assert (beside.low, beside.high) == pytest.approx((without.low, without.high), abs=1.0)
    assert beside.probability == pytest.approx(without.probability, abs=0.4)
