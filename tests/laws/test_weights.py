"""Law 3, weights: weight 2 is the row twice, weight 0 is the row absent; and what a short batch weighs."""

from __future__ import annotations

import numpy as np
import pytest
from populations import largest_difference, recipe, rich, rows, same_bits, spec, trained, view

from shoal.nets.inputs import TableInput
from shoal.nets.layers import Dropout
from shoal.nets.spec import NetSpec
from shoal.train.population import Member
from shoal.train.view import Batchable, View

FULL = {"batch_size": 1000, "precision": "float64", "monitor": "loss"}


def taken(given: Batchable, places, weight) -> View:
    return View(Batchable(**{**vars(given.take(np.array(places))), "weight": np.array(weight, float)}))


@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_weight_two_is_the_row_twice(task, seed):
    """One batch of all rows, batch norm included: the same sums, in another order."""
    head, outputs, loss = {
        "regression": ("linear", 1, "squared_error"),
        "multiclass": ("softmax", 3, "cross_entropy"),
    }[task]
    net = spec((4,), head, outputs, norm="batch")
    member = Member(net, recipe(loss=loss, **FULL))
    table = rows(12, task, seed)
    heavy = trained([member], taken(table, range(12), [2, 1, 3] + [1] * 9))[0]
    twice = trained([member], taken(table, [0, 0, 1, 2, 2, 2, *range(3, 12)], [1] * 15))[0]
    assert largest_difference(heavy, twice) < 1e-12
    np.testing.assert_allclose(heavy.history[:, 0], twice.history[:, 0], rtol=1e-12)
    for name, value in heavy.running.items():
        np.testing.assert_allclose(twice.running[name], value, rtol=1e-10)


def test_weight_zero_is_the_row_absent_bit_for_bit():
    """In any batches, with dropout and batch norm: the row takes no place and no random number."""
    table = rows(26)
    weight = np.ones(26)
    weight[[0, 7, 25]] = 0.0
    present = np.flatnonzero(weight)
    members = [Member(rich(), recipe(monitor="loss"))]
    with_zero = trained(members, taken(table, range(26), weight))[0]
    without = trained(members, taken(table, present, np.ones(23)))[0]
    assert same_bits(with_zero, without)


def test_the_size_of_all_weights_does_not_matter(seed):
    table = rows(16, seed=seed)
    member = Member(spec((4,), dropout=0.3), recipe(precision="float64", monitor="loss"))
    one, small = (trained([member], taken(table, range(16), np.full(16, w)))[0] for w in (1.0, 0.001))
    assert largest_difference(one, small) < 1e-13


@pytest.mark.parametrize("count", [1, 7, 8, 9, 23])
def test_the_loss_of_an_epoch_weighs_every_row_alike(count):
    """D1: with a rate of zero, the loss of an epoch is the plain mean over all rows, short batch or not."""
    table = rows(count)
    member = Member(spec((), "linear", 1), recipe(learning_rate=0.0, monitor="loss", epochs=2))
    net = trained([member], View(table))[0]
    outputs = table.numbers @ net.params["head.kernel"] + net.params["head.bias"]
    expected = np.mean((outputs - table.target) ** 2)
    np.testing.assert_allclose(net.history[:, 0], expected, rtol=1e-6)


def one_weight_per_row(epochs: int, seed: int = 0) -> np.ndarray:
    """Train on five rows whose features are unit vectors, in batches of two, by plain descent.

    Returns the errors. The output for row i is weight i, so each error shrinks in one step of an epoch only:
    by ``2 rate / 2`` in a batch of two, and by ``2 rate`` in the last batch, which is a batch of one.
    """
    n = 5
    table = Batchable(np.eye(n), np.zeros((n, 0), np.int32), np.ones((n, 1)), np.ones(n))
    net = NetSpec(TableInput(numbers=n), (), "linear", 1, "zeros")
    settings = {"optimizer": "sgd", "batch_size": 2, "rate_factors": (("bias", 0.0),), "monitor": "loss"}
    member = Member(net, recipe(learning_rate=RATE, epochs=epochs, **settings), seed=seed)
    return 1.0 - trained([member], View(table))[0].state["params"]["head.kernel"][:, 0]


RATE = 0.1


def test_every_row_is_seen_once_an_epoch_and_the_short_batch_is_a_mean_of_its_own():
    """D1, in every order: twelve seeds."""
    last = []
    for seed in range(12):
        errors = one_weight_per_row(1, seed)
        np.testing.assert_allclose(sorted(errors), [1 - 2 * RATE] + [1 - RATE] * 4, rtol=1e-6)
        last.append(int(np.argmin(errors)))
    assert len(set(last)) > 2, "the order must differ between seeds"


def test_rows_are_shuffled_anew_in_every_epoch():
    """How often each row was the last follows from its error; in 30 epochs each one was, and none always."""
    epochs = 30
    log_last, log_other = np.log(1 - 2 * RATE), np.log(1 - RATE)
    times = (np.log(one_weight_per_row(epochs)) - epochs * log_other) / (log_last - log_other)
    np.testing.assert_allclose(times, np.round(times), atol=1e-3)
    assert round(times.sum()) == epochs
    assert times.min() > 0.5
    assert times.max() < epochs / 2


def test_dropout_is_drawn_anew_in_every_step_and_epoch():
    """64 rows of one feature, one at a time, half of them dropped: the error tells how many were kept.

    What is kept is doubled, so such a step shrinks ``1 - 2 w`` by ``1 - 8 rate``; a dropped one does nothing.
    """
    n, rate = 64, 1e-3
    table = Batchable(np.ones((n, 1)), np.zeros((n, 0), np.int32), np.ones((n, 1)), np.ones(n))
    net = NetSpec(TableInput(numbers=1), (Dropout(0.5),), "linear", 1, "zeros")
    settings = {"optimizer": "sgd", "batch_size": 1, "rate_factors": (("bias", 0.0),), "monitor": "loss"}
    kept = {}
    for epochs in (1, 8):
        member = Member(net, recipe(learning_rate=rate, epochs=epochs, precision="float64", **settings))
        weight = trained([member], View(table))[0].state["params"]["head.kernel"][0, 0]
        kept[epochs] = np.log(1 - 2 * weight) / np.log(1 - 8 * rate)
        np.testing.assert_allclose(kept[epochs], np.round(kept[epochs]), atol=1e-6)
    assert abs(kept[1] - n / 2) < 4.5 * np.sqrt(n) / 2, "one mask for all steps would keep all or none"
    assert abs(kept[8] - 8 * n / 2) < 4.5 * np.sqrt(8 * n) / 2
    assert round(kept[8]) != 8 * round(kept[1]), "one mask for all epochs"


@pytest.mark.parametrize("batch", [1, 23, 24, 1000])
def test_any_batch_size_trains(batch):
    """One row at a time, all rows, and more than there are."""
    net = trained([Member(spec(), recipe(batch_size=batch))], view())[0]
    assert net.code == "complete"
    assert net.history[-1, 0] < net.history[0, 0]


def test_batches_larger_than_the_table_are_the_table():
    a, b = (trained([Member(spec(), recipe(batch_size=size))], view())[0] for size in (23, 1000))
    assert same_bits(a, b)


def test_one_row_is_a_table():
    net = trained([Member(spec(dropout=0.3), recipe(monitor="loss"))], View(rows(1)))[0]
    assert net.code == "complete"
    assert all(np.isfinite(value).all() for value in net.params.values())
