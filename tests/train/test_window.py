"""Which device takes what: its own programs first, then one that nobody has, then only what is worth it."""

from __future__ import annotations

import threading

import pytest
from populations import recipe, shoal, spec, trained, view

from shoal.backend import counting_compilations
from shoal.train.packing import Board
from shoal.train.population import Member, program_key
from shoal.train.tiles import Seats, Tile, tile_of
from shoal.train.window import Window

pytestmark = pytest.mark.usefixtures("no_programs")

KEYS = [program_key(Member(spec((width,)), recipe()), view(), 2) for width in (3, 4, 5)]
FIRST, SECOND = "first", "second"  # two devices


def seats(kind: int, nets: tuple[int, ...], view: int = 0) -> Seats:
    return Seats(KEYS[kind], view, 0, nets, 0, kind)


def window(*tiles: Seats, seconds=lambda one: 1.0, memory=1 << 30, price=0.5, ready=lambda key: []) -> Window:
    return Window(
        tiles,
        Board(),
        size=lambda one: 100,
        held=lambda: 0,
        left=seconds,
        ready=ready,
        memory=memory,
        devices=2,
        price=price,
    )


def kinds(found) -> int:
    return KEYS.index(found.key)


def test_a_device_keeps_to_its_own_program_while_another_is_left_for_the_other():
    some = window(*(seats(kind, (4 * kind + i,)) for kind in (0, 1) for i in range(3)))
    taken = [kinds(some.take(device)) for device in (FIRST, SECOND, FIRST, SECOND, FIRST, SECOND)]
    assert taken == [0, 1, 0, 1, 0, 1]


def test_the_longest_program_is_taken_first():
    some = window(
        *(seats(kind, (kind,)) for kind in (0, 1, 2)), seconds=lambda one: [1.0, 3.0, 2.0][kinds(one)]
    )
    assert [kinds(some.take(FIRST)), kinds(some.take(SECOND)), kinds(some.take(FIRST))] == [1, 2, 0]


def test_a_program_is_not_left_to_a_device_that_does_not_work():
    """Little work wakes one device only; the program may be ready on the other, from an earlier run."""
    some = window(seats(0, (0,)), ready=lambda key: [SECOND], price=10.0)
    some.staff([FIRST])
    assert kinds(some.take(FIRST)) == 0


def test_a_program_that_is_ready_is_taken_first():
    some = window(seats(0, (0,)), seats(1, (1,)), ready=lambda key: [FIRST] if key == KEYS[1] else [])
    assert kinds(some.take(FIRST)) == 1
    assert kinds(some.take(SECOND)) == 0


@pytest.mark.parametrize(("price", "shared"), [(0.5, True), (5.0, False)])
def test_a_second_device_joins_only_where_the_work_left_is_worth_it(price, shared):
    some = window(*(seats(0, (i,)) for i in range(4)), price=price)
    assert kinds(some.take(FIRST)) == 0
    found = []
    other = threading.Thread(target=lambda: found.append(some.take(SECOND)))
    other.start()
    other.join(0.2)
    assert other.is_alive() is not shared
    some.close()
    other.join()
    assert (found[0] is not None) == shared


def made(found) -> Tile:
    return tile_of([Member(spec((3 + kinds(found),)), recipe())] * 9, found)


def test_tiles_are_made_before_those_under_way_go_on_while_there_is_room():
    """Room for two; when it is full, those that come later are groups of their own."""
    some = window(*(seats(0, (i,)) for i in range(4)), memory=250)
    begun = [some.take(FIRST) for _ in range(2)]
    tiles = [made(one) for one in begun]
    for tile in tiles:
        tile.bytes = 100
        some.made(tile)
    some.back(tiles)
    assert some.take(FIRST) is tiles[0], "the window is full"
    tiles[0].codes[:] = 1
    some.back(some._board.after(tiles[0]))
    late = some.take(FIRST)
    assert isinstance(late, Seats)
    assert late.nets == (2,)
    assert late.group != tiles[0].group


def test_each_program_is_compiled_once_for_two_devices(two_devices):
    """A second device takes over the machine code of the first."""
    members = [m for width in (11, 12, 13) for m in shoal([0.1, 0.2, 0.3, 0.4], spec((width,)))]
    with counting_compilations() as count:
        trained(members, view(), tile=1)
    assert count[0] == 3
