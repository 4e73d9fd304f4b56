"""E7 for tables: every class equally often, each row as its weight says, whatever the padding."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from shoal.nets import draws
from shoal.train.balance import balanced, strata_of

TARGET = np.array([0, 0, 0, 0, 0, 0, 0, 2, 2, 5])  # rare classes, and numbers that are no class of these rows


@partial(jax.jit, static_argnums=(1, 2))
def epochs(strata, slots, count, rows):
    """Return the rows drawn in many epochs: (count, slots)."""
    keys = draws.fold(jnp.uint32(3), jnp.arange(count, dtype=jnp.uint32))
    return jax.vmap(lambda key: balanced(key, slots, rows, strata))(keys)


def drawn(target=TARGET, weight=None, slots=None, count=1000):
    weight = np.ones(len(target)) if weight is None else np.asarray(weight, float)
    slots = slots or len(target)
    strata = strata_of(target, weight, slots)
    return np.asarray(epochs(strata, slots, count, np.uint32(len(target))))


@pytest.mark.parametrize("shape", [(10,), (10, 1)])
def test_every_class_comes_equally_often_in_every_epoch(shape):
    found = drawn(TARGET.reshape(shape))
    counts = np.stack([(TARGET[found] == c).sum(axis=1) for c in (0, 2, 5)], axis=1)
    assert counts.min() == 3
    assert counts.max() == 4
    assert stats.chisquare((counts == 4).sum(axis=0)).pvalue > 1e-4, "who gets the tenth place is chance"


def test_every_row_of_a_class_comes_equally_often():
    counts = np.bincount(drawn().ravel(), minlength=10)
    assert stats.chisquare(counts[:7]).pvalue > 1e-4
    assert stats.chisquare(counts[7:9]).pvalue > 1e-4


def test_rows_come_as_their_weights_say():
    weight = [1, 0, 4, 1, 1, 0, 0, 0.5, 1.5, 9]
    counts = np.bincount(drawn(weight=weight).ravel(), minlength=10)
    assert not counts[[1, 5, 6]].any()
    for rows in ([0, 2, 3, 4], [7, 8]):
        share = np.array(weight)[rows]
        assert stats.chisquare(counts[rows], counts[rows].sum() * share / share.sum()).pvalue > 1e-4


def test_weight_two_is_the_row_twice_bit_for_bit():
    """The row and its copy share the numbers that drew the heavy one."""
    heavy = drawn(weight=[1, 2, 1, 1, 1, 1, 1, 1, 1, 0])
    again = [0, 1, 1, *range(2, 9)]
    twice = drawn(TARGET[again])
    np.testing.assert_array_equal(np.array(again)[twice], heavy)


def test_weight_zero_is_the_row_absent_bit_for_bit():
    present = np.array([0, 2, 3, 4, 5, 6, 7, 8, 9])
    strata = strata_of(TARGET, np.where(np.isin(range(10), present), 1.0, 0.0), 10)
    with_zero = np.asarray(epochs(strata, 10, 50, np.uint32(9)))[:, :9]
    np.testing.assert_array_equal(present[drawn(TARGET[present], count=50)], with_zero)


def test_padding_changes_nothing_and_stays_last():
    short, long = drawn(count=50), drawn(slots=16, count=50)
    np.testing.assert_array_equal(long[:, :10], short)
    np.testing.assert_array_equal(long[:, 10:], np.tile(np.arange(10, 16), (50, 1)))


def test_neighbours_in_an_epoch_are_independent():
    classes = np.searchsorted([0, 2, 5], TARGET[drawn(count=4000)])
    table = np.bincount((3 * classes[:, 0] + classes[:, 7]), minlength=9).reshape(3, 3)
    same = np.trace(table) / 4000  # of two among 4, 3 and 3 places: (12 + 6 + 6) / 90
    assert abs(same - 4 / 15) < 0.04
