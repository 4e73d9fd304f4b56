"""Tile sizes: a function of the whole population, which a part of it can be given."""

from __future__ import annotations

import gc
import weakref
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from populations import recipe, rich, same_bits, shoal, spec, trained, view

from shoal.train.events import NetStopped
from shoal.train.loop import train
from shoal.train.population import Member
from shoal.train.strategy import tile_size
from shoal.train.tiles import planned

RATES = [0.01, 0.02, 0.03, 0.05, 0.001, 0.002, 0.04]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 2)), min_size=1, max_size=40))
def test_the_sizes_are_those_of_the_whole_population(kinds):
    """All networks of one program have one size: that for as many as there are of each seed."""
    members = [Member(spec((width,)), recipe(), seed=seed) for seed, width in kinds]
    for (_, width), size in zip(kinds, planned(members, [view()]), strict=True):
        counts = Counter(seed for seed, other in kinds if other == width)
        assert size == tile_size(spec((width,)), 8, [*counts.values()])
    assert planned(members, [view()], exact=True) == [1] * len(members)


@pytest.mark.parametrize("left", [[0], [1, 2, 5], [6, 4]])
def test_a_part_trained_in_the_sizes_of_the_whole_has_the_bits_of_the_whole(left):
    """How a search that was killed goes on: the rest of a batch ends as if it had not been."""
    members = [*shoal(RATES, rich()), Member(rich(), recipe(), seed=1)]
    whole, sizes = trained(members, view()), planned(members, [view()])
    assert sizes == [4] * 8
    part = trained([members[i] for i in left], view(), tile=[sizes[i] for i in left])
    assert all(same_bits(net, whole[i]) for net, i in zip(part, left, strict=True))


def test_a_size_for_each_network_puts_other_sizes_into_other_tiles():
    sizes = [2, 2, 4, 1, 4, 4, 2]
    nets = trained(shoal(RATES, rich()), view(), tile=sizes)
    assert [net.tile for net in nets] == sizes
    whole = trained(shoal(RATES, rich()), view(), tile=4)
    assert all(same_bits(a, b) for a, b, size in zip(nets, whole, sizes, strict=True) if size == 4)


def test_the_loop_forgets_a_net_that_has_ended():
    """With a watcher who keeps nothing, the result of every network is gone when the next news come."""
    gone = []
    for event in train(shoal(RATES, rich(), epochs=2), [view()], tile=1, keep=False):
        if isinstance(event, NetStopped):
            gone.append(weakref.ref(event.result.params["head.kernel"]))
    del event
    gc.collect()
    assert len(gone) == 7
    assert all(ref() is None for ref in gone)
