"""Importances: known shares of the variance come back, and what does not matter is not seen."""

from __future__ import annotations

import json

import numpy as np
import pytest

from shoal.errors import SettingError
from shoal.sweep.matter.evidence import Evidence
from shoal.sweep.matter.importances import importances
from shoal.sweep.matter.study import study
from shoal.sweep.space import as_space, choice, loguniform, uniform, when

CUBE = as_space({name: uniform(0.0, 1.0) for name in "abcd"})
SHARES = {"a": 0.70, "b": 0.25, "c": 0.05, "d": 0.0}


def additive(x: np.ndarray) -> np.ndarray:
    """A linear, a wavy and another linear effect with the variances of SHARES."""
    a, b, c = (np.sqrt(SHARES[name]) for name in "abc")
    waves = np.sqrt(2) * np.sin(2 * np.pi * x[:, 1])
    return a * np.sqrt(12) * (x[:, 0] - 0.5) + b * waves + c * np.sqrt(12) * (x[:, 2] - 0.5)


def seen(x: np.ndarray, scores: np.ndarray, rng: np.random.Generator, noise: float = 0.3) -> Evidence:
    parts = scores[:, None] + noise * rng.normal(size=(len(x), 6))
    return Evidence(CUBE, [dict(zip("abcd", row.tolist(), strict=True)) for row in x], parts, 3, 2)


@pytest.mark.parametrize("number", range(10))
def test_known_shares_come_back(number):
    rng = np.random.default_rng(number)
    x = rng.random((60, 4))
    found = importances(seen(x, additive(x), rng), draws=24, seed=number)
    for one in found.settings:
        assert one.share.low <= SHARES[one.name] <= one.share.high, one
    assert [one.name for one in found.settings[:2]] == ["a", "b"]
    assert found.settings[-1].share.value < 0.02
    assert not found.interactions[0].seen
    assert found.explained > 0.8
    assert found.noise == pytest.approx(0.09 / 6 / 1.015, rel=0.5)


def test_scores_without_meaning_show_nothing(seed):
    """The null: the same settings with scores in another order."""
    rng = np.random.default_rng(seed)
    x = rng.random((40, 4))
    scores = additive(x)
    alarms = looked = 0
    for number in range(8):
        found = importances(seen(x, rng.permutation(scores), rng), draws=12, seed=number)
        alarms += sum(one.seen for one in found.settings)
        looked += 4
    assert alarms <= 0.1 * looked


def test_an_interaction_is_told_from_main_effects(seed):
    rng = np.random.default_rng(seed)
    x = rng.random((150, 4))
    found = importances(seen(x, 4 * (x[:, 0] - 0.5) * (x[:, 1] - 0.5), rng, 0.05), draws=16)
    assert found.interactions[0].names == ("a", "b")
    assert found.interactions[0].seen
    assert found.interactions[0].share.high > 0.8
    assert not any(one.seen for one in found.settings)


def test_optunas_fanova_agrees_in_rank(seed):
    optuna = pytest.importorskip("optuna")
    rng = np.random.default_rng(seed)
    x = rng.random((80, 4))
    evidence = seen(x, additive(x), rng)
    whole = optuna.distributions.FloatDistribution(0.0, 1.0)
    made = optuna.create_study(direction="maximize")
    for values, score in zip(evidence.values, evidence.means, strict=True):
        made.add_trial(
            optuna.trial.create_trial(params=values, distributions=dict.fromkeys("abcd", whole), value=score)
        )
    theirs = optuna.importance.get_param_importances(
        made, evaluator=optuna.importance.FanovaImportanceEvaluator(seed=0)
    )
    ours = [one.name for one in importances(evidence, draws=4).settings]
    assert ours == list(theirs)


def test_unordered_choices_and_weights(seed):
    """By hand: b has the share 3/4, so the variance of a step of 1 is 3/16, beside 4 x 1/12 of the slope."""
    rng = np.random.default_rng(seed)
    space = as_space({"kind": choice("a", "b", "c", weights=(1, 6, 1)), "slope": uniform(0.0, 2.0)})
    values = space.sample(rng, 120)
    scores = np.array([(one["kind"] == "b") + one["slope"] for one in values])
    found = importances(Evidence(space, values, scores[:, None], 1, 1), draws=16)
    share = (3 / 16) / (3 / 16 + 4 / 12)
    by_name = {one.name: one.share for one in found.settings}
    assert by_name["kind"].low <= share <= by_name["kind"].high
    assert by_name["kind"].value == pytest.approx(share, abs=0.1)


