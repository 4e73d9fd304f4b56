"""D1: batch, stochastic and mini-batch descent take the steps of NumPy; a short last batch is exact."""

from __future__ import annotations

from zlib import crc32

import jax.numpy as jnp
import numpy as np
import pytest
from populations import recipe, rows, spec, trained

from shoal.nets import draws, network
from shoal.train.population import Member
from shoal.train.program import dealt
from shoal.train.view import View

COUNT, EPOCHS, RATE = 23, 3, 0.05
WEIGHT = np.random.default_rng(3).uniform(0.5, 2.0, COUNT)


def batches(data: View, batch_size: int, epoch: int) -> list[np.ndarray]:
    """Return the rows of every step of an epoch: without padding, each row once."""
    batch, steps = data.batches(batch_size)
    key = draws.fold(jnp.uint32(crc32(b"order 0")), jnp.uint32(epoch))
    order = draws.shuffle(key, batch * steps, jnp.uint32(COUNT))
    dealt_rows = np.asarray(dealt(order, jnp.asarray(data.starts(batch_size)), batch))
    return [step[step < COUNT] for step in dealt_rows]


def by_hand(data: View, batch_size: int) -> tuple[np.ndarray, np.ndarray, list[float]]:
    """Take the steps of a linear model under squared error in NumPy."""
    x, y, weight = data.train.numbers, data.train.target[:, 0], data.train.weight
    start, _ = network.init(spec(()), 0, "float64")
    w, b = start["head.kernel"][:, 0], start["head.bias"]
    losses = []
    for epoch in range(EPOCHS):
        seen, total = 0.0, 0.0
        for place in batches(data, batch_size, epoch):
            share = weight[place] / weight[place].sum()
            error = x[place] @ w + b - y[place]
            seen, total = seen + (weight[place] * error**2).sum(), total + weight[place].sum()
            w, b = w - RATE * 2 * (share * error) @ x[place], b - RATE * 2 * (share * error).sum()
        losses.append(seen / total)
    return w, b, losses


@pytest.mark.parametrize("batch_size", [COUNT, 1000, 1, 8, 22])
@pytest.mark.parametrize("weighted", [False, True])
def test_every_step_is_that_of_numpy(batch_size, weighted):
    """All rows in one step, one row a step, or 8 + 8 + 7: the mean over the rows that are there."""
    data = View(rows(COUNT, weight=WEIGHT if weighted else None))
    plain = recipe(
        optimizer="sgd",
        batch_size=batch_size,
        epochs=EPOCHS,
        learning_rate=RATE,
        precision="float64",
        monitor="loss",
    )
    net = trained([Member(spec(()), plain)], data)[0]
    w, b, losses = by_hand(data, batch_size)
    np.testing.assert_allclose(net.state["params"]["head.kernel"][:, 0], w, rtol=1e-10)
    np.testing.assert_allclose(net.state["params"]["head.bias"], b, rtol=1e-10)
    np.testing.assert_allclose(net.history[:, 0], losses, rtol=1e-10)


@pytest.mark.parametrize(("batch_size", "sizes"), [(1, [1] * 23), (8, [8, 8, 7]), (23, [23]), (1000, [23])])
def test_rows_are_drawn_without_replacement(batch_size, sizes):
    data = View(rows(COUNT))
    orders = [batches(data, batch_size, epoch) for epoch in range(4)]
    for steps in orders:
        assert [len(step) for step in steps] == sizes
        assert sorted(np.concatenate(steps).tolist()) == list(range(COUNT))
    assert len({tuple(np.concatenate(steps)) for steps in orders}) == 4


def test_a_batch_of_all_rows_is_the_same_whatever_its_size():
    data = View(rows(COUNT))
    common = {"optimizer": "sgd", "epochs": EPOCHS, "precision": "float64", "monitor": "loss"}
    one, other = (trained([Member(spec(), recipe(batch_size=n, **common))], data)[0] for n in (COUNT, 4096))
    for name in one.params:
        np.testing.assert_array_equal(one.params[name], other.params[name])
