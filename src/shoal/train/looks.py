"""When networks are looked at while they train, at which rows, and what was found.

A look costs some milliseconds. The first epochs are looked at one and all, later ones lie further and
further apart, up to a distance at which all looks together cost less than `SHARE` of the time. The distance
follows from shapes alone, never from a clock, so that a run that is taken up again is looked at
in the same epochs as one that was not interrupted.
"""

from __future__ import annotations

import contextlib
import math
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, partial
from typing import Any

import jax
import numpy as np

from shoal import backend, programs
from shoal.rules import Number, check, refuse_unknown
from shoal.train.columns import layout_of
from shoal.train.judge import valid_block
from shoal.train.key import ProgramKey
from shoal.train.optimizers import momentum_name
from shoal.train.population import Member
from shoal.train.probe import ProbeKey, look
from shoal.train.program import options_of
from shoal.train.results import Record
from shoal.train.stopping import ACCURACY, DIVERGED, EARLY, LEVEL, LOSS
from shoal.train.strategy import step_flops
from shoal.train.tiles import Tile
from shoal.train.view import Batchable, View

RECORDS = ("layers", "losses")
"""What may be recorded of every epoch."""
LEAST_ROWS, MOST_ROWS = 128, 256
"""Training rows that are looked at: a sixteenth of them within these bounds; half as many of validation."""
SHARE = 0.03
"""Of the time of a training, at most, that is spent on looks in the long run."""
_LOOK_SECONDS = 2e-3  # of a call that ends for a look, besides the arithmetic
_STEP_SECONDS = 1e-5
_FLOPS = 5e10  # of one core, in products of a usual size
_OVER = (EARLY, DIVERGED, LOSS, ACCURACY, LEVEL)  # codes that no later run takes up again
_MOST_PROGRAMS = 32
_PATIENCE = 0.01  # seconds after which who waits for a look has it taken
_MEMORY = 64 << 20  # bytes of states that wait to be looked at


Seen = Callable[[], dict[int, Record]]
"""Waits for looks that are under way, and tells what was seen: net -> epoch -> columns."""


def as_record(value: Any) -> tuple[Any, ...]:
    """Return the setting ``record`` as (kind, epochs from look to look), or empty where only losses are kept.

    Raises
    ------
    SettingError
        If there is no such number beside it, or it is no whole number of at least 1.

    Examples
    --------
    >>> as_record("losses"), as_record("layers"), as_record({"kind": "layers", "every": 10})
    ((), ('layers', 0), ('layers', 10))
    """
    given = {"kind": value} if isinstance(value, str) else dict(value)
    kind = given.pop("kind")
    known = ("every",) if kind == "layers" else ()
    refuse_unknown(f"The record of {kind}", given, known)
    if kind != "layers":
        return ()
    if "every" in given:
        check("the record of layers", "every", given["every"], Number(1, integer=True))
    return kind, int(given.get("every", 0))


