"""Rules about training beside validation, and about the table."""

import math

import numpy as np
import pytest

from shoal.history import History
from shoal.history.findings import Evidence, find
from shoal.history.findings.fit import _calibrated_loss

CLASSES = {"task": "binary", "classes": {"no": 50, "yes": 50}, "rows": {"train": 100, "valid": 100}}
USUAL = {"usual": {"learning_rate": 0.003, "weight_decay": 0.3, "hidden": [128, 128]}}


def codes(history, settings=None, facts=None):
    return [one.code for one in find(Evidence(history, settings or {}, facts or {}))]


def curves(best=None, **columns):
    length = len(next(iter(columns.values())))
    rows = [{"epoch": i + 1, **{name: each[i] for name, each in columns.items()}} for i in range(length)]
    return History(rows, stop_reason="done", best_epoch=best or length)


def test_a_rising_validation_loss_beside_a_falling_training_loss_is_overfitting():
    fall, rise = list(np.linspace(1.0, 0.01, 20)), [*np.linspace(1.0, 0.5, 6), *np.linspace(0.5, 1.2, 14)]
    history = curves(best=6, loss=fall, val_loss=rise)
    settings = {"weight_decay": 0.0, "dropout": 0.0}
    [found] = find(Evidence(history, settings, {"val_baseline_loss": 1.0, **USUAL}))
    assert found.code == "S301"
    assert found.where == "epochs 6 to 20"
    assert found.change["dropout"] == 0.5


@pytest.mark.parametrize(
    ("known", "left", "found"),
    [(0.05, 0.6, ["S301"]), (0.05, 0.4, []), (0.08, 0.7, []), (0.2, 0.9, []), (0.2, 1.2, ["S301"])],
)
def test_rows_known_by_heart_are_judged_beside_what_is_left_on_others(known, left, found):
    """By heart and half of a constant's loss on others, or well learnt and worse than it."""
    history = curves(loss=[1.0, *[known] * 5], val_loss=[1.0, *[left] * 5], best=2)
    facts = {"baseline_loss": 1.0, "val_baseline_loss": 1.0, **USUAL}
    told = [one.code for one in find(Evidence(history, {"dropout": 0.0}, facts))]
    assert [code for code in told if code == "S301"] == found


def test_both_rising_is_no_overfitting():
    assert codes(curves(loss=[1.0, 0.5, 0.6, 0.8, 1.0, 1.2], val_loss=[1.0, 0.5, 0.6, 0.8, 1.0, 1.2])) == []


def test_first_steps_that_leap_and_come_down_for_all_rows_alike_are_no_overfitting():
    history = curves(loss=[3.0, 1.5, 0.9, 0.85, 0.82, 0.82], val_loss=[0.45, 0.6, 0.7, 0.79, 0.79, 0.79])
    facts = {"baseline_loss": 1.0, "val_baseline_loss": 1.0, **USUAL}
    assert "S301" not in [one.code for one in find(Evidence(history, {"dropout": 0.0}, facts))]


def test_a_network_that_a_crude_model_beats_on_left_out_rows_underfits():
    history = curves(loss=[0.6] * 6, val_loss=[0.6] * 6, val_accuracy=[0.7] * 6)
    facts = {**CLASSES, **USUAL, "reference": {"score": 0.95}}
    [found] = find(Evidence(history, {"hidden": [1]}, facts))
    assert (found.code, found.change) == ("S302", {"hidden": [128, 128]})
    assert codes(history, facts={**facts, "reference": {"score": 0.75}}) == []


@pytest.mark.parametrize(
    ("settings", "change"),
    [
        ({"l2": 1.0}, {"l2": 0.0}),
        ({"dropout": 0.9}, {"dropout": 0.0}),
        ({"weight_decay": 50.0}, {"weight_decay": 0.3}),
        ({"hidden": [64, 64], "epochs": 10}, {"epochs": 30}),
    ],
)
def test_the_strongest_hold_is_let_go_first(settings, change):
    history = curves(loss=[0.6] * 6, val_loss=[0.6] * 6, val_accuracy=[0.7] * 6)
    [found] = find(Evidence(history, settings, {**CLASSES, **USUAL, "reference": {"score": 0.95}}))
    assert found.change == change


