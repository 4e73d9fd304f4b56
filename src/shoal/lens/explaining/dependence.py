"""Partial dependence: what a network says on average when one column is set to each of some values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from shoal.data.kinds import ColumnKind
from shoal.errors import ColumnError, SettingError, did_you_mean
from shoal.history.wording import listed
from shoal.lens.explaining.door import answer_names
from shoal.lens.kept import model_of
from shoal.model.model import Model
from shoal.rules import Number, check

_ENDS = (0.05, 0.95)  # of the values of a column, as in scikit-learn: beyond, few rows say anything


@dataclass(frozen=True)
class Dependence:
    """How an answer goes with a column.

    Parameters
    ----------
    column, of : str
        The column, and the class, label or quantity.
    values : tuple of float, or of str
        What the column was set to.
    mean : tuple of float
        Mean answer over the rows, at each value.
    low, high : tuple of float
        10 % and 90 % quantiles of the rows' own answers: where they spread, the column acts on some rows
        otherwise than on others.
    members : tuple of tuple of float
        The mean of each network of an ensemble alone; empty for one network.
    seen : tuple of float
        For numbers, tenths of the column's values; for categories, the share of the rows of each value.
    rows : int
    """

    column: str
    of: str
    values: tuple[Any, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    members: tuple[tuple[float, ...], ...]
    seen: tuple[float, ...]
    rows: int

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        lists = {name: list(value) for name, value in vars(self).items() if isinstance(value, tuple)}
        return {**asdict(self), **lists, "members": [list(one) for one in self.members]}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Dependence:
        """Return what `to_json` wrote."""
        lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
        return cls(**{**values, **lists, "members": tuple(tuple(one) for one in values["members"])})


def partial_dependence(
    net: Any, X: Any, column: str, *, of: Any = None, points: int = 20, most_rows: int = 200
) -> Dependence:
    """Set a column of all rows to one value after another, and average what the network says.

    ``PD(v) = mean over rows of f(row with the column set to v)`` (Friedman 2001), the curve of
    `sklearn.inspection.partial_dependence` with ``method="brute"``. Where columns go together, some of these
    rows are none that could be.

    Parameters
    ----------
    net : fitted estimator, Model, or path of a model
    X : table of shape (rows, features)
    column : str
    of : class or name of a target, optional
        The second of two classes, the first label or quantity, unless said; for more classes it must be said.
    points : int
        Values of a number, in equal steps between the 5 % and 95 % quantiles; where it has no more
        values than that, these. Of categories the most frequent ones.
    most_rows : int
        Take so many rows, evenly from all.

    Returns
    -------
    Dependence

    Raises
    ------
    ColumnError
        If the network does not use the column.
    SettingError
        If there is no such answer, or it must be said which.

    References
    ----------
    Friedman, "Greedy function approximation: a gradient boosting machine" (2001); Goldstein et al.,
    arXiv 1309.6392, for the rows' own curves.
    """
    check("partial_dependence", "points", points, Number(2, integer=True))
    model = model_of(net)
    used = model.encoder.feature_names
    if column not in used:
        raise ColumnError(
            f"The network uses no column '{column}'.{did_you_mean(column, used)} It uses: {listed(used, 20)}."
        )
    place = _place(model, of)
    frame = model._frame(X)
    values, seen = _values(model, frame[column], column, points)
    chosen = np.unique(
        np.linspace(0, frame.height - 1, min(frame.height, most_rows)).round().astype(np.int64)
    )
    some = frame[chosen]
    nets = model.members if model.others else ()
    curves = _curves(model, some, column, values, place)
    quantiles = np.quantile(curves, (0.1, 0.9), axis=1)
    return Dependence(
        column=column,
        of=answer_names(model)[place],
        values=tuple(values),
        mean=tuple(curves.mean(axis=1).tolist()),
        low=tuple(quantiles[0].tolist()),
        high=tuple(quantiles[1].tolist()),
        members=tuple(tuple(_curves(one, some, column, values, place).mean(axis=1).tolist()) for one in nets),
        seen=seen,
        rows=some.height,
    )


def _place(model: Model, of: Any) -> int:
    names = answer_names(model)
    if of is None and model.target.task == "multiclass":
        raise SettingError(
            f"Expected to be told of which class the probability is meant: {', '.join(names)}."
        )
    if of is None:
        return 1 if model.target.task == "binary" else 0
    if str(of) not in names:
        raise SettingError(
            f"Unknown answer {of!r}.{did_you_mean(str(of), names)} Choose one of: {', '.join(names)}."
        )
    return names.index(str(of))


def _curves(model: Model, frame: pl.DataFrame, column: str, values: list, place: int) -> np.ndarray:
    """Return the answer of each row at each value: (values, rows)."""
    dtype = frame[column].dtype
    found = []
    for value in values:
        kept = pl.Series(column, [value]).cast(dtype if isinstance(value, str) else pl.Float64)
        told = frame.with_columns(kept.new_from_index(0, frame.height).alias(column))
        found.append(model._answers(model.raw(told))[:, place])
    return np.stack(found)


def _values(model: Model, column: pl.Series, name: str, points: int) -> tuple[list, tuple[float, ...]]:
    """Return what the column is set to, and where its rows lie."""
    kind = next(one.kind for one in model.columns if one.name == name)
    if kind is ColumnKind.NUMBER and column.dtype.is_numeric():
        numbers = column.cast(pl.Float64).drop_nulls().drop_nans().to_numpy()
        known = np.unique(numbers)
        tenths = tuple(np.quantile(numbers, np.linspace(0, 1, 11)).tolist())
        if len(known) <= points:
            return known.tolist(), tenths
        known_in_order = np.sort(numbers)
        low, high = (_quantile(known_in_order, share) for share in _ENDS)
        return np.linspace(low, high, points).tolist(), tenths
    counts = column.cast(pl.String).drop_nulls().value_counts(sort=True).head(points)
    order = counts.sort(column.name)
    shares = (order["count"] / len(column)).to_list()
    return order[column.name].to_list(), tuple(shares)


def _quantile(ordered: np.ndarray, share: float) -> float:
    """Return a quantile of rising values by Cunane's rule, which is scikit-learn's here."""
    place = len(ordered) * share + 0.4 + 0.2 * share
    below = int(np.clip(np.floor(place), 1, len(ordered) - 1))
    part = float(np.clip(place - below, 0.0, 1.0))
    return float((1 - part) * ordered[below - 1] + part * ordered[below])
