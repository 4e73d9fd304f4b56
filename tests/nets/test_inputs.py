"""How tables enter: embeddings looked up two ways, and periodic features by the formula."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from populations import spec

from shoal.nets import inputs
from shoal.nets.inputs import TableInput
from shoal.nets.network import apply, init


def values(kind: TableInput, seed: int = 0) -> dict[str, np.ndarray]:
    return {k: v.astype(np.float32) for k, v in kind.init(np.random.default_rng(seed)).items()}


def applied(kind: TableInput, table, given) -> np.ndarray:
    return np.asarray(jax.jit(kind.apply)(table, given))


def test_numbers_alone_pass_through():
    kind, x = TableInput(numbers=2), jnp.array([[1.0, 2.0]])
    assert kind.features() == 2
    assert kind.apply({}, {"numbers": x}) is x


def test_categories_are_looked_up_and_put_behind_the_numbers():
    kind = TableInput(numbers=1, levels=(3, 4), widths=(2, 1))
    table = values(kind)
    codes = np.array([[0, 3], [2, 1]], np.int32)
    found = applied(kind, table, {"numbers": np.ones((2, 1), np.float32), "codes": codes})
    assert found.shape == (2, kind.features())
    expected = np.hstack([np.ones((2, 1)), table["embedding.0"][[0, 2]], table["embedding.1"][[3, 1]]])
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_few_levels_by_product_and_many_by_gather_are_one_thing(monkeypatch):
    """Values and slopes; a row that no code names gets no gradient."""
    kind = TableInput(numbers=0, levels=(9,), widths=(4,))
    codes = jnp.array([[0], [8], [3], [3], [1]], jnp.int32)
    given = {"numbers": jnp.zeros((5, 0), jnp.float32), "codes": codes}

    def both(table):
        return jax.value_and_grad(lambda t: jnp.sum(kind.apply(t, given) ** 3))(table)

    product = jax.jit(both)(values(kind))
    monkeypatch.setattr(inputs, "_ONE_HOT_LIMIT", 0)
    gather = jax.jit(lambda table: both(table))(values(kind))
    for a, b in zip(jax.tree.leaves(product), jax.tree.leaves(gather), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)
    assert not np.asarray(gather[1]["embedding.0"])[[2, 4, 5, 6, 7]].any()


def test_periodic_features_by_the_formula():
    """PBLD: three learned sums of cosines for each measured number, then all numbers as they are."""
    kind = TableInput(numbers=3, continuous=(0, 2), number_embedding="periodic")
    table = values(kind)
    x = np.array([[0.3, 1.0, -1.2]], np.float32)
    found = applied(kind, table, {"numbers": x})
    assert found.shape == (1, kind.features()) == (1, 9)
    for place, column in enumerate(kind.continuous):
        wave = np.cos(2 * np.pi * x[0, column] * table["frequency"][place] + table["phase"][place])
        expected = wave @ table["kernel"][place] + table["bias"][place]
        np.testing.assert_allclose(found[0, 3 * place : 3 * place + 3], expected, rtol=2e-5, atol=1e-6)
    np.testing.assert_array_equal(found[0, 6:], x[0])


def test_without_measured_numbers_there_is_nothing_to_embed():
    assert TableInput(numbers=3, number_embedding="periodic").features() == 3


@pytest.mark.parametrize("batch", [0, 1, 7])
def test_any_number_of_rows_passes(batch):
    net = spec((4,), "softmax", 3)
    params, running = init(net, 0)
    forward = jax.jit(lambda p, r, x: apply(net, p, r, {"numbers": x})[0])
    outputs = forward(params, running, np.zeros((batch, 3), np.float32))
    assert outputs.shape == (batch, 3)
