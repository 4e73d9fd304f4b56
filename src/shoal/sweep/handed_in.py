"""What is handed to `SweepCV` and to the studies, as a search takes it: rows, folds, scorers, a printer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv
from sklearn.utils import _safe_indexing  # what scikit-learn's own searches take rows with
from sklearn.utils.validation import _num_samples, check_consistent_length

from shoal import data
from shoal.errors import SettingError
from shoal.estimators.base import NetEstimator
from shoal.fitting.judging import folds_of
from shoal.fitting.problem import Problem
from shoal.settings import Settings
from shoal.sweep.events import BatchDone
from shoal.sweep.judges import scikit_scorer, scorers_of
from shoal.sweep.pipelines import Front
from shoal.sweep.question import Question
from shoal.sweep.scoring import Figures, figures
from shoal.sweep.space import Space


def part_of(values: Any, rows: np.ndarray) -> Any:
    """Return rows of what was handed in, if anything was."""
    return None if values is None else _safe_indexing(values, rows)


def problem_and_rows(
    net: NetEstimator, X: Any, y: Any, sample_weight: Any, groups: Any
) -> tuple[Problem, np.ndarray]:
    """Return the problem, and where each of its rows lies in X: rows of weight 0 are no rows of it."""
    problem = net._problem(X, y, sample_weight)
    rows = np.arange(len(problem))
    if sample_weight is not None:
        rows = np.flatnonzero(np.asarray(sample_weight) > 0)
    if groups is not None:
        problem = replace(problem, groups=np.asarray(groups)[rows])
    return problem, rows


def posed(
    estimator: Any, prefix: str, net: NetEstimator, X: Any, y: Any, sample_weight: Any, groups: Any, cv: Any
) -> tuple[Problem, np.ndarray, tuple[data.Split, ...], Front | None]:
    """Return the problem, where its rows lie in X, the folds, and the transformers before the network.

    With transformers, the problem has answers only; see `behind`.

    Parameters
    ----------
    estimator, prefix, net
        The network `net`, whose parameters begin with `prefix` in the pipeline `estimator`; alone, with "".
    X, y, sample_weight, groups, cv
        As handed in.
    """
    base = net._settings()
    if not prefix:
        problem, rows = problem_and_rows(net, X, y, sample_weight, groups)
        return problem, rows, folds_handed_in(cv, problem, base, X, y, groups, rows), None
    check_consistent_length(X, y)
    numbers = np.arange(_num_samples(X))[:, None]  # in the place of a table that only transformers can read
    bare, rows = problem_and_rows(net, numbers, y, sample_weight, groups)
    folds = folds_handed_in(cv, bare, base, X, y, groups, rows)
    return bare, rows, folds, Front(estimator, prefix, net, bare, X, y, rows, folds)


def behind(front: Front | None, question: Question) -> Question:
    """Return the question with what the first fold's networks see behind the transformers of some trial."""
    if front is None:
        return question
    [values] = question.space.sample(np.random.default_rng(0), 1)
    return replace(question, problem=front.problem(question.varied(values)[1], 0))


def folds_handed_in(
    cv: Any, problem: Problem, base: Settings, X: Any, y: Any, groups: Any, rows: np.ndarray
) -> tuple[data.Split, ...]:
    """Return the folds as rows of the problem."""
    if cv is None or isinstance(cv, int | np.integer):
        return folds_of(problem, base, 5 if cv is None else int(cv))
    place = np.full(int(rows.max()) + 1, -1)
    place[rows] = np.arange(len(rows))
    nothing = np.zeros(0, np.int64)
    found = []
    for train, test in check_cv(cv).split(X, y, groups):
        parts = [place[part[part < len(place)]] for part in (np.asarray(train), np.asarray(test))]
        found.append(data.Split(parts[0][parts[0] >= 0], nothing, parts[1][parts[1] >= 0]))
    return tuple(found)


def asked_of(
    owner: str,
    net: Any,
    X: Any,
    y: Any,
    sample_weight: Any,
    groups: Any,
    cv: Any,
    n_seeds: int,
    scoring: Any = None,
) -> Question:
    """Return the question that a study puts to an estimator: its settings, on folds, from seeds.

    The estimator stays as it is. Without `scoring` the loss of the task judges, which tells more than shares.

    Raises
    ------
    SettingError
        If `net` is no estimator of shoal.
    """
    if not isinstance(net, NetEstimator):
        raise SettingError(
            f"Expected a NetClassifier or NetRegressor for {owner}. Got {type(net).__name__}; hand in the "
            "network itself, and the data as it reaches it."
        )
    double = clone(net)
    base = double._settings()
    problem, rows = problem_and_rows(double, X, y, sample_weight, groups)
    folds = folds_handed_in(cv, problem, base, X, y, groups, rows)
    if scoring is None:
        judges = figures(problem.task)
    else:
        judges = scorers_of(scoring, False, double, problem, X, y, rows)
    seeds = tuple(base.seed + i for i in range(n_seeds))
    return Question(problem, Space(()), base, folds, seeds, judges)


def scorer_for(estimator: Any, scoring: Any, judges: Any) -> Any:
    """Return what ``score`` of the fitted search uses, in the form that scikit-learn's searches have."""
    if isinstance(judges, Figures):
        made = {name: scikit_scorer(name) for name in judges.names}
    elif isinstance(scoring, Mapping):
        made = {name: check_scoring(estimator, scoring=one) for name, one in scoring.items()}
    elif callable(scoring):
        made = {judges.main: scoring}
    else:
        made = {name: check_scoring(estimator, scoring=name) for name in judges.names}
    return made if len(made) > 1 else made[judges.main]


def printer(verbose: int, question: Question) -> Any:
    """Return a watcher that prints a line for every batch; None where nothing is to be printed."""
    if not verbose:
        return None

    def say(event: Any) -> None:
        if isinstance(event, BatchDone):
            best = max((t.score for t in event.trials if t.score is not None), default=float("nan"))
            about = f"{len(event.trials)} trials, best {question.scorers.main} {best:.5g}"
            print(f"Batch {event.number + 1}: {about}")

    return say
