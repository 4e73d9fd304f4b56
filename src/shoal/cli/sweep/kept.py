"""What the store of a sweep holds, as trials: read without waking JAX."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.cli.sweep.folder import SweepFolder
from shoal.errors import FileError
from shoal.history import find_metric
from shoal.history.wording import compact
from shoal.sweep.space import Space

if TYPE_CHECKING:
    from shoal.sweep.matter.evidence import Evidence
    from shoal.sweep.store import RunRow, Store


@dataclass(frozen=True)
class Score:
    """How a score is shown: by the title of its figure, losses without their minus sign."""

    name: str

    @property
    def title(self) -> str:
        """The name as a person reads it."""
        return find_metric(self.name).title

    @property
    def sign(self) -> float:
        """What turns a score, of which more is better, into the figure."""
        return 1.0 if find_metric(self.name).goal == "max" else -1.0

    def figure(self, score: float | None) -> float:
        """Return the figure that a score is; NaN for none."""
        return math.nan if score is None else self.sign * score

    def said(self, score: float | None) -> str:
        """Return the figure in words.

        Examples
        --------
        >>> Score("log_loss").said(-0.25), Score("accuracy").said(None)
        ('0.25', '–')
        """
        return compact(self.figure(score))

    def bounds(self, low: float, high: float) -> tuple[float, float]:
        """Return an interval of scores as one of figures."""
        ends = sorted((self.figure(low), self.figure(high)))
        return ends[0], ends[1]


@dataclass(frozen=True)
class KeptTrial:
    """One choice of settings, with what its networks reached in the last batch that asked for it.

    Parameters
    ----------
    number, batch : int
    values : dict
    scores : dict of str to tuple of float
        Part by part, the folds of a seed together; NaN for what came to nothing.
    main : str
    rung : int or None
        Epochs that it was let train; None is as long as its settings say.
    epochs : int
    best_epochs : tuple of int
    ended : dict of str to int
    reasons : tuple of str
    seconds : float
        Of all its batches.
    """

    number: int
    batch: int
    values: dict[str, Any]
    scores: dict[str, tuple[float, ...]]
    main: str
    rung: int | None
    epochs: int
    best_epochs: tuple[int, ...]
    ended: dict[str, int]
    reasons: tuple[str, ...]
    seconds: float

    @property
    def parts(self) -> tuple[float, ...]:
        """The main score, part by part."""
        return self.scores[self.main]

    @property
    def score(self) -> float | None:
        """The mean of the main score; None where a part came to nothing."""
        return float(np.mean(self.parts)) if np.isfinite(self.parts).all() else None

    @property
    def spread(self) -> float | None:
        """The standard deviation of the main score over folds and seeds."""
        return float(np.std(self.parts)) if np.isfinite(self.parts).all() else None


@dataclass(frozen=True)
class Kept:
    """A sweep as its store has it.

    Parameters
    ----------
    plan : dict
    asked : list of KeptTrial
        Every trial at every rung, in the order of the batches.
    open : int
        Trials of which some runs are still missing.
    """

    plan: Mapping[str, Any]
    asked: list[KeptTrial] = field(default_factory=list)
    open: int = 0

    @property
    def space(self) -> Space:
        """What varied."""
        return Space.from_json(self.plan["space"])

    @property
    def main(self) -> Score:
        """The score that was searched by."""
        return Score(self.plan["by"])

    @property
    def trials(self) -> dict[int, KeptTrial]:
        """Every trial as it was last, by its number."""
        return {trial.number: trial for trial in self.asked}

    @property
    def finalists(self) -> list[KeptTrial]:
        """The trials that were trained longest, from the best to the worst: those that can be compared."""
        sound = [t for t in self.trials.values() if t.score is not None]
        longest = max((t.rung or 0 for t in sound), default=0)
        found = [t for t in sound if (t.rung or 0) == longest]
        return sorted(found, key=lambda t: (-(t.score or 0.0), t.number))

    def best(self) -> KeptTrial | None:
        """Return the best trial; None where none came to anything."""
        return next(iter(self.finalists), None)

    def evidence(self, trials: Sequence[KeptTrial]) -> Evidence:
        """Return trials as evidence of what matters."""
        from shoal.sweep.matter.evidence import Evidence

        folds, seeds = len(self.plan["folds"]), len(self.plan["seeds"])
        parts = np.array([trial.parts for trial in trials], float).reshape(len(trials), seeds, folds)
        sides = parts.swapaxes(1, 2).reshape(len(trials), -1)  # the seeds of a fold side by side
        values, costs = [trial.values for trial in trials], [trial.seconds for trial in trials]
        return Evidence(self.space, values, sides, folds, seeds, costs, _test_to_train(self.plan["folds"]))

    def alike(self) -> list[KeptTrial]:
        """Return the trials after equally many epochs, the most that there are: those show what matters.

        A search that stops its losers has trained most of its trials for the first rung only.
        """
        rungs = Counter(trial.rung for trial in self.asked)
        if not rungs:
            return []
        most = max(rungs, key=lambda rung: (rungs[rung], rung or 0))
        return list({trial.number: trial for trial in self.asked if trial.rung == most}.values())


def open_store(folder: SweepFolder, order: Mapping[str, Any]) -> Store:
    """Open the store of a sweep for reading.

    Raises
    ------
    FileError
        If it is not there.
    """
    from shoal.sweep.store import Store

    if order.get("store"):
        return Store.open(order["store"], sweep=folder.path.resolve().name)
    if not folder.store.exists():
        raise FileError(f"The sweep '{folder.path}' has no store (run.db): it was stopped before it began.")
    return Store.open(folder.store, sweep="sweep")


def read_kept(store: Store) -> Kept:
    """Return the trials of a store; those that the last batch has not finished are counted only."""
    plan = store.plan()
    kept, spent = Kept(plan), dict[int, float]()
    rows: dict[int, dict[int, list[RunRow]]] = {}
    for row in store.runs():
        rows.setdefault(row.batch, {}).setdefault(row.trial, []).append(row)
    keys = [(seed, fold) for seed in plan["seeds"] for fold in range(len(plan["folds"]))]
    missing = 0
    for batch in store.batches():
        for ask in batch.asks:
            runs = {(row.seed, row.fold): row for row in rows.get(batch.number, {}).get(ask["trial"], ())}
            if any(key not in runs for key in keys):
                missing += 1
                continue
            own = [runs[key] for key in keys]
            spent[ask["trial"]] = spent.get(ask["trial"], 0.0) + sum(row.seconds for row in own)
            kept.asked.append(_trial(batch.number, ask, own, plan, spent[ask["trial"]]))
    return Kept(plan, kept.asked, missing)


def _trial(
    batch: int, ask: Mapping[str, Any], runs: Sequence[RunRow], plan: Mapping[str, Any], seconds: float
) -> KeptTrial:
    scores = {
        name: tuple(math.nan if run.scores[name] is None else float(run.scores[name] or 0.0) for run in runs)
        for name in plan["scores"]
    }
    return KeptTrial(
        number=ask["trial"],
        batch=batch,
        values=dict(ask["values"]),
        scores=scores,
        main=plan["by"],
        rung=ask["epochs"],
        epochs=max(run.epochs for run in runs),
        best_epochs=tuple(run.best_epoch for run in runs),
        ended=dict(Counter(run.ended for run in runs)),
        reasons=tuple(run.reason for run in runs),
        seconds=seconds,
    )


def _test_to_train(folds: Sequence[Sequence[int]]) -> float | None:
    trained, tested = sum(fold[0] for fold in folds), sum(fold[2] for fold in folds)
    return tested / trained if trained else None
