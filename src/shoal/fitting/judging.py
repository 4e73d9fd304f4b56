"""How a finished network is judged: on rows kept aside, on another table, or by folds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from shoal import data
from shoal.errors import SettingError
from shoal.fitting.defaults import SMALL
from shoal.fitting.problem import Problem
from shoal.history import judged, scores
from shoal.history.answers import Answers
from shoal.model.model import Model
from shoal.settings import Settings

TEST_SHARE = 0.2  # of a table that is not small, kept aside to judge the finished network
FOLDS = 5  # of a small table, where each row is judged by a network that did not see it


@dataclass(frozen=True)
class Plan:
    """How a finished network is judged: on test rows, or by folds; `rows` are those left to learn from."""

    problem: Problem
    rows: np.ndarray
    test: np.ndarray
    whole: data.Split | None = None
    folds: tuple[data.Split, ...] = ()


def judging_plan(problem: Problem, settings: Settings, test: Any, folds: int | str | None = None) -> Plan:
    """Decide how the network will be judged.

    Parameters
    ----------
    problem : Problem
    settings : Settings
    test : float, DataFrame or None
        A share or number of rows, or a table; None lets the size of the table decide. The folds that find
        the number of epochs judge too, unless there are test rows.
    folds : int, "all" or None
        So many folds, or as many as there are rows (leave-one-out), groups or times.

    Raises
    ------
    SettingError
        If folds are asked for beside test or validation rows, or are no number of folds.
    """
    if folds is not None:
        _refuse_beside_folds(settings, test, folds)
        count = _most_folds(problem, settings.split) if folds == "all" else int(folds)
        whole = _everything(len(problem))
        return Plan(problem, whole.train, whole.test, whole, folds_of(problem, settings, count))
    everything = np.arange(len(problem))
    nothing = np.zeros(0, np.int64)
    by_folds_anyway = test is None and settings.epochs == "cv"
    if isinstance(test, pl.DataFrame) or test == 0 or by_folds_anyway:
        return Plan(problem, everything, nothing)
    if test is None and len(problem) < SMALL and settings.validation in ("auto", 0):
        return Plan(problem, everything, nothing, _everything(len(problem)), held_out(problem, settings))
    split = data.split_rows(
        len(problem),
        method=settings.split,
        test=TEST_SHARE if test is None else test,
        labels=problem.labels(),
        groups=problem.groups,
        time=problem.time,
        seed=settings.seed,
    )
    return Plan(problem.take(split.train), split.train, split.test)


def _everything(rows: int) -> data.Split:
    nothing = np.zeros(0, np.int64)
    return data.Split(np.arange(rows), nothing, nothing)


def held_out(problem: Problem, settings: Settings) -> tuple[data.Split, ...]:
    """Return training parts; the rows left out of each are judged afterwards, not during training."""
    count = min(FOLDS, _most_folds(problem, settings.split))
    if len(problem) < 2 * FOLDS or count < 2:
        return ()
    return folds_of(problem, settings, count)


def folds_of(problem: Problem, settings: Settings, count: int) -> tuple[data.Split, ...]:
    """Return so many folds; the rows left out of each are its test rows, and none validate."""
    nothing = np.zeros(0, np.int64)
    folds = data.k_folds(
        len(problem),
        count,
        method=settings.split,
        labels=problem.labels(),
        groups=problem.groups,
        time=problem.time,
        seed=settings.seed,
    )
    return tuple(data.Split(fold.train, nothing, fold.valid) for fold in folds)


def _refuse_beside_folds(settings: Settings, test: Any, folds: Any) -> None:
    if folds != "all" and (not isinstance(folds, int) or isinstance(folds, bool) or folds < 2):
        raise SettingError(f"Expected folds to be an int in the range [2, rows] or 'all'. Got {folds!r}.")
    if test is not None or settings.validation not in ("auto", 0):
        raise SettingError(
            "Expected folds to judge by, or test and validation rows: every row is judged in its own fold. "
            "Got both; leave out test and validation."
        )
    if settings.epochs == "cv":
        raise SettingError("Expected folds or epochs='cv', which judges by its own folds. Got both.")


def _most_folds(problem: Problem, split: str) -> int:
    """Return how many folds the groups or times allow; each is on one side of a fold as a whole."""
    if problem.groups is not None and split in ("auto", "grouped"):
        return len(set(problem.groups))
    if problem.time is not None and split in ("auto", "time"):
        return len(set(problem.time)) - 1  # the first span only trains
    return len(problem)


def judge(
    plan: Plan, problem: Problem, done: Any, other: Problem | None
) -> tuple[dict[str, Any], Answers | None]:
    """Judge what `shoal.pipeline.fit` returned, as planned.

    Returns
    -------
    scores : dict
        Empty where no rows were kept for it.
    answers : Answers or None
        What was said about each of these rows.
    """
    if other is not None:
        return _judged_on(done[0][0], other, np.arange(len(other)), "test table")
    if len(plan.test):
        return _judged_on(done[0][0], problem.take(plan.test), plan.test, "test rows")
    if not plan.folds:
        return {}, None
    models = [model for model, _, _ in done[1:]]
    return judged_by_folds(models, problem, [fold.test for fold in plan.folds])


def judged_by_folds(
    models: Sequence[Model], problem: Problem, parts: Sequence[np.ndarray]
) -> tuple[dict[str, Any], Answers]:
    """Judge models each on its part of the rows, all rows together giving one set of figures."""
    held = [problem.take(part) for part in parts]
    order = np.concatenate(parts)
    rows = problem.take(order)

    def said(nets: Sequence[Model]) -> np.ndarray:
        return np.concatenate([predictions_of(net, part) for net, part in zip(nets, held, strict=True)])

    answers = answers_of(models[0], rows, order, said(models))
    found = judged(problem.task, answers.truth, answers.prediction, rows.weight)
    several = zip(*(model.members for model in models), strict=False)
    alone = [
        scores(problem.task, answers.truth, said(nets), rows.weight) for nets in several if models[0].others
    ]
    return {**found, **_of_members(alone), "method": f"{len(parts)}-fold cross-validation"}, answers


def _judged_on(
    model: Model, rows: Problem, numbers: np.ndarray, method: str
) -> tuple[dict[str, Any], Answers]:
    answers = answers_of(model, rows, numbers, predictions_of(model, rows))
    found = judged(model.target.task, answers.truth, answers.prediction, rows.weight)
    nets = model.members if model.others else ()
    alone = [scores(rows.task, answers.truth, predictions_of(net, rows), rows.weight) for net in nets]
    return {**found, **_of_members(alone), "method": method}, answers


def answers_of(model: Model, rows: Problem, numbers: np.ndarray, prediction: np.ndarray) -> Answers:
    """Return predictions beside the truth, with the numbers of the rows in their table."""
    target = model.target
    classes = target.classes if target.task in ("binary", "multiclass") else target.names
    names = tuple(str(name) for name in classes)
    return Answers(target.task, names, numbers, truth_of(model, rows), prediction, rows.weight)


def _of_members(figures: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """Return what the networks of an ensemble reach on average, each alone; nothing for one network."""
    if not figures:
        return {}
    mean = {name: float(np.mean([one[name] for one in figures])) for name in figures[0]}
    return {"members": {"count": len(figures), "figures": mean}}


def predictions_of(model: Model, rows: Problem) -> np.ndarray:
    """Return the probabilities of the classes, or the quantities in their own units."""
    return model.predict(rows.frame) if rows.task == "regression" else model.predict_proba(rows.frame)


def truth_of(model: Model, rows: Problem) -> np.ndarray:
    """Return the answers as class numbers, 0/1 labels, or quantities in their own units."""
    encoded = model.target.encode(rows.answers)
    if rows.task == "regression":
        values = model.target.unscale(encoded)
        return values[:, 0] if values.shape[1] == 1 else values
    return encoded[:, 0].astype(np.int64) if rows.task == "binary" else encoded


def rows_of_table(plan: Plan, split: data.Split) -> data.Split:
    """Return a split of the rows that were left to learn from as row numbers of the whole table."""
    return data.Split(plan.rows[split.train], plan.rows[split.valid], plan.test)
