"""The metrics by name: what each one needs, which way is better, and one call to get them all.

Numbers equal scikit-learn's. Truth and predictions come encoded (class numbers, columns of
probabilities in the order of the classes), so that this room knows nothing of tables.

========================  ==========  ====================================================
task                      truth       prediction
========================  ==========  ====================================================
binary, multiclass        (rows,)     probabilities (rows, classes); class numbers (rows,)
multilabel                (rows, labels) of 0/1   probabilities (rows, labels); 0/1 alike
regression                (rows, outputs)         values (rows, outputs)
========================  ==========  ====================================================
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from shoal.errors import InputError, SettingError, did_you_mean
from shoal.history import classification, regression

Needs = Literal["labels", "probabilities", "values"]
Kernel = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]

_TWO_OR_MORE = ("binary", "multiclass")
_CLASSES = (*_TWO_OR_MORE, "multilabel")
_NUMBERS = ("regression",)


@dataclass(frozen=True)
class Metric:
    """One metric; call it with truth, prediction and optional row weights.

    Attributes
    ----------
    name : str
        The name in histories, settings and reports.
    kernel : callable
        ``(truth, prediction, weights (draws, rows)) -> (draws,)``.
    goal : {"max", "min"}
        Which way is better.
    tasks : tuple of str
        The tasks for which it is defined.
    needs : {"labels", "probabilities", "values"}
        What the prediction must be.
    title : str
        The name as a person reads it.
    lowest, highest : float
        What it can be at most; an interval is cut there.

    Examples
    --------
    >>> accuracy([0, 1, 1], [0, 1, 0])
    0.6666666666666666
    >>> accuracy([0, 1, 1], [0, 1, 0], weight=[1, 1, 2])
    0.5
    """

    name: str
    kernel: Kernel
    goal: Literal["max", "min"]
    tasks: tuple[str, ...]
    needs: Needs
    title: str
    lowest: float = 0.0
    highest: float = math.inf

    def __call__(self, truth: ArrayLike, prediction: ArrayLike, weight: ArrayLike | None = None) -> float:
        """Return the metric as one number; rows of weight 0 count as absent."""
        arrays = checked(self.needs, truth, prediction, weight)
        return float(self.kernel(*arrays)[0])

    @property
    def __doc__(self) -> str | None:  # type: ignore[override]  # help(accuracy) says what it is
        return self.kernel.__doc__

    def better(self, value: float, than: float) -> bool:
        """Tell whether `value` is better than `than`; NaN is never better."""
        return value > than if self.goal == "max" else value < than


def _share(name: str, kernel: Kernel, tasks: tuple[str, ...], needs: Needs, title: str) -> Metric:
    return Metric(name, kernel, "max", tasks, needs, title, highest=1.0)


def _chance(name: str, kernel: Kernel, title: str) -> Metric:
    return Metric(name, kernel, "min", _CLASSES, "probabilities", title)


def _distance(name: str, kernel: Kernel, title: str) -> Metric:
    return Metric(name, kernel, "min", _NUMBERS, "values", title)


accuracy = _share("accuracy", classification.accuracy, _CLASSES, "labels", "accuracy")
balanced_accuracy = _share(
    "balanced_accuracy", classification.balanced_accuracy, _TWO_OR_MORE, "labels", "balanced accuracy"
)
f1_macro = _share("f1_macro", classification.f1_macro, _TWO_OR_MORE, "labels", "macro F1")
roc_auc = _share("roc_auc", classification.roc_auc, _CLASSES, "probabilities", "ROC AUC")
log_loss = _chance("log_loss", classification.log_loss, "log loss")
brier = _chance("brier", classification.brier, "Brier score")
ece = _chance("ece", classification.ece, "expected calibration error")
rmse = _distance("rmse", regression.rmse, "root mean squared error")
mae = _distance("mae", regression.mae, "mean absolute error")
mape = _distance("mape", regression.mape, "mean absolute percentage error")
r2 = Metric("r2", regression.r2, "max", _NUMBERS, "values", "R²", lowest=-math.inf, highest=1.0)

_ALL = (accuracy, balanced_accuracy, f1_macro, log_loss, roc_auc, brier, ece, rmse, mae, mape, r2)
METRICS: dict[str, Metric] = {metric.name: metric for metric in _ALL}
"""Every metric by name, in the order in which reports show them."""

_DEFAULTS = {
    "binary": "accuracy",
    "multiclass": "accuracy",
    "multilabel": "roc_auc",
    "regression": "rmse",
}


def find_metric(name: str, task: str | None = None) -> Metric:
    """Return the metric called `name`, checked against `task` where one is given.

    Raises
    ------
    SettingError
        If there is no such metric, or it is not defined for the task.

    Examples
    --------
    >>> find_metric("rmse", "regression").goal
    'min'
    """
    if name not in METRICS:
        known = ", ".join(METRICS)
        hint = did_you_mean(name, METRICS)
        raise SettingError(f"There is no metric '{name}'; the metrics are {known}.{hint}")
    metric = METRICS[name]
    if task is not None and task not in metric.tasks:
        usable = ", ".join(m.name for m in METRICS.values() if task in m.tasks)
        raise SettingError(f"The metric '{name}' is not defined for a {task} target; choose one of {usable}.")
    return metric


def default_metric(task: str) -> Metric:
    """Return the metric that a report leads with: accuracy, ROC AUC (labels) or RMSE.

    Examples
    --------
    >>> default_metric("multiclass").name
    'accuracy'
    """
    if task not in _DEFAULTS:
        raise SettingError(f"Expected a task out of {', '.join(_DEFAULTS)}. Got {task!r} instead.")
    return METRICS[_DEFAULTS[task]]


def scores(
    task: str, truth: ArrayLike, prediction: ArrayLike, weight: ArrayLike | None = None
) -> dict[str, float]:
    """Return every metric of a task.

    Parameters
    ----------
    task : {"regression", "binary", "multiclass", "multilabel"}
    truth : array
        Class numbers (rows,), 0/1 (rows, labels), or values (rows, outputs).
    prediction : array
        Probabilities (rows, classes or labels), or values (rows, outputs).
    weight : array (rows,), optional
        Row weights; 2 counts as the row twice, 0 as absent.

    Returns
    -------
    dict
        Metric name to value, NaN where it is not defined (one class only in the truth).

    Examples
    --------
    >>> found = scores("binary", [0, 1], [[0.9, 0.1], [0.2, 0.8]])
    >>> round(found["log_loss"], 4), found["accuracy"]
    (0.1643, 1.0)
    """
    default_metric(task)
    metrics = (metric for metric in METRICS.values() if task in metric.tasks)
    return {m.name: m(truth, ready(task, m, prediction), weight) for m in metrics}


def ready(task: str, metric: Metric, prediction: ArrayLike) -> np.ndarray:
    """Return the prediction as `metric` needs it: class numbers from probabilities if asked for.

    The most probable class wins, the first of equals; a label is on above one half.
    """
    given = np.asarray(prediction, dtype=np.float64)
    if metric.needs != "labels":
        return given
    return (given > 0.5).astype(np.int64) if task == "multilabel" else given.argmax(axis=1)


def checked(
    needs: Needs, truth: ArrayLike, prediction: ArrayLike, weight: ArrayLike | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return truth, prediction and weights (1, rows) without the rows of weight 0.

    Raises
    ------
    InputError
        If lengths differ, no row has weight, or a class number has no column.
    """
    true, guess = np.asarray(truth), np.asarray(prediction)
    weights = np.ones(len(true)) if weight is None else np.asarray(weight, dtype=np.float64)
    if not len(true) == len(guess) == len(weights):
        raise InputError(
            f"Expected as many truths as predictions and weights. Got {len(true)} truths, "
            f"{len(guess)} predictions and {len(weights)} weights."
        )
    present = weights > 0
    if not present.any():
        raise InputError("A metric needs at least one row of positive weight. Got none.")
    if not present.all():
        true, guess, weights = true[present], guess[present], weights[present]
    return (*_shaped(needs, true, guess), weights[None, :])


def _shaped(needs: Needs, true: np.ndarray, guess: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if needs == "values":
        rows = len(true)
        pair = true.astype(np.float64).reshape(rows, -1), guess.astype(np.float64)
        return pair[0], pair[1].reshape(rows, -1)
    if true.ndim == 2 and true.shape[1] == 1:  # binary targets are often one column
        true = true[:, 0]
    true = true.astype(np.int64)
    if needs == "probabilities" and guess.ndim != 2:
        raise InputError(f"Expected probabilities of shape (rows, classes). Got shape {guess.shape} instead.")
    if needs == "probabilities" and true.ndim == 1 and true.max() >= guess.shape[1]:
        raise InputError(
            f"Expected a column of probabilities for each class. Got class number {true.max()} "
            f"but {guess.shape[1]} columns."
        )
    return true, guess
