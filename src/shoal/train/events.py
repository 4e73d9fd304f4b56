"""What the training loop says while it works: plain dataclasses, read by all who watch.

The progress bar, the history, the checkpoint and the tests read one stream; there are no callbacks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from shoal.train.results import NetResult, Record

COLUMNS = ("loss", "val_loss", "val_metric", "learning_rate")
"""What is recorded of every network in every epoch, in this order."""


@dataclass(frozen=True)
class SeekingRate:
    """Before training, a learning rate is sought for so many recipes."""

    recipes: int


@dataclass(frozen=True)
class Known:
    """Before training, what is known of the first network, for who judges it while it trains.

    Parameters
    ----------
    settings : mapping
        As resolved.
    facts : mapping
        As `shoal.history.findings.Evidence` takes them, as far as they cost nothing to know.
    """

    settings: Mapping[str, Any]
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Started:
    """Training begins: so many networks in so many tiles of so many programs, for at most so many epochs."""

    nets: int
    tiles: int
    programs: int
    epochs: int
    steps: int


@dataclass(frozen=True)
class Compiled:
    """A program is ready on a device; `seconds` is 0 where it was ready before."""

    seconds: float


@dataclass(frozen=True)
class EpochsDone:
    """A tile has trained some epochs.

    Parameters
    ----------
    nets : (n,) int array
        Networks of the tile that were active.
    first_epoch : int
        Epoch number of the first row, counted from 1.
    values : (n, epochs, columns) float array
        `COLUMNS`; NaN from the epoch on in which a network had stopped.
    seconds : float
        Time of these epochs on their device.
    record : dict
        Network -> epoch -> what was seen of its layers (`shoal.train.columns`), where it is looked at.
    """

    nets: np.ndarray
    first_epoch: int
    values: np.ndarray
    seconds: float
    record: dict[int, Record] = field(repr=False, default_factory=dict)


@dataclass(frozen=True)
class NetStopped:
    """A network has ended.

    Parameters
    ----------
    net : int
        Its place in the population.
    epoch, best_epoch : int
    code, reason : str
        See `NetResult`.
    result : NetResult, optional
        What training made of it, so that a watcher can score it and store it at once.
    """

    net: int
    epoch: int
    best_epoch: int
    code: str
    reason: str
    result: NetResult | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Interrupted:
    """The user stopped the training; what was learnt so far is kept."""


@dataclass(frozen=True)
class Finished:
    """All networks have ended; `results` is empty where none was to be kept (`shoal.train.loop.train`)."""

    results: list = field(repr=False)
    seconds: float = 0.0


@dataclass(frozen=True)
class Acted:
    """Something was done about a trouble: training goes on from an epoch, with other settings.

    Parameters
    ----------
    epoch : int
        Of the weights from which it goes on; 0 where it begins anew.
    words : str
        What was done.
    """

    epoch: int
    words: str


Event = SeekingRate | Known | Started | Compiled | EpochsDone | NetStopped | Interrupted | Finished | Acted


def named_rows(
    values: np.ndarray, first_epoch: int, task: str, record: Mapping[int, Mapping[str, float]] | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the epochs of one network as rows with the names that people know, until it stopped.

    The error of a regression is left out: its unit is known when the training is over.

    Parameters
    ----------
    values : (epochs, columns) float array
        As in `EpochsDone`.
    first_epoch : int
        Number of the first epoch.
    task : str
    record : mapping, optional
        What was seen of the layers, by epoch.

    Examples
    --------
    >>> list(named_rows(np.array([[0.5, np.nan, np.nan, 0.1], [np.nan] * 4]), 7, "binary"))
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
