"""Which nets share a tile, and which widths share a program."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from populations import recipe, spec, view

from shoal.nets.inputs import TableInput
from shoal.nets.layers import Activation, Dense, Repeat, Residual
from shoal.nets.spec import NetSpec, mlp
from shoal.train.population import Member
from shoal.train.strategy import step_flops, tile_size
from shoal.train.tiles import seated
from shoal.train.widths import bucket

TINY = mlp(TableInput(8), (16, 16), "softmax", 3)
SMALL = mlp(TableInput(16), (64, 64), "linear", 1)
MEDIUM = mlp(TableInput(64), (128, 128), "softmax", 10)
LARGE = mlp(TableInput(784), (256, 256), "softmax", 10)


def test_the_work_of_a_step_by_hand():
    """Three products of 2 n m operations for each of three kernels, for each of 32 rows."""
    assert step_flops(TINY, 32) == 32 * 6 * (8 * 16 + 16 * 16 + 16 * 3)


@pytest.mark.parametrize(
    ("net", "batch", "size"), [(TINY, 32, 32), (SMALL, 256, 1), (MEDIUM, 64, 1), (LARGE, 128, 1)]
)
def test_the_measured_rule(net, batch, size):
    assert tile_size(net, batch, 128) == size


@given(st.lists(st.integers(1, 90), min_size=1, max_size=9), st.booleans(), st.booleans())
def test_the_places_of_all_tiles_are_filled_at_least_by_half(nets, cpu, exact):
    size = tile_size(TINY, 32, nets, cpu=cpu, exact=exact)
    assert 1 <= size <= (32 if cpu else 64)
    assert not exact or size == 1
    assert size == 1 or size <= max(nets)
    assert not cpu or size * sum(-(-count // size) for count in nets) <= 2 * sum(nets)


def test_two_cores_get_a_tile_each():
    assert [-(-nets // tile_size(TINY, 32, nets)) for nets in (2, 3, 8, 32)] == [2, 2, 2, 2]


@pytest.mark.parametrize(
    ("nets", "size"),
    [([5], 3), ([5, 5, 5], 5), ([6, 1], 3), ([100], 20), ([128], 32), ([1] * 50, 1), ([10] * 3, 10)],
)
def test_the_size_with_the_least_work_by_hand(nets, size):
    """Tiles times (1 + size), at least two tiles: [6, 1] is 3 * 4 in threes, 2 * 7 in sixes."""
    assert tile_size(TINY, 32, nets) == size


def kinds(*members: Member) -> list[list[int]]:
    return [list(seats.nets) for seats in seated(members, [view(), view()], cpu=True, exact=False, tile=8)]


def test_nets_share_a_tile_by_program_view_seed_and_epoch():
    plain = Member(spec(), recipe())
    faster = Member(spec(dropout=0.0), recipe(learning_rate=0.5, patience=3))
    others = [
        Member(spec((5,)), recipe()),
        Member(spec(), recipe(l1=0.1)),
        Member(spec(), recipe(), view=1),
        Member(spec(), recipe(), seed=1),
        Member(spec(), recipe(precision="float64")),
    ]
    assert kinds(plain, *others, faster) == [[0, 6], [1], [2], [3], [4], [5]]


def test_dropout_rates_share_a_tile_and_the_layer_does_not():
    a, b, none = (Member(spec(dropout=rate), recipe()) for rate in (0.1, 0.6, 0.0))
    assert kinds(a, b, none) == [[0, 1], [2]]


@given(st.integers(1, 5000))
def test_a_width_is_padded_to_less_than_twice_itself(units):
    assert units <= bucket(units) <= max(8, 2 * units - 1)
    assert bucket(bucket(units)) == bucket(units)


def test_the_work_of_blocks_counts_projections_and_repetitions():
    body = (Residual((Dense(6),)), Repeat((Dense(6), Activation("tanh")), 10))
    net = NetSpec(TableInput(4), body, "linear", 2)
    assert net.multiply_adds() == (4 * 6 + 4 * 6) + 10 * 6 * 6 + 6 * 2
