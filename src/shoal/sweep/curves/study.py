"""The curve itself: every value on every fold from every seed, one population, and its predictions kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from shoal.data import Split
from shoal.errors import TrainingError
from shoal.fitting.defaults import resolved
from shoal.fitting.judging import predictions_of, truth_of
from shoal.history import METRICS
from shoal.model.model import Model
from shoal.settings import Settings
from shoal.sweep.curves.levels import OWN, Level, levels_of
from shoal.sweep.curves.power_law import power_law
from shoal.sweep.curves.result import Curve, Estimate, Point
from shoal.sweep.curves.subsets import nested
from shoal.sweep.curves.verdicts import verdicts
from shoal.sweep.durations import said
from shoal.sweep.evaluation import evaluate
from shoal.sweep.matter.decomposition import Decomposition, bias_variance
from shoal.sweep.matter.double_descent import FEWEST_SEEDS, DoubleDescent, double_descent
from shoal.sweep.matter.paired import overlap, t_test, units_of
from shoal.sweep.plan import Outlook, outlook
from shoal.sweep.question import Question, settings_with
from shoal.sweep.runs import Key, Run, RunScore
from shoal.sweep.scoring import NAMES, shown
from shoal.sweep.strategy import Ask

Watcher = Callable[[object], object]


@dataclass(frozen=True)
class Design:
    """A curve before it begins.

    Parameters
    ----------
    question : Question
        With the settings of the baseline; its space is empty.
    over : str
    levels : tuple of Level
    outlook : Outlook
    notes : tuple of str
    """

    question: Question
    over: str
    levels: tuple[Level, ...]
    outlook: Outlook
    notes: tuple[str, ...] = ()

    def told(self) -> str:
        """Return what it will take, in one sentence."""
        folds, seeds = len(self.question.folds), len(self.question.seeds)
        return (
            f"{len(self.levels)} values of {self.over} x {folds} fold{'s' * (folds > 1)} x {seeds} "
            f"seed{'s' * (seeds > 1)}: {self.outlook.nets:,} networks, {self.outlook.programs} programs, "
            f"about {said(self.outlook.seconds)}."
        )


def designed(question: Question, over: str, values: Sequence[float] | None = None) -> Design:
    """Return what a curve will train.

    Raises
    ------
    SettingError
        If a value is out of its range, or a setting does not suit another.
    """
    decided = resolved(question.base, question.facts)
    least = min(len(fold.train) for fold in question.folds)
    labels = question.problem.labels()
    classes = 0 if labels is None else len(set(labels.tolist()))
    levels = levels_of(over, values, decided, least, classes)
    one = replace(question, folds=question.folds[:1], seeds=question.seeds[:1])
    if one.base.learning_rate == "auto":  # what is sought before training takes no part in the plan
        one = replace(one, base=replace(one.base, learning_rate="default"))
    trained = levels[-1:] if over == "epochs" else levels  # one training is looked at several times
    found = outlook(one, [Ask(i, level.settings) for i, level in enumerate(trained)])
    times = len(question.folds) * len(question.seeds)
    share = sum(level.rows or least for level in levels) / (least * len(levels))
    whole = replace(found, nets=found.nets * times, seconds=found.seconds * (1 + share * (times - 1)))
    stops = over != "epochs" and decided.patience is not None and decided.validation > 0
    note = (
        f"Networks stop early by {decided.validation:.0%} of their training rows; with validation=0 they "
        "train to the end."
    )
    return Design(question, over, levels, whole, (note,) if stops else ())


def drawn(design: Design, *, on_event: Watcher | None = None) -> Curve:
    """Train all values and return the curve; Ctrl-C keeps the values that are whole.

    Parameters
    ----------
    design : Design
    on_event : callable, optional
        Is told of the training (`shoal.train.events`).

    Raises
    ------
    KeyboardInterrupt
        If Ctrl-C came before two values were whole.
    """
    started = time.perf_counter()
    grid = _Grid(design)
    interrupted = grid.train(on_event)
    whole = [i for i in range(len(design.levels)) if grid.complete(i)]
    if len(whole) < 2:
        if interrupted:
            raise KeyboardInterrupt
        raise TrainingError("Expected two values at least to be trained to their end. Fewer were.")
    points = tuple(grid.point(i) for i in whole)
    missing = len(design.levels) - len(whole)
    notes = [*design.notes, *([f"Interrupted: {missing} values are left out."] if missing else [])]
    return _told(design, points, tuple(notes), interrupted, time.perf_counter() - started)


@dataclass
class _Grid:
    """Values x folds x seeds: the runs, what came of them, and their predictions."""

    design: Design
    splits: list[Split] = field(default_factory=list)
    scores: dict[tuple[int, int, int], RunScore] = field(default_factory=dict)
    said: dict[Key, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        q, levels = self.design.question, self.design.levels
        if levels[0].rows is None:
            self.splits = list(q.folds)
            return
        counts, labels = [level.rows or 0 for level in levels], q.problem.labels()
        parts = [nested(fold, counts, labels, seed) for fold in q.folds for seed in q.seeds]
        self.splits = [parts[place][i] for i in range(len(levels)) for place in range(len(parts))]

    def train(self, on_event: Watcher | None) -> bool:
        """Train everything; for epochs, one training that pauses at every value. Return if interrupted."""
        if self.design.over != "epochs":
            return self._evaluated(range(len(self.design.levels)), {}, on_event)
        states: dict[tuple[int, int], Any] = {}
        for i in range(len(self.design.levels)):
            if self._evaluated([i], states, on_event):
                return True
            states = {key[1:]: score.state for key, score in self.scores.items() if key[0] == i}
        return False

    def complete(self, level: int) -> bool:
        """Return whether every fold and seed of a value is there."""
        return all(key in self.scores for key in self._keys(level))

    def point(self, level: int) -> Point:
        """Return what came of a value."""
        q = self.design.question
        runs = [self.scores[key] for key in self._keys(level)]
        test = np.array([_error(q, run.scores) for run in runs])
        train = np.array([_error(q, run.train_scores) for run in runs])
        return Point(
            value=self.design.levels[level].value,
            test=_estimate(test, q),
            train=_estimate(train, q),
            parts=tuple(test.tolist()),
            train_parts=tuple(train.tolist()),
            decomposition=self._decomposition(level),
            epochs=float(np.mean([run.best_epoch for run in runs])),
        )

    def _decomposition(self, level: int) -> Decomposition | None:
        """Return bias and variance of the seeds on all rows left out, those of all folds together."""
        q = self.design.question
        keys = [
            [(level, self._fold(level, f, s), q.seeds[s]) for f in range(len(q.folds))] for s in _count(q)
        ]
        if len(q.seeds) < 2 or any(key not in self.said for row in keys for key in row):
            return None
        made = np.stack([np.concatenate([self.said[key] for key in row]) for row in keys])
        truth = np.concatenate([self.said[-1, f, 0] for f in range(len(q.folds))])
        return bias_variance(made, truth, loss=split_of(q.problem.task)) if np.isfinite(made).all() else None

    def _keys(self, level: int) -> list[tuple[int, int, int]]:
        q = self.design.question
        return [(level, fold, seed) for fold in range(len(q.folds)) for seed in q.seeds]

    def _fold(self, level: int, fold: int, seed: int) -> int:
        """Return which split a run has: of rows, every value, fold and seed has its own."""
        q = self.design.question
        if self.design.levels[0].rows is None:
            return fold
        return (level * len(q.folds) + fold) * len(q.seeds) + seed

    def _evaluated(self, levels: Sequence[int], states: dict[tuple[int, int], Any], on_event) -> bool:
        q = self.design.question
        places = {
            (i, self._fold(i, f, s), q.seeds[s]): (i, f) for i in levels for f in _folds(q) for s in _count(q)
        }
        runs = [self._run(key, place, states) for key, place in places.items()]

        def keep(run: Run, model: Model) -> None:
            part = q.problem.take(self.splits[run.fold].test)
            self.said[run.key] = np.asarray(predictions_of(model, part), float)
            self.said.setdefault((-1, places[run.key][1], 0), truth_of(model, part))

        came = evaluate(
            q.problem,
            runs,
            self.splits,
            q.scorers,
            train_scores=True,
            keep_states=self.design.over == "epochs",
            keep_models=keep,
            on_event=on_event,
        )
        for score in came.scores:
            level, fold = places[score.key]
            self.scores[level, fold, score.seed] = score
        return came.interrupted

    def _run(self, key: Key, place: tuple[int, int], states: dict[tuple[int, int], Any]) -> Run:
        level = self.design.levels[key[0]]
        settings = _settings(self.design.question.base, level)
        return Run(key[0], settings, key[1], key[2], level.until, states.get((place[1], key[2])))


def split_of(task: str) -> str:
    """Return the error that is split into bias and variance: a task's own."""
    return "log_loss" if task in ("binary", "multiclass") else "squared"


