"""Which tile a device trains next, and how many are under way at a time.

A device keeps to the programs that it has ready, then takes one that no other device has; only when nothing
else is left, and what is left is worth it, does it make ready a program that another device has too. Where
several tiles would do, the one with the longest way to go comes first, so that all devices are busy to the
end. Tiles are made when they are first worked on, and only as many at a time as fit into the memory.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import replace

from shoal.train.key import ProgramKey
from shoal.train.packing import Board
from shoal.train.tiles import Seats, Tile

_REFILL = 0.75  # of the memory: below it new tiles are made, many at a time, so that they can be packed


class Window:
    """The tiles that wait: those that have begun, and those of which no array exists yet.

    Parameters
    ----------
    seats : sequence of Seats
        All tiles, the longest first.
    board : Board
        The tiles under way.
    size : callable
        Bytes of a tile that is not made yet.
    held : callable
        Bytes of what tiles look at.
    left : callable
        Seconds that a tile has still to go, roughly.
    ready : callable
        Devices that have a program ready.
    memory : int
        Bytes of tiles under way at most, but as many tiles as there are devices in any case.
    devices : int
    price : float
        Seconds of work below which no second device makes a program ready.
    """

    def __init__(
        self,
        seats: Sequence[Seats],
        board: Board,
        *,
        size: Callable[[Seats], int],
        held: Callable[[], int],
        left: Callable[[Seats | Tile], float],
        ready: Callable[[ProgramKey], Collection[Hashable]],
        memory: int,
        devices: int,
        price: float,
    ):
        self._board, self._size, self._held, self._left = board, size, held, left
        self._memory, self._devices, self._price = memory, devices, price
        self._unmade: dict[ProgramKey, deque[Seats]] = {}
        self._begun: dict[ProgramKey, deque[Tile]] = {}
        for one in seats:
            self._unmade.setdefault(one.key, deque()).append(one)
            self._begun.setdefault(one.key, deque())
        self._owners = {key: set(ready(key)) for key in self._begun}
        self._views = Counter(one.view for one in seats)  # of tiles that are not made yet
        self._making: dict[tuple[int, ...], int] = {}  # bytes of tiles that are being made, by their networks
        self._groups = 1 + max((one.group for one in seats), default=0)
        self._wave, self._filling = 0, True
        self._changed, self._closed = threading.Condition(), False

    def staff(self, devices: Collection[Hashable]) -> None:
        """Take note of the devices at work: a program that waited for any other would wait for ever."""
        with self._changed:
            self._owners = {key: owners & set(devices) for key, owners in self._owners.items()}

    def open(self) -> bool:
        """Return whether any tile waits or is under way."""
        with self._changed:
            return bool(self._making) or any(self._unmade.values()) or self._board.open()

    def take(self, device: Hashable) -> Seats | Tile | None:
        """Wait for what the device is to do next: make a tile, or train one; None when all is over."""
        with self._changed:
            while not self._closed:
                found = self._choice(device)
                if found is not None:
                    return found
                self._changed.wait()
            return None

    def made(self, tile: Tile) -> None:
        """Take note that the arrays of a tile exist now."""
        with self._changed:
            self._board.add(tile)
            self._views[tile.view] -= 1
            del self._making[tuple(tile.nets)]
            self._changed.notify_all()

    def back(self, tiles: Sequence[Tile]) -> None:
        """Take tiles that are ready for their next call; there may be room for others, too."""
        with self._changed:
            for tile in tiles:
                self._begun[tile.key].append(tile)
            self._changed.notify_all()

    def close(self) -> None:
        """Send every device home."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def needs(self, view: int) -> bool:
        """Return whether any tile that waits or is under way looks at a view."""
        with self._changed:
            return self._views[view] > 0 or self._board.views[view] > 0

    def unmade(self) -> list[Seats]:
        """Return the tiles of which no array exists."""
        with self._changed:
            return [one for waiting in self._unmade.values() for one in waiting]

    # -- under the lock ------------------------------------------------------

    def _choice(self, device: Hashable) -> Seats | Tile | None:
        offered = [key for key in self._begun if self._begun[key] or self._may_begin(key)]
        own = [key for key in offered if device in self._owners[key]]
        free = [key for key in offered if not self._owners[key]]
        for keys, urgency in ((own, self._longest), (free, self._work)):
            if keys:
                return self._next(max(keys, key=urgency), device)
        worth = [key for key in offered if self._work(key) > self._price]
        return self._next(max(worth, key=self._work), device) if worth else None

    def _next(self, key: ProgramKey, device: Hashable) -> Seats | Tile:
        self._owners[key].add(device)
        if not self._may_begin(key):
            return self._begun[key].popleft()
        seats = self._unmade[key].popleft()
        self._making[seats.nets] = self._size(seats)
        return replace(seats, group=seats.group + self._wave * self._groups)

    def _may_begin(self, key: ProgramKey) -> bool:
        """Return whether there is room for the next tile of a program.

        When the window is full, those that come later form groups of their own: packed with those before
        them, they would keep these waiting.
        """
        if not self._unmade[key]:
            return False
        used = self._held() + self._board.bytes + sum(self._making.values())
        fits = used + self._size(self._unmade[key][0]) <= self._memory
        idle = self._board.size + len(self._making) < self._devices
        if not self._filling and (idle or used <= _REFILL * self._memory):
            self._filling, self._wave = True, self._wave + 1
        self._filling = self._filling and (fits or idle)
        return self._filling

    def _longest(self, key: ProgramKey) -> float:
        heads = [waiting[0] for waiting in (self._unmade[key], self._begun[key]) if waiting]
        return max(self._left(one) for one in heads)

    def _work(self, key: ProgramKey) -> float:
        """Return the seconds of all tiles of a program that wait, as if each were like the first."""
        return sum(len(some) * self._left(some[0]) for some in (self._unmade[key], self._begun[key]) if some)
