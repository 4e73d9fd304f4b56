"""What a network said about rows that it had not seen, row by row, beside the truth: kept as CSV.

A run keeps it, so that two runs over the same table can be compared row by row, and so that pictures of its
errors can be drawn without asking the network again.

=============================  ==================================================================
target                         columns
=============================  ==================================================================
classes                        ``truth`` (the class), ``p:<class>`` for each class
labels                         ``truth:<label>`` (0 or 1) and ``p:<label>`` for each label
a quantity, several            ``truth:<name>`` and ``predicted:<name>`` for each
=============================  ==================================================================

In front stands ``row``, the number of the row in the table, the first being 0, and behind it ``weight`` where
rows have one.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from shoal.errors import FileError

_TRUTH, _CHANCE, _VALUE = "truth:", "p:", "predicted:"


@dataclass(frozen=True, eq=False)
class Answers:
    """Truth and prediction of judged rows, as the metrics take them.

    Attributes
    ----------
    task : str
        "regression", "binary", "multiclass" or "multilabel".
    names : tuple of str
        The classes, labels or quantities, in the order of the columns of `prediction`.
    rows : int array (rows,)
        Row numbers of the table that was judged on.
    truth : array
        Class numbers (rows,), 0/1 (rows, labels), or values (rows,) or (rows, outputs).
    prediction : float array
        Probabilities (rows, classes or labels), or values shaped like `truth`.
    weight : float array (rows,) or None

    Examples
    --------
    >>> seen = Answers("binary", ("no", "yes"), np.array([4]), np.array([1]), np.array([[0.25, 0.75]]))
    >>> len(seen)
    1
    """

    task: str
    names: tuple[str, ...]
    rows: np.ndarray
    truth: np.ndarray
    prediction: np.ndarray
    weight: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.rows)


def write_answers(answers: Answers, path: str | os.PathLike[str]) -> None:
    """Write answers as CSV, with nine significant digits."""
    with Path(path).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        weighed = ["weight"] if answers.weight is not None else []
        writer.writerow(["row", *weighed, *_heads(answers)])
        weights = [] if answers.weight is None else [[_said(one)] for one in answers.weight]
        for place, row in enumerate(answers.rows):
            weight = weights[place] if weights else []
            writer.writerow([int(row), *weight, *_cells(answers, place)])


def read_answers(path: str | os.PathLike[str]) -> Answers:
    """Read what `write_answers` wrote; a torn last line is left out.

    Raises
    ------
    FileError
        If the file is absent, or holds no answers.
    """
    try:
        with Path(path).open(encoding="utf-8", newline="") as stream:
            head, *lines = list(csv.reader(stream))
    except OSError as error:
        raise FileError(f"The answers '{os.fspath(path)}' cannot be read: {error.strerror}.") from None
    except ValueError:
        raise FileError(f"The file '{os.fspath(path)}' is empty; it should hold a row of names.") from None
    whole = [line for line in lines if len(line) == len(head)]
    try:
        return _answers(head, {name: [line[i] for line in whole] for i, name in enumerate(head)})
    except (KeyError, ValueError) as error:
        raise FileError(f"The file '{os.fspath(path)}' does not hold answers of a run ({error}).") from None


def _heads(answers: Answers) -> list[str]:
    if answers.task in ("binary", "multiclass"):
        return ["truth", *(f"{_CHANCE}{name}" for name in answers.names)]
    said = _VALUE if answers.task == "regression" else _CHANCE
    return [f"{_TRUTH}{name}" for name in answers.names] + [f"{said}{name}" for name in answers.names]


def _cells(answers: Answers, place: int) -> list[str]:
    said = [_said(value) for value in np.atleast_1d(answers.prediction[place])]
    truth = np.atleast_1d(answers.truth[place])
    if answers.task in ("binary", "multiclass"):
        return [answers.names[int(truth[0])], *said]
    return [*(_said(value) for value in truth), *said]


def _said(value: Any) -> str:
    return f"{float(value):.9g}"


def _answers(head: Sequence[str], columns: dict[str, list[str]]) -> Answers:
    rows = np.array(columns["row"], dtype=np.int64)
    weight = np.array(columns["weight"], dtype=np.float64) if "weight" in columns else None
    chances = [name for name in head if name.startswith(_CHANCE)]
    values = [name for name in head if name.startswith(_VALUE)]
    said = _table([columns[name] for name in (chances or values)], len(rows))
    if "truth" in columns:
        names = tuple(name.removeprefix(_CHANCE) for name in chances)
        place = {name: i for i, name in enumerate(names)}
        truth = np.array([place[one] for one in columns["truth"]], dtype=np.int64)
        return Answers("binary" if len(names) == 2 else "multiclass", names, rows, truth, said, weight)
    names = tuple(name.removeprefix(_CHANCE).removeprefix(_VALUE) for name in (chances or values))
    truth = _table([columns[f"{_TRUTH}{name}"] for name in names], len(rows))
    if chances:
        return Answers("multilabel", names, rows, truth.astype(np.int64), said, weight)
    if len(names) == 1:
        truth, said = truth[:, 0], said[:, 0]
    return Answers("regression", names, rows, truth, said, weight)


def _table(columns: Sequence[Sequence[str]], rows: int) -> np.ndarray:
    if not columns:
        raise ValueError("no column of predictions")
    return np.array(columns, dtype=np.float64).reshape(len(columns), rows).T
