"""The folder that a training leaves: what was asked, what was used, what happened, what was kept."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from shoal.cli.say import finite
from shoal.errors import FileError
from shoal.history import History, to_lines


@dataclass(frozen=True)
class RunFolder:
    """Where the files of one run lie.

    Attributes
    ----------
    path : Path
        ``runs/<date-time>-<table>-<target>``.
    """

    path: Path

    @classmethod
    def create(
        cls, runs: str, table: str, targets: Sequence[str], now: datetime, ending: str = ""
    ) -> RunFolder:
        """Make a new folder under `runs`; a name that is taken gets a number behind it.

        Raises
        ------
        FileError
            If the folder cannot be made.
        """
        name = f"{now:%Y%m%d-%H%M%S}-{run_name(table, targets)}{ending}"
        try:
            for attempt in range(1, 1000):
                path = Path(runs) / (name if attempt == 1 else f"{name}-{attempt}")
                try:
                    path.mkdir(parents=True)
                    return cls(path)
                except FileExistsError:
                    if not path.is_dir():  # a file stands in the way of the runs folder itself
                        raise
        except OSError as error:
            raise FileError(
                f"A run folder cannot be made under '{runs}': {error.strerror}. Choose another one (--out)."
            ) from None
        raise FileError(f"There are too many runs called '{name}' under '{runs}'. Choose another --out.")

    @property
    def history(self) -> Path:
        """Epochs, one JSON object a line."""
        return self.path / "history.jsonl"

    @property
    def model(self) -> Path:
        """The model file."""
        return self.path / "model.shoal"

    @property
    def report(self) -> Path:
        """The report, one HTML file."""
        return self.path / "report.html"

    @property
    def notes(self) -> Path:
        """Everything that was said along the way."""
        return self.path / "notes.txt"

    @property
    def command(self) -> Path:
        """The command lines that made it, one for each sitting."""
        return self.path / "command.txt"

    @property
    def importances(self) -> Path:
        """What each column is worth to the network."""
        return self.path / "importances.json"

    @property
    def row(self) -> Path:
        """One row forward and backward, where ``shoal backprop`` looked."""
        return self.path / "row.json"

    @property
    def landscape(self) -> Path:
        """The loss around the network, where ``shoal landscape`` looked."""
        return self.path / "landscape.json"

    @property
    def answers(self) -> Path:
        """What was said about each row that judged, beside the truth."""
        return self.path / "answers.csv"

    @property
    def state(self) -> Path:
        """What a later run needs to go on from here."""
        return self.path / "state.safetensors"

    def note_command(self, command: str) -> None:
        """Add a command line to those that made this folder."""
        with self.command.open("a", encoding="utf-8") as stream:
            stream.write(f"{command}\n")

    def write_given(self, order: Mapping[str, Any]) -> None:
        """Write what was ordered."""
        write_json_file(self.path / "settings.given.json", order)

    def read_given(self) -> dict[str, Any]:
        """Read what was ordered; empty where it is not there or not readable."""
        return self._read_plain("settings.given.json")

    def _read_plain(self, name: str) -> dict[str, Any]:
        try:
            found = json.loads((self.path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write_known(self, settings: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        """Write what was known when training began, for as long as there is no model to tell it."""
        write_json_file(self.path / "known.json", {"settings": settings, "facts": facts})

    def read_known(self) -> dict[str, Any]:
        """Read ``settings`` and ``facts`` as `write_known` wrote them; empty where they cannot be read."""
        return self._read_plain("known.json")

    def forget_known(self) -> None:
        """Remove what the model tells by now."""
        (self.path / "known.json").unlink(missing_ok=True)

    def write_resolved(self, settings: Mapping[str, Any]) -> None:
        """Write every setting as it was used."""
        write_json_file(self.path / "settings.json", settings)

    def read_resolved(self) -> dict[str, Any]:
        """Read what `write_resolved` wrote.

        Raises
        ------
        FileError
            If it is not there or not readable.
        """
        path = self.path / "settings.json"
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise FileError(f"The settings of the run cannot be read from '{path}'.") from None

    def write_history(self, history: History) -> None:
        """Put the whole history in the place of the lines that were written while training ran."""
        part = self.history.with_suffix(".part")
        part.write_text(to_lines(history), encoding="utf-8")
        part.replace(self.history)

    def write_look(self, name: str, found: Mapping[str, Any]) -> None:
        """Keep what was looked at closer, for the page: "row" or "landscape"."""
        write_json_file(getattr(self, name), found)

    def write_notes(self, said: Sequence[str]) -> None:
        """Write everything that was said along the way, one note a line."""
        self.notes.write_text("".join(f"{note}\n" for note in said), encoding="utf-8")


def run_name(table: str, targets: Sequence[str]) -> str:
    """Return the telling part of a run folder's name, safe on every file system.

    Examples
    --------
    >>> run_name("data/Häuser 2024.csv.gz", ["price (EUR)"])
    'Häuser-2024-price-EUR'
    """
    stem = Path(table).name.split(".")[0] or "table"
    words = [re.sub(r"[^\w]+", "-", part).strip("-") for part in (stem, *targets[:2])]
    return "-".join(word for word in words if word)[:80]


def write_json_file(path: Path, value: Mapping[str, Any]) -> None:
    """Write plain data into a file; numbers that are not finite become null."""
    text = json.dumps(finite(dict(value)), indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
