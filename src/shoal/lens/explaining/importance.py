"""Permutation importance: what a figure loses when a column is shuffled, so that it says nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from shoal.errors import ColumnError, did_you_mean
from shoal.fitting.judging import predictions_of, truth_of
from shoal.fitting.problem import Problem
from shoal.history.metrics import Metric, default_metric, find_metric, ready
from shoal.lens.kept import model_of, rows_of_problem
from shoal.model.model import Model
from shoal.rules import Number, check

# Student's t at 97.5 %, for 1 to 30 degrees of freedom; a table, because the command line wakes no SciPy.
_T = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)


@dataclass(frozen=True)
class Importance:
    """What one column is worth.

    Parameters
    ----------
    name : str
    mean, std : float
        Of the losses over the shuffles.
    low, high : float
        95 % interval of the mean, over shuffles: how much another shuffling would change it. Where there is
        one shuffle, both are the mean.
    losses : tuple of float
        By how much worse the figure is in each shuffle.
    members : tuple of float
        Mean loss of each network of an ensemble, alone; empty for one network.
    """

    name: str
    mean: float
    std: float
    low: float
    high: float
    losses: tuple[float, ...]
    members: tuple[float, ...] = ()


@dataclass(frozen=True)
class Importances:
    """What each column is worth to a network, on some rows.

    Parameters
    ----------
    metric : str
    score : float
        The figure with all columns as they are.
    rows, repeats : int
    columns : tuple of Importance
        The most important first.
    """

    metric: str
    score: float
    rows: int
    repeats: int
    columns: tuple[Importance, ...]

    def __getitem__(self, name: str) -> Importance:
        return next(one for one in self.columns if one.name == name)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        columns = [
            {**asdict(one), "losses": list(one.losses), "members": list(one.members)} for one in self.columns
        ]
        return {**asdict(self), "columns": columns}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Importances:
        """Return what `to_json` wrote."""
        columns = tuple(
            Importance(**{**one, "losses": tuple(one["losses"]), "members": tuple(one["members"])})
            for one in values["columns"]
        )
        return cls(**{**values, "columns": columns})


def permutation_importance(
    net: Any,
    X: Any,
    y: Any = None,
    *,
    metric: str | None = None,
    repeats: int = 10,
    seed: int = 0,
    weight: Any = None,
    columns: Sequence[str] | None = None,
    most_rows: int | None = None,
) -> Importances:
    """Measure what a figure loses when a column is shuffled among the rows.

    ``loss = score - score with the column shuffled`` for figures where more is better, and the other way
    round for errors. The shuffles are those of `sklearn.inspection.permutation_importance` with
    ``random_state=seed``, to the number. Columns that say the same stand in for each other: each alone
    looks unimportant.

    Parameters
    ----------
    net : fitted estimator, Model, or path of a model
    X, y, weight
        Rows with answers that the network was not trained on, as for `shoal.lens.answers`.
    metric : str, optional
        One of `shoal.history.METRICS`; accuracy, ROC AUC of labels or RMSE unless said.
    repeats : int
        Shuffles of each column.
    seed : int
    columns : sequence of str, optional
        All that the network uses, unless said.
    most_rows : int, optional
        Take so many rows, evenly from all.

    Returns
    -------
    Importances

    Raises
    ------
    ColumnError
        If a column is none that the network uses.
    SettingError
        If the metric is not one of the task.

    References
    ----------
    Breiman, "Random forests" (2001); Fisher, Rudin and Dominici, arXiv 1801.01489.
    """
    check("permutation_importance", "repeats", repeats, Number(1, integer=True))
    check("permutation_importance", "seed", seed, Number(0, 2**32 - 1, integer=True))
    model = model_of(net)
    rows = _some(rows_of_problem(model, X, y, weight), most_rows)
    task = model.target.task
    judge = default_metric(task) if metric is None else find_metric(metric, task)
    used = model.encoder.feature_names
    wanted = list(columns) if columns is not None else list(used)
    _refuse_others(wanted, used)
    first = np.random.RandomState(seed).randint(np.iinfo(np.int32).max + 1)
    nets = model.members if model.others else ()
    before = [_score(one, rows, judge) for one in (model, *nets)]
    found = [_of_column(name, (model, *nets), before, rows, judge, repeats, int(first)) for name in wanted]
    ordered = tuple(sorted(found, key=lambda one: -one.mean))
    return Importances(judge.name, before[0], len(rows), repeats, ordered)


def _of_column(
    name: str,
    models: Sequence[Model],
    before: Sequence[float],
    rows: Problem,
    judge: Metric,
    repeats: int,
    seed: int,
) -> Importance:
    """Shuffle one column again and again, each time what the last shuffle left, as scikit-learn does."""
    shuffled = np.random.RandomState(seed)
    order, column = np.arange(len(rows)), rows.frame[name]
    lost = []
    for _ in range(repeats):
        shuffled.shuffle(order)
        column = column[order]
        there = _with_column(rows, name, column)
        pairs = zip(models, before, strict=True)
        lost.append([_loss(judge, once, _score(one, there, judge)) for one, once in pairs])
    losses = [one[0] for one in lost]
    low, high = interval_of_mean(losses)
    members = tuple(np.mean(lost, axis=0).tolist())[1:]
    mean, std = float(np.mean(losses)), float(np.std(losses))
    return Importance(name, mean, std, low, high, tuple(losses), members)


def interval_of_mean(values: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % interval of a mean, by Student's t.

    Examples
    --------
    >>> [round(end, 3) for end in interval_of_mean([1.0, 2.0, 3.0])]
    [-0.484, 4.484]
    """
    mean, count = float(np.mean(values)), len(values)
    if count < 2:
        return mean, mean
    reach = (_T[count - 2] if count - 2 < len(_T) else 1.96) * float(np.std(values, ddof=1)) / np.sqrt(count)
    return mean - float(reach), mean + float(reach)


def _with_column(rows: Problem, name: str, column: Any) -> Problem:
    frame = rows.frame.with_columns(column.alias(name))
    return Problem(frame, rows.answers, rows.task, rows.columns, rows.weight)


def _loss(judge: Metric, before: float, after: float) -> float:
    return before - after if judge.goal == "max" else after - before


def _score(model: Model, rows: Problem, judge: Metric) -> float:
    said = ready(rows.task, judge, predictions_of(model, rows))
    return judge(truth_of(model, rows), said, rows.weight)


def _some(rows: Problem, most: int | None) -> Problem:
    if most is None or len(rows) <= most:
        return rows
    return rows.take(np.linspace(0, len(rows) - 1, most).round().astype(np.int64))


def _refuse_others(wanted: Sequence[str], used: Sequence[str]) -> None:
    for name in wanted:
        if name not in used:
            raise ColumnError(
                f"The network uses no column '{name}'.{did_you_mean(name, used)} "
                f"It uses: {', '.join(used[:20])}."
            )
