"""Metrics equal scikit-learn's, row weights and ties included, and absent classes have an answer."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as oracle

from shoal.errors import InputError, SettingError
from shoal.history import METRICS, default_metric, find_metric, scores

CLASS_TASKS = ["binary", "multiclass", "multilabel"]


def draw_case(task: str, seed: int, rows: int):
    """Draw truth, coarse predictions (many ties) and positive weights."""
    rng = np.random.default_rng(seed)
    weight = rng.integers(1, 5, rows) / 2
    if task == "regression":
        truth = rng.normal(size=(rows, 2)).round(1)
        return truth, truth + rng.normal(size=(rows, 2)).round(1), weight
    if task == "multilabel":
        return rng.integers(0, 2, (rows, 3)), rng.integers(0, 5, (rows, 3)) / 4, weight
    classes = 2 if task == "binary" else 4
    raw = rng.integers(1, 5, (rows, classes)).astype(float)
    return rng.integers(0, classes, rows), raw / raw.sum(axis=1, keepdims=True), weight


def f1(truth, predicted, sample_weight):
    return oracle.f1_score(truth, predicted, average="macro", sample_weight=sample_weight)


def oracle_scores(task, truth, prediction, weight):
    """Return scikit-learn's numbers for the metrics that it has."""
    kw = {"sample_weight": weight}
    if task == "regression":
        return {
            "rmse": oracle.root_mean_squared_error(truth, prediction, **kw),
            "mae": oracle.mean_absolute_error(truth, prediction, **kw),
            "mape": oracle.mean_absolute_percentage_error(truth, prediction, **kw),
            "r2": oracle.r2_score(truth, prediction, **kw),
        }
    if task == "multilabel":
        columns = list(zip(truth.T, prediction.T, strict=True))
        pairs = [oracle.log_loss(t, np.stack([1 - p, p], 1), labels=[0, 1], **kw) for t, p in columns]
        return {
            "accuracy": oracle.accuracy_score(truth, prediction > 0.5, **kw),
            "log_loss": np.mean(pairs),
            "brier": np.mean([oracle.brier_score_loss(t, p, pos_label=1, **kw) for t, p in columns]),
            "roc_auc": oracle.roc_auc_score(truth, prediction, **kw),
        }
    classes = np.arange(prediction.shape[1])
    guess = prediction.argmax(axis=1)
    area = prediction[:, 1] if task == "binary" else prediction
    return {
        "accuracy": oracle.accuracy_score(truth, guess, **kw),
        "balanced_accuracy": oracle.balanced_accuracy_score(truth, guess, **kw),
        "f1_macro": f1(truth, guess, weight),
        "log_loss": oracle.log_loss(truth, prediction, labels=classes, **kw),
        "brier": oracle.brier_score_loss(truth, prediction, labels=classes, **kw),
        "roc_auc": oracle.roc_auc_score(truth, area, multi_class="ovr", **kw),
    }


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("task", [*CLASS_TASKS, "regression"])
@given(seed=st.integers(0, 2**31), rows=st.integers(40, 60))
def test_equal_to_scikit_learn(task, weighted, seed, rows):
    truth, prediction, weight = draw_case(task, seed, rows)
    weight = weight if weighted else None
    found = scores(task, truth, prediction, weight)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn's own, about classes not predicted
        expected = oracle_scores(task, truth, prediction, weight)
    assert expected.keys() == found.keys() - {"ece"}
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-12, abs=1e-13), name


@pytest.mark.parametrize("task", [*CLASS_TASKS, "regression"])
@given(seed=st.integers(0, 2**31), rows=st.integers(2, 25))
def test_weight_two_is_the_row_twice_and_zero_is_the_row_absent(task, seed, rows):
    truth, prediction, _ = draw_case(task, seed, rows)
    copies = np.random.default_rng(seed).integers(0, 3, rows)
    copies[0] = 1
    weighted = scores(task, truth, prediction, copies)
    again = scores(task, truth.repeat(copies, axis=0), prediction.repeat(copies, axis=0))
    for name, value in again.items():
        if name == "r2" and math.isnan(value):
            continue  # one row: not defined
        if name == "r2" and (copies > 0).sum() < 2:
            continue  # one row written twice: the weight cannot tell it from one row
        assert weighted[name] == pytest.approx(value, rel=1e-11, abs=1e-12, nan_ok=True), name


@pytest.mark.parametrize("task", [*CLASS_TASKS, "regression"])
@given(seed=st.integers(0, 2**31))
def test_the_order_of_rows_does_not_matter(task, seed):
    truth, prediction, weight = draw_case(task, seed, 30)
    order = np.random.default_rng(seed).permutation(30)
    there = scores(task, truth, prediction, weight)
    back = scores(task, truth[order], prediction[order], weight[order])
    assert back == pytest.approx(there, rel=1e-12, nan_ok=True)


