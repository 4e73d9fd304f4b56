"""Watches a training: makes the run folder when it begins, writes the history while it runs."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import TextIOBase
from types import TracebackType
from typing import Any

from shoal.cli.order import Order
from shoal.cli.progress import Bar
from shoal.cli.run_folder import RunFolder
from shoal.errors import TrainingWarning
from shoal.history import History, write_line
from shoal.history.findings import LiveFindings
from shoal.sinks import Sinks
from shoal.train.events import Acted, EpochsDone, Known, Started, named_rows

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
    log : sequence of str
        Names of sinks that are told of every epoch, too.

    Attributes
    ----------
    folder : RunFolder or None
        The run folder, once there is one.
    """

    def __init__(
        self,
        order: Order,
        task: str,
        runs: str,
        earlier: Earlier | None = None,
        log: Sequence[str] = (),
    ) -> None:
        self.order, self.task, self.runs, self.log = order, task, runs, log
        self.folder = earlier.folder if earlier else None
        self._earlier = earlier.history if earlier else History()
        self._bar = Bar(task)
        self._lines: TextIOBase | None = None
        self._sinks: Sinks | None = None
        self._searches = order.parsed_settings().epochs == "cv"  # whether the next networks find the epochs
        self._seen = History(self._earlier)
        self._known: Known | None = None
        self._live = LiveFindings(order.parsed_settings().to_json())

    def __enter__(self) -> Watch:
        self._bar.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.__exit__(kind, error, trace)
        if self._lines:
            self._lines.close()
        if kind is not None:
            self.finish(None)

    def finish(self, history: History | None) -> None:
        """Hand the sinks the whole history, or None where training came to nothing, and close them."""
        if self._sinks:
            self._sinks.close(history)
            self._sinks = None

    def see(self, event: object) -> None:
        """Take one event of the trainer."""
        if isinstance(event, Known):
            self._known = event
            self._live.know(event.settings, event.facts)
        elif isinstance(event, Started):
            self._begin()
        elif isinstance(event, EpochsDone):
            self._write(event)
        elif isinstance(event, Acted):  # training goes on from an epoch before, in the same folder
            self._earlier = History(row for row in self._seen if int(row["epoch"] or 0) <= event.epoch)
        self._bar.show(event)

    def _begin(self) -> None:
        if self.folder is None:
            self.folder = RunFolder.create(self.runs, self.order.table, self.order.targets, datetime.now())
        self.folder.write_given(self.order.to_json())
        if self._known:
            self.folder.write_known(self._known.settings, self._known.facts)
        if self._lines:  # the networks that found the number of epochs; now follows the one that is kept
            self._lines.close()
        self._lines = self.folder.history.open("w", encoding="utf-8")
        self._seen = History(self._earlier)
        for row in self._earlier:
            write_line(self._lines, row)
        if self.log and self._sinks is None and not self._searches:
            told = {"table": self.order.table, **self.order.settings}
            self._sinks = Sinks(self.log, self.folder.path, told, self.folder.path.name, self._earlier)
        self._searches = False

    def _write(self, event: EpochsDone) -> None:
        assert self._lines is not None
        for net, values in zip(event.nets, event.values, strict=True):
            if net == KEPT:
                for row in named_rows(values, event.first_epoch, self.task, event.record.get(net, {})):
                    write_line(self._lines, row)
                    if self._sinks:
                        self._sinks.write(row)
                    self._seen.append(row)
                self._warn()

    def _warn(self) -> None:
        """Say what looks wrong already, each thing once, while there is time to stop; notes can wait."""
        for finding in self._live.new(self._seen):
            if finding.severity != "note":
                said = finding.in_words().removeprefix(f"{finding.severity} ")
                warnings.warn(said, TrainingWarning, stacklevel=2)