def next_look(epoch: int, apart: int) -> int:
    """Return the next epoch after `epoch` at which a network is looked at.

    Parameters
    ----------
    epoch : int
        Epochs done.
    apart : int
        Most epochs from one look to the next.

    Examples
    --------
    >>> looks = [next_look(0, apart=5)]
    >>> while looks[-1] < 30:
    ...     looks.append(next_look(looks[-1], apart=5))
    >>> looks
    [1, 2, 3, 5, 8, 13, 18, 23, 28, 33]
    """
    at = 1
    while at <= epoch:
        gap = 1 if at < 3 else 1 + at // 2
        if gap >= apart:
            return at + -(-(epoch + 1 - at) // apart) * apart
        at += gap
    return at


def usual_distance(key: ProgramKey, rows: int) -> int:
    """Return how many epochs looks at `rows` rows are apart, so that they cost less than `SHARE`."""
    flops = step_flops(key.structure, key.batch)
    step = _STEP_SECONDS + flops / _FLOPS
    one = _LOOK_SECONDS + flops / _FLOPS * rows / key.batch
    return max(1, math.ceil(one / (SHARE * key.steps * step)))


class Looks:
    """The looks of one run at the networks whose recipes ask for it.

    They are taken by a thread of their own, on a device that does not train if there is one, from copies of
    the state: training does not wait for what is found.
    """

    def __init__(self, members: Sequence[Member], views: Sequence[View]):
        self._members, self._views = members, views
        self._watched = {i for i, member in enumerate(members) if member.recipe.record}
        self._scenes: dict[tuple, _Scene] = {}
        self._ahead: deque[Future] = deque()
        self._waiting: deque[tuple[Future, Callable[[], dict[int, Record]]]] = deque()
        self._thread = ThreadPoolExecutor(1, "shoal-looks") if self._watched else None

    def epochs(self, tile: Tile, most: int) -> int:
        """Return how many epochs, at most `most`, a call may train before the next look."""
        nets = self._watched.intersection(tile.nets)
        if not nets:
            return most
        return min(most, *(next_look(tile.epoch, self._apart(tile, i)) - tile.epoch for i in nets))

    def prepare(self, tile: Tile, device: jax.Device) -> None:
        """Begin to compile what looks at a tile, beside the training program."""
        if not self._thread or not self._watched.intersection(tile.nets):
            return
        if (device, *tile.nets) not in self._scenes:
            scene = self._scene(tile, device)
            self._thread.submit(scene.program, _copied(scene.state(tile), scene.device), scene.beside({}))

    def begin(
        self,
        tile: Tile,
        device: jax.Device,
        places: np.ndarray,
        done: np.ndarray,
        tables: dict[str, np.ndarray],
        clipped: np.ndarray | None = None,
    ) -> Seen | None:
        """Begin to look at the networks of a tile after a call; what comes back tells what was seen.

        Parameters
        ----------
        tile : Tile
            After the call, its `epoch` being that of the call's end.
        device : jax.Device
            That trained it.
        places : (n,) int array
            Those that were trained.
        done : (n,) int array
            Epochs that each of them was trained in this call.
        tables : dict
            Of the call; ``"rate"`` of these places, with what each epoch ended with.
        clipped : (n, epochs) array, optional
            Share of the steps that were clipped.

        Returns
        -------
        Seen, or None where there is nothing to tell
        """
        first = tile.epoch - tables["rate"].shape[1]
        epochs = dict(zip(places.tolist(), (first + done).tolist(), strict=True))
        due = {p: epoch for p, epoch in epochs.items() if self._due(tile, p, epoch)}
        nets = [tile.nets[p] for p in places]
        shares = {} if clipped is None else _shares(nets, clipped, first, done)
        known = {i: rows for i, rows in shares.items() if i in self._watched}
        if not self._thread or not due:
            return (lambda: known) if known else None
        scene, last = self._scene(tile, device), np.maximum(done, 1) - 1
        now = {name: np.zeros(len(tile.nets)) for name in _moving(tile.key)}
        now["rate"][places] = tables["rate"][np.arange(len(places)), last, -1]
        if "momentum" in now:
            now["momentum"][places] = tables["momentum"][places, last, -1]
        state = _copied(scene.state(tile), scene.device)
        self._wait_for_room(state)
        seen: Future[dict[int, Record]] = Future()
        nets_due = {p: (tile.nets[p], epoch) for p, epoch in due.items()}
        self._waiting.append((seen, partial(scene.look, state, now, nets_due)))
        self._ahead.append(seen)
        return lambda: _joined(known, self._result(seen))

    def flush(self) -> None:
        """Let the looks that were begun be taken.

        Called when the next call of a training runs: then the interpreter's lock is free, which preparing a
        look needs as much as preparing a call.
        """
        while self._waiting and self._thread:
            with contextlib.suppress(IndexError):  # another thread was faster
                seen, look_now = self._waiting.popleft()
                self._thread.submit(_fulfilled, seen, look_now)

    def _result(self, seen: Future[dict[int, Record]]) -> dict[int, Record]:
        """Wait for what was seen; a training that rests does not keep it back."""
        try:
            return seen.result(_PATIENCE)
        except TimeoutError:
            self.flush()
            return seen.result()

    def close(self) -> None:
        """Send the thread home."""
        if self._thread:
            self._thread.shutdown(wait=True, cancel_futures=True)

    def _due(self, tile: Tile, place: int, epoch: int) -> bool:
        net = tile.nets[place]
        if net not in self._watched:
            return False
        over = tile.codes[place] in _OVER or epoch >= self._members[net].recipe.epochs
        return over or next_look(epoch - 1, self._apart(tile, net)) == epoch

    def _apart(self, tile: Tile, net: int) -> int:
        _, every = self._members[net].recipe.record
        return every or usual_distance(tile.key, sum(rows_looked_at(self._views[tile.view], tile.key)))

    def _scene(self, tile: Tile, device: jax.Device) -> _Scene:
        name = (device, *tile.nets)
        if name not in self._scenes:
            members = [self._members[i] for i in tile.nets]
            devices = backend.devices()
            beside = devices[(devices.index(device) + 1) % len(devices)]
            self._scenes[name] = _Scene(tile, members, self._views[tile.view], beside)
        return self._scenes[name]

    def _wait_for_room(self, state: Any) -> None:
        """Wait for the oldest look where copies of states fill the memory."""
        size = sum(leaf.nbytes for leaf in jax.tree.leaves(state))
        while len(self._ahead) > max(1, _MEMORY // max(size, _MEMORY // 64)):
            self.flush()
            self._ahead.popleft().exception()


class _Scene:
    """What does not change from look to look at one tile: the program, the rows, the settings."""

    def __init__(self, tile: Tile, members: Sequence[Member], view: View, device: jax.Device):
        self.key = ProbeKey.of(tile.key, *map(_slots, rows_looked_at(view, tile.key)))
        self.device = device
        # what only augmentation reads is not in the key, so it must not be in the arguments
        read = {name: value for name, value in tile.settings.items() if not name.startswith("augment:")}
        self._settings = jax.device_put(read, device)
        units = [{one.path: one.units for one in layout_of(member.spec).values} for member in members]
        known = {path: self._of_nets([each[path] for each in units]) for path in units[0]}
        self._units = jax.device_put(known, device)
        self._rows = jax.device_put(probed_rows(view, self.key), device)

    def state(self, tile: Tile) -> tuple:
        """Return the part of a tile's state that a look reads."""
        return tile.state["params"], tile.state["running"], tile.state["optimizer"]

    def look(
        self, state: tuple, now: dict[str, np.ndarray], due: dict[int, tuple[int, int]]
    ) -> dict[int, Record]:
        """Look at the networks in these places, place -> (net, epoch)."""
        with backend.precision(self.key.program.precision):
            beside = self.beside(now)
            values = np.asarray(
                self.program(state, beside)(*state, self._settings, beside, self._rows), np.float64
            )
        names = self.key.layout.columns
        return {
            i: {epoch: dict(zip(names, values[p].tolist(), strict=True))} for p, (i, epoch) in due.items()
        }

    def beside(self, now: dict[str, np.ndarray]) -> dict[str, Any]:
        """Return what a look is told of each network besides its state, rates of 0 if `now` has none."""
        still = dict.fromkeys(_moving(self.key.program), np.zeros(1))
        moving = {name: self._of_nets(values) for name, values in {**still, **now}.items()}
        return {"units": self._units, **moving}

    def _of_nets(self, values: Any) -> np.ndarray:
        """Return a number for each place of the tile; those that only fill it get any."""
        return np.resize(values, self.key.program.tile).astype(self.key.program.precision)

    def program(self, state: tuple, beside: dict[str, Any]) -> Callable[..., Any]:
        """Return the compiled program, made ready if it is not."""
        key, device = self.key, self.device
        with _lock_for(key), backend.precision(key.program.precision):
            if (key, device) not in _programs:
                while len(_programs) >= _MOST_PROGRAMS:
                    _programs.pop(next(iter(_programs)), None)
                _programs[key, device], _ = programs.load_or_compile(
                    key,
                    look(key),
                    (*state, self._settings, beside, self._rows),
                    device,
                    result_like=0,
                    options=options_of(key.program, seldom=True),
                    like=next((_programs[k] for k in list(_programs) if k[0] == key), None),
                )
            return _programs[key, device]


def _fulfilled(seen: Future[dict[int, Record]], look_now: Callable[[], dict[int, Record]]) -> None:
    """Take a look, and put what was seen, or what went wrong, where it is waited for."""
    try:
        seen.set_result(look_now())
    except BaseException as error:
        seen.set_exception(error)


def _shares(nets: Sequence[int], clipped: np.ndarray, first: int, done: np.ndarray) -> dict[int, Record]:
    """Return the share of clipped steps of every epoch, net by net."""
    return {
        i: {epoch: {"clipped_share": share} for epoch, share in enumerate(row[:n].tolist(), first + 1)}
        for i, row, n in zip(nets, clipped, done, strict=True)
    }


def _joined(one: dict[int, Record], other: dict[int, Record]) -> dict[int, Record]:
    """Return two records as one, epoch by epoch."""
    return {
        i: {
            epoch: {**other.get(i, {}).get(epoch, {}), **one.get(i, {}).get(epoch, {})}
            for epoch in sorted({*one.get(i, {}), *other.get(i, {})})
        }
        for i in {**one, **other}
    }


def _copied(state: tuple, device: jax.Device) -> Any:
    """Return a copy of a state, whose memory the next call takes; NumPy is the fastest on a CPU."""
    if backend.on_cpu():
        return jax.tree.map(np.array, state)
    return jax.device_put(state, device, may_alias=False)


def rows_looked_at(view: View, key: ProgramKey) -> tuple[int, int]:
    """Return how many rows of training, and of validation, are looked at."""
    rows = int((view.train.weight > 0).sum())
    most = min(MOST_ROWS, max(LEAST_ROWS, rows // 16), valid_block(key.structure))
    return min(most, rows), min(most // 2, len(view.valid)) if view.valid is not None else 0


def probed_rows(view: View, key: ProbeKey) -> dict[str, np.ndarray]:
    """Return the rows that are looked at: drawn once from those of training, and of validation behind them.

    Validation rows have weight 0, so they are neither in the loss nor in the statistics of a batch.
    """
    precision = key.program.precision
    train = _drawn(view.train, key.rows).padded(key.rows, precision)
    probed = train["weight"] > 0
    asked, rows = train["weight"], train
    if view.valid is not None and key.judged:
        valid = _drawn(view.valid, key.judged).padded(key.judged, precision)
        asked = np.concatenate([np.zeros_like(asked), valid["weight"]])
        valid["weight"] = np.zeros_like(valid["weight"])
        rows = {name: np.concatenate([train[name], valid[name]]) for name in train}
    return {**rows, "probed": probed.astype(precision), "asked": asked}


def _drawn(rows: Batchable, most: int) -> Batchable:
    there = np.flatnonzero(rows.weight > 0)
    if len(there) > most:
        there = np.sort(np.random.Generator(np.random.PCG64(len(there))).permutation(there)[:most])
    return rows.take(there)


def _slots(rows: int) -> int:
    return -(-rows // 32) * 32


def _moving(key: ProgramKey) -> tuple[str, ...]:
    """Return the tables of steps that a look reads."""
    return ("rate",) if momentum_name(key.optimizer) is None else ("rate", "momentum")


_programs: dict[tuple[ProbeKey, jax.Device], Callable[..., Any]] = {}


@cache
def _lock_for(key: ProbeKey) -> threading.Lock:
    return threading.Lock()
