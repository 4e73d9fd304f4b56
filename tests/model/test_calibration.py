"""B4, temperature scaling: the minimum as SciPy and scikit-learn find it, and what it does to a model."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from shoal.data.intake import as_answers
from shoal.errors import InputError, TargetError
from shoal.history.metrics import log_loss
from shoal.model.artefact import load
from shoal.model.calibration import (
    HOTTEST,
    before_and_after,
    calibration_of,
    cross_fitted,
    fit_temperature,
)
from shoal.nets.heads import probabilities

from .conftest import features, houses

SHAPES = {"softmax": 4, "sigmoid": 1, "multilabel": 3}


def oversure(head: str, seed: int, rows: int = 400, true: float = 2.3) -> tuple[np.ndarray, np.ndarray]:
    """Return logits that are `true` times too large, and answers drawn from what they should be."""
    rng = np.random.default_rng(seed)
    outputs = rng.normal(size=(rows, SHAPES[head])) * 4
    chances = probabilities(head, outputs / true)
    if head == "softmax":
        return outputs, np.array([rng.choice(4, p=p) for p in chances])
    on = rng.random(outputs.shape) < (chances[:, 1:] if head == "sigmoid" else chances)
    return outputs, on.astype(np.float64)


def loss(head: str, outputs: np.ndarray, truth: np.ndarray, weight=None) -> float:
    classes = truth[:, 0].astype(int) if head == "sigmoid" else truth.astype(int)
    return log_loss(classes, probabilities(head, outputs), weight)


@pytest.mark.parametrize("head", SHAPES)
def test_as_scipy_finds_it(head: str, seed: int) -> None:
    outputs, truth = oversure(head, seed)
    weight = np.random.default_rng(seed).random(len(outputs))
    oracle = minimize_scalar(
        lambda t: loss(head, outputs / np.exp(t), truth, weight), bracket=(-1, 1), tol=1e-12
    )
    found = fit_temperature(head, outputs, truth, weight)
    np.testing.assert_allclose(found, np.exp(oracle.x), rtol=1e-6)
    assert abs(found - 2.3) < 0.8


class _Logits(ClassifierMixin, BaseEstimator):
    """A classifier that answers with what it is given."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def decision_function(self, X):
        return X

    def predict(self, X):
        return X.argmax(axis=1)


def test_as_scikit_learn_finds_it(seed: int) -> None:
    outputs, truth = oversure("softmax", seed)
    frozen = FrozenEstimator(_Logits().fit(outputs, truth))
    oracle = CalibratedClassifierCV(frozen, method="temperature", ensemble=False).fit(outputs, truth)
    found = fit_temperature("softmax", outputs, truth)
    np.testing.assert_allclose(
        probabilities("softmax", outputs / found), oracle.predict_proba(outputs), atol=1e-4
    )


def test_by_hand() -> None:
    """A logit of 2 everywhere and three out of four right: sigmoid(2 / T) = 3/4, so T = 2 / log 3."""
    outputs, truth = np.full((4, 1), 2.0), np.array([[1.0], [1.0], [1.0], [0.0]])
    np.testing.assert_allclose(fit_temperature("sigmoid", outputs, truth), 2 / np.log(3), rtol=1e-12)
    np.testing.assert_allclose(fit_temperature("multilabel", outputs, truth), 2 / np.log(3), rtol=1e-12)
    both = np.hstack([np.zeros((4, 1)), outputs])
    np.testing.assert_allclose(fit_temperature("softmax", both, truth[:, 0]), 2 / np.log(3), rtol=1e-12)


@given(st.integers(0, 10**6), st.sampled_from(list(SHAPES)))
def test_no_other_temperature_is_better(seed: int, head: str) -> None:
    outputs, truth = oversure(head, seed, rows=40)
    found = fit_temperature(head, outputs, truth)
    best = loss(head, outputs / found, truth)
    for other in (0.9 * found, 1.1 * found, 1.0):
        assert best <= loss(head, outputs / other, truth) + 1e-12


@pytest.mark.parametrize("head", SHAPES)
def test_weight_two_is_the_row_twice_and_weight_zero_no_row(head: str, seed: int) -> None:
    outputs, truth = oversure(head, seed, rows=60)
    counts = np.random.default_rng(seed).integers(0, 3, 60)
    weighted = fit_temperature(head, outputs, truth, counts.astype(float))
    repeated = fit_temperature(head, np.repeat(outputs, counts, axis=0), np.repeat(truth, counts, axis=0))
    np.testing.assert_allclose(weighted, repeated, rtol=1e-10)
    wild = np.where(counts[:, None] == 0, np.nan, outputs)
    assert fit_temperature(head, wild, truth, counts.astype(float)) == weighted


