"""Law: how many tiles are under way at a time changes no bit, and the bound on memory holds."""

from __future__ import annotations

from dataclasses import replace

import jax
import pytest
from populations import recipe, rich, same_bits, shoal, spec, trained, view

from shoal import backend
from shoal.train import loop
from shoal.train.footprint import MEMORY, bytes_of, data_bytes, footprint
from shoal.train.population import Member
from shoal.train.tiles import seated, tile_of

QUICK = [0.01 * (1 + i * 5 % 16) for i in range(24)]  # quick and slow learners mixed
STOPPING = {"epochs": 20, "patience": 2, "min_epochs": 3}


@pytest.fixture(scope="module")
def members():
    return [*shoal(QUICK, rich(), **STOPPING), *(Member(spec(), recipe(), view=1, seed=i) for i in range(3))]


@pytest.fixture(scope="module")
def views():
    return [view(), view(22, 8, seed=3)]


@pytest.fixture(scope="module")
def whole(members, views):
    return trained(members, views, tile=4)


def one_tile(members, views) -> int:
    return bytes_of(members, seated(members, views, cpu=True, exact=False, tile=4)[0])


@pytest.mark.parametrize("tiles", [0, 2.5, 5])
def test_results_are_the_same_whatever_the_bound(members, views, whole, tiles, monkeypatch):
    """None stops early with its neighbours; packing goes on inside the window."""
    monkeypatch.setattr(loop, "_CALL_SECONDS", 0.0)
    bounded = trained(members, views, tile=4, memory=int(tiles * one_tile(members, views)))
    assert len({net.epochs for net in whole[:24]}) > 3
    assert all(same_bits(a, b) for a, b in zip(bounded, whole, strict=True))


def test_results_are_the_same_on_two_devices_inside_the_bound(members, views, whole, two_devices):
    bounded = trained(members, views, tile=4, memory=0)
    assert all(same_bits(a, b) for a, b in zip(bounded, whole, strict=True))


@pytest.mark.parametrize("tiles", [0, 3])
def test_no_more_is_under_way_than_the_bound_allows(members, views, monkeypatch, tiles):
    """One tile for each device always is; rows count, too."""
    monkeypatch.setattr(loop, "_CALL_SECONDS", 0.0)
    bound = tiles * one_tile(members, views) + 4 * sum(v.train.numbers.nbytes for v in views)
    held, advance = [], loop._Run._advance

    def counted(self, tile, device):
        held.append((self.board.size, self.board.bytes))
        advance(self, tile, device)

    monkeypatch.setattr(loop._Run, "_advance", counted)
    trained(members, views, tile=4, memory=bound if tiles else 0)
    assert max(size for size, _ in held) == 1 if tiles == 0 else 1 < max(size for size, _ in held) < 9
    assert all(size == 1 or taken <= bound for size, taken in held)


def test_rows_are_dropped_when_no_tile_needs_them(members, views, monkeypatch):
    runs = []
    start = loop._Run.__init__

    def seen(self, *args):
        runs.append(self)
        start(self, *args)

    monkeypatch.setattr(loop._Run, "__init__", seen)
    trained(members, views, tile=4)
    assert runs[0].feed.bytes == runs[0].board.bytes == runs[0].board.size == 0


@pytest.mark.parametrize(
    "change",
    [{}, {"optimizer": "sgd"}, {"averaging": ("ema", 0.9)}, {"monitor": "loss"}, {"precision": "float64"}],
)
def test_the_bytes_told_before_are_those_of_the_arrays(views, change):
    """Up to a kilobyte for each network, for its settings and counters."""
    members = [Member(rich((64, 64)), recipe(**change), seed=0) for _ in range(4)]
    for seats in seated(members, views, cpu=True, exact=False, tile=4):
        with backend.precision(seats.key.precision):
            told, real = bytes_of(members, seats), tile_of(members, seats).bytes
        assert 0 <= told - real <= 4 * 1024


def test_the_rows_told_before_are_those_on_the_device(views):
    member = Member(spec(), recipe())
    key = seated([member], views, cpu=True, exact=False)[0].key
    padded = [views[0].train.padded(key.batch * key.steps, "float32")]
    padded.append(views[0].valid.padded(key.valid_rows, "float32"))
    assert data_bytes(views[0], key) == sum(leaf.nbytes for leaf in jax.tree.leaves(padded))


def test_a_footprint_by_hand(views):
    """Ten networks in two tiles of 5, one of another kind; 3 * 6 operations for each row and weight."""
    members = [*shoal(QUICK[:10], spec((5,))), Member(spec((6,)), recipe(epochs=2))]
    found = footprint(members, views)
    assert (found.nets, found.tiles, found.programs) == (11, 3, 2)
    steps, batch = 3, 8
    assert found.flops == 6 * batch * steps * (10 * 4 * (3 * 5 + 5) + 2 * (3 * 6 + 6))
    assert found.bytes_at_once < 1e6
    many = footprint([replace(m, spec=spec((512, 512, 512))) for m in members] * 40, views)
    assert MEMORY <= many.bytes_at_once < 1.5 * MEMORY
    assert footprint(members, views, memory=0).bytes_at_once < found.bytes_at_once


def test_a_footprint_makes_no_array(views, monkeypatch):
    def refuse(*args):
        raise AssertionError("an array was made")

    monkeypatch.setattr("shoal.train.tiles.first_state", refuse)
    assert footprint(shoal(QUICK, spec((4096, 4096))), views).nets == 24
