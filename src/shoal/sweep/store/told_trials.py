"""Trial by trial, what the closed batches of a store say so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shoal.sweep.store.records import RunRow
from shoal.sweep.store.store import Store


@dataclass
class ToldTrial:
    """What was asked of one trial, and what came of it.

    Parameters
    ----------
    number : int
    values : mapping
        Its settings.
    asked : int, optional
        Epochs that it was asked for last; None for as many as the settings say.
    score : float, optional
        The last one; None if the trial came to nothing.
    parts : sequence
        The last score fold by fold and seed by seed.
    reports : dict of int to float
        Scores by the epochs trained.
    runs : dict
        The last run of each fold and seed.
    """

    number: int
    values: Mapping[str, Any]
    asked: int | None = None
    score: float | None = None
    parts: Sequence[float | None] = ()
    reports: dict[int, float] = field(default_factory=dict)
    runs: dict[tuple[int, int], RunRow] = field(default_factory=dict)


class ToldTrials:
    """The trials of a store, read on from batch to batch.

    Parameters
    ----------
    store : Store
    """

    def __init__(self, store: Store) -> None:
        self.trials: dict[int, ToldTrial] = {}
        self._store = store
        self._next = 0  # batches before this one have been read

    def read(self) -> set[int]:
        """Read the batches closed since, and return the numbers of the trials that they speak of."""
        touched: set[int] = set()
        for batch in self._store.batches():
            if batch.told is None:
                break
            if batch.number < self._next:
                continue
            for ask, told in zip(batch.asks, batch.told, strict=True):
                self._take(ask, told)
                touched.add(ask["trial"])
            for run in self._store.runs(batch.number, curves=False):
                if run.trial in self.trials:
                    self.trials[run.trial].runs[run.fold, run.seed] = run
            self._next = batch.number + 1
        return touched

    def _take(self, ask: Mapping[str, Any], told: Mapping[str, Any]) -> None:
        trial = self.trials.setdefault(ask["trial"], ToldTrial(ask["trial"], ask["values"]))
        trial.asked = ask.get("epochs")
        trial.score = told.get("score")
        trial.parts = told.get("parts") or ()
        if trial.score is not None:
            trial.reports[int(told["epochs"])] = float(trial.score)
