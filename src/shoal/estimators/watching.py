"""Who looks on while one estimator trains: prints, logs, and notes an interruption."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from shoal.history import History
from shoal.settings import Settings
from shoal.sinks import Sinks
from shoal.train.events import EpochsDone, Event, Interrupted, Started, named_rows

LOGS = "logs"
"""Folder under the working directory for what estimators log."""


class Watch:
    """Sees the events of one fit.

    Parameters
    ----------
    owner : str
        Name of the estimator's class.
    task : str
    settings : Settings
    verbose : bool
        Whether to print the losses.
    log : sequence of str
        Names of sinks.

    Attributes
    ----------
    interrupted : bool
        Whether Ctrl-C ended the training.
    folder : Path or None
        Where the sinks write; None without any.
    """

    def __init__(self, owner: str, task: str, settings: Settings, *, verbose: bool, log: Sequence[str]):
        self.task, self.settings, self.verbose, self.log = task, settings, verbose, log
        self.interrupted = False
        self.folder = _new_folder(owner) if log else None
        self._sinks: Sinks | None = None
        self._searches = settings.epochs == "cv"  # whether the networks to come only find the epochs

    def __call__(self, event: Event) -> None:
        """Take one event of the trainer."""
        self.interrupted = self.interrupted or isinstance(event, Interrupted)
        if isinstance(event, Started):
            self._begin()
        elif isinstance(event, EpochsDone) and 0 in event.nets:
            self._epochs(event)

    def end(self, history: History | None) -> None:
        """Complete and close what is logged; without a history, training came to nothing."""
        if self._sinks:
            self._sinks.close(history)
            self._sinks = None

    def _begin(self) -> None:
        if self.folder is not None and self._sinks is None and not self._searches:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._sinks = Sinks(self.log, self.folder, self.settings.given(), self.folder.name)
        self._searches = False

    def _epochs(self, event: EpochsDone) -> None:
        at = event.nets.tolist().index(0)
        record = event.record.get(0, {})
        if self._sinks:
            for row in named_rows(event.values[at], event.first_epoch, self.task, record):
                self._sinks.write(row)
        if self.verbose:
            print(_last(event.values[at], event.first_epoch))


def _last(rows: np.ndarray, first_epoch: int) -> str:
    known = rows[~np.isnan(rows[:, 0])]
    if not len(known):
        return f"Epoch {first_epoch}: loss nan"
    loss, val_loss, metric, _ = known[-1]
    judged = "" if np.isnan(val_loss) else f", validation loss {val_loss:.5g} (metric {metric:.5g})"
    return f"Epoch {first_epoch + len(known) - 1}: loss {loss:.5g}{judged}"


def _new_folder(owner: str) -> Path:
    """Return a folder that is not there yet."""
    name = f"{datetime.now():%Y%m%d-%H%M%S}-{owner}"
    names: Any = (name if n == 1 else f"{name}-{n}" for n in range(1, 1000))
    return next(path for path in (Path(LOGS) / each for each in names) if not path.exists())
