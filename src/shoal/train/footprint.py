"""What a population takes, before any array is made: tiles, programs, bytes, operations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod

import jax
import numpy as np

from shoal import backend
from shoal.train.key import ProgramKey
from shoal.train.population import Member, shapes_of
from shoal.train.program import COLUMNS, optimizer_shapes
from shoal.train.strategy import step_flops
from shoal.train.tiles import Seats, Tile, seated
from shoal.train.view import Batchable, View

MEMORY = 1 << 30
"""Bytes of states and data that are held at once, unless another bound is asked for: 1 GiB."""
_NUMBERS = 1024  # bytes of a network's settings and counters, roughly


@dataclass(frozen=True)
class Footprint:
    """What a population takes.

    Parameters
    ----------
    nets, tiles, programs : int
    bytes_at_once : int
        Of states, data and tables on the devices, at most; what the caller holds, such as the views and the
        results, comes on top, and so do the programs.
    flops : float
        Floating-point operations of all training steps, if no network stops early.
    """

    nets: int
    tiles: int
    programs: int
    bytes_at_once: int
    flops: float


def footprint(
    members: Sequence[Member],
    views: Sequence[View],
    exact: bool = False,
    memory: int | None = None,
) -> Footprint:
    """Return what `shoal.train.loop.train` would take with these arguments.

    Parameters
    ----------
    members : sequence of Member
    views : sequence of View
    exact : bool
    memory : int, optional

    Returns
    -------
    Footprint
    """
    seats = seated(members, views, cpu=backend.on_cpu(), exact=exact)
    sizes = [bytes_of(members, one) for one in seats]
    devices = len(backend.devices())
    data = {(one.view, one.key.batch, one.key.steps, one.key.precision): one for one in seats}
    held = devices * sum(data_bytes(views[one.view], one.key) for one in data.values())
    least = sum(sorted(sizes)[-devices:]) + held
    calls = devices * max(call_bytes(one.key) for one in seats)
    flops = sum(
        step_flops(one.key.structure, one.key.batch) * one.key.steps * len(one.nets) * epochs_of(members, one)
        for one in seats
    )
    return Footprint(
        nets=len(members),
        tiles=len(seats),
        programs=len({one.key for one in seats}),
        bytes_at_once=min(sum(sizes) + held, max(MEMORY if memory is None else memory, least)) + calls,
        flops=float(flops),
    )


def epochs_of(members: Sequence[Member], tile: Seats | Tile) -> int:
    """Return how many epochs a tile has before it at most."""
    return max(0, max(members[i].last_epoch for i in tile.nets) - tile.epoch)


def bytes_of(members: Sequence[Member], seats: Seats) -> int:
    """Return the bytes of a tile's state."""
    member = members[seats.nets[0]]
    copies = 2 + ("look_back" in seats.key.uses) + bool(member.recipe.averaging)
    return seats.key.tile * (_state_bytes(seats.key.structure, seats.key, copies) + _NUMBERS)


@lru_cache(maxsize=512)
def _state_bytes(structure, key: ProgramKey, copies: int) -> int:
    """Return the bytes of weights, kept weights, statistics and the optimizer's moments of one network."""
    params, running = shapes_of(structure)
    width = np.dtype(key.precision).itemsize
    with backend.precision(key.precision):
        moments = optimizer_shapes(key.optimizer, params, key.precision)
    weights = sum(prod(shape) for shape in (*params.values(), *running.values()))
    return copies * weights * width + sum(prod(x.shape) * x.dtype.itemsize for x in jax.tree.leaves(moments))


def data_bytes(view: View, key: ProgramKey) -> int:
    """Return the bytes of a view's rows on one device."""
    width = np.dtype(key.precision).itemsize
    train = _row_bytes(view.train, width) * key.batch * key.steps
    return train + (_row_bytes(view.valid, width) * key.valid_rows if view.valid is not None else 0)


def _row_bytes(rows: Batchable, width: int) -> int:
    arrays = (rows.numbers, rows.codes, rows.target, rows.weight)
    sizes = ((prod(a.shape[1:]), {"f": width, "u": 1}.get(a.dtype.kind, 4)) for a in arrays)
    return sum(count * size for count, size in sizes)


def call_bytes(key: ProgramKey) -> int:
    """Return the bytes of what comes and goes with one call: tables of rates, and the history."""
    return key.tile * key.history * (2 * key.steps + COLUMNS) * np.dtype(key.precision).itemsize
