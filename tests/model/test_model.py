"""A model speaks the target's language, finds columns by name, and says what is wrong with a table."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from shoal.errors import ColumnError, DataNotice, TargetError

from .conftest import features, houses

TASKS = ["binary", "multiclass", "multilabel", "regression", "two_quantities"]
FRAME = houses(25, seed=1)
ROWS = features(FRAME)


def test_binary_speaks_in_its_classes(models):
    model = models("binary")
    proba, logits = model.predict_proba(ROWS), model.decision_function(ROWS)
    assert proba.shape == (25, 2)
    assert logits.shape == (25,)
    np.testing.assert_allclose(proba.sum(axis=1), 1.0, rtol=0, atol=1e-15)
    np.testing.assert_allclose(proba[:, 1], 1 / (1 + np.exp(-logits)), rtol=1e-14)
    assert model.predict(ROWS).tolist() == [("no", "yes")[int(z > 0)] for z in logits]


def test_multiclass_speaks_in_its_classes(models):
    model = models("multiclass")
    proba, logits = model.predict_proba(ROWS), model.decision_function(ROWS)
    assert proba.shape == logits.shape == (25, 3)
    np.testing.assert_allclose(proba.sum(axis=1), 1.0, rtol=0, atol=1e-15)
    assert model.predict(ROWS).tolist() == [("flat", "house", "hut")[i] for i in logits.argmax(axis=1)]


def test_multilabel_answers_each_label_by_itself(models):
    model = models("multilabel")
    proba = model.predict_proba(ROWS)
    assert proba.shape == model.decision_function(ROWS).shape == (25, 2)
    np.testing.assert_array_equal(model.predict(ROWS), proba > 0.5)


def test_regression_speaks_in_the_units_of_its_target(models):
    model = models("regression")
    assert model.predict(ROWS).shape == (25,)
    price = houses()["price"].to_numpy()
    raw = model.raw(ROWS)[:, 0]
    np.testing.assert_allclose(model.predict(ROWS), raw * price.std() + price.mean(), rtol=1e-12)
    assert models("two_quantities").predict(ROWS).shape == (25, 2)


@pytest.mark.parametrize("ask", ["predict_proba", "decision_function"])
def test_a_regression_has_no_probabilities(models, ask):
    with pytest.raises(TargetError, match=r"The target price is a quantity and has no .*; use predict\."):
        getattr(models("regression"), ask)(ROWS)


def test_probabilities_of_extreme_outputs_stay_numbers(models):
    model = models("multiclass")
    params = {name: array * np.float32(1e6) for name, array in model.params.items()}
    proba = replace(model, params=params).predict_proba(ROWS)
    assert np.isfinite(proba).all()
    np.testing.assert_allclose(proba.sum(axis=1), 1.0, rtol=0, atol=1e-15)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("task", TASKS)
def test_a_row_alone_is_predicted_as_in_the_table(models, task, precision):
    model = models(task, precision)
    whole = model.raw(ROWS)
    alone = np.concatenate([model.raw(ROWS[i]) for i in range(len(ROWS))])
    np.testing.assert_array_equal(alone, whole)
    np.testing.assert_array_equal(model.raw(ROWS[::-1]), whole[::-1])


def test_columns_are_found_by_name_and_answers_are_not_looked_at(models):
    model = models("multiclass")
    expected = model.raw(ROWS)
    np.testing.assert_array_equal(model.raw(ROWS.select(ROWS.columns[::-1])), expected)
    with_answers = ROWS.with_columns(pl.lit("flat").alias("kind"))
    np.testing.assert_array_equal(model.raw(with_answers), expected)
    np.testing.assert_array_equal(model.raw(ROWS.to_pandas()), expected)


def test_columns_without_names_go_by_their_place(models):
    model = models("multiclass")
    rows = [list(row) for row in ROWS.rows()]
    np.testing.assert_array_equal(model.raw(rows), model.raw(ROWS))
    with pytest.raises(
        ColumnError, match=r"Expected 4 columns, as in training\. Got 2 columns without names"
    ):
        model.raw(np.zeros((3, 2)))


def test_a_column_gone_or_renamed(models):
    with pytest.raises(ColumnError, match="Expected a column 'area'"):
        models().predict(ROWS.drop("area"))
    with (
        pytest.warns(DataNotice, match="ignored: 'room'"),
        pytest.raises(ColumnError, match=r"Expected a column 'rooms'.*Did you mean 'room'"),
    ):
        models().predict(ROWS.rename({"rooms": "room"}))


def test_text_where_numbers_were(models):
    with pytest.raises(ColumnError, match="rooms"):
        models().predict(ROWS.with_columns(pl.lit("many").alias("rooms")))


def test_columns_that_came_later_are_ignored_with_a_notice(models):
    with pytest.warns(DataNotice, match="ignored: 'pool'"):
        found = models().raw(ROWS.with_columns(pl.lit(1).alias("pool")))
    np.testing.assert_array_equal(found, models().raw(ROWS))


def test_no_rows_give_no_predictions(models):
    for task in TASKS:
        assert len(models(task).predict(ROWS[:0])) == 0


def test_copies_and_pickles_predict_alike(models):
    model = models("binary")
    for again in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(again.raw(ROWS), model.raw(ROWS))


def test_weights_must_be_in_the_precision_named(models):
    model = models()
    wrong = {name: array.astype(np.float64) for name, array in model.params.items()}
    with pytest.raises(ValueError, match=r"Expected .* in float32\. Got float64"):
        replace(model, params=wrong)
