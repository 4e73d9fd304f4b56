"""The search itself: ask, train, score, keep, tell - until nothing is left to ask, or the time is over.

Everything that happened is kept batch by batch. A search that was cut short is taken up by telling its
strategy the batches again, which a strategy answers as it did, and by training the runs of the open batch
that are missing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from shoal.errors import TrainingError
from shoal.sweep.evaluation import Evaluated, evaluate
from shoal.sweep.events import BatchDone, BatchStarted, RunDone
from shoal.sweep.question import Question
from shoal.sweep.runs import Key, Run, RunScore
from shoal.sweep.strategy import Ask, Strategy, Told
from shoal.sweep.trials import Trial, finalists, trial_of

Watcher = Callable[[object], object]

_READY_SECONDS = 2.0  # to compile the program of one more network, which takes more steps than its folds did


@runtime_checkable
class Keeper(Protocol):
    """What a search writes to as it goes, and is taken up from."""

    def batches(self) -> Sequence[Any]:
        """Return the batches so far, each with ``number``, ``asks`` and ``told`` (None while it is open)."""
        ...

    def open_batch(self, number: int, asks: list[dict[str, Any]]) -> None:
        """Keep what a batch asks for."""
        ...

    def runs(self, batch: int, *, states: bool = False) -> list[RunScore]:
        """Return the runs of a batch that have ended, with where they stand if that is asked."""
        ...

    def add_runs(self, batch: int, runs: Sequence[RunScore], values: Mapping[int, dict[str, Any]]) -> None:
        """Keep runs, and where their networks stand if they may go on: all of it or nothing."""
        ...

    def close_batch(self, number: int, told: list[dict[str, Any]]) -> None:
        """Keep what the strategy is told."""
        ...


@dataclass
class Found:
    """What a search has found so far.

    Attributes
    ----------
    trials : dict of int to Trial
        By number; a trial that was trained on stands as it was last.
    runs : dict of (trial, fold, seed) to RunScore
    interrupted : bool
        Whether Ctrl-C ended it; what was found is kept.
    timed_out : bool
        Whether the time was over.
    seconds : float
        Spent in all, earlier sittings included.
    batches : int
    """

    trials: dict[int, Trial] = field(default_factory=dict)
    runs: dict[Key, RunScore] = field(default_factory=dict)
    interrupted: bool = False
    timed_out: bool = False
    seconds: float = 0.0
    batches: int = 0

    def best(self) -> Trial:
        """Return the best trial of those that were trained longest; of equals the first.

        Raises
        ------
        TrainingError
            If no trial came to anything.
        """
        found = finalists(self.trials.values())
        if not found:
            raise TrainingError(
                "There is no best trial: every one diverged or was cut short. Lower the learning rates, or "
                "give "
                "the search more time."
            )
        return found[0]


def search(
    question: Question,
    strategy: Strategy,
    *,
    keeper: Keeper | None = None,
    budget: float | None = None,
    spent: float = 0.0,
    keep_time: bool = False,
    train_scores: bool = False,
    on_event: Watcher | None = None,
) -> Found:
    """Search, or go on with a search.

    Parameters
    ----------
    question : Question
    strategy : Strategy
        New, not asked yet; what `keeper` holds is told to it first.
    keeper : Keeper, optional
    budget : float, optional
        Seconds of this sitting and those before, after which no run is waited for.
    spent : float
        Seconds of earlier sittings.
    keep_time : bool
        Stop early enough for one more network, the one that is kept.
    train_scores : bool
    on_event : callable, optional
        Is told of batches and runs (`shoal.sweep.events`) and of the training (`shoal.train.events`).

    Returns
    -------
    Found
    """
    sitting = _Sitting(question, strategy, keeper, budget, spent, keep_time, train_scores, on_event)
    sitting.retold()
    while sitting.goes_on() and (asks := strategy.ask()):
        if not sitting.batch(asks):
            break
    return sitting.closed()


def plain(value: Any) -> Any:
    """Return a value as JSON gives it back, to compare it with what was kept."""
    return json.loads(json.dumps(value))


class _Sitting:
    """One sitting of a search, from being taken up to its end."""

    def __init__(self, question, strategy, keeper, budget, spent, keep_time, train_scores, on_event):
        self.question, self.strategy, self.keeper = question, strategy, keeper
        self.budget, self.spent, self.train_scores = budget, spent, train_scores
        self.keep_time = keep_time
        self.on_event = on_event or (lambda event: None)
        self.started = time.perf_counter()
        self.found = Found()
        self.reserve = 0.0  # seconds that the network to keep will take
        self.states: dict[Key, Any] = {}
        self.open: Any = None

    def seconds(self) -> float:
        return self.spent + time.perf_counter() - self.started

    def over(self) -> bool:
        if self.budget is None:
            return False
        return self.seconds() + self.reserve >= self.budget

    def _last_training(self) -> float:
        """Return the seconds that the network to keep will take, which learns from every row."""
        sound = [t for t in self.found.trials.values() if t.score is not None]
        if not sound:
            return 0.0
        best = max(sound, key=lambda t: t.score or 0.0)
        folds = len(self.question.folds)
        rows = 1.0 / (1.0 - 1.0 / folds) if folds > 1 else 1.0
        return _READY_SECONDS + rows * best.seconds / max(len(best.parts), 1)

    def goes_on(self) -> bool:
        self.found.timed_out = self.over()
        return not self.found.interrupted and not self.found.timed_out

    def retold(self) -> None:
        """Bring strategy and findings to where the kept batches ended."""
        if self.keeper is None:
            return
        for batch in self.keeper.batches():
            if batch.told is None:
                self.open = batch
                break
            asks = self.strategy.ask()
            _refuse_other(asks, batch.asks)
            self._note(asks, self.keeper.runs(batch.number))
            self.strategy.tell([Told.from_json(told) for told in batch.told])
            self.found.batches = batch.number + 1
        if self.found.batches:
            last = self.keeper.runs(self.found.batches - 1, states=True)
            self.states = {run.key: run.state for run in last if run.state is not None}

    def batch(self, asks: list[Ask]) -> bool:
        """Train, score and tell a batch; False if it was cut short."""
        number, runs = self.found.batches, []
        for ask in asks:
            runs += self.question.runs(ask, self.states)
        before = self._taken_up(number, asks)
        self.on_event(BatchStarted(number, len(asks), len(runs), len(before)))
        came = self._evaluated(number, asks, runs, before)
        self.found.interrupted = came.interrupted and not self.over()
        scores = {score.key: score for score in [*before, *came.scores]}
        whole = [ask for ask in asks if all(key in scores for key in self.question.keys(ask.trial))]
        told = self._note(whole, list(scores.values()))
        if len(whole) < len(asks):
            self.found.timed_out = self.over()
            return False
        self._close(number, asks, told, scores.values())
        return True

    def closed(self) -> Found:
        self.found.seconds = self.seconds()
        return self.found

    # -- the parts of a batch -----------------------------------------------------

    def _taken_up(self, number: int, asks: list[Ask]) -> list[RunScore]:
        """Return the runs of a batch that an earlier sitting has trained, or keep it as begun."""
        if self.keeper is None:
            return []
        if self.open is not None and self.open.number == number:
            _refuse_other(asks, self.open.asks)
            return self.keeper.runs(number, states=any(ask.epochs is not None for ask in asks))
        self.keeper.open_batch(number, [ask.to_json() for ask in asks])
        return []

    def _evaluated(self, number: int, asks, runs: list[Run], before: list[RunScore]) -> Evaluated:
        values = {ask.trial: ask.values for ask in asks}
        waiting: list[RunScore] = []
        kept = time.perf_counter()

        def on_done(score: RunScore) -> None:
            nonlocal kept
            waiting.append(score)
            self.on_event(RunDone(number, score))
            if time.perf_counter() - kept > 0.5:
                keep()

        def keep() -> None:
            nonlocal kept
            if self.keeper is not None and waiting:
                self.keeper.add_runs(number, waiting, values)
            waiting.clear()
            kept = time.perf_counter()

        try:
            return evaluate(
                self.question.problem,
                runs,
                self.question.folds,
                self.question.scorers,
                done={score.key for score in before},
                train_scores=self.train_scores,
                keep_states=any(ask.epochs is not None for ask in asks),
                on_event=self.on_event,
                on_done=on_done,
                stop=self.over if self.budget is not None else None,
            )
        finally:
            keep()

    def _note(self, asks: Sequence[Ask], scores: Sequence[RunScore]) -> list[Told]:
        """Take what came of asks into the findings, and return what the strategy is told."""
        by_key = {score.key: score for score in scores}
        self.found.runs |= by_key
        told = []
        for ask in asks:
            parts = [by_key[key] for key in self.question.keys(ask.trial)]
            scorers, before = self.question.scorers, self.found.trials.get(ask.trial)
            trial = trial_of(ask, parts, scorers.names, scorers.main, before)
            self.found.trials[ask.trial] = trial
            told.append(Told(ask.trial, trial.score, trial.epochs, trial.spread, trial.parts))
        self.reserve = self._last_training() if self.keep_time else 0.0
        return told

    def _close(self, number: int, asks: list[Ask], told: list[Told], scores: Iterable[RunScore]) -> None:
        self.states = {score.key: score.state for score in scores if score.state is not None}
        if self.keeper is not None:
            self.keeper.close_batch(number, [one.to_json() for one in told])
        self.strategy.tell(told)
        self.found.batches = number + 1
        self.on_event(BatchDone(number, tuple(self.found.trials[ask.trial] for ask in asks)))


def _refuse_other(asks: Sequence[Ask], kept: Sequence[Mapping[str, Any]]) -> None:
    """Refuse to go on where the strategy asks otherwise than it did."""
    if plain([ask.to_json() for ask in asks]) != plain(list(kept)):
        raise TrainingError(
            "Expected the search to ask as it did before. It asks otherwise: another version of shoal, or of "
            "what its strategy is built on, began it. Start a new search."
        )
