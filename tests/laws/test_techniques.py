"""Techniques with an oracle in numbers: penalties, smallest solutions, weighted cross-entropy."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from populations import recipe, rows, spec, trained

from shoal.nets.inputs import TableInput
from shoal.nets.losses import LOSSES, weighted_mean
from shoal.nets.spec import NetSpec
from shoal.train.descent import descended
from shoal.train.population import Member
from shoal.train.view import Batchable, View

ONE_UNIT = NetSpec(TableInput(numbers=3), (), "linear", 1, "zeros")
EXACT = {
    "optimizer": "sgd",
    "batch_size": 9,
    "monitor": "loss",
    "precision": "float64",
    "rate_factors": (("bias", 0.0),),
}


def one_row() -> View:
    """E1: x = (3, 2, 1), y = 10."""
    return View(
        Batchable(np.array([[3.0, 2.0, 1.0]]), np.zeros((1, 0), np.int32), np.array([[10.0]]), np.ones(1))
    )


def test_descent_from_zero_finds_the_smallest_l2_solution():
    """E1: (2.14, 1.43, 0.71), squared norm 7.14."""
    net = trained([Member(ONE_UNIT, recipe(learning_rate=0.02, epochs=200, **EXACT))], one_row())[0]
    w = net.params["head.kernel"][:, 0]
    assert w.tolist() == pytest.approx([2.14, 1.43, 0.71], abs=0.005)
    assert w @ w == pytest.approx(7.14, abs=0.005)
    assert w @ [3, 2, 1] == pytest.approx(10.0)


def test_a_little_l1_finds_the_smallest_l1_solution():
    """E1: (3.33, 0, 0), L1 norm 3.33, and the zeros are exact."""
    net = trained([Member(ONE_UNIT, recipe(learning_rate=0.03, l1=0.2, epochs=3000, **EXACT))], one_row())[0]
    w = net.state["params"]["head.kernel"][:, 0]
    assert w.tolist() == [pytest.approx(3.33, abs=0.02), 0.0, 0.0]  # the penalty costs 0.2 / 2 / 3 / 3


@pytest.mark.parametrize(
    ("weights", "l1", "l2"), [((3.0, 0.25, 0.5), 3.75, 9.31), ((5.0, -2.0, -1.0), 8.0, 30.0)]
)
def test_the_penalty_table(weights, l1, l2):
    """E1: a step under a penalty alone moves by its slope; its sum over w gives back the penalty."""
    w = jnp.array(weights)
    assert float(jnp.sum(jnp.abs(w))) == pytest.approx(l1, abs=0.005)
    net = {"l2": jnp.float32(1.0), "l1": jnp.float32(1.0)}
    rate = jnp.float32(1e-2)
    found = {}
    for penalty in ("l1", "l2"):
        uses = recipe(**{penalty: 1.0}).uses()
        moved, _ = descended({"kernel": w}, {"kernel": jnp.zeros(3)}, (), rate, net, "sgd", uses)
        found[penalty] = np.asarray(w - moved["kernel"]) / 1e-2
    np.testing.assert_allclose(found["l1"] @ np.asarray(w), l1, rtol=1e-3)  # sign(w) w = |w|
    np.testing.assert_allclose(found["l2"] @ np.asarray(w) / 2.0, l2, rtol=1e-3)  # 2 w w / 2 = w^2


def test_penalties_spare_biases_norms_and_scales():
    params = {
        name: jnp.ones(2)
        for name in ("layers.0.kernel", "layers.0.bias", "layers.1.gamma", "layers.1.beta", "layers.2.scale")
    }
    params |= {"inputs.embedding.0": jnp.ones(2), "layers.3.shortcut": jnp.ones(2)}
    still = jax.tree.map(jnp.zeros_like, params)
    for penalty in ("l1", "l2", "weight_decay"):
        net = {penalty: jnp.float32(0.5)}
        uses = recipe(**{penalty: 0.5}).uses()
        moved, _ = descended(params, still, (), jnp.float32(0.1), net, "sgd", uses)
        touched = {name for name, value in moved.items() if not np.array_equal(value, params[name])}
        assert touched == {"layers.0.kernel", "inputs.embedding.0", "layers.3.shortcut"}, penalty


def test_class_weights_are_row_weights():
    """B2: binary cross-entropy with a weight for each class, by hand."""
    z, y = jnp.array([[0.0], [np.log(3.0)]], jnp.float32), jnp.array([[1.0], [0.0]])
    rows_ = LOSSES["binary_cross_entropy"].function(z, y, {})
    np.testing.assert_allclose(rows_, [np.log(2), np.log(4)], rtol=1e-6)
    weighted = weighted_mean(rows_, jnp.array([3.0, 1.0]))
    np.testing.assert_allclose(weighted, (3 * np.log(2) + np.log(4)) / 4, rtol=1e-6)


def test_two_classes_by_softmax_are_a_sigmoid_of_the_difference():
    """B2."""
    z = jnp.array([[0.3, -0.4], [2.0, 5.0]])
    soft = LOSSES["cross_entropy"].function(z, jnp.array([0, 1]), {})
    hard = LOSSES["binary_cross_entropy"].function(z[:, 1:] - z[:, :1], jnp.array([[0.0], [1.0]]), {})
    np.testing.assert_allclose(soft, hard, rtol=1e-6)


def test_smoothing_is_for_training_only():
    """E8: the validation loss of a smoothed training is the plain cross-entropy."""
    net = spec((), "softmax", 3)
    data = View(rows(16, "multiclass"), rows(9, "multiclass", 1))
    smoothed = recipe(loss="cross_entropy", label_smoothing=0.3, learning_rate=0.0, epochs=1)
    result = trained([Member(net, smoothed)], data)[0]
    losses = {}
    for name, part in {"loss": data.train, "val_loss": data.valid}.items():
        z = part.numbers @ result.params["head.kernel"] + result.params["head.bias"]
        log_p = z - np.log(np.exp(z).sum(1, keepdims=True))
        plain = -log_p[np.arange(len(z)), part.target].mean()
        losses[name] = plain if name == "val_loss" else 0.7 * plain + 0.3 * -log_p.mean()
    np.testing.assert_allclose(result.history[0, :2], [losses["loss"], losses["val_loss"]], rtol=1e-5)


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_validation_metric_is_squared_error_or_accuracy(task):
    head, outputs, loss = {
        "regression": ("linear", 1, "squared_error"),
        "binary": ("sigmoid", 1, "binary_cross_entropy"),
        "multiclass": ("softmax", 3, "cross_entropy"),
    }[task]
    weight = np.arange(1.0, 10.0)
    data = View(rows(16, task), rows(9, task, 1, weight))
    result = trained([Member(spec((), head, outputs), recipe(loss=loss, epochs=1))], data)[0]
    z = data.valid.numbers @ result.params["head.kernel"] + result.params["head.bias"]
    right = {
        "regression": lambda: (z - data.valid.target)[:, 0] ** 2,
        "binary": lambda: ((z > 0) == (data.valid.target > 0.5))[:, 0],
        "multiclass": lambda: z.argmax(1) == data.valid.target,
    }[task]()
    assert result.best_epoch == 1
    np.testing.assert_allclose(result.history[0, 2], np.average(right, weights=weight), rtol=1e-5)
