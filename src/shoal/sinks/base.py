"""What every sink is, and how the library behind one is asked for."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

from shoal.errors import MissingExtraError
from shoal.history.record import Cell, History


class Sink(ABC):
    """Somewhere that the epochs of one training are written to while it runs.

    A subclass says how a row is written (`write`) and how it is closed (`close`).

    Parameters
    ----------
    folder : Path
        Where files of this training go.
    settings : mapping
        What was asked for, for those who show it.
    name : str
        What the training is called.
    """

    library: ClassVar[str] = ""
    extra: ClassVar[str] = ""
    replays: ClassVar[bool] = False  # whether epochs of a run that is taken up have to be written again

    def __init__(self, folder: Path, settings: Mapping[str, Any], name: str) -> None:
        self.folder, self.settings, self.name = folder, settings, name

    @classmethod
    def module(cls) -> ModuleType:
        """Return the library behind the sink.

        Raises
        ------
        MissingExtraError
            If it is not installed; the message has the command that installs it.
        """
        try:
            return importlib.import_module(cls.library)
        except ImportError:
            raise MissingExtraError(
                f"Logging to {cls.extra} needs the package {cls.library}, which is not installed; "
                f"run: pip install 'shoal[{cls.extra}]'."
            ) from None

    @abstractmethod
    def write(self, row: Mapping[str, Cell]) -> None:
        """Write what is known of one epoch; ``"epoch"`` says which. Empty cells are None."""

    def complete(self, history: History, told: set[str]) -> None:
        """Write what is only known in the end: the columns that were in no row before.

        Parameters
        ----------
        history : History
        told : set of str
            Columns that were written while the training ran.
        """
        late = [name for name in history.names if name not in told]
        for row in history:
            cells = {name: row[name] for name in late if row[name] is not None}
            if cells:
                self.write({"epoch": row["epoch"], **cells})

    @abstractmethod
    def close(self, *, sound: bool) -> None:
        """Close what is open; `sound` says whether training came to an end."""


def numbers(row: Mapping[str, Cell]) -> dict[str, float]:
    """Return the cells of a row that hold a number, without the epoch.

    Examples
    --------
    >>> numbers({"epoch": 3, "loss": 0.5, "val_loss": None})
    {'loss': 0.5}
    """
    return {name: float(cell) for name, cell in row.items() if cell is not None and name != "epoch"}
