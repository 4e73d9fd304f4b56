"""What the networks of a search are judged by: figures by name, and higher is always better.

The names are scikit-learn's ("neg_log_loss", "roc_auc") or shoal's own ("log_loss", "rmse"), which are the
same figures: what is better when it is lower carries a minus sign as a score.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np

from shoal.errors import SettingError, did_you_mean
from shoal.fitting.judging import predictions_of, truth_of
from shoal.fitting.prepare import Prepared
from shoal.fitting.problem import Problem
from shoal.history import METRICS, default_metric, find_metric
from shoal.history.metrics import ready as as_needed
from shoal.model.model import Model

NAMES: dict[str, str] = {
    "neg_log_loss": "log_loss",
    "neg_brier_score": "brier",
    "roc_auc": "roc_auc",
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced_accuracy",
    "f1_macro": "f1_macro",
    "neg_root_mean_squared_error": "rmse",
    "neg_mean_absolute_error": "mae",
    "neg_mean_absolute_percentage_error": "mape",
    "r2": "r2",
}
"""scikit-learn's name of a score -> the figure of `shoal.history.METRICS` that it is, with its sign."""

_DEFAULTS = {
    "binary": "log_loss",
    "multiclass": "log_loss",
    "multilabel": "log_loss",
    "regression": "rmse",
}


@runtime_checkable
class Scorers(Protocol):
    """What judges the networks of a search."""

    @property
    def names(self) -> tuple[str, ...]:
        """The scores, in the order in which they are shown."""
        ...

    @property
    def main(self) -> str:
        """The one that the search makes as high as it can."""
        ...

    def score(self, model: Model, problem: Problem, rows: np.ndarray) -> dict[str, float]:
        """Return every score of a model on these rows of the problem; NaN where one is not defined."""
        ...

    def from_program(self, ready: Prepared, answers: Problem) -> Callable[..., dict[str, float]] | None:
        """Return how the scores follow from the loss and metric that the training program computes.

        Parameters
        ----------
        ready : Prepared
        answers : Problem
            The rows that the program judges.

        Returns
        -------
        callable or None
            ``(val_loss, val_metric) -> scores``; None where predictions are needed.
        """
        ...


@dataclass(frozen=True)
class Figures:
    """Scores that are figures of `shoal.history.METRICS`, weighted by the weights of the rows.

    Parameters
    ----------
    names : tuple of str
        scikit-learn's names or shoal's own.
    task : str
    main : str, optional
        The first of the names, if none is given.

    Examples
    --------
    >>> Figures(("accuracy", "neg_log_loss"), "binary").main
    'accuracy'
    >>> Figures(("acuracy",), "binary")
    Traceback (most recent call last):
    ...
    shoal.errors.SettingError: There is no score 'acuracy' for a binary target. Did you mean 'accuracy'? ...
    """

    names: tuple[str, ...]
    task: str
    main: str = ""
    _kinds: tuple[tuple[str, float], ...] = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        known = names_for(self.task)
        for name in self.names:
            if name not in known:
                raise SettingError(
                    f"There is no score '{name}' for a {self.task} target.{did_you_mean(name, known)} "
                    f"Choose one of: {', '.join(known)}."
                )
        main = self.main or self.names[0]
        if main not in self.names:
            raise SettingError(
                f"Expected the score to search by to be one of those asked for ({', '.join(self.names)}). "
                f"Got {main!r}."
            )
        object.__setattr__(self, "main", main)

    def score(self, model: Model, problem: Problem, rows: np.ndarray) -> dict[str, float]:
        """Return every score of a model on these rows of the problem."""
        part = problem.take(rows)
        truth, said = truth_of(model, part), predictions_of(model, part)
        return {name: self._one(name, truth, said, part.weight) for name in self.names}

    def _one(self, name: str, truth: np.ndarray, said: np.ndarray, weight: np.ndarray | None) -> float:
        metric = METRICS[NAMES.get(name, name)]
        value = metric(truth, as_needed(self.task, metric, said), weight)
        return value if metric.goal == "max" else -value

    def from_program(self, ready: Prepared, answers: Problem) -> Callable[..., dict[str, float]] | None:
        """Return how the scores follow from what the training program computes, where they do."""
        ways = {name: _way(NAMES.get(name, name), ready, answers) for name in self.names}
        if any(way is None for way in ways.values()):
            return None

        def scores(loss: float, metric: float) -> dict[str, float]:
            return {name: float(way(loss, metric)) for name, way in ways.items() if way is not None}

        return scores


def names_for(task: str) -> tuple[str, ...]:
    """Return the scores that a task knows."""
    fitting = [name for name, metric in METRICS.items() if task in metric.tasks]
    foreign = [name for name, own in NAMES.items() if own in fitting and name not in fitting]
    return (*fitting, *foreign)


def figures(task: str, names: Sequence[str] = ()) -> Figures:
    """Return the scores of a table's task: its loss, which tells more than shares do, then its usual figure.

    Examples
    --------
    >>> figures("multiclass").names, figures("regression").names
    (('log_loss', 'accuracy'), ('rmse', 'r2'))
    """
    if names:
        return Figures(tuple(names), task)
    usual = "r2" if task == "regression" else default_metric(task).name
    return Figures((_DEFAULTS[task], usual), task)


def shown(name: str, score: float) -> tuple[str, float]:
    """Return a score as a person reads it: the name of the figure and its value, without the minus sign.

    Examples
    --------
    >>> shown("neg_log_loss", -0.25), shown("accuracy", 0.5)
    (('log loss', 0.25), ('accuracy', 0.5))
    """
    own = NAMES.get(name, name)
    if own not in METRICS:
        return name, score
    metric = find_metric(own)
    return metric.title, score if metric.goal == "max" else -score


def _way(figure: str, ready: Prepared, answers: Problem) -> Callable[[float, float], float] | None:
    """Return how one figure, as a score, follows from the validation loss and metric of the program."""
    s = ready.settings
    if figure == "accuracy" and answers.task in ("binary", "multiclass"):
        return lambda loss, metric: metric
    plain = s.loss in ("cross_entropy", "binary_cross_entropy") and not s.label_smoothing
    if figure == "log_loss" and plain and answers.task in ("binary", "multiclass"):
        return lambda loss, metric: -loss
    if figure in ("rmse", "r2") and answers.task == "regression" and ready.target.outputs == 1:
        spread = answers.variance / ready.target.scale[0] ** 2
        if figure == "rmse":
            return lambda loss, metric: -float(np.sqrt(metric)) * ready.target.scale[0]
        return (lambda loss, metric: 1.0 - metric / spread) if spread > 0 else None
    return None
