"""What goes into a store and comes out of it again, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

StateKey = tuple[int, int, int]
"""Trial, fold and seed: the network that a state belongs to."""


def now() -> str:
    """Return the time in the form in which a store keeps it: ISO 8601, in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True)
class RunRow:
    """One network of a sweep: a trial's settings, trained on one fold from one seed.

    Parameters
    ----------
    batch, trial, fold, seed : int
        Which network this is.
    epochs : int
        Epochs that it has been trained in all; with the four above, what makes a run the same run.
    best_epoch : int
        The epoch whose weights were judged.
    scores, train_scores : dict
        By the name of the score, on the rows that judge and on those that trained; None for what came to
        nothing. NaN and infinities are kept apart from it.
    curve : dict, optional
        Figures epoch by epoch, by name; each number is kept exactly, NaN and infinities too.
    ended, reason : str
        How training ended, as a code and in words.
    seconds : float
        Time of training, its share of what trained together.
    values : dict
        The trial's settings. JSON: a tuple comes back as a list.
    finished : str
        When, in ISO 8601.

    Examples
    --------
    >>> RunRow(0, 3, fold=1, seed=0, epochs=30, scores={"accuracy": 0.97}, values={"dropout": 0.2}).key
    (0, 3, 1, 0, 30)
    """

    batch: int
    trial: int
    fold: int = 0
    seed: int = 0
    epochs: int = 0
    best_epoch: int = 0
    scores: Mapping[str, float | None] = field(default_factory=dict)
    train_scores: Mapping[str, float | None] = field(default_factory=dict)
    curve: Mapping[str, Sequence[float]] | None = None
    ended: str = "complete"
    reason: str = ""
    seconds: float = 0.0
    values: Mapping[str, Any] = field(default_factory=dict)
    finished: str = field(default_factory=now)

    @property
    def key(self) -> tuple[int, int, int, int, int]:
        """Batch, trial, fold, seed, epochs: a second run of the same key takes the first one's place."""
        return self.batch, self.trial, self.fold, self.seed, self.epochs


@dataclass(frozen=True)
class Batch:
    """What a strategy asked at one time, and what it was told.

    Parameters
    ----------
    number : int
    asks : list of dict
    told : list of dict, optional
        None while the batch is open.
    """

    number: int
    asks: list[dict[str, Any]]
    told: list[dict[str, Any]] | None = None
