"""Keeping tiles full: networks that still train move together, those that have stopped leave.

A tile keeps its size for life, because another size may round differently; packing only changes who sits
beside whom, which changes nothing. Tiles of one group are packed when they stand at the same epoch.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from shoal.train.population import stacked
from shoal.train.tiles import FILLER, Tile

_NO_LIMIT = 1 << 30


def taken(state: dict[str, Any], place: int) -> dict[str, Any]:
    """Return one network's part of a tile's state, as copies."""
    leaves, structure = jax.tree.flatten(state)
    return jax.tree.unflatten(structure, [np.array(leaf[place]) for leaf in leaves])


class Board:
    """Where the tiles of a run stand: who waits, who has ended, and when to pack."""

    def __init__(self, tiles: Sequence[Tile] = ()):
        self._lock = threading.Lock()
        self._live: dict[int, dict[int, Tile]] = defaultdict(dict)  # group -> identity -> tile
        self._until: dict[int, int] = {}  # identity of a tile -> epoch at which its call ends
        self._waiting: dict[int, list[Tile]] = defaultdict(list)
        self._meeting: dict[int, int] = {}  # group -> epoch at which its tiles meet to be packed
        self.size, self.bytes = 0, 0  # of the tiles that have not ended
        self.views: Counter[int] = Counter()
        for tile in tiles:
            self.add(tile)

    def add(self, tile: Tile) -> None:
        """Take in a tile, unless all its networks have ended before."""
        if tile.active().any():
            with self._lock:
                self._enter(tile)

    def open(self) -> bool:
        """Return whether any tile still trains, or any news of one may be on the way."""
        with self._lock:
            return self.size > 0

    def all(self) -> list[Tile]:
        """Return every tile that has not ended."""
        with self._lock:
            return [t for tiles in self._live.values() for t in tiles.values()]

    def granted(self, tile: Tile, epochs: int) -> int:
        """Return how many of the wanted epochs the tile may train before it must meet its group."""
        with self._lock:
            meeting = self._meeting.get(tile.group)
            if meeting is not None:
                epochs = max(1, min(epochs, meeting - tile.epoch))
            self._until[id(tile)] = tile.epoch + epochs
            return epochs

    def after(self, tile: Tile) -> list[Tile]:
        """Take note that a call for `tile` is over; return the tiles that are ready for the next."""
        with self._lock:
            group = tile.group
            self._until.pop(id(tile), None)
            if not tile.active().any():
                self._retire(tile)
                return self._meet(group)
            if group not in self._meeting and self._worth_packing(group):
                others = [t for t in self._live[group].values() if t is not tile]
                self._meeting[group] = max([tile.epoch, *(self._ends(t) for t in others)])
            if tile.epoch >= self._meeting.get(group, _NO_LIMIT):
                self._waiting[group].append(tile)
                return self._meet(group)
            return [tile]

    def _ends(self, tile: Tile) -> int:
        """Return the epoch that the tile will have when its call ends, or the shortest next one."""
        return self._until.get(id(tile), tile.epoch + 1)

    def _enter(self, tile: Tile) -> None:
        self._live[tile.group][id(tile)] = tile
        self._count(tile, 1)

    def _count(self, tile: Tile, sign: int) -> None:
        self.size, self.bytes = self.size + sign, self.bytes + sign * tile.bytes
        self.views[tile.view] += sign

    def _retire(self, tile: Tile) -> None:
        """Forget a tile; the final states of its networks have been taken, its memory can go."""
        if self._live[tile.group].pop(id(tile), None) is not None:
            self._count(tile, -1)
        if not self._live[tile.group]:
            del self._live[tile.group]
            self._meeting.pop(tile.group, None)

    def _worth_packing(self, group: int) -> bool:
        tiles = list(self._live[group].values())
        if len(tiles) < 2 or tiles[0].key.tile < 2:
            return False
        active = sum(int(t.active().sum()) for t in tiles)
        return -(-active // tiles[0].key.tile) < len(tiles)

    def _meet(self, group: int) -> list[Tile]:
        """Pack the group if all its live tiles wait at the meeting; else let them wait on."""
        waiting = self._waiting[group]
        if not waiting or len(waiting) < len(self._live.get(group, ())):
            return []
        self._waiting[group] = []
        self._meeting.pop(group, None)
        packed = _packed(waiting)
        for tile in waiting:
            self._retire(tile)
        for tile in packed:
            self._enter(tile)
        return packed


def _packed(tiles: Sequence[Tile]) -> list[Tile]:
    """Seat the running networks of `tiles` in as few tiles of the same size as they need."""
    size = tiles[0].key.tile
    seats = [
        (tile.nets[place], taken(state, place), taken(tile.settings, place))
        for tile in tiles
        for state in [tile.fetched()]
        for place in map(int, np.flatnonzero(tile.active()))
    ]
    return [_seated(tiles[0], seats[at : at + size]) for at in range(0, len(seats), size)]


def _seated(like: Tile, seats) -> Tile:
    nets, states, settings = (list(part) for part in zip(*seats, strict=True))
    filler = {**states[0], "code": np.int32(FILLER)}
    missing = like.key.tile - len(seats)
    return Tile(
        key=like.key,
        view=like.view,
        seed=like.seed,
        nets=nets,
        state=stacked(states + [filler] * missing),
        settings=stacked(settings + settings[:1] * missing),
        epoch=like.epoch,
        group=like.group,
    )
