"""Packing: nobody is lost or sits twice, all who sit together stand at one epoch, nobody waits for ever."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from populations import recipe, spec, view

from shoal.train.packing import Board, taken
from shoal.train.population import Member, program_key, stacked
from shoal.train.stopping import COMPLETE, RUNNING
from shoal.train.tiles import FILLER, Tile

SIZE = 3
KEY = program_key(Member(spec(), recipe()), view(), SIZE)


def made(nets: list[int], group: int) -> Tile:
    states = [{"code": np.int32(RUNNING), "who": np.int32(net)} for net in nets]
    states += [{"code": np.int32(FILLER), "who": np.int32(-1)}] * (SIZE - len(nets))
    return Tile(KEY, 0, 0, list(nets), stacked(states), stacked([{}] * SIZE), 0, group)


def seats(tiles) -> list[int]:
    """Return who runs in these tiles, and check that names, states and codes belong together."""
    found = []
    for tile in tiles:
        for place, net in enumerate(tile.nets):
            assert tile.state["who"][place] == net
            if tile.active()[place]:
                found.append(net)
        assert (tile.codes[len(tile.nets) :] == FILLER).all()
    return sorted(found)


@given(
    ends=st.lists(st.integers(1, 12), min_size=1, max_size=14),
    groups=st.integers(1, 2),
    choices=st.randoms(use_true_random=False),
)
def test_any_order_of_calls_trains_every_net_to_its_end(ends, groups, choices):
    """Two devices take tiles from a queue, for calls of any length, in any order."""
    nets = list(range(len(ends)))
    tiles = [
        made(part[at : at + SIZE], group)
        for group in range(groups)
        for part in [nets[group::groups]]
        for at in range(0, len(part), SIZE)
    ]
    board, queue, running, epochs = Board(tiles), list(tiles), [], dict.fromkeys(nets, 0)
    for _ in range(2000):
        if not board.open():
            break
        while queue and len(running) < 2:
            tile = queue.pop(0)
            running.append((tile, board.granted(tile, choices.randint(1, 4))))
        assert running, "tiles wait for each other and none is ready"
        tile, granted = running.pop(choices.randrange(len(running)))
        _train(tile, granted, ends, epochs)
        queue += board.after(tile)
        for live in board.all():
            assert {epochs[net] for net in seats([live])} <= {live.epoch}
        assert seats(board.all()) == [net for net in nets if epochs[net] < ends[net]]
    assert epochs == dict(enumerate(ends))


def _train(tile: Tile, granted: int, ends, epochs) -> None:
    tile.epoch += granted
    codes = tile.codes.copy()
    for place, net in enumerate(tile.nets):
        if codes[place] == RUNNING:
            epochs[net] = min(tile.epoch, ends[net])
            if epochs[net] == ends[net]:
                codes[place] = COMPLETE
    tile.codes = codes
    tile.state = {**tile.state, "code": codes}


def test_tiles_are_packed_as_soon_as_fewer_would_do():
    """After one epoch half of the nets have ended; one epoch later the others sit together."""
    tiles = [made([0, 1, 2], 0), made([3, 4, 5], 0)]
    board = Board(tiles)
    ends, epochs = [1, 1, 9, 9, 9, 1], dict.fromkeys(range(6), 0)
    for tile in tiles:
        board.granted(tile, 1)
    for tile in tiles:
        _train(tile, 1, ends, epochs)
        assert board.after(tile) == [tile]
    assert [board.granted(tile, 100) for tile in tiles] == [1, 1]
    packed = []
    for tile in tiles:
        _train(tile, 1, ends, epochs)
        packed += board.after(tile)
    assert [tile.nets for tile in packed] == [[2, 3, 4]]
    assert board.all() == packed


def test_a_tile_in_flight_is_waited_for_where_its_call_ends():
    """Two tiles are nearly empty after one epoch, a third is on its way to the fifth: they meet there."""
    first, second, third = tiles = [made([0, 1, 2], 0), made([3, 4, 5], 0), made([6, 7, 8], 0)]
    board = Board(tiles)
    ends, epochs = [1, 1, 9, 1, 1, 9, 9, 9, 9], dict.fromkeys(range(9), 0)
    assert [board.granted(tile, n) for tile, n in zip(tiles, (1, 1, 5), strict=True)] == [1, 1, 5]
    for tile in (first, second):
        _train(tile, 1, ends, epochs)
        assert board.after(tile) == [tile]
    assert [board.granted(tile, 100) for tile in (first, second)] == [4, 4]
    for tile, granted in ((first, 4), (second, 4)):
        _train(tile, granted, ends, epochs)
        assert board.after(tile) == []
    _train(third, 5, ends, epochs)
    assert [tile.nets for tile in board.after(third)] == [[2, 5, 6], [7, 8]]


def test_taken_parts_are_copies():
    tile = made([7, 8], 0)
    part = taken(tile.state, 1)
    part["who"][...] = 99
    assert tile.state["who"].tolist() == [7, 8, -1]
