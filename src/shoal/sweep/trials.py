"""A trial: one choice of settings, with what its networks reached on every fold from every seed.

Nothing here wakes JAX: the command line reads trials from a store.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.sweep.strategy.contract import Ask

if TYPE_CHECKING:
    from shoal.sweep.runs import RunScore
    from shoal.sweep.store.records import RunRow


@dataclass(frozen=True)
class Trial:
    """What is known of one choice of settings.

    Parameters
    ----------
    number : int
    values : dict
        The settings that vary.
    scores : dict of str to tuple of float
        Every score by seed and fold, the folds of a seed together; NaN for what came to nothing.
    main : str
        The score that is searched by.
    train_scores : dict of str to tuple of float
        The same on the training rows, where they were asked for.
    epochs : int
        Most epochs that any of its networks trained.
    best_epochs : tuple of int
        The epoch whose weights were scored, part by part.
    reasons : tuple of str
        How each of its networks ended, in words.
    ended : dict of str to int
        How many networks ended in which way.
    seconds : float
        Time on the devices, of all its networks and rungs.
    rung : int or None
        Epochs that the search let it train, where it lets losers stop.
    parent : int or None
        The trial whose networks it went on from.

    Examples
    --------
    >>> Trial(0, {"dropout": 0.1}, {"r2": (0.5, 0.7)}, "r2").score
    0.6
    """

    number: int
    values: dict[str, Any]
    scores: dict[str, tuple[float, ...]]
    main: str
    train_scores: dict[str, tuple[float, ...]] = field(default_factory=dict)
    epochs: int = 0
    best_epochs: tuple[int, ...] = ()
    reasons: tuple[str, ...] = ()
    ended: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    rung: int | None = None
    parent: int | None = None

    @property
    def parts(self) -> tuple[float, ...]:
        """The main score, part by part."""
        return self.scores[self.main]

    @cached_property
    def sound(self) -> bool:
        """Whether every part came to something."""
        return bool(self.parts) and bool(np.isfinite(self.parts).all())

    @cached_property
    def score(self) -> float | None:
        """The mean of the main score; None if a part came to nothing."""
        return float(np.mean(self.parts)) if self.sound else None

    @property
    def spread(self) -> float | None:
        """The standard deviation of the main score over folds and seeds."""
        return float(np.std(self.parts)) if self.sound else None

    @property
    def median_epoch(self) -> int:
        """The median of the best epochs, rounded: how long the network that is kept trains."""
        return max(1, int(np.median(self.best_epochs) + 0.5))


def trial_of(
    ask: Ask,
    runs: Sequence[RunScore] | Sequence[RunRow],
    names: Iterable[str],
    main: str,
    before: Trial | None = None,
) -> Trial:
    """Return a trial as its runs leave it.

    Parameters
    ----------
    ask : Ask
    runs : sequence of RunScore or RunRow
        Folds of a seed together.
    names : iterable of str
        Of the scores.
    main : str
        The score that is searched by.
    before : Trial, optional
        What an earlier rung left.
    """
    names = tuple(names)
    return Trial(
        number=ask.trial,
        values=dict(ask.values),
        scores=_by_name([run.scores for run in runs], names),
        main=main,
        train_scores=_by_name([run.train_scores for run in runs], names) if runs[0].train_scores else {},
        epochs=max(run.epochs for run in runs),
        best_epochs=tuple(run.best_epoch for run in runs),
        reasons=tuple(run.reason for run in runs),
        ended=dict(Counter(run.ended for run in runs)),
        seconds=sum(run.seconds for run in runs) + (before.seconds if before is not None else 0.0),
        rung=ask.epochs,
        parent=ask.parent,
    )


def finalists(trials: Iterable[Trial]) -> list[Trial]:
    """Return the trials that were trained longest, from the best to the worst: those that can be compared."""
    sound = [trial for trial in trials if trial.sound]
    longest = max((trial.rung or 0 for trial in sound), default=0)
    found = [trial for trial in sound if (trial.rung or 0) == longest]
    return sorted(found, key=lambda trial: (-(trial.score or 0.0), trial.number))


def _by_name(
    each: Sequence[Mapping[str, float | None]], names: tuple[str, ...]
) -> dict[str, tuple[float, ...]]:
    """Return scores part by part; a store keeps None for what came to nothing."""
    return {
        name: tuple(float("nan") if one[name] is None else float(one[name] or 0.0) for one in each)
        for name in names
    }
