"""scikit-learn's scorers as judges of a search: any of them, a function of one's own, or several at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.metrics import check_scoring, get_scorer, get_scorer_names
from sklearn.utils import _safe_indexing  # what scikit-learn's own searches take rows with

from shoal.errors import SettingError, did_you_mean
from shoal.fitting.prepare import Prepared
from shoal.fitting.problem import Problem
from shoal.history import METRICS
from shoal.history.metrics import ready as as_needed
from shoal.model.model import Model
from shoal.sweep.pipelines import Transformed, holding
from shoal.sweep.scoring import NAMES, Figures, Scorers, names_for


class ScikitScorers:
    """Scores that scikit-learn's scorers give to an estimator holding the model.

    Parameters
    ----------
    estimator : NetClassifier or NetRegressor
        Knows the data (``classes_``, ``n_features_in_``); each model is put into a copy.
    scorer : callable
        ``(estimator, X, y) -> dict of str to float``.
    names : tuple of str
    main : str
    X, y
        As handed in; rows of the problem are found in them by `rows`.
    rows : (rows,) int array
        Where each row of the problem lies in X.
    """

    def __init__(
        self,
        estimator: Any,
        scorer: Callable[..., Mapping[str, float]],
        names: tuple[str, ...],
        main: str,
        X: Any,
        y: Any,
        rows: np.ndarray,
    ):
        self.estimator, self.scorer, self.names, self.main = estimator, scorer, names, main
        self.X, self.y, self.rows = X, y, rows

    def score(self, model: Model, problem: Problem, rows: np.ndarray) -> dict[str, float]:
        """Return every score of a model on these rows of the problem."""
        through = isinstance(problem, Transformed)
        holder = problem.holding(model) if through else holding(self.estimator, model)
        places = self.rows[rows]
        found = self.scorer(holder, _safe_indexing(self.X, places), _safe_indexing(self.y, places))
        return {name: _number(name, found[name]) for name in self.names}

    def from_program(self, ready: Prepared, answers: Problem) -> None:
        """Predictions are needed."""
        return None


def scorers_of(
    scoring: Any, refit: Any, estimator: Any, problem: Problem, X: Any, y: Any, rows: np.ndarray
) -> Scorers:
    """Return the judges that ``scoring`` and ``refit`` of a search ask for.

    Parameters
    ----------
    scoring : None, str, callable, list or dict
        As for scikit-learn's searches; None takes the estimator's own: accuracy, or R squared.
    refit : bool or str
        With several scores, the one to search by.
    estimator : NetClassifier or NetRegressor
        That has seen the data.
    problem : Problem
    X, y, rows
        See `ScikitScorers`.

    Raises
    ------
    SettingError
        If a name is unknown, or with several scores none is named to search by.
    """
    names = _names(scoring, estimator)
    if names is not None and all(name in names_for(problem.task) for name in names):
        return Figures(names, problem.task, _main(names, refit))
    if names is not None:
        _refuse_unknown(names, problem.task)
    several = check_scoring(estimator, scoring=_several(scoring), raise_exc=True)
    names = tuple(_several(scoring)) if isinstance(_several(scoring), Mapping) else tuple(names or ())
    return ScikitScorers(estimator, several, names, _main(names, refit), X, y, rows)


def scikit_scorer(name: str) -> Callable[..., float]:
    """Return the scorer of a name, scikit-learn's or shoal's."""
    known = {own: theirs for theirs, own in NAMES.items()}
    theirs = name if name in get_scorer_names() else known.get(name)
    return get_scorer(theirs) if theirs in get_scorer_names() else FigureScorer(name)


@dataclass(frozen=True)
class FigureScorer:
    """A figure of `shoal.history.METRICS` as a scorer: called with an estimator, X and y, higher is better.

    Examples
    --------
    >>> FigureScorer("ece").name
    'ece'
    """

    name: str

    def __call__(self, estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the score of a fitted classifier or regressor."""
        metric = METRICS[NAMES.get(self.name, self.name)]
        if "regression" in metric.tasks:
            truth, said, task = np.asarray(y), estimator.predict(X), "regression"
        else:
            truth, said = np.searchsorted(estimator.classes_, np.asarray(y)), estimator.predict_proba(X)
            task = "multiclass"
        value = metric(truth, as_needed(task, metric, said), sample_weight)
        return value if metric.goal == "max" else -value


def _names(scoring: Any, estimator: Any) -> tuple[str, ...] | None:
    """Return the names of the scores where names are all that was given."""
    if scoring is None:
        return ("accuracy",) if is_classifier(estimator) else ("r2",)
    if isinstance(scoring, str):
        return (scoring,)
    if isinstance(scoring, list | tuple | set) and all(isinstance(name, str) for name in scoring):
        return tuple(dict.fromkeys(scoring))
    return None


def _several(scoring: Any) -> Any:
    """Return scores as scikit-learn's multi-metric scorers take them."""
    if isinstance(scoring, Mapping):
        return dict(scoring)
    if callable(scoring):
        return {"score": scoring}
    return [scoring] if isinstance(scoring, str) else list(scoring)


def _main(names: Sequence[str], refit: Any) -> str:
    if isinstance(refit, str):
        if refit not in names:
            raise SettingError(
                f"Expected refit to name one of the scores ({', '.join(names)}). Got {refit!r}."
                f"{did_you_mean(refit, names)}"
            )
        return refit
    if len(names) > 1 and refit is not False:
        raise SettingError(
            f"Expected refit to name the score to search by, one of {', '.join(names)}. Got {refit!r}."
        )
    return names[0]


def _refuse_unknown(names: tuple[str, ...], task: str) -> None:
    known = [*names_for(task), *get_scorer_names()]
    for name in names:
        if name in METRICS and name not in names_for(task):
            Figures((name,), task)  # says for which tasks it is
        if name not in known:
            raise SettingError(
                f"There is no score '{name}'.{did_you_mean(name, known)} Give the name of one of "
                "scikit-learn's scorers, or a function of estimator, X and y."
            )


def _number(name: str, value: Any) -> float:
    if not np.isscalar(value) or isinstance(value, str):
        raise SettingError(f"Expected the score '{name}' to be one number. Got {value!r}.")
    return float(value)  # type: ignore[arg-type]
