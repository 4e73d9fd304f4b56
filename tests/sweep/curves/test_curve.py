"""Curves of networks: parts that add up, an error that falls with the rows, one training looked at twice."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import numpy as np
import pytest

from shoal import NetClassifier, NetRegressor, curve
from shoal.report.error_curve import error_curve
from shoal.sweep.curves.result import Curve, Estimate, Point
from shoal.sweep.curves.study import designed, drawn
from shoal.sweep.curves.verdicts import verdicts
from shoal.sweep.evaluation import evaluate
from shoal.sweep.handed_in import asked_of
from shoal.sweep.question import settings_with
from shoal.sweep.runs import Run

PLAIN = {"hidden": (), "epochs": 40, "schedule": "constant", "learning_rate": 0.05, "weight_decay": 0.0}


def noisy(rows: int = 160) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 8))
    return x, x @ np.arange(8) + rng.normal(size=rows)


@pytest.fixture(scope="module")
def by_rows() -> Curve:
    net = NetRegressor(**{**PLAIN, "epochs": 80, "batch_size": 1000}, random_state=0)
    return curve(net, *noisy(), over="rows", values=[10, 20, 40, 80, 120], cv=4, n_seeds=3)


def test_the_error_falls_with_the_rows(by_rows: Curve) -> None:
    errors = [point.test.mean for point in by_rows.points]
    assert errors == sorted(errors, reverse=True)
    assert by_rows.best.value == 120
    assert all(point.test.low <= point.test.mean <= point.test.high for point in by_rows.points)
    gaps = [point.test.mean - point.train.mean for point in by_rows.points]
    assert gaps[0] > gaps[-1] > 0


def test_bias_variance_and_noise_add_up_to_the_measured_error(by_rows: Curve) -> None:
    for point in by_rows.points:
        parts = point.decomposition
        assert parts is not None
        assert parts.error == pytest.approx(parts.bias + parts.variance + parts.noise, abs=1e-9)
        # folds of one size: the mean squared error over folds and seeds is that of all rows together
        assert parts.error == pytest.approx(np.mean(np.square(point.parts)), rel=1e-9)
    variances = [point.decomposition.variance for point in by_rows.points if point.decomposition]
    assert variances[0] > variances[-1]


def test_it_is_told_as_text_table_json_and_picture(by_rows: Curve) -> None:
    told = str(by_rows)
    assert "root mean squared error on rows left out" in told
    assert "Twice the rows (240)" in told or "nothing is said of more rows" in told
    frame = by_rows.to_frame()
    assert frame["rows"].to_list() == [10, 20, 40, 80, 120]
    kept = json.loads(json.dumps(by_rows.to_json()))
    drawing = ElementTree.fromstring(error_curve(kept))
    assert drawing.tag.endswith("svg")
    assert "variance" in "".join(drawing.itertext())


def test_log_loss_adds_up_over_widths() -> None:
    x, y = noisy(80)
    net = NetClassifier(epochs=5, number_embedding="none", random_state=0)
    found = curve(net, x, (y > 0).astype(int), values=[1, 2], cv=2, n_seeds=2)
    for point in found.points:
        parts = point.decomposition
        assert parts is not None
        assert parts.error == pytest.approx(np.mean(point.parts), abs=1e-9)
        assert parts.bias + parts.variance + parts.noise == pytest.approx(parts.error, abs=1e-9)


def test_epochs_are_one_training_looked_at_several_times() -> None:
    question = asked_of("curve", NetRegressor(**PLAIN, random_state=0), *noisy(60), None, None, 2, 1)
    found = drawn(designed(question, "epochs", [2, 5]))
    whole = settings_with(question.base, {"epochs": 5, "validation": 0.0, "patience": None})
    runs = [Run(0, whole, fold, 0) for fold in range(2)]
    straight = evaluate(question.problem, runs, question.folds, question.scorers, train_scores=True).scores
    assert found.points[1].parts == pytest.approx([-run.scores["rmse"] for run in straight], rel=1e-12)
    assert found.points[0].epochs <= 2
    assert found.points[1].epochs == 5


def test_without_a_second_seed_nothing_is_split() -> None:
    question = asked_of("curve", NetRegressor(**PLAIN, random_state=0), *noisy(60), None, None, 2, 1)
    found = drawn(designed(question, "epochs", [2, 5]))
    assert found.points[0].decomposition is None
    assert "bias" not in str(found).splitlines()[0]


def test_words_say_where_the_error_is_lowest_and_where_it_rises() -> None:
    errors = np.array([[3.0, 3.2, 3.1], [1.0, 1.2, 1.1], [1.01, 1.19, 1.1], [2.0, 2.2, 2.1]]) + 0.0
    errors[2] -= [0.01, -0.015, 0.006]
    nothing = Estimate(0, 0, 0)
    points = [
        Point(value, Estimate(row.mean(), row.min(), row.max()), nothing, tuple(row), (0,) * 3, None, 1)
        for value, row in zip((1, 2, 4, 8), errors, strict=True)
    ]
    said = verdicts("width", "error", points, errors, 0.5)
    assert said[0].startswith("Lowest error at width")
    assert any(line.startswith("At width 8 it is higher by 1.0") for line in said)
