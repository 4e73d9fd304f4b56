"""The training loop: tiles from a window, one thread for each device, and a stream of events.

XLA releases Python's lock while a program runs, so a thread per device keeps every core busy with whole
networks. Results do not depend on which device ran a tile, nor on how many there are, nor on how many tiles
are under way at a time (`shoal.train.window`). Between calls, tiles of one group whose networks have mostly
stopped are packed into fewer (`shoal.train.packing`), so that stopping early saves time.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from typing import Any

import jax
import numpy as np

from shoal import backend
from shoal.train import packing
from shoal.train.door import admitted
from shoal.train.endings import result_of
from shoal.train.events import (
    Compiled,
    EpochsDone,
    Event,
    Finished,
    Interrupted,
    NetStopped,
    Started,
)
from shoal.train.feed import Feed
from shoal.train.flat import unpacked
from shoal.train.footprint import MEMORY, bytes_of, data_bytes, epochs_of
from shoal.train.key import ProgramKey
from shoal.train.looks import Looks, Seen
from shoal.train.population import Member
from shoal.train.program import compiled, ready_on
from shoal.train.results import NetResult
from shoal.train.stopping import RUNNING, TIME
from shoal.train.strategy import step_flops
from shoal.train.tiles import Seats, Tile, seated, tile_of
from shoal.train.view import View
from shoal.train.window import Window

_CALL_SECONDS = 0.4  # aim of one program call: progress several times a second, little overhead
_DEVICE_SECONDS = 1.0  # work below which a second device costs more than it gives
_GUESSED_FLOPS = 2e10  # a core's speed before the first measurement
_MOST_NEWS = 4096  # that nobody has read yet; a tile tells at most some dozens in a call


def train(
    members: Sequence[Member],
    views: Sequence[View],
    *,
    exact: bool = False,
    tile: int | Sequence[int] | None = None,
    keep: bool = True,
    memory: int | None = None,
) -> Generator[Event, None, None]:
    """Train a population and tell what happens; the last event, `Finished`, holds the results.

    Parameters
    ----------
    members : sequence of Member
    views : sequence of View
        What the members' `view` refers to.
    exact : bool
        Give every network the bits that it would have alone, at the price of speed for tiny networks.
    tile : int or sequence of int, optional
        Networks of a tile, instead of the measured rule; one number for each member where a part of a
        population is trained again and is to have the bits that it has in the whole (`planned`).
    keep : bool
        Hold the results of all networks until the end. With False `Finished` holds none, and memory does
        not grow with their number: whoever watches takes what he needs from `NetStopped.result`.
    memory : int, optional
        Bytes of states and rows that are held at once, 1 GiB if not given; as many tiles as there are
        devices are trained in any case. The bound changes no result.

    Yields
    ------
    Event
        On Ctrl-C the calls that run are finished, `Interrupted` is yielded, and what was learnt is kept. A
        watcher that is struck by Ctrl-C itself hands it on with ``throw``, as `train_all` does.
    """
    yield from _Run(*admitted(members, views), exact, tile, keep, memory).events()


def train_all(
    members: Sequence[Member],
    views: Sequence[View],
    *,
    on_event: Callable[[Event], object] | None = None,
    exact: bool = False,
    tile: int | Sequence[int] | None = None,
) -> list[NetResult]:
    """Train a population and return the results; see `train`.

    `on_event` sees every event. Ctrl-C while it works interrupts the training like any other Ctrl-C.
    """
    return watched(train(members, views, exact=exact, tile=tile), on_event)


def watched(
    events: Generator[Event, None, None], on_event: Callable[[Event], object] | None = None
) -> list[NetResult]:
    """Show every event to a watcher, and return the results that the last one holds."""
    event = next(events)
    while True:
        try:
            if on_event is not None:
                on_event(event)
            if isinstance(event, Finished):
                return event.results
            event = next(events)
        except KeyboardInterrupt as stop:
            event = events.throw(stop)


class _Run:
    """One call of `train`: its tiles, its threads, and what they found."""

    def __init__(self, members, views, exact, tile, keep, memory):
        self.members, self.keep = members, keep
        self.devices = backend.devices()
        self.seats = seated(members, views, cpu=backend.on_cpu(), exact=exact, tile=tile)
        self.told: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.board = packing.Board()
        self.feed, self.looks = Feed(members, views), Looks(members, views)
        self.history: dict[int, list[np.ndarray]] = defaultdict(list)  # of the networks that train
        self.seen: dict[int, list[Seen]] = defaultdict(list)  # of the networks that are looked at
        self.unsaid: Any = None  # what was being passed on when Ctrl-C struck
        self.results: dict[int, NetResult] = {}
        self.seconds = np.zeros(len(members))
        self.pace: dict[ProgramKey, float] = {}  # measured seconds of a tile's epoch
        self.started = time.perf_counter()
        self.stop = threading.Event()
        self.window = Window(
            sorted(self.seats, key=self._left, reverse=True),
            self.board,
            size=lambda seats: self._bytes(seats, views),
            held=lambda: self.feed.bytes,
            left=self._left,
            ready=ready_on,
            memory=MEMORY if memory is None else memory,
            devices=len(self.devices),
            price=_DEVICE_SECONDS,
        )

    def events(self) -> Iterator[Event]:
        threads: list[threading.Thread] = []
        try:
            yield from self._listen(threads)
        finally:
            self.stop.set()
            self.window.close()
            for thread in threads:
                if thread.is_alive():  # Ctrl-C may strike before it was started
                    thread.join()
        try:
            yield from self._rest()
            kept = self._kept()
        finally:
            self.looks.close()
        yield Finished(kept, time.perf_counter() - self.started)

    def _started(self) -> Started:
        return Started(
            nets=len(self.members),
            tiles=len(self.seats),
            programs=len({seats.key for seats in self.seats}),
            epochs=max(m.recipe.epochs for m in self.members),
            steps=max(seats.key.steps for seats in self.seats),
        )

    def _start(self, threads: list[threading.Thread]) -> None:
        worth = sum(map(self._left, self.seats)) > _DEVICE_SECONDS
        programs = len({seats.key for seats in self.seats})  # can be compiled side by side
        working = self.devices[: len(self.seats) if worth else programs]
        self.window.staff(working)
        for device in working:
            threads.append(threading.Thread(target=self._work, args=(device,), daemon=True))
            threads[-1].start()

    def _listen(self, threads: list[threading.Thread]) -> Iterator[Event]:
        """Start the threads, and pass on what they tell until all networks have ended."""
        try:
            yield self._started()
            self._start(threads)
            while self.window.open():
                with contextlib.suppress(queue.Empty):
                    yield from self._passed_on(self.told.get(timeout=1.0))
        except KeyboardInterrupt:  # wherever it strikes, while waiting here or in the hands of a watcher
            self.stop.set()
            self.window.close()
            yield Interrupted()

    def _rest(self) -> Iterator[Event]:
        """Pass on what the last calls told, now that no thread is left to tell more.

        A watcher may be behind the training: Ctrl-C in his hands has nothing left to end here, but who trains
        epoch by epoch has to know.
        """
        while self.unsaid is not None or not self.told.empty():
            try:
                yield from self._passed_on(self.told.get() if self.unsaid is None else self.unsaid)
            except KeyboardInterrupt:
                yield Interrupted()

    def _passed_on(self, said: Any) -> Iterator[Event]:
        if isinstance(said, BaseException):
            raise said
        if said is not None:
            self.unsaid = said
            said = said() if callable(said) else said  # waits for looks that are under way
            self.unsaid = None
            yield said

    # -- how much there is to do ---------------------------------------------

    def _left(self, one: Seats | Tile) -> float:
        """Return how many seconds a tile has still to go, roughly."""
        return epochs_of(self.members, one) * self._pace(one.key)

    def _pace(self, key: ProgramKey) -> float:
        """Return the seconds of a tile's epoch, as measured or, before that, as guessed."""
        flops = step_flops(key.structure, key.batch) * key.steps * key.tile
        return self.pace.get(key) or max(flops / _GUESSED_FLOPS, 1e-4)

    def _bytes(self, seats: Seats, views: Sequence[View]) -> int:
        """Return the bytes that a tile will take, with its rows if no other tile looks at them."""
        rows = (
            0
            if self.board.views[seats.view]
            else len(self.devices) * data_bytes(views[seats.view], seats.key)
        )
        return bytes_of(self.members, seats) + rows

    # -- in a device's thread ------------------------------------------------

    def _work(self, device: jax.Device) -> None:
        try:
            while (next_ := self.window.take(device)) is not None:
                with backend.precision(next_.key.precision):
                    tile = self._made(next_) if isinstance(next_, Seats) else next_
                    if tile.active().any():
                        self._advance(tile, device)
                self._wait_for_listener()
                self.window.back(self.board.after(tile))
                if not self.window.needs(tile.view):
                    self.feed.forget(tile.view)
                self.told.put(None)  # wakes the listener, which looks whether any tile is left
        except BaseException as error:  # told to the caller's thread, which raises it
            self.told.put(error)

    def _made(self, seats: Seats) -> Tile:
        """Make the arrays of a tile; networks that had ended before are told of."""
        tile = tile_of(self.members, seats)
        self._end(tile, [p for p in range(len(tile.nets)) if tile.codes[p] != RUNNING])
        self.window.made(tile)
        return tile

    def _wait_for_listener(self) -> None:
        """Do not run far ahead of who listens: news that nobody reads would fill the memory."""
        while self.told.qsize() > _MOST_NEWS and not self.stop.is_set():
            time.sleep(0.01)

    def _advance(self, tile: Tile, device: jax.Device) -> None:
        """Train a tile for some epochs on a device, and tell what came of it."""
        epochs = self._epochs_of_call(tile)
        was_active = tile.active()
        tables = self.feed.tables(tile, epochs)
        tile.move(device)
        self.looks.prepare(tile, device)
        args = self.feed.arguments(tile, tables, device)
        run, compile_seconds = compiled(tile.key, device, args)
        if compile_seconds:
            self.told.put(Compiled(compile_seconds))
        started = time.perf_counter()
        tile.state, history = run(*args)
        self.looks.flush()
        history = np.asarray(history)  # waits for the program
        seconds = time.perf_counter() - started
        self.pace[tile.key] = max(seconds / epochs, 1e-5)
        self._end_late(tile)
        self._record(tile, device, was_active, history, tables, seconds)

    def _epochs_of_call(self, tile: Tile) -> int:
        """Return how many epochs the next call trains; the number does not change any result."""
        longest = max(self.members[i].recipe.epochs for i in tile.nets) - tile.epoch
        wanted = max(1, round(_CALL_SECONDS / self._pace(tile.key)))
        wanted = self.looks.epochs(tile, int(max(1, min(wanted, tile.key.history, longest))))
        return self.board.granted(tile, wanted)

    def _end_late(self, tile: Tile) -> None:
        """End the networks of a tile whose time is over."""
        limits = [self.members[i].recipe.max_time for i in tile.nets]
        if not any(limits):
            return
        spent, codes = time.perf_counter() - self.started, np.array(tile.state["code"])
        for place, limit in enumerate(limits):
            if limit is not None and spent >= limit and codes[place] == RUNNING:
                codes[place] = TIME
        tile.state = {**tile.state, "code": codes}

    def _record(self, tile: Tile, device, was_active, history, tables, seconds: float) -> None:
        epochs = tables["rate"].shape[1]
        first, tile.epoch = tile.epoch, tile.epoch + epochs
        tile.codes = np.array(tile.state["code"])
        places = np.flatnonzero(was_active)
        nets = np.array([tile.nets[p] for p in places], np.int64)
        done = np.asarray(tile.state["epoch"])[places] - first
        # the rate of an epoch is that of its last step
        told, scale = history[places, :epochs, :3], history[places, :epochs, -1:]
        rates = tables["rate"][places, :, -1:] * scale
        values = np.concatenate([told, rates], axis=2)
        values[np.arange(epochs) >= done[:, None]] = np.nan
        self.seconds[nets] += seconds / max(len(nets), 1)
        event = EpochsDone(nets, first + 1, values, seconds)
        clipped = history[places, :epochs, 3] if tile.key.clips else None
        seen = self.looks.begin(tile, device, places, done, tables | {"rate": rates}, clipped)
        self.told.put(event if seen is None else lambda: replace(event, record=seen()))
        for i, row, length in zip(nets, values, done, strict=True):
            self.history[i].append(row[:length])
            self.seen[i] += [] if seen is None else [seen]
        self._end(tile, [int(p) for p in places if tile.codes[p] != RUNNING])

    def _end(self, tile: Tile, places: list[int]) -> None:
        """Take the final state of the networks that have ended, and tell."""
        fetched = tile.fetched() if places else {}
        for place in places:
            i, done = tile.nets[place], self._result(tile, fetched, place)
            if self.keep:
                self.results[i] = done
            self.told.put(NetStopped(i, done.epochs, done.best_epoch, done.code, done.reason, done))

    def _result(self, tile: Tile, fetched: dict, place: int) -> NetResult:
        """Put together what is left of a network, and forget its history."""
        i = tile.nets[place]
        state = {**unpacked(packing.taken(fetched, place)), "tile": np.int32(tile.key.tile)}
        if tile.key.shallowest:
            state["shallowest"] = np.int32(tile.key.shallowest)
        self.looks.flush()
        found = [seen().get(i, {}) for seen in self.seen.pop(i, [])]
        record = {epoch: columns for one in found for epoch, columns in one.items()}
        return result_of(self.members[i], state, self.history.pop(i, []), record, self.seconds[i])

    # -- in the caller's thread ----------------------------------------------

    def _kept(self) -> list[NetResult]:
        """Return the results of all networks, those that were interrupted included, if they are kept."""
        if not self.keep:
            return []
        for tile in self.board.all():
            self._keep(tile)
        for seats in self.window.unmade():  # of an interrupted run
            with backend.precision(seats.key.precision):
                self._keep(tile_of(self.members, seats))
        return [self.results[i] for i in range(len(self.members))]

    def _keep(self, tile: Tile) -> None:
        fetched = tile.fetched()
        for place, i in enumerate(tile.nets):
            if i not in self.results:
                self.results[i] = self._result(tile, fetched, place)
