"""Confusion, thresholds, residuals, worst rows: equal to scikit-learn's, with weights, and through JSON."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import (
    average_precision_score,
    confusion_matrix,
    precision_recall_fscore_support,
    roc_auc_score,
    roc_curve,
)

from shoal.errors import InputError
from shoal.history.answers import Answers
from shoal.history.confusion import Confusion, confusions
from shoal.history.residuals import Residuals, residuals
from shoal.history.thresholds import ThresholdChoice, ThresholdCurve, choose_threshold, threshold_curve
from shoal.history.worst import worst_rows

NAMES = ("a", "b", "c")


def seen(seed: int, classes: int = 3, rows: int = 80, weighted: bool = False) -> Answers:
    rng = np.random.default_rng(seed)
    proba = rng.dirichlet(np.ones(classes), rows).round(2)  # ties
    proba /= proba.sum(axis=1, keepdims=True)
    truth = np.array([rng.choice(classes, p=0.5 * p + 0.5 / classes) for p in proba])
    weight = rng.integers(0, 3, rows).astype(float) if weighted else None
    task = "binary" if classes == 2 else "multiclass"
    return Answers(task, NAMES[:classes], np.arange(rows), truth, proba, weight)


@pytest.mark.parametrize("weighted", [False, True])
def test_confusion_is_scikit_learns(seed, weighted):
    answers = seen(seed, weighted=weighted)
    found, called = confusions(answers)[0], answers.prediction.argmax(axis=1)
    wanted = confusion_matrix(answers.truth, called, sample_weight=answers.weight)
    assert np.array_equal(found.counts, wanted)
    figures = precision_recall_fscore_support(
        answers.truth, called, sample_weight=answers.weight, zero_division=0
    )
    for name, values in zip(("precision", "recall", "f1", "rows"), figures, strict=True):
        assert [getattr(one, name) or 0.0 for one in found.classes()] == pytest.approx(list(values)), name
    assert Confusion.from_json(found.to_json()) == found


def test_confusion_of_labels_is_one_each():
    truth = np.array([[1, 0], [1, 1], [0, 0]])
    answers = Answers(
        "multilabel", ("x", "y"), np.arange(3), truth, np.array([[0.9, 0.6], [0.2, 0.7], [0.1, 0.2]])
    )
    found = confusions(answers)
    assert [one.title for one in found] == ["x", "y"]
    assert found[0].counts == ((1.0, 0.0), (1.0, 1.0))
    assert found[0].classes()[1].taken_for == "off"


@pytest.mark.parametrize("weighted", [False, True])
def test_curves_are_scikit_learns(seed, weighted):
    answers = seen(seed, 2, weighted=weighted)
    found, score = threshold_curve(answers), answers.prediction[:, 1]
    told = {"sample_weight": answers.weight}
    assert found.roc_auc == pytest.approx(roc_auc_score(answers.truth, score, **told))
    assert found.average_precision == pytest.approx(average_precision_score(answers.truth, score, **told))
    kept = answers.weight > 0 if weighted else np.ones(len(answers), bool)
    wanted = roc_curve(
        answers.truth[kept],
        score[kept],
        drop_intermediate=False,
        sample_weight=answers.weight[kept] if weighted else None,
    )
    assert found.false_positive_rate == pytest.approx(wanted[0].tolist())
    assert found.true_positive_rate == pytest.approx(wanted[1].tolist())
    assert found.thresholds[1:] == pytest.approx(wanted[2][1:].tolist())


def test_curves_survive_json():
    found = threshold_curve(seen(1, 2))
    assert ThresholdCurve.from_json(found.to_json()) == found
    chosen = choose_threshold(seen(1, 2), false_negative=4)
    assert ThresholdChoice.from_json(chosen.to_json()) == chosen


@pytest.mark.parametrize(("alarm", "miss"), [(1.0, 1.0), (1.0, 5.0), (7.0, 2.0)])
def test_no_other_threshold_costs_less(seed, alarm, miss):
    answers = seen(seed, 2)
    found, score, truth = (
        choose_threshold(answers, false_positive=alarm, false_negative=miss),
        answers.prediction[:, 1],
        answers.truth,
    )

    def cost(cut):
        called = score >= cut
        return np.mean(alarm * (called & (truth == 0)) + miss * (~called & (truth == 1)))

    assert found.cost == pytest.approx(cost(found.threshold))
    assert found.cost_at_half == pytest.approx(cost(0.5))
    assert found.cost <= min(cost(cut) for cut in np.linspace(0, 1.01, 500)) + 1e-12
    assert found.low <= found.threshold <= found.high or found.high - found.low < 1e-9
    assert found.theory == alarm / (alarm + miss)


def test_dear_misses_lower_the_threshold(seed):
    answers = seen(seed, 2, rows=400)
    costs = [choose_threshold(answers, false_negative=miss).threshold for miss in (0.2, 1.0, 5.0)]
    assert costs == sorted(costs, reverse=True)


def test_residuals_of_rows(seed):
    rng = np.random.default_rng(seed)
    said = rng.normal(0, 10, 200)
    truth = said + rng.normal(1, 2, 200)
    found = residuals(Answers("regression", ("y",), np.arange(200), truth, said))[0]
    assert found.mean == pytest.approx((truth - said).mean())
    assert dict(found.quantiles)[0.25] == pytest.approx(np.quantile(truth - said, 0.25))
    assert sum(band.rows for band in found.bands) == 200
    assert all(a.high <= b.low for a, b in zip(found.bands, found.bands[1:], strict=False))
    assert Residuals.from_json(found.to_json()) == found


def test_weight_two_is_the_row_twice():
    answers = seen(3, 2)
    twice = Answers(
        answers.task,
        answers.names,
        np.repeat(answers.rows, 2),
        np.repeat(answers.truth, 2),
        np.repeat(answers.prediction, 2, axis=0),
    )
    heavy = Answers(
        answers.task, answers.names, answers.rows, answers.truth, answers.prediction, np.full(80, 2.0)
    )
    assert confusions(twice) == confusions(heavy)
    assert threshold_curve(twice) == threshold_curve(heavy)


def test_worst_rows_come_first(seed):
    answers = seen(seed)
    found = worst_rows(answers, 5)
    losses = [one.loss for one in found]
    assert losses == sorted(losses, reverse=True)
    first = found[0]
    assert first.loss == pytest.approx(
        -np.log(max(answers.prediction[first.row, NAMES.index(first.truth)], np.finfo(float).eps))
    )


def test_what_has_no_such_picture_is_refused():
    numbers = Answers("regression", ("y",), np.arange(2), np.zeros(2), np.zeros(2))
    with pytest.raises(InputError, match="Got quantities, which are not confused"):
        confusions(numbers)
    with pytest.raises(InputError, match="Got quantities, which have no threshold"):
        threshold_curve(numbers)
    with pytest.raises(InputError, match="Got classes, which have no residuals"):
        residuals(seen(0))
    with pytest.raises(
        InputError, match=r"Expected to be told which class is the positive one, by of .--of.: a, b, c"
    ):
        threshold_curve(seen(0))
    with pytest.raises(InputError, match="Unknown class 'bb'"):
        threshold_curve(seen(0), "bb")
    with pytest.raises(InputError, match="false_negative to be a finite number above 0"):
        choose_threshold(seen(0, 2), false_negative=0)
