"""Watches a training: makes the run folder when it begins, writes the history while it runs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import TextIOBase
from types import TracebackType
from typing import Any

import numpy as np

from shoal.cli.order import Order
from shoal.cli.progress import Bar
from shoal.cli.run_folder import RunFolder
from shoal.history import History, write_line
from shoal.train.events import EpochsDone, Started

KEPT = 0
"""The network that is kept; others beside it only judge."""


@dataclass(frozen=True)
class Earlier:
    """A run that is taken up: its folder, the state of its network, its epochs."""

    folder: RunFolder
    state: dict[str, Any]
    history: History


class Watch:
    """Sees the events of one training; a context manager.

    Parameters
    ----------
    order : Order
    task : str
    runs : str
        Where the run folder is made, once training begins: a table that is refused leaves none.
    earlier : Earlier, optional
        The run that is taken up; its folder is used again.

    Attributes
    ----------
    folder : RunFolder or None
        The run folder, once there is one.
    """

    def __init__(self, order: Order, task: str, runs: str, earlier: Earlier | None = None) -> None:
        self.order, self.task, self.runs = order, task, runs
        self.folder = earlier.folder if earlier else None
        self._earlier = earlier.history if earlier else History()
        self._bar = Bar(task)
        self._lines: TextIOBase | None = None

    def __enter__(self) -> Watch:
        self._bar.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.__exit__(kind, error, trace)
        if self._lines:
            self._lines.close()

    def see(self, event: object) -> None:
        """Take one event of the trainer."""
        if isinstance(event, Started):
            self._begin()
        elif isinstance(event, EpochsDone):
            self._write(event)
        self._bar.show(event)

    def _begin(self) -> None:
        if self.folder is None:
            self.folder = RunFolder.create(self.runs, self.order.table, self.order.targets, datetime.now())
        self.folder.write_given(self.order.to_json())
        if self._lines:  # the networks that found the number of epochs; now follows the one that is kept
            self._lines.close()
        self._lines = self.folder.history.open("w", encoding="utf-8")
        for row in self._earlier:
            write_line(self._lines, row)

    def _write(self, event: EpochsDone) -> None:
        assert self._lines is not None
        for net, values in zip(event.nets, event.values, strict=True):
            if net == KEPT:
                for row in rows(values, event.first_epoch, self.task, event.record.get(net, {})):
                    write_line(self._lines, row)


def rows(
    values: np.ndarray, first_epoch: int, task: str, record: Mapping[int, Mapping[str, float]] | None = None
) -> Iterator[dict[str, Any]]:
    """Yield one row for each epoch of one network, until it stopped.

    The error of a regression is left out: its unit is known when the training is over.

    Parameters
    ----------
    values : (epochs, columns) float array
        As in `shoal.train.events.EpochsDone`.
    first_epoch : int
        Number of the first epoch.
    task : str
    record : mapping, optional
        What was seen of the layers, by epoch.

    Examples
    --------
    >>> list(rows(np.array([[0.5, np.nan, np.nan, 0.1], [np.nan] * 4]), 7, "binary"))
    [{'epoch': 7, 'loss': 0.5, 'learning_rate': 0.1}]
    """
    for epoch, (loss, val_loss, val_metric, rate) in enumerate(values.tolist(), first_epoch):
        if math.isnan(rate):
            return
        row: dict[str, Any] = {"epoch": epoch, "loss": loss}
        if not math.isnan(val_loss):
            row["val_loss"] = val_loss
            if task != "regression":
                row["val_accuracy"] = val_metric
        seen = dict((record or {}).get(epoch, {}))
        if task == "regression":
            seen.pop("train_metric", None)
        yield {**row, "learning_rate": rate, **seen}
