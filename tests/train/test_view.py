"""Views: which batches an epoch is dealt into, for whole tables and for folds of one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from populations import recipe, rows, same_bits, spec, trained, view

from shoal.backend import counting_compilations
from shoal.train.population import Member
from shoal.train.view import View

TABLE = rows(60)


def fold(count: int, whole: int = 0) -> View:
    return View(TABLE.take(np.arange(count)), whole=whole)


@given(st.integers(1, 60), st.integers(0, 60), st.integers(1, 70))
def test_every_row_is_in_one_batch_and_no_batch_is_empty_or_too_large(count, more, batch_size):
    for whole in (0, min(count + more, 60)):
        data = fold(count, whole)
        batch, steps = data.batches(batch_size)
        sizes = np.diff(data.starts(batch_size).astype(int))
        assert len(sizes) == steps
        assert sizes.sum() == count
        assert 1 <= sizes.min() <= sizes.max() <= batch <= batch_size
        if whole > count and steps > -(-count // batch_size):
            assert sizes.max() - sizes.min() <= 1


@given(st.integers(1, 60), st.integers(1, 70))
def test_without_a_fold_only_the_last_batch_may_be_short(count, batch_size):
    sizes = np.diff(fold(count).starts(batch_size).astype(int))
    assert (sizes[:-1] == min(batch_size, count)).all()


def test_a_fold_shares_the_program_of_the_whole_table():
    members = [Member(spec(), recipe(monitor="loss"), v) for v in range(3)]
    trained(members[:1], [fold(23)])
    with counting_compilations() as count:
        trained(members, [fold(23), fold(18, whole=23), fold(19, whole=23)])
    assert count == [0]


def test_a_fold_with_fewer_rows_than_the_table_has_steps_keeps_its_own_steps():
    """One row a step: a table of 20 has 20 steps, and in a fold of 15 five of them would train on nothing."""
    apart, shared = (
        trained([Member(spec(dropout=0.3), recipe(batch_size=1, monitor="loss"))], fold(15, whole))[0]
        for whole in (0, 20)
    )
    assert same_bits(apart, shared)


@pytest.mark.parametrize("sizes", [(8, 12), (12, 8)])
def test_batch_sizes_that_fill_the_same_slots_do_not_share_batches(sizes):
    """24 rows are three batches of 8 and two of 12: one run with both is two runs."""
    members = [Member(spec(), recipe(batch_size=size, monitor="loss")) for size in sizes]
    data = replace(view(24, 0), whole=0)
    together = trained(members, data)
    apart = [trained([member], data)[0] for member in members]
    assert all(same_bits(a, b) for a, b in zip(together, apart, strict=True))
