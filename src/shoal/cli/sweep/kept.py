"""What the store of a sweep holds, as trials: read without waking JAX."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shoal.cli.sweep.folder import SweepFolder
from shoal.errors import FileError
from shoal.history import find_metric
from shoal.history.wording import compact
from shoal.sweep.learnt import evidence_of
from shoal.sweep.space import Space
from shoal.sweep.strategy.contract import Ask
from shoal.sweep.trials import Trial, finalists, trial_of

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
class Kept:
    """A sweep as its store has it.

    Parameters
    ----------
    plan : dict
    asked : list of Trial
        Every trial at every rung, in the order of the batches.
    open : int
        Trials of which some runs are still missing.
    """

    plan: Mapping[str, Any]
    asked: list[Trial] = field(default_factory=list)
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
    def trials(self) -> dict[int, Trial]:
        """Every trial as it was last, by its number."""
        return {trial.number: trial for trial in self.asked}

    @property
    def finalists(self) -> list[Trial]:
        """The trials that were trained longest, from the best to the worst: those that can be compared."""
        return finalists(self.trials.values())

    def best(self) -> Trial | None:
        """Return the best trial; None where none came to anything."""
        return next(iter(self.finalists), None)

    def evidence(self, trials: Sequence[Trial]) -> Evidence:
        """Return trials as evidence of what matters."""
        return evidence_of(self.space, trials, self.plan["folds"], len(self.plan["seeds"]))

    def alike(self) -> list[Trial]:
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
    rows: dict[int, dict[int, list[RunRow]]] = {}
    for row in store.runs(curves=False):
        rows.setdefault(row.batch, {}).setdefault(row.trial, []).append(row)
    keys = [(seed, fold) for seed in plan["seeds"] for fold in range(len(plan["folds"]))]
    asked: list[Trial] = []
    last: dict[int, Trial] = {}
    missing = 0
    for batch in store.batches():
        for ask in map(Ask.from_json, batch.asks):
            runs = {(row.seed, row.fold): row for row in rows.get(batch.number, {}).get(ask.trial, ())}
            if any(key not in runs for key in keys):
                missing += 1
                continue
            own = [runs[key] for key in keys]
            last[ask.trial] = trial_of(ask, own, plan["scores"], plan["by"], last.get(ask.trial))
            asked.append(last[ask.trial])
    return Kept(plan, asked, missing)
