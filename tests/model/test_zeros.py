"""E2: weights that are exactly zero are counted, and the count is told wherever the model is."""

from __future__ import annotations

import numpy as np
import pytest

from shoal import NetRegressor
from shoal.model.zeros import Zeros, zeros_said


def test_by_layer_kernels_and_embeddings_only():
    params = {
        "inputs.embedding.0": np.array([[0.0, 1.0]]),
        "layers.0.kernel": np.array([[0.0, -0.0, 1e-300]]),
        "layers.0.bias": np.zeros(3),
        "layers.0.shortcut": np.zeros((2, 2)),
        "layers.1.gamma": np.zeros(3),
        "head.kernel": np.ones((3, 1)),
    }
    zeros = Zeros.of([params])
    assert zeros.layers == {"inputs": (1, 2), "layers.0": (6, 7), "head": (0, 3)}
    assert (zeros.total, zeros.weights) == (7, 12)
    assert Zeros.of([params, params]).total == 14
    assert zeros.to_json() == {"inputs": 1, "layers.0": 6, "head": 0, "total": 7}


def test_layers_in_their_order():
    params = {f"layers.{i}.kernel": np.zeros(1) for i in (10, 2)} | {"head.kernel": np.zeros(1)}
    params["inputs.embedding.0"] = np.zeros(1)
    assert list(Zeros.of([params]).layers) == ["inputs", "layers.2", "layers.10", "head"]


def test_thousands_are_parted():
    assert str(Zeros({"layers.0": (1234, 20_000)})) == "1,234 of 20,000 weights are exactly zero"


def test_an_l1_penalty_that_took_nothing_out_is_told_too():
    none = Zeros({"head": (0, 8)})
    asked = {"settings": {"resolved": {"l1": 1e-9}}}
    assert zeros_said(none, {}) == ""
    assert zeros_said(none, asked) == "0 of 8 weights are exactly zero (head: 0 of 8)"


@pytest.mark.parametrize("members", [1, 2])
def test_a_linear_model_under_l1_leaves_out_what_does_not_matter(members):
    """Three of six columns say nothing of the target; their weights end at exactly 0."""
    X = np.random.default_rng(0).normal(size=(200, 6))
    y = X[:, :3] @ [3.0, -2.0, 1.0]
    settings = {"l1": 0.2, "weight_decay": 0.0, "epochs": 60, "optimizer": "sgd", "batch_size": 50}
    settings |= {"learning_rate": 0.05, "random_state": 0}
    net = NetRegressor(hidden=(), ensemble=members, **settings).fit(X, y)
    assert [kernel[3:, 0].tolist() for kernel in net.coefs_] == [[0.0, 0.0, 0.0]]
    assert net.zeros_ == {"head": 3 * members, "total": 3 * members}
    said = f"{3 * members} of {6 * members} weights are exactly zero (head: {3 * members} of {6 * members})."
    assert said in net.model_.card()
    plain = NetRegressor(hidden=(), **settings | {"l1": 0.0}).fit(X, y)
    assert plain.zeros_["total"] == 0
    assert "exactly zero" not in plain.model_.card()
