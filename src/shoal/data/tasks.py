"""The tasks, and which of them a target sets."""

from __future__ import annotations

import polars as pl

from shoal.data.answers import FEW, is_label, named, target_columns, written_numbers
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


def checked_task(task: str) -> str:
    """Return the task, or refuse a name that is none."""
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
