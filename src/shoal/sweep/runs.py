"""A run: one network of a search, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shoal.fitting.problem import Problem
from shoal.settings import Settings

Key = tuple[int, int, int]


@dataclass(frozen=True)
class Run:
    """One network to train: a trial's settings, on the training rows of a fold, from a seed.

    Parameters
    ----------
    trial : int
    settings : Settings
    fold, seed : int
    until : int, optional
        Epoch after which it pauses, for a search that goes on with the best only.
    start : mapping, optional
        `RunScore.state` of the run that it goes on from.
    problem : Problem, optional
        What it learns from, where that is another table than the search's: behind transformers.
    """

    trial: int
    settings: Settings
    fold: int
    seed: int
    until: int | None = None
    start: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)
    problem: Problem | None = field(default=None, compare=False, repr=False)

    @property
    def key(self) -> Key:
        """Trial, fold and seed."""
        return self.trial, self.fold, self.seed


@dataclass(frozen=True)
class RunScore:
    """What came of a run.

    Parameters
    ----------
    trial, fold, seed : int
    epochs, best_epoch : int
        Epochs trained in all, and the one whose weights were scored.
    scores : dict of str to float
        Higher is better; NaN throughout where the network came to nothing.
    train_scores : dict of str to float
        The same on the training rows, where they were asked for.
    curve : dict of str to list
        Loss by epoch of this run, and the validation loss where there is one.
    ended, reason : str
        How the training ended, as a code and in words.
    seconds : float
        Its share of the time on the device.
    state : mapping, optional
        What a later run needs to go on.
    """

    trial: int
    fold: int
    seed: int
    epochs: int
    best_epoch: int
    scores: dict[str, float]
    train_scores: dict[str, float]
    curve: dict[str, list[float]]
    ended: str
    reason: str
    seconds: float
    state: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    @property
    def key(self) -> Key:
        """Trial, fold and seed."""
        return self.trial, self.fold, self.seed
