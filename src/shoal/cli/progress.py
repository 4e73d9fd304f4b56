"""The progress bar: reads the trainer's events, draws on a terminal, and is silent in a pipe."""

from __future__ import annotations

import math
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.cli.say import number, on_terminal

if TYPE_CHECKING:
    from rich.progress import Progress


class Bar:
    """A bar on stderr with epoch, training and validation loss, metric and time left.

    Used as a context manager; `show` takes every event of a training. Where nobody watches, nothing is
    drawn and rich is not imported.
    """

    def __init__(self, task: str) -> None:
        self.task = task
        self._drawn: Progress | None = None
        self._task: Any = None
        self._epochs = 0
        self._nets = 1
        self._done: dict[int, int] = {}

    def __enter__(self) -> Bar:
        if on_terminal():
            self._drawn = _drawing()
            self._drawn.start()
            self._task = self._drawn.add_task("compiling", total=None, figures="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._drawn:
            self._drawn.stop()

    def show(self, event: object) -> None:
        """Take one event of the trainer; events that the bar does not show are let pass."""
        if self._drawn is None:
            return
        from shoal.train.events import EpochsDone, NetStopped, SeekingRate, Started

        if isinstance(event, SeekingRate):
            self._drawn.update(self._task, description="seeking a learning rate")
        elif isinstance(event, Started):
            self._epochs, self._nets, self._done = event.epochs, event.nets, {}
            self._drawn.update(self._task, total=event.epochs * event.nets, completed=0)
        elif isinstance(event, EpochsDone):
            reached = event.first_epoch + event.values.shape[1] - 1
            self._reach({int(net): reached for net in event.nets}, figures(event.values, self.task))
        elif isinstance(event, NetStopped):
            # What it will not need any more counts as done, or the time left would lie.
            self._reach({event.net: self._epochs})

    def _reach(self, epochs: dict[int, int], said: str | None = None) -> None:
        assert self._drawn is not None
        for net, epoch in epochs.items():
            self._done[net] = max(epoch, self._done.get(net, 0))
        epoch = max(epochs.values(), default=0)
        name = f"epoch {epoch}/{self._epochs}" + (f", {self._nets} networks" if self._nets > 1 else "")
        self._drawn.update(self._task, completed=sum(self._done.values()), description=name)
        if said is not None:
            self._drawn.update(self._task, figures=said)


def figures(values: np.ndarray, task: str) -> str:
    """Return the latest figures in words, the mean over the networks that still have one.

    Parameters
    ----------
    values : (nets, epochs, columns) float array
        As in `shoal.train.events.EpochsDone`; the metric of a regression is a squared error in standard
        deviations of the target, of which the root is shown.
    task : str

    Examples
    --------
    >>> figures(np.array([[[0.5, 0.625, 0.9, 0.001]]]), "binary")
    'loss 0.5  val_loss 0.625  accuracy 0.9'
    """
    latest = [_latest(column) for column in np.moveaxis(values, 2, 0)[:3]]
    names = ["loss", "val_loss", "accuracy"]
    if task == "regression":
        names[2], latest[2] = "rmse / std", math.sqrt(latest[2])
    shown = zip(names, latest, strict=True)
    return "  ".join(f"{name} {number(value)}" for name, value in shown if math.isfinite(value))


def _latest(column: np.ndarray) -> float:
    """Return the mean over the networks of the last number in each row; NaN where there is none."""
    known = [row[~np.isnan(row)] for row in column]
    ends = [row[-1] for row in known if len(row)]
    return float(np.mean(ends)) if ends else math.nan


def _drawing() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(compact=True),
        console=Console(stderr=True),
        transient=True,
    )