def test_confidence_above_accuracy_is_overconfidence():
    history = curves(
        loss=[0.1] * 6,
        val_loss=[0.6] * 6,
        val_accuracy=[0.8] * 6,
        confidence=[None, None, 0.99, None, 0.99, 0.99],
    )
    [found] = find(Evidence(history, {"loss": "binary_cross_entropy"}, CLASSES))
    assert (found.code, found.change) == ("S303", {"calibrate": True})
    assert found.numbers["confidence"] == 0.99


def test_a_loss_that_no_calibrated_network_can_have_is_overconfidence_too():
    history = curves(loss=[0.1] * 6, val_loss=[1.5] * 6, val_accuracy=[0.8] * 6)
    assert codes(history, {"loss": "binary_cross_entropy"}, CLASSES) == ["S303"]
    assert codes(history, {"loss": "focal"}, CLASSES) == []  # not a likelihood


def test_all_right_with_little_loss_is_not():
    history = curves(loss=[0.1] * 6, val_loss=[0.003] * 6, val_accuracy=[1.0] * 6)
    assert codes(history, {"loss": "binary_cross_entropy"}, CLASSES) == []


@pytest.mark.parametrize(("accuracy", "classes"), [(0.5, 2), (0.7, 3), (0.9, 10), (1.0, 2)])
def test_the_bound_is_the_loss_of_the_flattest_calibrated_answer(accuracy, classes):
    flat = [accuracy] + [(1 - accuracy) / (classes - 1)] * (classes - 1)
    entropy = -sum(p * math.log(p) for p in flat if p > 0)
    assert _calibrated_loss(accuracy, classes) == pytest.approx(entropy)


def test_no_calibrated_answers_of_that_accuracy_lose_more():
    generator = np.random.default_rng(0)
    chances = generator.dirichlet(np.ones(4), 20_000)
    loss = -(chances * np.log(chances)).sum(axis=1).mean()  # what calibrated answers lose on average
    assert loss <= _calibrated_loss(float(chances.max(axis=1).mean()), 4)


def test_no_better_than_a_constant():
    history = curves(loss=[0.5] * 6, val_loss=[1.2, 1.1, 1.05, 1.04, 1.05, 1.1])
    assert codes(history, facts={"val_baseline_loss": 1.0}) == ["S304"]


QUIET = curves(loss=[0.5], val_loss=[0.5])


@pytest.mark.parametrize(
    ("code", "facts", "settings"),
    [
        ("S401", {"spread": {"largest": 500.0, "smallest": 1.0, "column": "a"}}, {"scaling": "none"}),
        ("S401", {"spread": {"largest": 2.0, "smallest": 0.01, "column": "a"}}, {"scaling": "none"}),
        ("S401", {"spread": {"largest": 3.0, "smallest": 3.0, "column": "a", "squeezed": 0.9}}, {}),
        ("S402", {"one_column": {"column": "later", "score": 0.99, "second": 0.3}}, {}),
        ("S403", {"shared_rows": {"count": 30, "share": 0.3}}, {}),
        ("S404", {"classes": {"a": 95, "b": 20, "c": 1000}}, {}),
        ("S405", {"classes": {"a": 9, "b": 12}}, {}),
        ("S407", {"target_outlier": 80.0}, {"loss": "squared_error"}),
    ],
)
def test_each_trouble_of_a_table_is_told_alone(code, facts, settings):
    assert codes(QUIET, settings, facts) == [code]


@pytest.mark.parametrize(
    ("facts", "settings"),
    [
        ({"spread": {"largest": 1.0, "smallest": 0.005, "column": "a"}}, {"scaling": "standard"}),
        ({"one_column": {"column": "petal", "score": 0.94, "second": 0.9}}, {}),
        ({"one_column": {"column": "a", "score": 0.99, "second": 0.98}}, {}),
        ({"shared_rows": {"count": 1, "share": 0.01}}, {}),
        ({"classes": {"a": 30, "b": 70}}, {}),
        ({"classes": {"a": 20, "b": 1000}}, {"class_weight": "balanced"}),
        ({"target_outlier": 80.0}, {"loss": "huber"}),
    ],
)
def test_what_is_usual_is_not_told(facts, settings):
    assert codes(QUIET, settings, facts) == []


def test_a_network_that_nothing_judged_is_noted():
    history = curves(loss=[0.5])
    assert codes(history, facts={"scores": {}}) == ["S406"]
    assert codes(history) == []  # of a run without its model nobody knows
    assert codes(history, facts={"scores": {"figures": {"r2": {}}}}) == []
