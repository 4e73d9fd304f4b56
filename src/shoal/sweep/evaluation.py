"""The networks of a batch - settings, folds, seeds - trained as one shoal and scored on the rows left out.

A network is trained just as `fit` would train it on the training rows of its fold: where its settings keep
rows aside to stop early by, these come out of the training rows, so that the rows that score it have no part
in anything. Where no rows are kept aside the program itself judges the rows left out, after every epoch, and
settings that differ only in the number of epochs are one network, looked at several times.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from shoal import data
from shoal.fitting.calibrating import calibrated
from shoal.fitting.endings import fruitless
from shoal.fitting.ensembles import averaged_nets, outcomes, seeds_of, with_others
from shoal.fitting.prepare import Prepared, batchable, recipe_of, spec_of
from shoal.fitting.problem import Problem
from shoal.fitting.transfer import start_of
from shoal.model.model import Model
from shoal.pipeline import conclude
from shoal.settings import Settings
from shoal.sweep.preparing import prepared
from shoal.sweep.runs import Key, Run, RunScore
from shoal.sweep.scoring import Scorers
from shoal.train.events import Event, Finished, Interrupted, NetStopped
from shoal.train.loop import train, watched
from shoal.train.population import Member
from shoal.train.recipe import Recipe
from shoal.train.results import NetResult
from shoal.train.tiles import planned
from shoal.train.view import View
from shoal.train.widths import with_widths


@dataclass(frozen=True)
class Evaluated:
    """What `evaluate` returns: the scores of the runs that ended, and whether it was interrupted."""

    scores: list[RunScore]
    interrupted: bool


def evaluate(
    problem: Problem,
    runs: Sequence[Run],
    folds: Sequence[data.Split],
    scorers: Scorers,
    *,
    done: Collection[Key] = (),
    train_scores: bool = False,
    keep_states: bool = False,
    keep_models: Callable[[Run, Model], None] | None = None,
    on_event: Callable[[Event], object] | None = None,
    on_done: Callable[[RunScore], object] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Evaluated:
    """Train runs as one shoal, and score each the moment it ends.

    Parameters
    ----------
    problem : Problem
    runs : sequence of Run
        All runs of a batch: what becomes of a network of a vmapped tile may depend, in its last digits, on
        how many of its kind there are, so the batch is planned as a whole.
    folds : sequence of Split
        Training rows in ``train``, rows that score in ``test``; rows of ``valid`` are used to stop early.
    scorers : Scorers
    done : collection of (trial, fold, seed)
        Runs that need not be trained again; they still count in the plan.
    train_scores : bool
        Score the training rows too.
    keep_states : bool
        Keep what is needed to go on with a network.
    keep_models : callable, optional
        Is given every run with its model.
    on_event, on_done : callable, optional
        Watch the training, and the scores as they come.
    stop : callable, optional
        Asked after every event; True ends the training, and runs that have not ended are dropped.

    Returns
    -------
    Evaluated
        Scores in the order of `runs`, without those that were done before or dropped.
    """
    if not runs:
        return Evaluated([], False)
    batch = _Batch(problem, runs, folds, scorers, train_scores, keep_states, keep_models)
    return batch.trained(frozenset(done), on_event, on_done, stop)


def laid_out(
    problem: Problem, runs: Sequence[Run], folds: Sequence[data.Split], scorers: Scorers
) -> tuple[list[Member], list[View]]:
    """Return the networks of a batch as they would be trained, and what they look at; none is trained."""
    batch = _Batch(problem, runs, folds, scorers, False, False, None)
    return batch.members, batch.views


class _Batch:
    """Runs made ready: which network answers which runs, and how each is scored."""

    def __init__(self, problem, runs, folds, scorers, train_scores, keep_states, keep_models):
        self.problem, self.runs, self.folds, self.scorers = problem, list(runs), folds, scorers
        self.train_scores, self.keep_states, self.keep_models = train_scores, keep_states, keep_models
        self.ready, self.given, self.views = prepared(problem, self.runs, folds)
        self.ways = self._ways()
        self.groups, self.recipes = self._groups(), dict[int, Recipe]()
        firsts = [self._member(group) for group in self.groups]
        settings = [self.ready[group[-1]][0].settings for group in self.groups]
        self.members = with_widths(with_others(firsts, settings), self.views)
        self.owner = _owners(settings)
        self.parts: list[list[int]] = [[] for _ in self.groups]
        for place, group in enumerate(self.owner):
            self.parts[group].append(place)

    # -- planning ---------------------------------------------------------------

    def _ways(self) -> list[Callable[..., dict[str, float]] | None]:
        """Return, run by run, how its scores follow from the program's figures; None: from predictions.

        The rows that score become the rows that the program judges.
        """
        left_out = {self._table(run): run for run in self.runs}
        left_out = {
            name: self._problem(run).take(self.folds[run.fold].test) for name, run in left_out.items()
        }
        plain = [self._is_plain(ready) for ready, _ in self.ready]
        ways = [
            self.scorers.from_program(ready, left_out[self._table(run)])
            if free and _alone(ready.settings)
            else None
            for run, (ready, _), free in zip(self.runs, self.ready, plain, strict=True)
        ]
        if any(way is not None for way in ways):
            # those that are scored by predictions too: they share the programs and the tiles of the others
            self._judge([i for i, free in enumerate(plain) if free], left_out)
        return ways

    def _problem(self, run: Run) -> Problem:
        return run.problem or self.problem

    def _table(self, run: Run) -> tuple[int, int]:
        """Return what tells apart the rows that score: of which table, and of which fold."""
        return id(self._problem(run)), run.fold

    def _is_plain(self, ready: Prepared) -> bool:
        return ready.view.valid is None and not self.train_scores and self.keep_models is None

    def _judge(self, places: Sequence[int], left_out: Mapping[tuple[int, int], Problem]) -> None:
        """Let the rows left out be the rows that the program judges."""
        judged: dict[tuple[int, int], int] = {}
        for i in places:
            (ready, view), fold, table = self.ready[i], self.runs[i].fold, self._table(self.runs[i])
            if (view, fold) not in judged:
                judged[view, fold] = len(self.views)
                test = batchable(left_out[table], ready.encoder, ready.target, None)
                self.views.append(replace(ready.view, valid=test))
            self.ready[i] = (ready, judged[view, fold])

    def _groups(self) -> list[list[int]]:
        """Return which runs one network answers: those that differ only in when they end."""
        alike: dict[Any, list[int]] = defaultdict(list)
        shared: dict[int, str | None] = {}  # by the settings, which the folds have in common
        for i, run in enumerate(self.runs):
            s = self.ready[i][0].settings
            if id(s) not in shared:
                shared[id(s)] = repr(s.changed(epochs=1)) if _shares(s) else None
            name: Any = i
            if self.ways[i] is not None and run.start is None and run.until is None and shared[id(s)]:
                name = (shared[id(s)], self._table(run), run.seed)
            alike[name].append(i)
        return [sorted(group, key=lambda i: self.ready[i][0].settings.epochs) for group in alike.values()]

    def _member(self, group: list[int]) -> Member:
        last = group[-1]
        run, (ready, view) = self.runs[last], self.ready[last]
        spec, start = spec_of(ready), run.start["net"] if run.start else None
        if start is None:
            seeds = seeds_of(run.seed, averaged_nets(ready.settings.ensemble))
            taken = start_of(ready.settings, spec, ready.target, seeds)
            start = taken and taken.weights
        return Member(spec, self._recipe(ready), view, run.seed, start=start, until=run.until)

    def _recipe(self, ready: Prepared) -> Recipe:
        """Return how a network is trained; folds share it where it does not depend on their rows."""
        s = ready.settings
        if s.base_batch_size is not None or s.frozen is not None:
            return replace(recipe_of(ready), record=())  # a trial keeps its losses only
        if id(s) not in self.recipes:
            self.recipes[id(s)] = replace(recipe_of(ready), record=())
        return self.recipes[id(s)]

    # -- training ---------------------------------------------------------------

    def trained(self, done, on_event, on_done, stop) -> Evaluated:
        tiles = planned(self.members, self.views)
        places = [
            place
            for place, group in enumerate(self.owner)
            if any(self.runs[i].key not in done for i in self.groups[group])
        ]
        if not places:  # killed between the last run of a batch and its end
            return Evaluated([], False)
        collected: dict[int, dict[int, NetResult]] = defaultdict(dict)
        found: dict[Key, RunScore] = {}
        interrupted = ended = False

        def took(event: Event) -> None:
            nonlocal interrupted, ended
            interrupted = interrupted or isinstance(event, Interrupted)
            if isinstance(event, NetStopped) and event.result is not None:
                place = places[event.net]
                group = self.owner[place]
                collected[group][place] = event.result
                if len(collected[group]) == len(self.parts[group]) and not _cut(collected[group]):
                    for score in self._scored(group, collected.pop(group)):
                        if score.key not in done:
                            found[score.key] = score
                            if on_done is not None:
                                on_done(score)
            if on_event is not None:
                on_event(event)
            if stop is not None and not (ended or isinstance(event, Finished)) and stop():
                ended = True
                raise KeyboardInterrupt  # ends the training after the calls that run, like any other Ctrl-C

        members = [self.members[p] for p in places]
        watched(train(members, self.views, tile=[tiles[p] for p in places], keep=False), took)
        scores = [found[run.key] for run in self.runs if run.key in found]
        return Evaluated(scores, interrupted)

    def _scored(self, group: int, results: dict[int, NetResult]) -> list[RunScore]:
        runs = self.groups[group]
        if self.ways[runs[0]] is not None:
            [result] = results.values()
            return [self._of_program(i, result) for i in runs]
        places = self.parts[group]
        members = [self.members[place] for place in places]
        return [self._of_predictions(runs[0], [results[place] for place in places], members)]

    def _of_program(self, i: int, result: NetResult) -> RunScore:
        ready, way, run = self.ready[i][0], self.ways[i], self.runs[i]
        epochs = min(result.epochs, int(ready.settings.epochs)) if run.until is None else result.epochs
        curve = _joined(run.start, result)
        best = _best_of(curve["loss"], epochs) if epochs < result.epochs else result.best_epoch
        scores = dict.fromkeys(self.scorers.names, math.nan)
        if 0 < best <= len(curve["loss"]) and not fruitless(result) and way is not None:
            scores = way(curve["val_loss"][best - 1], curve["val_metric"][best - 1])
        shared = epochs < result.epochs
        ended = "complete" if shared else result.code
        reason = f"All {epochs} epochs done; the best was epoch {best}." if shared else result.reason
        share = epochs / max(result.epochs, 1)
        return RunScore(
            *run.key,
            epochs=epochs,
            best_epoch=best,
            scores=scores,
            train_scores={},
            curve={name: values[:epochs] for name, values in curve.items()},
            ended="diverged" if fruitless(result) else ended,
            reason=reason,
            seconds=result.seconds * share,
            state={"net": result.state, "curve": curve} if self.keep_states else None,
        )

    def _of_predictions(self, i: int, results: list[NetResult], members: list[Member]) -> RunScore:
        run, (ready, _), given = self.runs[i], self.ready[i], self.given[i]
        problem = self._problem(run)
        [outcome] = outcomes(results, members, [ready.settings])
        result = outcome.first
        nothing = dict.fromkeys(self.scorers.names, math.nan)
        scores, train_scores = nothing, nothing if self.train_scores else {}
        if not fruitless(result) and result.best_epoch > 0:
            model = conclude(ready, given, outcome, {}, result.seconds)
            model = calibrated(model, given, ready, problem, None)
            fold = self.folds[run.fold]
            scores = self.scorers.score(model, problem, fold.test)
            if self.train_scores:
                train_scores = self.scorers.score(model, problem, fold.train)
            if self.keep_models is not None:
                self.keep_models(run, model)
        curve = _joined(run.start, result)
        return RunScore(
            *run.key,
            epochs=result.epochs,
            best_epoch=result.best_epoch,
            scores=scores,
            train_scores=train_scores,
            curve=curve,
            ended="diverged" if fruitless(result) else result.code,
            reason=result.reason,
            seconds=sum(one.seconds for one in results),
            state={"net": result.state, "curve": curve} if self.keep_states else None,
        )


def _alone(s: Settings) -> bool:
    """Return whether one network answers for the settings, as it is."""
    return averaged_nets(s.ensemble) == 1 and s.calibrate is not True


def _shares(s: Settings) -> bool:
    """Return whether the first epochs of a longer training are those of a shorter one, and can be judged."""
    schedule = s.schedule["kind"] if isinstance(s.schedule, Mapping) else s.schedule
    free = (s.patience, s.stop_loss, s.stop_accuracy, s.stop_change, s.max_time, s.averaging, s.batch_growth)
    plain = (s.l1, s.l2, s.bias_l1, s.bias_l2, s.activity_l1, s.activity_l2)
    ramp = isinstance(s.momentum, list | tuple)
    return (
        schedule == "constant"
        and all(value is None for value in free)
        and not any(plain)
        and not ramp
        and s.layers is None  # layers may have penalties of their own
        and s.monitor == "loss"
    )


def _best_of(losses: Sequence[float], epochs: int) -> int:
    """Return the epoch that would be kept of the first ones: the last of those with the lowest loss."""
    seen = np.asarray(losses[:epochs], float)
    if not np.isfinite(seen).any():
        return 0
    return int(np.flatnonzero(seen == np.nanmin(seen))[-1]) + 1


def _joined(start: Mapping[str, Any] | None, result: NetResult) -> dict[str, list[float]]:
    """Return the recorded figures by epoch, those of the run that this one goes on from included."""
    before = start["curve"] if start else {}
    columns = {"loss": 0, "val_loss": 1, "val_metric": 2}
    now = {name: result.history[:, at].tolist() for name, at in columns.items()}
    return {name: [*before.get(name, ()), *values] for name, values in now.items()}


def _owners(settings: Sequence[Settings]) -> list[int]:
    """Return the setting that each member of `with_others` belongs to."""
    further = [i for i, s in enumerate(settings) for _ in range(averaged_nets(s.ensemble) - 1)]
    return [*range(len(settings)), *further]


def _cut(results: Mapping[int, NetResult]) -> bool:
    """Return whether a network was stopped in the middle, so that its score would be of another training."""
    return any(result.code == "interrupted" for result in results.values())
