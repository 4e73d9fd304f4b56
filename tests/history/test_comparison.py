from __future__ import annotations

import math

import numpy as np
import pytest

from shoal.history.answers import Answers
from shoal.history.comparison import from_intervals, paired, shared_rows
from shoal.history.metrics import METRICS

CLASSES = ("no", "yes")


def classified(truth: np.ndarray, right: np.ndarray, rows: np.ndarray | None = None) -> Answers:
    """Answers that are sure of the truth where `right`, and of the other class elsewhere."""
    said = np.where(right, truth, 1 - truth)
    proba = np.where(np.eye(2)[said] == 1, 0.9, 0.1)
    return Answers("binary", CLASSES, np.arange(len(truth)) if rows is None else rows, truth, proba)


def test_a_difference_over_the_same_rows_is_that_of_the_metric() -> None:
    truth, generator = np.arange(200) % 2, np.random.default_rng(3)
    a, b = (classified(truth, generator.random(200) < share) for share in (0.6, 0.9))
    found = paired(a, b, "accuracy")
    assert found is not None
    figures = [METRICS["accuracy"](truth, one.prediction.argmax(1)) for one in (a, b)]
    assert (found.first, found.second) == pytest.approx(figures)
    assert found.low < found.difference < found.high
    assert found.better == "second"
    back = paired(b, a, "accuracy")
    assert back is not None
    assert back.better == "first"
    assert (back.low, back.high) == pytest.approx((-found.high, -found.low))


def test_the_interval_is_that_of_the_mean_difference() -> None:
    generator = np.random.default_rng(0)
    truth = generator.normal(size=400)
    a, b = (
        Answers("regression", ("y",), np.arange(400), truth, truth + generator.normal(size=400) * s)
        for s in (1, 2)
    )
    found = paired(a, b, "mae")
    assert found is not None
    each = np.abs(b.prediction - truth) - np.abs(a.prediction - truth)
    half = 1.96 * each.std(ddof=1) / math.sqrt(400)
    assert found.difference == pytest.approx(each.mean())
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.1)


def test_networks_that_are_equally_good_are_rarely_told_apart() -> None:
    told = 0
    for seed in range(60):
        generator = np.random.default_rng(seed)
        truth = generator.integers(0, 2, 150)
        a, b = (classified(truth, generator.random(150) < 0.8) for _ in range(2))
        found = paired(a, b, "accuracy", seed=seed)
        assert found is not None
        told += bool(found.real)
    assert told <= 8  # 3 are expected


def test_weights_count_as_rows() -> None:
    truth = np.array([0, 1, 1, 0])
    right = np.array([True, False, True, True])
    one = classified(truth, right)
    weighed = Answers("binary", CLASSES, one.rows, truth, one.prediction, np.array([1.0, 0.0, 1.0, 1.0]))
    found = paired(weighed, weighed, "accuracy")
    assert found is not None
    assert (found.first, found.difference) == (1.0, 0.0)
    assert found.real is False


def test_rows_whose_truth_differs_are_not_the_same_rows() -> None:
    truth = np.array([0, 1, 1, 0])
    a, other = classified(truth, truth == 1), classified(1 - truth, truth == 1)
    assert len(shared_rows(a, other)[0]) == 0
    assert paired(a, other, "accuracy") is None
    apart = classified(truth, truth == 1, rows=np.arange(10, 14))
    assert paired(a, apart, "accuracy") is None


def test_two_intervals_add_like_independent_errors() -> None:
    a, b = {"value": 1.0, "low": 0.7, "high": 1.3}, {"value": 0.5, "low": 0.1, "high": 0.9}
    found = from_intervals("rmse", a, b)
    assert (found.low, found.high) == pytest.approx((-1.0, 0.0))
    assert found.method == "intervals"
    unknown = from_intervals("rmse", a, {"value": 0.5, "low": None, "high": None})
    assert unknown.method == "none"
    assert unknown.real is None
    assert unknown.better is None
