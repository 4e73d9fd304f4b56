"""The training loop: tiles from a queue, one thread for each device, and a stream of events.

XLA releases Python's lock while a program runs, so a thread per device keeps every core busy with whole
networks. Results do not depend on which device ran a tile, nor on how many there are. Between calls, tiles
of one group whose networks have mostly stopped are packed into fewer (`shoal.train.packing`), so that
stopping early saves time.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any
from zlib import crc32

import jax
import numpy as np

from shoal import backend
from shoal.train import packing
from shoal.train.balance import evened
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
from shoal.train.population import Member
from shoal.train.program import compiled
from shoal.train.results import NetResult
from shoal.train.stopping import RUNNING, TIME
from shoal.train.strategy import step_flops
from shoal.train.tiles import Tile, seated, tile_of
from shoal.train.view import View

_CALL_SECONDS = 0.4  # aim of one program call: progress several times a second, little overhead
_DEVICE_SECONDS = 1.0  # work below which a second device costs more than it gives
_GUESSED_FLOPS = 2e10  # a core's speed before the first measurement


def train(
    members: Sequence[Member],
    views: Sequence[View],
    *,
    exact: bool = False,
    tile: int | Sequence[int] | None = None,
    keep: bool = True,
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

    Yields
    ------
    Event
        On Ctrl-C the calls that run are finished, `Interrupted` is yielded, and what was learnt is kept. A
        watcher that is struck by Ctrl-C itself hands it on with ``throw``, as `train_all` does.
    """
    yield from _Run(*admitted(members, views), exact, tile, keep).events()


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
    """One call of `train`: its queue of tiles, its threads, and what they found."""

    def __init__(self, members, views, exact, tile, keep):
        self.members, self.views, self.keep = members, views, keep
        self.devices = backend.devices()
        self.tiles = _under_precisions(members, views, exact, tile)
        self.ready: queue.SimpleQueue[Tile | None] = queue.SimpleQueue()
        self.told: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.board = packing.Board(self.tiles)
        self.history: dict[int, list[np.ndarray]] = defaultdict(list)  # of the networks that train
        self.results: dict[int, NetResult] = {}
        self.seconds = np.zeros(len(members))
        self.pace: dict[int, float] = {}  # group -> measured seconds of a tile's epoch
        self.held: dict[tuple, Any] = {}  # data on devices
        self.started = time.perf_counter()
        self.stop = threading.Event()
        self.lock = threading.Lock()
        for tile in self.tiles:
            self._end(tile, [p for p in range(len(tile.nets)) if tile.codes[p] != RUNNING])

    def events(self) -> Iterator[Event]:
        threads: list[threading.Thread] = []
        try:
            yield from self._listen(threads)
        finally:
            self.stop.set()
            for _ in threads:
                self.ready.put(None)
            for thread in threads:
                if thread.is_alive():  # Ctrl-C may strike before it was started
                    thread.join()
        yield from self._rest()
        yield Finished(self._kept(), time.perf_counter() - self.started)

    def _started(self) -> Started:
        return Started(
            nets=len(self.members),
            tiles=len(self.tiles),
            programs=len({tile.key for tile in self.tiles}),
            epochs=max(m.recipe.epochs for m in self.members),
            steps=max(tile.key.steps for tile in self.tiles),
        )

    def _start(self, threads: list[threading.Thread]) -> None:
        live = self.board.all()
        for tile in live:
            self.ready.put(tile)
        for device in self.devices[: len(live) if self._worth_two_devices(live) else 1]:
            threads.append(threading.Thread(target=self._work, args=(device,), daemon=True))
            threads[-1].start()

    def _worth_two_devices(self, tiles: list[Tile]) -> bool:
        """Return whether there is enough to do to make the programs ready for more than one device."""
        epochs = [max(self.members[i].recipe.epochs for i in tile.nets) for tile in tiles]
        work = sum(n * self._guessed_pace(tile) for n, tile in zip(epochs, tiles, strict=True))
        return work > _DEVICE_SECONDS

    def _listen(self, threads: list[threading.Thread]) -> Iterator[Event]:
        """Start the threads, and pass on what they tell until all networks have ended."""
        try:
            yield self._started()
            self._start(threads)
            while self.board.open():
                with contextlib.suppress(queue.Empty):
                    yield from self._passed_on(self.told.get(timeout=1.0))
        except KeyboardInterrupt:  # wherever it strikes, while waiting here or in the hands of a watcher
            self.stop.set()
            yield Interrupted()

    def _rest(self) -> Iterator[Event]:
        """Pass on what the last calls told, now that no thread is left to tell more.

        A watcher may be behind the training: Ctrl-C in his hands has nothing left to end here, but who trains
        epoch by epoch has to know.
        """
        while not self.told.empty():
            try:
                yield from self._passed_on(self.told.get())
            except KeyboardInterrupt:
                yield Interrupted()

    def _passed_on(self, said) -> Iterator[Event]:
        if isinstance(said, BaseException):
            raise said
        if said is not None:
            yield said

    # -- in a device's thread ------------------------------------------------

    def _work(self, device: jax.Device) -> None:
        try:
            while not self.stop.is_set():
                tile = self.ready.get()
                if tile is None:
                    return
                with backend.precision(tile.key.precision):
                    self._advance(tile, device)
                for again in self.board.after(tile):
                    self.ready.put(again)
                self.told.put(None)  # wakes the listener, which looks whether any tile is left
        except BaseException as error:  # told to the caller's thread, which raises it
            self.told.put(error)

    def _advance(self, tile: Tile, device: jax.Device) -> None:
        """Train a tile for some epochs on a device, and tell what came of it."""
        epochs = self._epochs_of_call(tile)
        was_active = tile.active()
        tables = self._tables(tile, epochs)
        tile.move(device)
        args = self._arguments(tile, tables, self._data(tile, device))
        run, compile_seconds = compiled(tile.key, device, args)
        if compile_seconds:
            self.told.put(Compiled(compile_seconds))
        started = time.perf_counter()
        tile.state, history = run(*args)
        history = np.asarray(history)  # waits for the program
        seconds = time.perf_counter() - started
        self.pace[tile.group] = max(seconds / epochs, 1e-5)
        self._end_late(tile)
        self._record(tile, was_active, history, tables["rate"], seconds)

    def _arguments(self, tile: Tile, tables: dict[str, np.ndarray], data: dict) -> tuple:
        nets, epochs, _ = tables["rate"].shape
        key = tile.key
        padded = {name: np.zeros((key.tile, key.history, key.steps), key.precision) for name in tables}
        with np.errstate(over="ignore"):  # a rate beyond the precision is infinite, and its network diverges
            for name, values in tables.items():
                padded[name][:nets, :epochs] = values
        shuffle_key = np.uint32(crc32(f"order {tile.seed}".encode()))
        return tile.state, tile.settings, padded, data, shuffle_key, np.int32(tile.epoch), np.int32(epochs)

    def _tables(self, tile: Tile, epochs: int) -> dict[str, np.ndarray]:
        """Return the rates and the like of every step of the next epochs: (nets, epochs, steps) each."""
        recipes = [self.members[i].recipe for i in tile.nets]
        tables = [recipe.tables(epochs, tile.key.steps, tile.epoch) for recipe in recipes]
        return {name: np.stack([table[name] for table in tables]) for name in tables[0]}

    def _data(self, tile: Tile, device: jax.Device) -> dict:
        key = tile.key
        batch_size = self.members[tile.nets[0]].recipe.batch_size
        balance = "balance" in key.uses
        name = (device, tile.view, batch_size, key.valid_rows, key.precision, balance)
        with self.lock:
            if name not in self.held:
                view = self.views[tile.view]
                data = {
                    "train": view.train.padded(key.batch * key.steps, key.precision),
                    "rows": np.uint32(len(view.train)),
                    "starts": view.starts(batch_size),
                }
                if view.valid is not None:
                    data["valid"] = view.valid.padded(key.valid_rows, key.precision)
                self.held[name] = jax.device_put(evened(data) if balance else data, device)
            return self.held[name]

    def _epochs_of_call(self, tile: Tile) -> int:
        """Return how many epochs the next call trains; the number does not change any result."""
        pace = self.pace.get(tile.group) or self._guessed_pace(tile)
        longest = max(self.members[i].recipe.epochs for i in tile.nets) - tile.epoch
        wanted = max(1, round(_CALL_SECONDS / pace))
        return self.board.granted(tile, int(max(1, min(wanted, tile.key.history, longest))))

    def _guessed_pace(self, tile: Tile) -> float:
        key = tile.key
        flops = step_flops(key.structure, key.batch) * key.steps * key.tile
        return max(flops / _GUESSED_FLOPS, 1e-4)

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

    def _record(self, tile: Tile, was_active, history, rates: np.ndarray, seconds: float) -> None:
        epochs = rates.shape[1]
        first, tile.epoch = tile.epoch, tile.epoch + epochs
        tile.codes = np.array(tile.state["code"])
        places = np.flatnonzero(was_active)
        nets = np.array([tile.nets[p] for p in places], np.int64)
        done = np.asarray(tile.state["epoch"])[places] - first
        # the rate of an epoch is that of its last step
        told, scale = history[places, :epochs, :-1], history[places, :epochs, -1:]
        values = np.concatenate([told, rates[places, :, -1:] * scale], axis=2)
        values[np.arange(epochs) >= done[:, None]] = np.nan
        self.seconds[nets] += seconds / max(len(nets), 1)
        self.told.put(EpochsDone(nets, first + 1, values, seconds))
        for i, row, length in zip(nets, values, done, strict=True):
            self.history[i].append(row[:length])
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
        state = {**packing.taken(fetched, place), "tile": np.int32(tile.key.tile)}
        return result_of(self.members[i], state, self.history.pop(i, []), self.seconds[i])

    # -- in the caller's thread ----------------------------------------------

    def _kept(self) -> list[NetResult]:
        """Return the results of all networks, those that were interrupted included, if they are kept."""
        if not self.keep:
            return []
        for tile in self.board.all():
            fetched = tile.fetched()
            for place, i in enumerate(tile.nets):
                if i not in self.results:
                    self.results[i] = self._result(tile, fetched, place)
        return [self.results[i] for i in range(len(self.members))]


def _under_precisions(members, views, exact, tile) -> list[Tile]:
    """Make the tiles with 64-bit arrays allowed, so that no precision is lost on the way."""
    with backend.precision("float64"):
        seats = seated(members, views, cpu=backend.on_cpu(), exact=exact, tile=tile)
        return [tile_of(members, one) for one in seats]