def test_bounds() -> None:
    outputs = np.array([[3.0], [-2.0]])
    assert fit_temperature("sigmoid", outputs, np.array([1, 0])) == 1.0  # all right
    np.testing.assert_allclose(fit_temperature("sigmoid", outputs, np.array([0, 1])), HOTTEST)  # all wrong
    assert fit_temperature("sigmoid", np.array([[np.nan], [1.0]]), np.array([0, 1])) == 1.0
    assert fit_temperature("sigmoid", outputs, np.array([0, 1]), np.zeros(2)) == 1.0
    with pytest.raises(ValueError, match="linear head predicts values"):
        fit_temperature("linear", outputs, np.array([0.0, 1.0]))


def test_parts_are_measured_with_temperatures_of_the_others(seed: int) -> None:
    outputs, truth = oversure("softmax", seed, rows=90)
    part = np.arange(90) % 3
    found = cross_fitted("softmax", outputs, truth, None, part)
    for number in range(3):
        expected = fit_temperature("softmax", outputs[part != number], truth[part != number])
        assert (found[part == number] == expected).all()


@pytest.mark.parametrize("head", SHAPES)
def test_what_it_does_is_told(head: str, seed: int) -> None:
    outputs, truth = oversure(head, seed, rows=1000)
    told = calibration_of(head, outputs, truth)
    assert told["rows"] == 1000
    assert told["temperature"] == fit_temperature(head, outputs, truth)
    assert told["after"]["ece"] < told["before"]["ece"]
    assert told["after"]["log_loss"] < told["before"]["log_loss"]
    same = before_and_after(head, outputs, truth, None, 1.0)
    assert same["before"] == same["after"]
    with pytest.raises(InputError, match=r"Expected at least 10 rows to calibrate with\. Got 9\."):
        calibration_of(head, outputs[:9], truth[:9])


# ---------------------------------------------------------------- a model


ROWS = features(houses(80, seed=5))
ANSWERS = {
    "binary": houses(80, seed=5)["sold"],
    "multiclass": houses(80, seed=5)["kind"],
    "multilabel": houses(80, seed=5).select("garden", "garage"),
}


@pytest.mark.parametrize("task", ANSWERS)
def test_a_calibrated_model_says_the_same_classes_and_other_chances(models, task: str, tmp_path) -> None:
    model = models(task)
    made = model.calibrate(ROWS, ANSWERS[task])
    assert model.temperature == 1.0
    assert made.temperature != 1.0
    np.testing.assert_array_equal(made.predict(ROWS), model.predict(ROWS))
    np.testing.assert_array_equal(made.decision_function(ROWS), model.decision_function(ROWS))
    expected = probabilities(model.spec.head, model.raw(ROWS) / made.temperature)
    np.testing.assert_array_equal(made.predict_proba(ROWS), expected)
    truth = made.target.encode(ANSWERS[task])
    assert loss(made.spec.head, made.raw(ROWS) / made.temperature, truth) <= loss(
        made.spec.head, made.raw(ROWS), truth
    )
    made.save(tmp_path / "m.shoal")
    again = load(tmp_path / "m.shoal")
    assert again.temperature == made.temperature
    assert again.scores == made.scores
    np.testing.assert_array_equal(again.predict_proba(ROWS), made.predict_proba(ROWS))
    assert "calibrated on 80 rows" in made.card()


def test_answers_of_any_shape(models) -> None:
    model, answers = models("multilabel"), ANSWERS["multilabel"]
    expected = model.calibrate(ROWS, answers).temperature
    for y in (answers.to_numpy(), answers.to_numpy().tolist(), answers.to_pandas(), answers.to_dict()):
        assert model.calibrate(ROWS, y).temperature == expected
    one = models("binary").calibrate(ROWS, ANSWERS["binary"]).temperature
    for y in (ANSWERS["binary"].to_list(), ANSWERS["binary"].to_frame(), ANSWERS["binary"].to_numpy()):
        assert models("binary").calibrate(ROWS, y).temperature == one
    assert isinstance(as_answers([1, 2]), pl.Series)


def test_weights_of_rows_count(models) -> None:
    weight = np.r_[np.ones(40), np.zeros(40)]
    heavy = models("binary").calibrate(ROWS, ANSWERS["binary"], weight)
    half = models("binary").calibrate(ROWS.head(40), ANSWERS["binary"].head(40))
    np.testing.assert_allclose(heavy.temperature, half.temperature, rtol=1e-10)


def test_what_cannot_be_calibrated_is_refused(models) -> None:
    with pytest.raises(TargetError, match="price is a quantity and has no probabilities to calibrate"):
        models("regression").calibrate(ROWS, np.zeros(80))
    with pytest.raises(TargetError, match="castle"):
        models("multiclass").calibrate(ROWS, ["castle"] * 80)
    with pytest.raises(InputError, match=r"Expected one answer for each of the 80 rows\. Got 79\."):
        models("multiclass").calibrate(ROWS, ANSWERS["multiclass"].head(79))
