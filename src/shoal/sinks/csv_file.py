"""The epochs of a training as a CSV file, one row each."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from shoal.history.record import Cell, History
from shoal.sinks.base import Sink


class CsvSink(Sink):
    """Writes ``history.csv``: a column for each number, an empty cell where it was not measured.

    A number that first appears in a later epoch is another column, so the file is written anew then; NaN and
    infinity are ``nan`` and ``inf``, as NumPy, pandas and Polars read them.
    """

    replays: ClassVar[bool] = True

    def __init__(self, folder: Path, settings: Mapping[str, Any], name: str) -> None:
        super().__init__(folder, settings, name)
        self._known = History()

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / "history.csv"

    def write(self, row: Mapping[str, Cell]) -> None:
        """Append a row, or write the file anew where it has a new column."""
        before = self._known.names
        self._known.append(row)
        if self._known.names == before:
            with self.path.open("a", encoding="utf-8", newline="") as file:
                csv.writer(file, lineterminator="\n").writerow(_cells(self._known[-1]))
        else:
            self._write_all()

    def close(self, *, sound: bool) -> None:
        """Nothing is open: the file is opened for each row."""

    def complete(self, history: History, told: set[str]) -> None:
        """Write the whole history in the place of what was written while it ran."""
        self._known = history
        self._write_all()

    def _write_all(self) -> None:
        part = self.path.with_suffix(".csv.part")
        with part.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(self._known.names)
            writer.writerows(_cells(row) for row in self._known)
        part.replace(self.path)


def _cells(row: Mapping[str, Cell]) -> list[str]:
    return ["" if cell is None else repr(cell) for cell in row.values()]
