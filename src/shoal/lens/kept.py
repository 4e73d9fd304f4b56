"""What is looked at: a trained network, whatever holds it, and the rows of a table with their answers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from shoal.data.intake import as_answers, as_frame
from shoal.errors import InputError, SettingError
from shoal.fitting import judging
from shoal.fitting.problem import Problem
from shoal.history.answers import Answers
from shoal.model.artefact import load
from shoal.model.model import Model

_MODEL = "model.shoal"


def model_of(what: Any) -> Model:
    """Return the trained network that an estimator, a path or a model is.

    Raises
    ------
    SettingError
        If it is none of these, or not fitted.
    ArtefactError
        If the file cannot be read.
    """
    if isinstance(what, Model):
        return what
    if isinstance(what, str | os.PathLike):
        path = Path(what)
        return load(path / _MODEL if path.is_dir() else path)
    model = getattr(what, "model_", None)
    if not isinstance(model, Model):
        raise SettingError(
            "Expected a fitted estimator, a model, or the path of one. Received: "
            f"{type(what).__name__}; fit it first, or load it with shoal.load."
        )
    return model


def one_row(model: Model, X: Any, row: int) -> pl.DataFrame:
    """Return the table of one row, its columns as the model knows them.

    Raises
    ------
    InputError
        If there is no such row.
    """
    frame = model._frame(X)
    if isinstance(row, bool) or not isinstance(row, int) or not 0 <= row < frame.height:
        rows = f"the {frame.height:,} rows" if frame.height != 1 else "the one row"
        raise InputError(f"Expected row to be one of {rows}, counted from 0. Received: {row!r}.")
    return frame[row : row + 1]


def answers_of(model: Model, X: Any, y: Any, row: int | None = None) -> pl.Series | pl.DataFrame:
    """Return the true answers of all rows, or of one.

    Raises
    ------
    InputError
        If none are handed in and the table has no column of that name, or there are too few.
    """
    names = list(model.target.names)
    if y is None:
        frame = as_frame(X)
        missing = [name for name in names if name not in frame.columns]
        if missing:
            raise InputError(
                f"Expected the true answers, as y or as column '{missing[0]}' of the table. Got neither."
            )
        answers: pl.Series | pl.DataFrame = frame[names[0]] if len(names) == 1 else frame.select(names)
    else:
        answers = as_answers(y)
        rows = len(model._frame(X))
        if len(answers) != rows:
            raise InputError(f"Expected one answer for each of the {rows:,} rows. Got {len(answers):,}.")
    return answers if row is None else answers[row : row + 1]


def answers(net: Any, X: Any, y: Any = None, weight: Any = None) -> Answers:
    """Return what a network says of rows beside the truth: what its errors are told from.

    Parameters
    ----------
    net : fitted estimator, Model, or path of a model
    X : table of shape (rows, features)
    y : sequence of shape (rows,) or table (rows, targets), optional
        The true answers; where `X` has the target's columns they are found there.
    weight : array (rows,), optional

    Returns
    -------
    Answers
        For `shoal.history.confusion.confusions`, `shoal.history.thresholds`, `shoal.history.residuals` and
        `shoal.history.worst`.

    Raises
    ------
    InputError
        If there are no answers, or not one for each row.
    """
    model = model_of(net)
    rows = rows_of_problem(model, X, y, weight)
    return judging.answers_of(model, rows, np.arange(len(rows)), judging.predictions_of(model, rows))


def rows_of_problem(model: Model, X: Any, y: Any, weight: Any = None) -> Problem:
    """Return rows with their true answers and weights."""
    truth, frame = answers_of(model, X, y), model._frame(X)
    heavy = None if weight is None else np.asarray(weight, np.float64)
    return Problem(frame, truth, model.target.task, model.columns, heavy)