def test_a_switch_keeps_what_is_its_own(seed):
    """The momentum does nothing; only that it takes part goes along with the optimizer, which does all."""
    rng = np.random.default_rng(seed)
    space = as_space(
        {
            "optimizer": choice("sgd", "adam"),
            "momentum": when(uniform(0.0, 0.9), optimizer="sgd"),
            "rate": loguniform(1e-4, 1e-1),
        }
    )
    values = space.sample(rng, 60)
    scores = np.array([(one["optimizer"] == "adam") + 0.1 * rng.normal() for one in values])
    found = importances(Evidence(space, values, scores[:, None], 1, 1), draws=16)
    by_name = {one.name: one for one in found.settings}
    assert by_name["optimizer"].share.value > 0.95
    assert not by_name["momentum"].seen
    # And where it does something, half of the trials show it: Var(slope) / 2 of Var(slope) / 2 + step / 4.
    slope = np.array([2 * one.get("momentum", 0.45) / 0.9 for one in values])
    found = importances(Evidence(space, values, (scores + slope)[:, None], 1, 1), draws=16)
    by_name = {one.name: one for one in found.settings}
    assert by_name["momentum"].share.low <= (1 / 6) / (1 / 6 + 1 / 4 + 0.01) <= by_name["momentum"].share.high


def test_a_trial_that_failed_counts_as_the_worst(seed):
    rng = np.random.default_rng(seed)
    x = rng.random((60, 4))
    evidence = seen(x, 0.1 * x[:, 1], rng, 0.01)
    parts = np.where((x[:, 0] > 0.7)[:, None], np.nan, evidence.scores)
    found = importances(Evidence(CUBE, evidence.values, parts, 3, 2), draws=12)
    assert found.settings[0].name in "ab"
    assert {one.name for one in found.settings if one.seen} == {"a", "b"}
    assert found.failed == np.isnan(parts).all(1).sum() > 5
    assert found.told()[-1].endswith("trials came to nothing and count as the worst seen.")


def test_one_deep_failure_does_not_hide_the_rest(seed):
    rng = np.random.default_rng(seed)
    x = rng.random((60, 4))
    scores = additive(x)
    scores[7] = -1e9
    found = importances(seen(x, scores, rng), draws=12)
    assert [one.name for one in found.settings[:2]] == ["a", "b"]


def test_too_little_is_not_made_into_something(seed):
    rng = np.random.default_rng(seed)
    x = rng.random((7, 4))
    few = importances(seen(x, additive(x), rng))
    assert few.settings == ()
    assert few.told() == ["Cannot tell what mattered from 7 trials with a score; it takes 8 at least."]
    same = Evidence(
        CUBE, [dict(zip("abcd", row, strict=True)) for row in rng.random((9, 4))], np.ones((9, 1)), 1, 1
    )
    assert "all trials have the same score" in importances(same).reason
    fixed = as_space({"a": [1]})
    assert (
        "nothing varied" in importances(Evidence(fixed, [{"a": 1}] * 9, np.arange(9.0)[:, None], 1, 1)).reason
    )
    assert json.dumps(few.to_json(), allow_nan=False)


def test_the_same_seed_gives_the_same_bits(seed):
    rng = np.random.default_rng(seed)
    x = rng.random((20, 4))
    evidence = seen(x, additive(x), rng)
    one, two = (importances(evidence, draws=4, seed=3) for _ in range(2))
    assert one == two
    assert one != importances(evidence, draws=4, seed=4)
    assert one == importances(evidence, made=study(evidence, draws=4, seed=3))
    assert json.loads(json.dumps(one.to_json(), allow_nan=False))["trials"] == 20


def test_what_is_refused(seed):
    x = np.random.default_rng(seed).random((9, 4))
    with pytest.raises(SettingError, match=r"'draws' parameter of study must be an int in the range \[2"):
        importances(seen(x, additive(x), np.random.default_rng(0)), draws=1)
