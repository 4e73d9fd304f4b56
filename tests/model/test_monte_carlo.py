"""A7, Monte-Carlo dropout: the spread of thinned networks, right on average, a row's own affair."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from shoal.errors import SettingError
from shoal.model.predict import BLOCK, forward, forward_thinned
from shoal.nets.inputs import TableInput
from shoal.nets.network import init
from shoal.nets.spec import mlp

from .conftest import features, houses

ROWS = features(houses(30, seed=2))
TASKS = ["binary", "multiclass", "multilabel", "regression", "two_quantities"]
OUTPUTS = {"binary": 2, "multiclass": 3, "multilabel": 2, "regression": 1, "two_quantities": 2}


@pytest.mark.parametrize("task", TASKS)
def test_samples_speak_in_the_units_of_the_target(models, task: str) -> None:
    model = models(task, "float64")
    found = model.predict_samples(ROWS, 6)
    assert found.shape == (6, 30, OUTPUTS[task])
    assert found.std(axis=0).max() > 0
    if task in ("binary", "multiclass"):
        np.testing.assert_allclose(found.sum(axis=2), 1.0, atol=1e-12)


def test_without_a_rate_they_are_the_prediction(models) -> None:
    """Batch norm stands as in prediction, and nothing is left out."""
    model = models("multiclass", "float64")
    rows = model.encoder.transform(ROWS)
    layers = tuple(replace(one, rate=0.0) if one.kind == "dropout" else one for one in model.spec.layers)
    spec = replace(model.spec, layers=layers)
    found = forward_thinned(
        spec, model.params, model.state, rows.numbers, rows.codes, samples=2, precision="float64"
    )
    np.testing.assert_allclose(found, np.stack([model.raw(ROWS)] * 2), rtol=1e-12)


def test_a_linear_network_is_right_on_average(seed: int) -> None:
    """E[dropout(x) w] = x w; of 4,000 samples the mean is within five standard errors."""
    spec = mlp(TableInput(numbers=6), (), "linear", 2, input_dropout=0.4)
    params, state = init(spec, seed, "float64")
    numbers, codes = np.random.default_rng(seed).normal(size=(9, 6)), np.zeros((9, 0), np.int32)
    found = forward_thinned(spec, params, state, numbers, codes, samples=4000, precision="float64")
    exact = forward(spec, params, state, numbers, codes, precision="float64")
    error = found.std(axis=0) / np.sqrt(4000)
    assert (np.abs(found.mean(axis=0) - exact) < 5 * error).all()
    # Var = rate / (1 - rate) * sum (x w)^2 for independent units
    variance = 0.4 / 0.6 * np.square(numbers[:, :, None] * params["head.kernel"][None]).sum(axis=1)
    np.testing.assert_allclose(found.var(axis=0), variance, rtol=0.2)


def test_the_seed_decides_and_more_samples_go_on(models) -> None:
    model = models("regression")
    five = model.predict_samples(ROWS, 5, seed=3)
    np.testing.assert_array_equal(model.predict_samples(ROWS, 8, seed=3)[:5], five)
    assert not np.array_equal(model.predict_samples(ROWS, 5, seed=4), five)
    assert len(np.unique(five[:, 0, 0])) > 1


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_a_row_alone_has_the_samples_that_it_has_among_others(models, precision) -> None:
    model = models("multiclass", precision)
    many = features(houses(BLOCK + 20, seed=4))
    whole = model.predict_samples(many, 3, seed=1)
    for i in (0, 7, BLOCK - 1, BLOCK + 3):
        np.testing.assert_array_equal(model.predict_samples(many[i], 3, seed=1)[:, 0], whole[:, i])
    np.testing.assert_array_equal(model.predict_samples(many[::-1], 3, seed=1), whole[:, ::-1])


def test_what_has_no_dropout_is_refused(models) -> None:
    model = models("binary")
    plain = replace(
        model,
        spec=replace(model.spec, layers=tuple(one for one in model.spec.layers if one.kind != "dropout")),
    )
    with pytest.raises(SettingError, match=r"This one has none; train it with the setting dropout"):
        plain.predict_samples(ROWS)
    with pytest.raises(
        SettingError, match=r"'samples' parameter of predict_samples must be an int in the range"
    ):
        model.predict_samples(ROWS, 0)
