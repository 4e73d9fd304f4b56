"""The record of one network's training: a table with one row per epoch.

Columns are named as the field names them: ``epoch`` (1, 2, ...), ``loss``, ``val_loss``,
``val_<metric>``, ``learning_rate``, ``gradient_norm``, ``seconds``; those of a layer have its name behind a
stroke, ``gradient_norm/dense_0``. A cell may be empty (None)
where a column was not measured in that epoch, and may be NaN or infinite where training blew up:
both survive JSON.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from shoal.errors import did_you_mean
from shoal.history.strict_json import named_number, number_name

if TYPE_CHECKING:
    import polars as pl

Cell = int | float | None
Row = dict[str, Cell]


class History:
    """What happened to one network, epoch by epoch; slices like an array, saves as JSON.

    Parameters
    ----------
    rows : iterable of mappings
        One mapping of column name to number (or None) per epoch.
    stop_reason : str
        Why training ended, in words.
    best_epoch : int or None
        The value in the ``epoch`` column of the epoch whose weights were kept.
    notes : iterable of str
        Anything else that a person should know about this training.

    Examples
    --------
    >>> history = History([{"epoch": 1, "loss": 0.9}, {"epoch": 2, "loss": 0.5, "val_loss": 0.7}])
    >>> history["val_loss"]
    [None, 0.7]
    >>> history[-1]
    {'epoch': 2, 'loss': 0.5, 'val_loss': 0.7}
    >>> history[-1, "loss"]
    0.5
    >>> history[:1]
    [{'epoch': 1, 'loss': 0.9, 'val_loss': None}]
    >>> history[:, "loss"]
    [0.9, 0.5]
    """

    def __init__(
        self,
        rows: Iterable[Mapping[str, Any]] = (),
        *,
        stop_reason: str = "",
        best_epoch: int | None = None,
        notes: Iterable[str] = (),
    ) -> None:
        self.stop_reason = stop_reason
        self.best_epoch = best_epoch
        self.notes = list(notes)
        self._columns: dict[str, list[Cell]] = {}
        self._length = 0
        for row in rows:
            self.append(row)

    @property
    def names(self) -> tuple[str, ...]:
        """The column names, in the order in which they first appeared."""
        return tuple(self._columns)

    def append(self, row: Mapping[str, Any]) -> None:
        """Add one epoch; a new column is empty in the epochs before, a missing one in this epoch.

        Raises
        ------
        TypeError
            If a value is neither a number nor None.
        """
        cells = {name: _cell(name, value) for name, value in row.items()}
        for name in cells:
            self._columns.setdefault(name, [None] * self._length)
        for name, column in self._columns.items():
            column.append(cells.get(name))
        self._length += 1

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Row]:
        return (self._row(index) for index in range(self._length))

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return list(self._column(key))
        if isinstance(key, tuple):
            return self._cells(*key)
        if isinstance(key, slice):
            return [self._row(index) for index in range(*key.indices(self._length))]
        return self._row(self._index(key))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, History):
            return NotImplemented
        # Non-finite numbers are text in JSON, so NaN equals NaN here.
        return self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]  # it grows: not for sets

    def __repr__(self) -> str:
        return (
            f"History(epochs={len(self)}, best_epoch={self.best_epoch}, "
            f"stop_reason={self.stop_reason!r}, names={list(self.names)})"
        )

    def best(self) -> Row | None:
        """Return the row of the best epoch, or None where none was marked."""
        if self.best_epoch is None or "epoch" not in self:
            return None
        rows = (row for row in self if row["epoch"] == self.best_epoch)
        return next(rows, None)

    def layers(self) -> list[str]:
        """Return the names of the layers that were looked into, from the entrance to the head.

        Examples
        --------
        >>> row = {"epoch": 1, "gradient_norm": 0.5, "gradient_norm/dense_0": 0.4, "gradient_norm/head": 0.3}
        >>> History([row]).layers()
        ['dense_0', 'head']
        """
        named = (name.partition("/") for name in self._columns)
        return list(dict.fromkeys(layer for _, parted, layer in named if parted))

    def by_layer(self, quantity: str) -> pl.DataFrame:
        """Return one quantity of all layers: a row for each epoch that was looked at, a column for each.

        Parameters
        ----------
        quantity : str
            "gradient_norm", "weight_norm", "update_ratio", "activation_mean", "activation_std", "zero_share",
            "dead_share" or "saturated_share".

        Returns
        -------
        polars.DataFrame of shape (epochs, 1 + layers)
            ``epoch`` first.

        Raises
        ------
        KeyError
            If no layer has it, with the nearest that is there.

        Examples
        --------
        >>> rows = [
        ...     {"epoch": 1, "dead_share/dense_0": 0.1},
        ...     {"epoch": 2},
        ...     {"epoch": 3, "dead_share/dense_0": 0.4},
        ... ]
        >>> History(rows).by_layer("dead_share").rows()
        [(1, 0.1), (3, 0.4)]
        """
        start = f"{quantity}/"
        columns = {name.removeprefix(start): name for name in self._columns if name.startswith(start)}
        if not columns:
            known = list(dict.fromkeys(name.partition("/")[0] for name in self._columns if "/" in name))
            raise KeyError(
                f"No layer has the quantity {quantity!r} in this history (of layers it has: "
                f"{', '.join(known) or 'none; train with record=layers'}).{did_you_mean(quantity, known)}"
            )
        import polars as pl  # here, so that reading a history wakes nothing heavy

        table = {"epoch": self._epochs(), **{layer: self._columns[name] for layer, name in columns.items()}}
        found = pl.DataFrame(table, strict=False)
        return found.filter(pl.any_horizontal(pl.col(list(columns)).is_not_null()))

    def _epochs(self) -> list[Cell]:
        return self._columns.get("epoch", list(range(1, self._length + 1)))

    def to_json(self) -> dict[str, Any]:
        """Return plain data for strict JSON: columns of numbers, null and "NaN"/"Infinity"."""
        return {
            "stop_reason": self.stop_reason,
            "best_epoch": self.best_epoch,
            "notes": list(self.notes),
            "epochs": self._length,
            "columns": {n: [encode_cell(c) for c in cells] for n, cells in self._columns.items()},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> History:
        """Read what `to_json` gave."""
        history = cls(stop_reason=data["stop_reason"], best_epoch=data["best_epoch"], notes=data["notes"])
        history._length = data["epochs"]
        for name, cells in data["columns"].items():
            if len(cells) != history._length:
                raise ValueError(f"Expected {history._length} epochs in column {name!r}. Got {len(cells)}.")
            history._columns[name] = [decode_cell(cell) for cell in cells]
        return history

    def to_frame(self) -> pl.DataFrame:
        """Return the epochs as a `polars.DataFrame`, one row per epoch."""
        import polars as pl  # here, so that reading a history wakes nothing heavy

        return pl.DataFrame(dict(self._columns), strict=False)

    def _column(self, name: str) -> list[Cell]:
        if name not in self._columns:
            hint = did_you_mean(name, self._columns)
            known = ", ".join(self._columns) or "none yet"
            raise KeyError(f"The history has no column {name!r} (columns: {known}).{hint}")
        return self._columns[name]

    def _row(self, index: int) -> Row:
        return {name: cells[index] for name, cells in self._columns.items()}

    def _index(self, key: Any) -> int:
        if not isinstance(key, Integral):
            raise TypeError(
                "A History is indexed by a column name, an epoch number, a slice or a pair "
                f"(epochs, column). Got {key!r} instead."
            )
        if not -self._length <= int(key) < self._length:
            raise IndexError(f"The history has {self._length} epochs. Got index {key}.")
        return int(key)

    def _cells(self, epochs: Any, name: str) -> Any:
        column = self._column(name)
        return column[epochs if isinstance(epochs, slice) else self._index(epochs)]


def encode_cell(value: Cell) -> int | float | str | None:
    """Return a cell as strict JSON can hold it: "NaN", "Infinity", "-Infinity" where not finite.

    Examples
    --------
    >>> encode_cell(float("inf")), encode_cell(0.5), encode_cell(None)
    ('Infinity', 0.5, None)
    """
    if isinstance(value, float) and not math.isfinite(value):
        return number_name(value)
    return value


def decode_cell(value: Any) -> Cell:
    """Read what `encode_cell` gave; ValueError for anything else."""
    if isinstance(value, str):
        return named_number(value)
    if value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        return value
    raise ValueError(f"Expected a number, a text for a non-finite one, or null. Got {value!r}.")


def _cell(name: str, value: Any) -> Cell:
    if value is None:
        return None
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    if getattr(value, "shape", None) == () and hasattr(value, "item"):  # a 0-dimensional array
        return _cell(name, value.item())
    raise TypeError(f"Expected a number or None for column {name!r} of a history. Got {value!r} instead.")
