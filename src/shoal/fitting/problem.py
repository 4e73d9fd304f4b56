"""A problem: a table, what is to be learnt from it, and the roles of its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from shoal import data
from shoal.errors import ColumnError, InputError, TargetError, did_you_mean


@dataclass(frozen=True)
class Problem:
    """A table and what is to be learnt from it.

    Parameters
    ----------
    frame : polars.DataFrame (rows, features)
    answers : polars.Series (rows,) or DataFrame (rows, outputs)
    task : str
        One of `shoal.data.TASKS`.
    columns : tuple of Column
    weight : (rows,) float array or None
    groups, time : (rows,) sequences or None
        For grouped and time-ordered splits.
    target : Target, optional
        Classes or scale that are known already, instead of what the training rows say.
    encoder : TableEncoder or ImageEncoder, optional
        One learnt before, to be kept: weights learnt behind it would mean nothing behind another.
    """

    frame: pl.DataFrame
    answers: pl.Series | pl.DataFrame
    task: str
    columns: tuple[data.Column, ...]
    weight: np.ndarray | None = None
    groups: Any = None
    time: Any = None
    target: data.Target | None = None
    encoder: data.Encoder | None = None

    def __len__(self) -> int:
        return self.frame.height

    def take(self, rows: np.ndarray) -> Problem:
        """Return the problem with these rows only."""

        def part(values: Any) -> Any:
            return None if values is None else np.asarray(values)[rows]

        return replace(
            self,
            frame=self.frame[rows],
            answers=self.answers[rows],
            weight=part(self.weight),
            groups=part(self.groups),
            time=part(self.time),
        )

    @property
    def image(self) -> tuple[int, int, int] | None:
        """Height, width and channels where the rows are images; None for a table."""
        found = [c.name for c in self.columns if c.used and c.kind is data.ColumnKind.IMAGE]
        return self.frame[found[0]].dtype.shape if found else None  # type: ignore[attr-defined]

    @cached_property
    def variance(self) -> float:
        """The variance of the one quantity to predict, weighted by the rows."""
        values = np.asarray(self.answers.to_numpy(), float).reshape(-1)
        weight = np.ones(len(values)) if self.weight is None else self.weight
        return float(np.average((values - np.average(values, weights=weight)) ** 2, weights=weight))

    def labels(self) -> Any:
        """Return what a stratified split keeps in the same shares; None for other tasks."""
        return self.answers.to_numpy() if self.task in ("binary", "multiclass") else None


def problem_of(
    frame: pl.DataFrame,
    target: str | Sequence[str],
    *,
    task: str | None = None,
    kinds: dict[str, str] | None = None,
    drop: Sequence[str] = (),
    weight: str | None = None,
    group: str | None = None,
    time_column: str | None = None,
) -> Problem:
    """Take the target and the columns with a role out of a table; see `train_table`."""
    targets = [target] if isinstance(target, str) else list(target)
    for name in [*targets, *(n for n in (weight, group, time_column) if n)]:
        if name not in frame.columns:
            raise (TargetError if name in targets else ColumnError)(
                f"The table has no column '{name}'.{did_you_mean(name, frame.columns)} "
                f"Its columns are: {', '.join(frame.columns[:20])}."
            )
    answers = frame[targets[0]] if len(targets) == 1 else frame.select(targets)
    roles = {*targets, *(n for n in (weight, group) if n)}
    features = frame.drop(roles)
    task, weights = task or data.infer_task(answers), row_weights(frame, weight)
    # Gaps, one class and the like are refused here, with the count in the whole table, before any split.
    data.Target.fit(answers, task, weights)
    return Problem(
        frame=features,
        answers=answers,
        task=task,
        columns=_without_time(
            data.know_columns(features, kinds=kinds, drop=tuple(drop)), time_column, kinds or {}
        ),
        weight=weights,
        groups=frame[group].to_numpy() if group else None,
        time=frame[time_column].to_numpy() if time_column else None,
    )


def _without_time(
    columns: tuple[data.Column, ...], name: str | None, kinds: Mapping[str, str]
) -> tuple[data.Column, ...]:
    """Return the columns with the one that orders the rows left out, unless its kind was given.

    All rows that are judged lie beyond its training values, where a network only guesses.
    """
    if name is None or name in kinds:
        return columns
    told = (
        "orders the rows in time and is left out, because later rows have values that were never learnt; "
        "set its kind, such as 'datetime', to learn from it."
    )
    changed = tuple(
        replace(column, used=False, notice=told) if column.name == name and column.used else column
        for column in columns
    )
    if not any(column.used for column in changed):
        raise ColumnError(
            f"Expected columns to learn from beside '{name}', which orders the rows in time. Got none; set "
            "its kind, such as 'datetime', to learn from it."
        )
    return changed


def other_table(
    test: Any,
    problem: Problem,
    frame: pl.DataFrame,
    target: str | Sequence[str],
    weight: str | None = None,
) -> Problem | None:
    """Return the problem of a table of test rows; None where `test` is no table."""
    if not isinstance(test, pl.DataFrame):
        return None
    missing = [name for name in frame.columns if name not in test.columns]
    if missing:
        raise InputError(
            "Expected the test table to have the columns of the training table. "
            f"Missing: {', '.join(missing)}."
        )
    targets = [target] if isinstance(target, str) else list(target)
    answers = test[targets[0]] if len(targets) == 1 else test.select(targets)
    roles = [name for name in frame.columns if name not in problem.frame.columns]
    features, weights = test.drop(roles), row_weights(test, weight)
    return replace(problem, frame=features, answers=answers, weight=weights, groups=None, time=None)


def whole_table(problem: Problem) -> pl.DataFrame:
    """Return features and answers together, for the fingerprint."""
    answers = problem.answers
    extra = answers.to_frame() if isinstance(answers, pl.Series) else answers
    names = [f"target {name}" for name in extra.columns]
    return problem.frame.hstack(extra.rename(dict(zip(extra.columns, names, strict=True))))


def row_weights(frame: pl.DataFrame, name: str | None) -> np.ndarray | None:
    """Return the weights of the rows that a column holds; None where no column is named.

    Raises
    ------
    ColumnError
        If it holds anything but finite numbers of at least 0, not all of them 0.
    """
    if name is None:
        return None
    column = frame[name]
    if column.dtype.is_numeric() and not column.null_count():
        values = column.to_numpy().astype(float)
        if np.isfinite(values).all() and (values >= 0).all() and (values > 0).any():
            return values
        got = f"values from {values.min():g} to {values.max():g}"
    else:
        got = f"{column.dtype} with {column.null_count()} gaps"
    raise ColumnError(
        f"Expected the weight column '{name}' to hold finite numbers of at least 0, not all of them 0, "
        f"without gaps. Got {got}."
    )
