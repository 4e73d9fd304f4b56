"""Effects of techniques: verdicts in words, and few false ones however many are asked about."""

from __future__ import annotations

import json
import math
from dataclasses import asdict

import numpy as np
import pytest
from scipy import stats

from shoal.errors import InputError, SettingError
from shoal.sweep.matter.effects import effects, told

BASE = np.array([0.52, 0.50, 0.49, 0.51, 0.53, 0.50])


def test_one_technique_is_the_paired_t_test():
    new = BASE - [0.02, 0.01, 0.03, 0.02, 0.02, 0.015]
    (found,) = effects(BASE, {"dropout": new}, figure="log loss", goal="min")
    oracle = stats.ttest_rel(new, BASE)
    assert found.p == found.p_corrected == pytest.approx(oracle.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(oracle.confidence_interval()))
    assert found.relative == pytest.approx(new.mean() / BASE.mean() - 1)
    assert found.verdict.startswith("helps: −3.8% ± ")
    assert found.verdict.endswith(" log loss")
    assert found.seen


def test_what_helps_depends_on_the_goal():
    up = {"a": BASE + np.array([0.1, 0.11, 0.1, 0.1, 0.09, 0.1])}
    assert effects(BASE, up, goal="max")[0].verdict.startswith("helps: +19.7% ± ")
    assert effects(BASE, up, goal="min")[0].verdict.startswith("hurts: +19.7% ± ")


def test_no_effect_is_said_with_its_bound():
    new = BASE + np.array([0.01, -0.01, 0.012, -0.012, 0.005, -0.005])
    (found,) = effects(BASE, {"noise": new})
    half = 100 * (found.relative_high - found.relative)
    assert found.verdict == f"no effect seen (within ±{half + 100 * abs(found.relative):.1f}%)"
    assert not found.seen


def test_several_are_corrected_and_intervals_agree_with_verdicts(seed):
    rng = np.random.default_rng(seed)
    for _ in range(30):
        shift = rng.choice([0, 0.01, 0.03], size=5)
        found = effects(
            BASE, {str(i): BASE + s + 0.01 * rng.normal(size=6) for i, s in enumerate(shift)}, folds=3
        )
        for one in found:
            assert one.seen == (one.low > 0 or one.high < 0) == (not one.verdict.startswith("no effect"))
            assert one.p_corrected >= one.p
            assert one.level >= 0.95
    assert "5 techniques were asked about at once" in told(found)[-1]
    assert told(found[:1]) == [f"0: {found[0].verdict}"]


def test_few_false_verdicts_of_many_useless_techniques(seed):
    rng = np.random.default_rng(seed)
    wrong = 0
    for _ in range(150):
        base = rng.normal(1, 0.1, size=10)
        found = effects(base, {str(i): base + rng.normal(0, 0.05, 10) for i in range(6)}, folds=5)
        wrong += any(one.seen for one in found)
    assert wrong <= 15  # 7.5 expected at most


def test_relative_intervals_cover(seed):
    rng = np.random.default_rng(seed)
    hits = 0
    for _ in range(400):
        base = rng.normal(1.0, 0.1, size=8)
        (found,) = effects(base, {"a": 0.9 * base + rng.normal(0, 0.05, 8)})
        hits += found.relative_low <= -0.1 <= found.relative_high
    assert 0.92 <= hits / 400 <= 0.98


def test_a_negative_baseline_keeps_the_direction():
    """Scores such as neg_log_loss: from -0.5 to -0.45 is up by a tenth."""
    (found,) = effects(-BASE, {"a": -0.9 * BASE}, goal="max")
    assert found.mean > 0
    assert found.relative == pytest.approx(0.1)
    assert found.relative_low <= found.relative <= found.relative_high


def test_runs_that_came_to_nothing_are_counted():
    new = BASE - 0.02
    new[[0, 3]] = np.nan
    (found,) = effects(BASE, {"a": new}, figure="log loss", goal="min")
    assert found.came_to_nothing == 2
    assert found.verdict.endswith("; 2 of 6 runs came to nothing")
    (gone,) = effects(BASE, {"a": np.full(6, np.nan)})
    assert gone.verdict.startswith("cannot tell: it takes two folds or seeds")
    assert math.isnan(gone.p)
    assert not gone.seen


def test_a_baseline_of_zero_is_told_in_units():
    zero = np.array([0.1, -0.1, 0.2, -0.2])
    (found,) = effects(zero, {"a": zero + np.array([1.0, 1.1, 0.9, 1.0])})
    assert math.isnan(found.relative)
    assert found.verdict == "helps: +1 ± 0.1299 score"
    (none,) = effects(zero, {"a": zero + np.array([1.0, -1.0, 1.0, -1.0])})
    assert none.verdict == "no effect seen (within ±1.837)"


def test_it_survives_json():
    (found,) = effects(BASE, {"a": BASE * 1.1})
    assert json.loads(json.dumps(asdict(found)))["name"] == "a"


def test_what_is_refused():
    with pytest.raises(InputError, match=r"'a' must have a figure for each .* shape \(6,\); \(5,\) came"):
        effects(BASE, {"a": BASE[:5]})
    with pytest.raises(SettingError, match="'goal' parameter of effects must be one of 'min', 'max'"):
        effects(BASE, {}, goal="maximise")
    assert effects(BASE, {}) == ()
