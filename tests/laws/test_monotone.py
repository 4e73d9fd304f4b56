"""Law 10: more L2, smaller weights; more patience, never fewer epochs; and L1 gives exact zeros."""

from __future__ import annotations

import numpy as np
import pytest
from populations import recipe, rows, spec, trained, view

from shoal.train.population import Member
from shoal.train.view import View

NORMS = {"l2": np.square, "weight_decay": np.square, "l1": np.abs}


@pytest.mark.parametrize("penalty", NORMS)
def test_a_stronger_penalty_gives_smaller_weights(penalty, seed):
    """A theorem for a convex loss at its minimum, so: a linear model, trained until nothing moves."""
    settings = {"optimizer": "sgd", "learning_rate": 0.05, "epochs": 300, "batch_size": 99, "monitor": "loss"}
    members = [
        Member(spec((), "linear", 1), recipe(**settings, **{penalty: strength}), seed=seed)
        for strength in (1e-4, 0.01, 0.1, 1.0, 3.0)
    ]
    nets = trained(members, View(rows(40, seed=seed)))
    sizes = [float(np.sum(NORMS[penalty](net.state["params"]["head.kernel"]))) for net in nets]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < 0.5 * sizes[0]


def test_more_patience_is_never_fewer_epochs(seed):
    members = [
        Member(spec(), recipe(epochs=60, patience=patience, learning_rate=0.3), seed=seed)
        for patience in (1, 2, 3, 5, 8, 13)
    ]
    epochs = [net.epochs for net in trained(members, view(seed=seed), tile=2)]
    assert epochs == sorted(epochs)
    assert epochs[0] < epochs[-1]


def test_less_change_asked_for_is_never_fewer_epochs(seed):
    members = [
        Member(spec(), recipe(epochs=60, patience=2, min_delta=delta, learning_rate=0.03), seed=seed)
        for delta in (0.5, 0.1, 0.01, 0.0)
    ]
    epochs = [net.epochs for net in trained(members, view(seed=seed), tile=2)]
    assert epochs == sorted(epochs)


def test_l1_ends_at_exact_zeros_and_l2_does_not(seed):
    """E2: of three features, one decides; the weights of the two others end at zero."""
    rng = np.random.default_rng(seed)
    table = rows(64, seed=seed)
    target = 2.0 * table.numbers[:, :1] + 0.01 * rng.standard_normal((64, 1))
    table = type(table)(table.numbers, table.codes, target, table.weight)
    settings = {"optimizer": "sgd", "learning_rate": 0.1, "batch_size": 99, "epochs": 100, "monitor": "loss"}
    nets = {
        penalty: trained(
            [Member(spec((), "linear", 1), recipe(**settings, **{penalty: 0.2}), seed=seed)], View(table)
        )[0]
        for penalty in ("l1", "l2")
    }
    kernels = {name: net.state["params"]["head.kernel"][:, 0] for name, net in nets.items()}
    assert kernels["l1"][0] > 1.0
    assert kernels["l1"][1:].tolist() == [0.0, 0.0]
    assert np.all(kernels["l2"] != 0.0)