def test_a_class_absent_from_the_split_is_left_out_of_the_means():
    truth = np.array([0, 0, 1, 1])
    proba = np.array([[0.7, 0.2, 0.1], [0.5, 0.4, 0.1], [0.1, 0.8, 0.1], [0.6, 0.3, 0.1]])
    found = scores("multiclass", truth, proba)
    assert found["balanced_accuracy"] == 0.75
    # Class 0 wins 3 of 4 pairs (0.5 < 0.6), class 1 also (0.3 < 0.4); class 2 has no rows.
    assert found["roc_auc"] == 0.75
    assert all(math.isfinite(value) for value in found.values())


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_one_class_alone_has_no_ranking(task):
    proba = np.array([[0.9, 0.1], [0.2, 0.8]])
    if task == "multiclass":
        proba = np.c_[proba * 0.9, [0.1, 0.1]]
    found = scores(task, [1, 1], proba)
    assert math.isnan(found.pop("roc_auc"))
    assert all(math.isfinite(value) for value in found.values())
    assert found["balanced_accuracy"] == 0.5


def test_labels_without_both_answers_are_left_out_of_the_ranking():
    truth = np.array([[0, 1], [1, 1], [0, 1]])
    proba = np.array([[0.1, 0.5], [0.9, 0.5], [0.4, 0.5]])
    assert scores("multilabel", truth, proba)["roc_auc"] == 1.0


def test_roc_auc_counts_ties_as_half_a_win():
    ties = np.full((5, 2), 0.5)
    assert METRICS["roc_auc"]([0, 1, 0, 1, 1], ties) == 0.5
    assert METRICS["roc_auc"]([0, 1], [[0.2, 0.8], [0.2, 0.8]]) == 0.5


def test_log_loss_of_a_certain_mistake_is_finite():
    assert METRICS["log_loss"]([0], [[0.0, 1.0]]) == pytest.approx(-math.log(np.finfo(float).eps))


def test_ece_by_hand():
    """B4: two bins. Confidence 0.8 twice (one right), 0.6 three times (all right)."""
    proba = [[0.8, 0.2], [0.8, 0.2], [0.6, 0.4], [0.4, 0.6], [0.6, 0.4]]
    truth = [0, 1, 0, 1, 0]
    by_hand = (2 * abs(0.5 - 0.8) + 3 * abs(1.0 - 0.6)) / 5
    assert METRICS["ece"](truth, proba) == pytest.approx(by_hand, rel=1e-12)
    labels = np.array([[1.0 - second, second] for _, second in proba])
    assert METRICS["ece"](np.array(truth)[:, None].repeat(2, 1) == [0, 1], labels) == pytest.approx(by_hand)


def test_ece_bins_are_closed_above():
    # 1.0 belongs to the last bin, 14/15 to the one before it.
    edge = 14 / 15
    found = METRICS["ece"]([0, 0], [[1.0, 0.0], [edge, 1 - edge]])
    assert found == pytest.approx((0.0 + (1 - edge)) / 2)


def test_ece_of_honest_chances_is_small(seed):
    rng = np.random.default_rng(seed)
    chance = rng.random(20_000)
    truth = (rng.random(20_000) < chance).astype(int)
    honest = np.stack([1 - chance, chance], axis=1)
    boasting = np.where(honest > 0.5, 0.99, 0.01)
    assert METRICS["ece"](truth, honest) < 0.02
    assert METRICS["ece"](truth, boasting) > 0.2


@pytest.mark.parametrize(
    ("truth", "values", "expected"),
    [([0.1] * 3, [0.1] * 3, 1.0), ([0.1] * 3, [0.1, 0.1, 0.2], 0.0), ([1.0], [1.0], math.nan)],
)
def test_r2_where_the_truth_does_not_vary(truth, values, expected):
    assert METRICS["r2"](truth, values, [0.3] * len(truth)) == pytest.approx(expected, nan_ok=True)


def test_binary_truth_may_be_one_column_of_floats():
    proba = np.array([[0.9, 0.1], [0.2, 0.8]])
    assert scores("binary", np.array([[0.0], [1.0]]), proba) == scores("binary", [0, 1], proba)


def test_every_task_has_a_default_metric_that_knows_it():
    for task in [*CLASS_TASKS, "regression"]:
        assert task in default_metric(task).tasks
    with pytest.raises(SettingError, match=r"Expected a task out of binary, .*Got 'ranking'"):
        default_metric("ranking")


def test_better_follows_the_goal_and_nan_never_wins():
    assert find_metric("accuracy").better(0.9, 0.8)
    assert find_metric("rmse").better(0.1, 0.8)
    assert not find_metric("rmse").better(math.nan, 0.8)
    assert not find_metric("accuracy").better(math.nan, 0.8)


def test_names_that_do_not_fit():
    with pytest.raises(SettingError, match=r"There is no metric 'acuracy'.*Did you mean 'accuracy'"):
        find_metric("acuracy")
    with pytest.raises(SettingError, match="'rmse' is not defined for a binary target; choose one of acc"):
        find_metric("rmse", "binary")


def test_inputs_that_cannot_be_judged():
    with pytest.raises(InputError, match="Got 2 truths, 1 predictions and 2 weights"):
        scores("binary", [0, 1], [[0.5, 0.5]])
    with pytest.raises(InputError, match="at least one row of positive weight"):
        scores("regression", [1.0], [1.0], [0.0])
    with pytest.raises(InputError, match=r"shape \(rows, classes\). Got shape \(2,\)"):
        METRICS["log_loss"]([0, 1], [0.5, 0.5])
    with pytest.raises(InputError, match="Got class number 2 but 2 columns"):
        METRICS["log_loss"]([0, 2], [[0.5, 0.5], [0.5, 0.5]])


def test_a_metric_explains_itself():
    for metric in METRICS.values():
        assert metric.__doc__
        assert metric.title
