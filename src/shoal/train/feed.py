"""What a program call is given: rows on its device, and the rate of every step.

Rows are put on a device when a tile there first asks for them, and dropped when no tile needs them any more.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any
from zlib import crc32

import jax
import numpy as np

from shoal.train.balance import evened
from shoal.train.population import Member
from shoal.train.tiles import Tile
from shoal.train.view import View


class Feed:
    """The arguments of the calls of one run."""

    def __init__(self, members: Sequence[Member], views: Sequence[View]):
        self._members, self._views = members, views
        self._rows: dict[tuple, dict[str, Any]] = {}  # on devices
        self._lock = threading.Lock()

    @property
    def bytes(self) -> int:
        """Bytes of all rows on devices."""
        with self._lock:
            return sum(leaf.nbytes for leaf in jax.tree.leaves([*self._rows.values()]))

    def arguments(self, tile: Tile, tables: dict[str, np.ndarray], device: jax.Device) -> tuple:
        """Return what the program of a tile is called with."""
        nets, epochs, _ = tables["rate"].shape
        key = tile.key
        padded = {name: np.zeros((key.tile, key.history, key.steps), key.precision) for name in tables}
        with np.errstate(over="ignore"):  # a rate beyond the precision is infinite, and its network diverges
            for name, values in tables.items():
                padded[name][:nets, :epochs] = values
        shuffle_key = np.uint32(crc32(f"order {tile.seed}".encode()))
        given = (tile.state, tile.settings, padded, self._data(tile, device))
        return *given, shuffle_key, np.int32(tile.epoch), np.int32(epochs)

    def tables(self, tile: Tile, epochs: int) -> dict[str, np.ndarray]:
        """Return the rates and the like of every step of the next epochs: (nets, epochs, steps) each."""
        recipes = [self._members[i].recipe for i in tile.nets]
        tables = [recipe.tables(epochs, tile.key.steps, tile.epoch) for recipe in recipes]
        return {name: np.stack([table[name] for table in tables]) for name in tables[0]}

    def forget(self, view: int) -> None:
        """Drop the rows of a view from all devices."""
        with self._lock:
            for name in [name for name in self._rows if name[1] == view]:
                del self._rows[name]

    def _data(self, tile: Tile, device: jax.Device) -> dict:
        key = tile.key
        batch_size = self._members[tile.nets[0]].recipe.batch_size
        balance = "balance" in key.uses
        name = (device, tile.view, batch_size, key.valid_rows, key.precision, balance)
        with self._lock:
            if name not in self._rows:
                data = rows_for(self._views[tile.view], tile, batch_size)
                self._rows[name] = jax.device_put(evened(data) if balance else data, device)
            return self._rows[name]


def rows_for(view: View, tile: Tile, batch_size: int) -> dict[str, Any]:
    """Return the rows of a view as the program takes them, padded with rows of weight zero."""
    key = tile.key
    data = {
        "train": view.train.padded(key.batch * key.steps, key.precision),
        "rows": np.uint32(len(view.train)),
        "starts": view.starts(batch_size),
    }
    if view.valid is not None:
        data["valid"] = view.valid.padded(key.valid_rows, key.precision)
    return data
