"""The training loop: tiles from a queue, one thread for each device, and a stream of events.

XLA releases Python's lock while a program runs, so a thread per device keeps every core busy with whole
networks. Results do not depend on which device ran a tile, nor on how many there are. Between calls, tiles
of one group whose networks have mostly stopped are packed into fewer (`shoal.train.packing`), so that
stopping early saves time.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import jax
import numpy as np

from shoal import backend
from shoal.train import packing
from shoal.train.events import (
    Compiled,
    EpochsDone,
    Event,
    Finished,
    Interrupted,
    NetStopped,
    Started,
)
from shoal.train.population import Member, Tile, narrowed, tiles_of
from shoal.train.program import COMPLETE, DIVERGED, EARLY, RUNNING, compiled
from shoal.train.strategy import step_flops
from shoal.train.view import View

_CALL_SECONDS = 0.4  # aim of one program call: progress several times a second, little overhead
_GUESSED_FLOPS = 2e10  # a core's speed before the first measurement
CODES = {COMPLETE: "complete", EARLY: "early", DIVERGED: "diverged", RUNNING: "interrupted"}


@dataclass(frozen=True)
class NetResult:
    """What training made of one network.

    Parameters
    ----------
    params, running : dict of str to ndarray
        Weights and running statistics of the best epoch.
    best_epoch, epochs : int
        Best epoch (counted from 1; 0 = before training) and epochs trained.
    best_score : float
        The monitored figure at the best epoch; lower is better (accuracy carries a minus sign).
    code : {"complete", "early", "diverged", "interrupted"}
    reason : str
        The same in words.
    history : (epochs, columns) array
        `shoal.train.events.COLUMNS`, for the epochs of this run.
    seconds : float
        Device time shared out among the networks of a tile.
    tile : int
        Networks that were trained together in one tile: with the seed and versions, what is needed to get the
        same bits again.
    state : dict
        All that a later run needs to go on exactly where this one ended.
    """

    params: dict[str, np.ndarray]
    running: dict[str, np.ndarray]
    best_epoch: int
    epochs: int
    best_score: float
    code: str
    reason: str
    history: np.ndarray
    seconds: float
    tile: int
    state: dict[str, Any] = field(repr=False, default_factory=dict)


def train(
    members: Sequence[Member],
    views: Sequence[View],
    *,
    exact: bool = False,
    tile: int | None = None,
) -> Iterator[Event]:
    """Train a population and tell what happens; the last event, `Finished`, holds the results.

    Parameters
    ----------
    members : sequence of Member
    views : sequence of View
        What the members' `view` refers to.
    exact : bool
        Give every network the bits that it would have alone, at the price of speed for tiny networks.
    tile : int, optional
        Networks of a tile, instead of the measured rule.

    Yields
    ------
    Event
        On Ctrl-C the call that runs is finished, `Interrupted` is yielded, and what was learnt is kept.
    """
    run = _Run(members, views, exact, tile)
    yield from run.events()


def train_all(members: Sequence[Member], views: Sequence[View], **options) -> list[NetResult]:
    """Train a population without watching; see `train`."""
    for event in train(members, views, **options):
        if isinstance(event, Finished):
            return event.results
    raise AssertionError("train() ended without Finished")


class _Run:
    """One call of `train`: its queue of tiles, its threads, and what they found."""

    def __init__(self, members, views, exact, tile):
        self.members, self.views = members, views
        self.devices = backend.devices()
        self.tiles = _under_precisions(members, views, exact, tile)
        self.ready: queue.SimpleQueue[Tile | None] = queue.SimpleQueue()
        self.told: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.board = packing.Board(self.tiles)
        self.history: list[list[np.ndarray]] = [[] for _ in members]
        self.final: list[dict | None] = [None] * len(members)
        self.seconds = np.zeros(len(members))
        self.pace: dict[int, float] = {}  # group -> measured seconds of a tile's epoch
        self.held: dict[tuple, Any] = {}  # data on devices
        self.stop = threading.Event()
        self.lock = threading.Lock()

    def events(self) -> Iterator[Event]:
        started = time.perf_counter()
        yield self._started()
        for tile in self.tiles:
            self.ready.put(tile)
        threads = self._threads()
        try:
            yield from self._listen(len(threads))
        finally:
            self.stop.set()
            for _ in threads:
                self.ready.put(None)
            for thread in threads:
                thread.join()
        results = [self._result(i) for i in range(len(self.members))]
        yield Finished(results, time.perf_counter() - started)

    def _started(self) -> Started:
        return Started(
            nets=len(self.members),
            tiles=len(self.tiles),
            programs=len({tile.key for tile in self.tiles}),
            epochs=max(m.recipe.epochs for m in self.members),
            steps=max(tile.key.steps for tile in self.tiles),
        )

    def _threads(self) -> list[threading.Thread]:
        used = self.devices[: max(1, min(len(self.devices), len(self.tiles)))]
        threads = [threading.Thread(target=self._work, args=(d,), daemon=True) for d in used]
        for thread in threads:
            thread.start()
        return threads

    def _listen(self, workers: int) -> Iterator[Event]:
        """Pass on what the threads tell until all networks have ended."""
        while self.board.open():
            try:
                said = self.told.get(timeout=1.0)
            except queue.Empty:
                continue
            except KeyboardInterrupt:
                self.stop.set()
                yield Interrupted()
                return
            yield from self._passed_on(said)
        while not self.told.empty():
            yield from self._passed_on(self.told.get())

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
        args = jax.device_put(self._arguments(tile, epochs), device)
        data = self._data(tile, device)
        args = (*args[:3], data, *args[3:])
        run, compile_seconds = compiled(tile.key, device, args)
        if compile_seconds:
            self.told.put(Compiled(compile_seconds))
        started = time.perf_counter()
        tile.state, history = run(*args)
        history = np.asarray(history)  # waits for the program
        seconds = time.perf_counter() - started
        self.pace[tile.group] = max(seconds / epochs, 1e-5)
        self._record(tile, was_active, history, epochs, seconds)

    def _arguments(self, tile: Tile, epochs: int) -> tuple:
        shuffle_key = np.uint32(crc32(f"order {tile.seed}".encode()))
        return (
            tile.state,
            tile.settings,
            self._rates(tile),
            shuffle_key,
            np.int32(tile.epoch),
            np.int32(epochs),
        )

    def _rates(self, tile: Tile) -> np.ndarray:
        """Return the learning rate of every step of the call: (nets, epochs, steps)."""
        key = tile.key
        rates = np.zeros((key.tile, key.history, key.steps), key.precision)
        for place, i in enumerate(tile.nets):
            recipe = self.members[i].recipe
            factors = recipe.schedule.factors(key.history, key.steps, recipe.epochs, tile.epoch)
            rates[place] = recipe.learning_rate * factors
        return rates

    def _data(self, tile: Tile, device: jax.Device) -> dict:
        key = tile.key
        name = (device, tile.view, key.batch * key.steps, key.valid_rows, key.precision)
        with self.lock:
            if name not in self.held:
                view = self.views[tile.view]
                data = {
                    "train": view.train.padded(key.batch * key.steps, key.precision),
                    "rows": np.uint32(len(view.train)),
                }
                if view.valid is not None:
                    data["valid"] = view.valid.padded(key.valid_rows, key.precision)
                self.held[name] = jax.device_put(data, device)
            return self.held[name]

    def _epochs_of_call(self, tile: Tile) -> int:
        """Return how many epochs the next call trains; the number does not change any result."""
        pace = self.pace.get(tile.group) or self._guessed_pace(tile)
        longest = max(self.members[i].recipe.epochs for i in tile.nets) - tile.epoch
        wanted = max(1, round(_CALL_SECONDS / pace))
        return int(max(1, min(wanted, tile.key.history, longest, self.board.limit(tile))))

    def _guessed_pace(self, tile: Tile) -> float:
        key = tile.key
        flops = step_flops(key.structure, key.batch) * key.steps * key.tile
        return max(flops / _GUESSED_FLOPS, 1e-4)

    def _record(self, tile: Tile, was_active, history, epochs: int, seconds: float) -> None:
        first, tile.epoch = tile.epoch, tile.epoch + epochs
        tile.codes = np.array(tile.state["code"])
        places = [p for p in range(len(tile.nets)) if was_active[p]]
        nets = np.array([tile.nets[p] for p in places], np.int64)
        rates = self._rates_done(tile, places, first, epochs)
        values = np.concatenate([history[places, :epochs], rates[:, :, None]], axis=2)
        values[np.isnan(values[:, :, 0]) & np.isnan(values[:, :, 1])] = np.nan
        self.seconds[nets] += seconds / max(len(nets), 1)
        self.told.put(EpochsDone(nets, first + 1, values, seconds))
        done = np.asarray(tile.state["epoch"])
        for row, (p, i) in enumerate(zip(places, nets, strict=True)):
            self.history[i].append(values[row, : int(done[p]) - first])
        self._end(tile, [p for p in places if tile.codes[p] != RUNNING])

    def _rates_done(self, tile, places, first, epochs) -> np.ndarray:
        rows = []
        for p in places:
            recipe = self.members[tile.nets[p]].recipe
            factors = recipe.schedule.factors(epochs, tile.key.steps, recipe.epochs, first)
            rows.append(recipe.learning_rate * factors[:, -1])
        return np.array(rows).reshape(len(places), epochs)

    def _end(self, tile: Tile, places: list[int]) -> None:
        """Take the final state of the networks that have ended, and tell."""
        fetched = tile.fetched() if places else {}
        for place in places:
            i, state = tile.nets[place], packing.taken(fetched, place)
            self.final[i] = {"state": state, "tile": tile.key.tile}
            code = CODES[int(state["code"])]
            reason = _reason(self.members[i], state, code)
            self.told.put(NetStopped(i, int(state["epoch"]), int(state["best_epoch"]), code, reason))

    # -- in the caller's thread ----------------------------------------------

    def _result(self, i: int) -> NetResult:
        final = self.final[i] or self._unfinished(i)
        state, spec = final["state"], self.members[i].spec
        code = CODES[int(state["code"])]
        done = self.history[i]
        return NetResult(
            params=narrowed(state["best_params"], spec),
            running=narrowed(state["best_running"], spec),
            best_epoch=int(state["best_epoch"]),
            epochs=int(state["epoch"]),
            best_score=float(state["best_score"]),
            code=code,
            reason=_reason(self.members[i], state, code),
            history=np.concatenate(done) if done else np.zeros((0, 4)),
            seconds=float(self.seconds[i]),
            tile=final["tile"],
            state=state,
        )

    def _unfinished(self, i: int) -> dict:
        """Return the state of a network that was interrupted, or had nothing left to do."""
        for tile in self.board.all():
            if i in tile.nets:
                state = packing.taken(tile.fetched(), tile.nets.index(i))
                return {"state": state, "tile": tile.key.tile}
        raise AssertionError(f"network {i} is in no tile")


def _under_precisions(members, views, exact, tile) -> list[Tile]:
    """Make the tiles with 64-bit arrays allowed, so that no precision is lost on the way."""
    with backend.precision("float64"):
        return tiles_of(members, views, cpu=backend.on_cpu(), exact=exact, tile=tile)


def _reason(member: Member, state, code: str) -> str:
    epoch, best = int(state["epoch"]), int(state["best_epoch"])
    recipe = member.recipe
    return {
        "complete": f"All {recipe.epochs} epochs done; the best was epoch {best}.",
        "early": f"No improvement of {recipe.monitor} for {recipe.patience} epochs; the best was epoch {best}.",
        "diverged": f"The loss became infinite or NaN in epoch {epoch}; the weights of epoch {best} are kept.",
        "interrupted": f"Interrupted after epoch {epoch}; the best was epoch {best}.",
    }[code]
