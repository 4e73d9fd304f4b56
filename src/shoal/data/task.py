"""The target: the way from its values to the network's numbers and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from shoal.data.answers import (
    class_values,
    codes_of,
    in_order,
    label_pair,
    named,
    quantities,
    refuse_gaps,
    refuse_unusable,
    target_columns,
)
from shoal.data.distribution import Distribution
from shoal.data.tasks import checked_task, infer_task
from shoal.errors import TargetError


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
        The original values in rising order, or in the order given; a pair per label for multilabel; empty for
        regression.
    center, scale : tuple of float
        Weighted mean and standard deviation of each quantity; of counts 0 and the mean (regression only).
    counts : bool
        The quantities are counts or rates, of at least 0, and only divided by their mean.
    levels : tuple of float
        Levels of the quantiles that are predicted of each quantity; empty where one value is.
    """

    task: str
    names: tuple[str, ...]
    classes: tuple[Any, ...] = ()
    center: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()
    counts: bool = False
    levels: tuple[float, ...] = ()

    @classmethod
    def fit(
        cls,
        y: pl.Series | pl.DataFrame,
        task: str | None = None,
        weight: np.ndarray | None = None,
        *,
        order: Sequence[Any] | None = None,
        counts: bool = False,
    ) -> Target:
        """Learn the target's classes, or its mean and spread.

        Parameters
        ----------
        y : polars.Series or polars.DataFrame of shape (rows,) or (rows, outputs)
        task : str, optional
            One of `TASKS`, in place of what `infer_task` says.
        weight : array of shape (rows,), optional
            Row weights, for mean and spread. Classes come from all rows.
        order : sequence, optional
            The classes in their order, where it is not the rising one.
        counts : bool
            Whether the quantities are counts or rates.

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
        task = infer_task(y) if task is None else checked_task(task)
        names = tuple(column.name for column in columns)
        if task == "regression":
            return cls(task, names, (), *_location_and_scale(columns, weight, counts), counts)
        if task == "multilabel":
            return cls(task, names, tuple(label_pair(column) for column in columns))
        if len(columns) > 1:
            raise TargetError(f"Expected one target column for a {task} task. Got {len(columns)}.")
        return cls.of_classes(class_values(columns[0]), names[0], task, order)

    @classmethod
    def of_classes(
        cls,
        classes: Sequence[Any],
        name: str = "",
        task: str | None = None,
        order: Sequence[Any] | None = None,
    ) -> Target:
        """Return the target with exactly these classes, put in rising order or the one given.

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
        task = task or ("binary" if len(values) == 2 else "multiclass")
        return cls(task, (name,), values if order is None else in_order(values, order))

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
            _refuse_negative(columns, self.counts)
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
            "counts": self.counts,
            "levels": list(self.levels),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Target:
        """Return the target that `to_json` wrote."""
        pairs = data["task"] == "multilabel"
        classes = tuple(tuple(pair) if pairs else pair for pair in data["classes"])
        return cls(
            task=data["task"],
            names=tuple(data["names"]),
            classes=classes,
            center=tuple(data["center"]),
            scale=tuple(data["scale"]),
            counts=data.get("counts", False),
            levels=tuple(data.get("levels", ())),
        )


def _location_and_scale(
    columns: Sequence[pl.Series], weight: np.ndarray | None, counts: bool
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return weighted mean and standard deviation of each column; of counts 0 and the mean."""
    _refuse_negative(columns, counts)
    found = [Distribution.of(quantities(column), weight) for column in columns]
    if any(one.empty for one in found):
        raise TargetError("Expected at least one row with a weight above 0. Got none.")
    means = tuple(one.mean() for one in found)
    if counts:
        return (0.0,) * len(means), tuple(mean or 1.0 for mean in means)
    return means, tuple(one.deviation() or 1.0 for one in found)


def _refuse_negative(columns: Sequence[pl.Series], counts: bool) -> None:
    for column in columns if counts else ():
        lowest = quantities(column).min(initial=0.0)
        if lowest < 0:
            raise TargetError(
                f"Expected counts or rates of at least 0 in the target{named(column.name)}, for the poisson "
                f"head. Got {lowest:g}; other heads take negative numbers."
            )