def _settings(base: Settings, level: Level) -> Settings:
    return settings_with(base, level.settings)


def _folds(q: Question) -> range:
    return range(len(q.folds))


def _count(q: Question) -> range:
    return range(len(q.seeds))


def _error(q: Question, scores: dict[str, float]) -> float:
    """Return the main score as an error: lower is better."""
    name = q.scorers.main
    return shown(name, scores[name])[1] if _lower(name) else 1.0 - scores[name]


def _lower(name: str) -> bool:
    own = NAMES.get(name, name)
    return own in METRICS and METRICS[own].goal == "min"


def _figure(q: Question) -> str:
    title = shown(q.scorers.main, 0.0)[0]
    return title if _lower(q.scorers.main) else f"1 − {title}"


def _ratio(q: Question) -> float:
    share = float(np.mean([len(fold.test) / max(len(fold.train), 1) for fold in q.folds]))
    return overlap(len(q.folds), share)


def _estimate(parts: np.ndarray, q: Question) -> Estimate:
    found = t_test(units_of(parts, len(q.folds), len(q.seeds)), _ratio(q))
    return Estimate(found.mean, max(found.low, 0.0), found.high)  # no error lies below zero


def _told(
    design: Design, points: tuple[Point, ...], notes: tuple[str, ...], interrupted: bool, seconds: float
) -> Curve:
    q = design.question
    folds, seeds = len(q.folds), len(q.seeds)
    parts = np.array([point.parts for point in points])
    train = np.array([point.train_parts for point in points])
    values = [point.value for point in points]
    descent = double_descent(values, _columns(parts, folds, seeds), _columns(train, folds, seeds))
    law = None
    if design.over == "rows":
        wider = float(np.sqrt((1 + folds * _ratio(q)) * folds / max(folds - 1, 1)))
        law = power_law(values, parts, _figure(q), wider)
    sentences = verdicts(design.over, _figure(q), points, units_of(parts, folds, seeds), _ratio(q))
    sentences += [law.words] if law is not None else [_sentence(descent)]
    return Curve(
        over=design.over,
        words=OWN.get(design.over, design.over),
        figure=_figure(q),
        points=points,
        split=split_of(q.problem.task),
        descent=descent,
        law=law,
        verdicts=tuple(sentences),
        folds=folds,
        seeds=q.seeds,
        nets=design.outlook.nets,
        seconds=seconds,
        notes=notes,
        interrupted=interrupted,
    )


def _sentence(descent: DoubleDescent) -> str:
    words = descent.words if descent.found is not None else f"double descent: {descent.words}"
    return f"{words[0].upper()}{words[1:]}."


def _columns(parts: np.ndarray, folds: int, seeds: int) -> np.ndarray:
    """Return errors with the folds averaged, (values, seeds); of few seeds these, (values, folds)."""
    cells = parts.reshape(len(parts), folds, seeds)
    return cells.mean(axis=1) if seeds >= FEWEST_SEEDS or folds == 1 else cells.mean(axis=2)
