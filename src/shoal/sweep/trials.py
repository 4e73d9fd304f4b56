"""A trial: one choice of settings, with what its networks reached on every fold from every seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from shoal.sweep.runs import RunScore
from shoal.sweep.scoring import Scorers
from shoal.sweep.strategy import Ask


@dataclass(frozen=True)
class Trial:
    """What is known of one choice of settings.

    Parameters
    ----------
    number : int
    values : dict
        The settings that vary.
    score, spread : float or None
        Mean and standard deviation of the main score over folds and seeds; None if a part came to nothing.
    parts : tuple of float
        Main score by seed and fold, folds of a seed together; NaN for what came to nothing.
    scores : dict of str to tuple of float
        Every score, part by part.
    train_scores : dict of str to tuple of float
        The same on the training rows, where they were asked for.
    epochs : int
        Most epochs that any of its networks trained.
    best_epochs : tuple of int
        The epoch whose weights were scored, part by part.
    ended : dict of str to int
        How many networks ended in which way.
    seconds : float
        Time on the devices, of all its networks and rungs.
    rung : int or None
        Epochs that the search let it train, where it lets losers stop.
    parent : int or None
        The trial whose networks it went on from.
    """

    number: int
    values: dict[str, Any]
    score: float | None
    spread: float | None
    parts: tuple[float, ...]
    scores: dict[str, tuple[float, ...]]
    train_scores: dict[str, tuple[float, ...]] = field(default_factory=dict)
    epochs: int = 0
    best_epochs: tuple[int, ...] = ()
    ended: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    rung: int | None = None
    parent: int | None = None

    @property
    def median_epoch(self) -> int:
        """The median of the best epochs, rounded: how long the network that is kept trains."""
        return max(1, int(np.median(self.best_epochs) + 0.5))


def trial_of(ask: Ask, runs: Sequence[RunScore], scorers: Scorers, before: Trial | None = None) -> Trial:
    """Return a trial as its runs leave it.

    Parameters
    ----------
    ask : Ask
    runs : sequence of RunScore
        Folds of a seed together.
    scorers : Scorers
    before : Trial, optional
        What an earlier rung left.
    """
    scores = {name: tuple(run.scores[name] for run in runs) for name in scorers.names}
    trained = {
        name: tuple(run.train_scores[name] for run in runs) for name in scorers.names if runs[0].train_scores
    }
    parts = scores[scorers.main]
    score, spread = mean_and_spread(parts)
    return Trial(
        number=ask.trial,
        values=dict(ask.values),
        score=score,
        spread=spread,
        parts=parts,
        scores=scores,
        train_scores=trained,
        epochs=max(run.epochs for run in runs),
        best_epochs=tuple(run.best_epoch for run in runs),
        ended=dict(Counter(run.ended for run in runs)),
        seconds=sum(run.seconds for run in runs) + (before.seconds if before is not None else 0.0),
        rung=ask.epochs,
        parent=ask.parent,
    )


def mean_and_spread(parts: Sequence[float]) -> tuple[float | None, float | None]:
    """Return mean and standard deviation of the scores of a trial; None where a part came to nothing.

    Examples
    --------
    >>> mean_and_spread([1.0, 3.0]), mean_and_spread([1.0, float("nan")])
    ((2.0, 1.0), (None, None))
    """
    if not parts or not np.isfinite(parts).all():
        return None, None
    return float(np.mean(parts)), float(np.std(parts))
