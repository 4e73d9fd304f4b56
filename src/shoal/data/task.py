"""The target: which task it sets, and the way from its values to the network's numbers and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from shoal.data.answers import (
    FEW,
    class_values,
    codes_of,
    is_label,
    label_pair,
    named,
    quantities,
    refuse_gaps,
    refuse_unusable,
    target_columns,
    written_numbers,
)
from shoal.data.distribution import Distribution
from shoal.errors import SettingError, TargetError, did_you_mean

TASKS = ("regression", "binary", "multiclass", "multilabel")


def infer_task(y: pl.Series | pl.DataFrame) -> str:
    """Return the task that a target sets.

    The rule, in order: several columns of 0 and 1 (or true and false) are labels, several columns
    of numbers are quantities; text, booleans and categoricals are classes, unless the text is that
    of more than 20 different numbers; numbers with a fraction are a quantity; whole numbers are
    classes if there are two of them, or at most 20 with two rows each on average; else a quantity.

    Parameters
    ----------
    y : polars.Series or polars.DataFrame of shape (rows,) or (rows, outputs)

    Returns
    -------
    str
        One of `TASKS`.

    Examples
    --------
    >>> infer_task(pl.Series(["cat", "dog", "cat"])), infer_task(pl.Series([1.5, 2.5, 3.0]))
    ('binary', 'regression')
    >>> infer_task(pl.DataFrame({"a": [0, 1, 1], "b": [1, 1, 0]}))
    'multilabel'
    """
    columns = target_columns(y)
    if len(columns) == 1:
        return _infer_one(columns[0])
    if all(is_label(column) for column in columns):
        return "multilabel"
    wrong = next((one for one in columns if not (one.dtype.is_numeric() or one.dtype == pl.Boolean)), None)
    if wrong is None:
        return "regression"
    raise TargetError(
        f"Expected several targets to be numbers, or labels of 0 and 1. "
        f"Got {wrong.dtype} in '{wrong.name}'; predict one such column at a time."
    )


@dataclass(frozen=True)
class Target:
    """What is predicted, and how it is encoded.

    Attributes
    ----------
    task : str
        One of `TASKS`.
    names : tuple of str
        The target's columns.
    classes : tuple
        The original values in rising order; a pair per label for multilabel; empty for regression.
    center, scale : tuple of float
        Weighted mean and standard deviation of each quantity (regression only).
    """

    task: str
    names: tuple[str, ...]
    classes: tuple[Any, ...] = ()
    center: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()

    @classmethod
    def fit(
        cls, y: pl.Series | pl.DataFrame, task: str | None = None, weight: np.ndarray | None = None
    ) -> Target:
        """Learn the target's classes, or its mean and spread.

        Parameters
        ----------
        y : polars.Series or polars.DataFrame of shape (rows,) or (rows, outputs)
        task : str, optional
            One of `TASKS`, in place of what `infer_task` says.
        weight : array of shape (rows,), optional
            Row weights, for mean and spread. Classes come from all rows.

        Returns
        -------
        Target

        Raises
        ------
        TargetError
            If values are missing or infinite, there is one row or one class, or there are more
            classes than can be learnt.

        Examples
        --------
        >>> target = Target.fit(pl.Series("kind", ["b", "a", "b"]))
        >>> target.task, target.classes, target.outputs
        ('binary', ('a', 'b'), 1)
        """
        columns = target_columns(y)
        refuse_unusable(columns)
        task = infer_task(y) if task is None else _checked_task(task)
        names = tuple(column.name for column in columns)
        if task == "regression":
            found = [Distribution.of(quantities(column), weight) for column in columns]
            if any(one.empty for one in found):
                raise TargetError("Expected at least one row with a weight above 0. Got none.")
            spread = [one.deviation() or 1.0 for one in found]
            return cls(task, names, (), tuple(one.mean() for one in found), tuple(spread))
        if task == "multilabel":
            return cls(task, names, tuple(label_pair(column) for column in columns))
        if len(columns) > 1:
            raise TargetError(f"Expected one target column for a {task} task. Got {len(columns)}.")
        return cls.of_classes(class_values(columns[0]), names[0], task)

    @classmethod
    def of_classes(cls, classes: Sequence[Any], name: str = "", task: str | None = None) -> Target:
        """Return the target with exactly these classes, put in rising order.

        Examples
        --------
        >>> Target.of_classes([3, 1, 2]).task
        'multiclass'
        """
        values = tuple(
            sorted({value.item() if isinstance(value, np.generic) else value for value in classes})
        )
        if len(values) < 2:
            raise TargetError(
                f"Expected at least two classes in the target{named(name)}. Got one class only: {values!r}."
            )
        if task == "binary" and len(values) > 2:
            raise TargetError(
                f"Expected two classes in the target{named(name)} for a binary task. Got {len(values)}."
            )
        return cls(task or ("binary" if len(values) == 2 else "multiclass"), (name,), values)

    @property
    def outputs(self) -> int:
        """Outputs of the network: 1 for binary, one per class, quantity or label otherwise."""
        return len(self.classes) if self.task == "multiclass" else len(self.names)

    @property
    def class_array(self) -> np.ndarray:
        """The classes as a NumPy array, of shape (classes,) or (labels, 2)."""
        return np.array(self.classes)

    def encode(self, y: pl.Series | pl.DataFrame) -> np.ndarray:
        """Return the target as the network's numbers.

        Parameters
        ----------
        y : polars.Series or polars.DataFrame of shape (rows,) or (rows, outputs)

        Returns
        -------
        ndarray
            Regression: float64 (rows, outputs), standardised. Binary: float64 (rows, 1) of 0 and 1.
            Multiclass: int32 (rows,). Multilabel: float64 (rows, labels) of 0 and 1.

        Raises
        ------
        TargetError
            If a value is missing, infinite, or of no known class.
        """
        columns = target_columns(y)
        if len(columns) != len(self.names):
            raise TargetError(f"Expected {len(self.names)} target column(s). Got {len(columns)}.")
        refuse_gaps(columns)
        if self.task == "regression":
            values = np.column_stack([quantities(column) for column in columns])
            return (values - np.array(self.center)) / np.array(self.scale)
        if self.task == "multilabel":
            coded = [codes_of(column, pair) for column, pair in zip(columns, self.classes, strict=True)]
            return np.column_stack(coded).astype(np.float64)
        codes = codes_of(columns[0], self.classes)
        return codes if self.task == "multiclass" else codes.astype(np.float64)[:, None]

    def labels(self, proba: np.ndarray) -> np.ndarray:
        """Return the original value of the likeliest class of each row.

        Parameters
        ----------
        proba : array of shape (rows, classes), or (rows, labels) for multilabel

        Returns
        -------
        ndarray of shape (rows,), or (rows, labels) for multilabel

        Examples
        --------
        >>> Target.of_classes(["no", "yes"]).labels(np.array([[0.9, 0.1], [0.2, 0.8]])).tolist()
        ['no', 'yes']
        """
        if self.task == "multilabel":
            chosen = (np.asarray(proba) >= 0.5).astype(np.int64)
            return self.class_array[np.arange(chosen.shape[1]), chosen]
        return self.class_array[np.asarray(proba).argmax(axis=1)]

    def unscale(self, outputs: np.ndarray) -> np.ndarray:
        """Return outputs of a regression, of shape (rows, outputs), in the target's own units (float64)."""
        return np.asarray(outputs, dtype=np.float64) * np.array(self.scale) + np.array(self.center)

    def to_json(self) -> dict[str, Any]:
        """Return the target as JSON data; classes keep their type, floats their last digit."""
        classes = [list(pair) for pair in self.classes] if self.task == "multilabel" else list(self.classes)
        return {
            "task": self.task,
            "names": list(self.names),
            "classes": classes,
            "center": list(self.center),
            "scale": list(self.scale),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Target:
        """Return the target that `to_json` wrote."""
        pairs = data["task"] == "multilabel"
        classes = tuple(tuple(pair) if pairs else pair for pair in data["classes"])
        return cls(data["task"], tuple(data["names"]), classes, tuple(data["center"]), tuple(data["scale"]))


def _checked_task(task: str) -> str:
    if task not in TASKS:
        raise SettingError(
            f"The task must be one of {', '.join(TASKS)}. Got '{task}' instead.{did_you_mean(task, TASKS)}"
        )
    return task


def _infer_one(y: pl.Series) -> str:
    if not y.dtype.is_numeric():
        if y.dtype.is_temporal() or y.dtype.is_nested():
            raise TargetError(f"Expected numbers or classes in the target{named(y.name)}. Got {y.dtype}.")
        distinct = y.drop_nulls().unique()
        if len(distinct) > FEW and written_numbers(distinct) is not None:
            return "regression"
        return "binary" if len(distinct) <= 2 else "multiclass"
    values = y.drop_nulls()
    if values.dtype.is_float() and (values != values.floor()).any():
        return "regression"
    distinct_count = values.n_unique()
    if distinct_count <= 2:
        return "binary"
    return "multiclass" if distinct_count <= FEW and 2 * distinct_count <= len(values) else "regression"
