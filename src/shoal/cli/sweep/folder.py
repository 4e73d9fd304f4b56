"""The folder that a sweep leaves: its order, its store, its trials as a table, its best model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shoal.cli.run_folder import RunFolder
from shoal.cli.say import finite
from shoal.errors import FileError

GIVEN, OUTCOME = "sweep.given.json", "sweep.json"


@dataclass(frozen=True)
class SweepFolder(RunFolder):
    """Where the files of one sweep lie: ``runs/<date-time>-<table>-<target>-sweep``."""

    @property
    def store(self) -> Path:
        """The database of the search, unless it was ordered elsewhere."""
        return self.path / "run.db"

    @property
    def trials(self) -> Path:
        """One line for each trial."""
        return self.path / "trials.csv"

    def write_order(self, order: Mapping[str, Any]) -> None:
        """Write all that a later sitting needs."""
        self._write(GIVEN, order)

    def read_order(self) -> dict[str, Any]:
        """Return what `write_order` wrote.

        Raises
        ------
        FileError
            If that is not the folder of a sweep.
        """
        try:
            found = json.loads((self.path / GIVEN).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise FileError(
                f"'{self.path}' is not the folder of a sweep: it has no readable {GIVEN}."
            ) from None
        if not isinstance(found, dict) or not {"recipe", "scores", "folds"} <= found.keys():
            raise FileError(f"'{self.path / GIVEN}' is not the order of a sweep that this shoal can read.")
        return found

    def write_outcome(self, outcome: Mapping[str, Any]) -> None:
        """Write how the last sitting ended."""
        self._write(OUTCOME, outcome)

    def read_outcome(self) -> dict[str, Any]:
        """Return how the last sitting ended; empty while the first one runs, or where it was killed."""
        try:
            return json.loads((self.path / OUTCOME).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}

    def _write(self, name: str, value: Mapping[str, Any]) -> None:
        part = self.path / f"{name}.part"  # a kill in the middle leaves the old file whole
        text = json.dumps(finite(dict(value)), indent=2, ensure_ascii=False, allow_nan=False)
        part.write_text(text + "\n", encoding="utf-8")
        part.replace(self.path / name)
