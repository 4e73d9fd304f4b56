"""Slices follow the truth within their bands; paired trials give exact effects."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats

from shoal.sweep.matter.evidence import Evidence
from shoal.sweep.matter.slices import exact_effects, slices
from shoal.sweep.matter.study import study
from shoal.sweep.space import as_space, choice, loguniform, tie, uniform, when

SPACE = as_space({"rate": loguniform(1e-4, 1.0), "kind": choice("p", "q"), "idle": uniform(0.0, 1.0)})


def trials(seed, count=80):
    rng = np.random.default_rng(seed)
    values = SPACE.sample(rng, count)
    units = np.array([SPACE.to_unit(one) for one in values])
    scores = -4 * (units[:, 0] - 0.6) ** 2 + 0.3 * units[:, 1]
    return Evidence(SPACE, values, scores[:, None] + 0.02 * rng.normal(size=(count, 4)), 2, 2)


def test_curves_follow_the_truth_within_their_bands(seed):
    evidence = trials(seed)
    rate, kind, idle = slices(evidence, draws=24)
    at = (np.arange(32) + 0.5) / 32
    truth = -4 * (at - 0.6) ** 2
    truth += np.mean(rate.scores) - truth.mean()
    inside = (np.array(rate.low) <= truth) & (truth <= np.array(rate.high))
    assert inside.mean() > 0.8
    assert 0.003 < rate.values[int(np.argmax(rate.scores))] == rate.best < 0.2  # 0.025 is the truth
    assert kind.values == ("p", "q")
    assert kind.scores[1] - kind.scores[0] == pytest.approx(0.15, abs=0.07)
    assert not kind.ordered
    assert max(idle.scores) - min(idle.scores) < 0.1
    assert all(low <= np.mean(idle.scores) <= high for low, high in zip(idle.low, idle.high, strict=True))


def test_slices_come_from_the_study(seed):
    evidence = trials(seed, 20)
    made = study(evidence, draws=3, seed=2)
    assert slices(evidence, made=made) == slices(evidence, draws=3, seed=2)
    assert json.dumps([one.to_json() for one in slices(evidence, made=made)], allow_nan=False)
    few = Evidence(SPACE, evidence.values[:3], evidence.scores[:3], 2, 2)
    assert slices(few) == ()


def test_one_setting_at_a_time_is_paired_with_the_base(seed):
    rng = np.random.default_rng(seed)
    base = {"rate": 0.01, "kind": "p", "idle": 0.5}
    values = [base, {**base, "rate": 0.1}, {**base, "rate": 0.001}, {**base, "kind": "q"}]
    parts = rng.normal(size=(4, 5))
    found = exact_effects(Evidence(SPACE, values, parts, 1, 5))
    assert [(one.name, one.value, one.reference, one.pairs) for one in found] == [
        ("rate", 0.1, 0.01, 1),
        ("rate", 0.001, 0.01, 1),
        ("kind", "q", "p", 1),
    ]
    for number, one in enumerate(found, start=1):
        assert one.difference.p == pytest.approx(stats.ttest_rel(parts[number], parts[0]).pvalue)
        assert one.p_corrected >= one.difference.p
    assert json.dumps([one.to_json() for one in found], allow_nan=False)


def test_a_grid_averages_over_the_other_settings():
    space = as_space({"a": choice(1, 2, 3), "b": choice("x", "y")})
    values = space.grid()
    base = {(1, "x"): 0.0, (1, "y"): 1.0, (2, "x"): 2.0, (2, "y"): 5.0, (3, "x"): 1.0, (3, "y"): 1.0}
    parts = np.array([[base[one["a"], one["b"]] + part for part in (0.0, 0.5)] for one in values])
    found = {(one.name, one.value): one for one in exact_effects(Evidence(space, values, parts, 1, 2))}
    assert found["a", 2].difference.mean == 3.0
    assert found["a", 3].difference.mean == 0.5
    assert found["b", "y"].difference.mean == pytest.approx(4 / 3)
    assert found["b", "y"].pairs == 3
    assert found["a", 2].seen


def test_random_trials_of_ranges_have_no_exact_effects(seed):
    assert exact_effects(trials(seed, 12)) == ()


def test_gaps_ties_and_conditions():
    space = as_space(
        {
            "size": choice(32, 64),
            "rate": tie("size", {32: 0.1, 64: 0.2}),
            "kind": choice("sgd", "adam"),
            "momentum": when(choice(0.5, 0.9), kind="sgd"),
        }
    )
    values = [
        {"size": 32, "rate": 0.1, "kind": "adam"},
        {"size": 64, "rate": 0.2, "kind": "adam"},
        {"size": 32, "rate": 0.1, "kind": "sgd", "momentum": 0.5},
        {"size": 32, "rate": 0.1, "kind": "sgd", "momentum": 0.9},
    ]
    parts = np.array([[1.0, 2.0, 3.0], [2.0, np.nan, 4.0], [1, 1, 1], [np.nan] * 3])
    size, momentum = exact_effects(Evidence(space, values, parts, 1, 3))
    assert (size.name, size.difference.mean, size.difference.degrees) == ("size", 1.0, 1)
    assert momentum.name == "momentum"
    assert np.isnan(momentum.difference.mean)
    assert not momentum.seen
    assert json.dumps(momentum.to_json(), allow_nan=False)
