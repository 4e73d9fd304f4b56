"""Which classes are taken for which: counts, and precision and recall of each class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from shoal.errors import InputError
from shoal.history.answers import Answers


@dataclass(frozen=True)
class ClassFigures:
    """How well one class is found.

    Parameters
    ----------
    name : str
    rows : float
        Rows of the class, by their weights.
    precision, recall, f1 : float or None
        Share of those called so that are so; share of the class that is found; their harmonic mean. None
        where it would be a division by zero.
    taken_for : str
        The class that its rows are most often taken for by mistake; empty where there is no mistake.
    """

    name: str
    rows: float
    precision: float | None
    recall: float | None
    f1: float | None
    taken_for: str = ""


@dataclass(frozen=True)
class Confusion:
    """Truth against prediction.

    Parameters
    ----------
    names : tuple of str
    counts : tuple of tuple of float
        ``counts[i][j]``: rows of class i that are called j, by their weights.
    title : str
        The label of which classes are told, where there are several; else empty.

    Examples
    --------
    >>> found = Confusion(("no", "yes"), ((8.0, 2.0), (1.0, 4.0)))
    >>> [(one.name, one.recall) for one in found.classes()]
    [('no', 0.8), ('yes', 0.8)]
    """

    names: tuple[str, ...]
    counts: tuple[tuple[float, ...], ...]
    title: str = ""

    def classes(self) -> tuple[ClassFigures, ...]:
        """Return the figures of each class."""
        table = np.array(self.counts)
        return tuple(self._figures(table, i) for i in range(len(self.names)))

    def _figures(self, table: np.ndarray, i: int) -> ClassFigures:
        hits, rows, called = table[i, i], table[i].sum(), table[:, i].sum()
        missed = np.where(np.arange(len(table)) == i, 0.0, table[i])
        return ClassFigures(
            self.names[i],
            float(rows),
            _share(hits, called),
            _share(hits, rows),
            _share(2 * hits, rows + called),
            self.names[int(missed.argmax())] if missed.any() else "",
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, with the figures of each class."""
        figures = [vars(one) for one in self.classes()]
        return {
            "names": list(self.names),
            "counts": [list(row) for row in self.counts],
            "title": self.title,
            "classes": figures,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Confusion:
        """Return what `to_json` wrote."""
        counts = tuple(tuple(float(one) for one in row) for row in values["counts"])
        return cls(tuple(values["names"]), counts, values["title"])


def confusions(answers: Answers) -> tuple[Confusion, ...]:
    """Return which classes are taken for which; of labels one for each.

    Raises
    ------
    InputError
        For quantities, which have no classes.

    Examples
    --------
    >>> chances = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]])
    >>> seen = Answers("binary", ("no", "yes"), np.arange(3), np.array([0, 1, 1]), chances)
    >>> confusions(seen)[0].counts
    ((1.0, 0.0), (1.0, 1.0))
    """
    if answers.task == "regression":
        raise InputError(
            "Expected predicted classes. Got quantities, which are not confused; look at residuals."
        )
    weight = np.ones(len(answers)) if answers.weight is None else answers.weight
    if answers.task == "multilabel":
        return tuple(
            _counted(("off", "on"), answers.truth[:, i], answers.prediction[:, i] >= 0.5, weight, name)
            for i, name in enumerate(answers.names)
        )
    return (_counted(answers.names, answers.truth, answers.prediction.argmax(axis=1), weight),)


def _counted(
    names: tuple[str, ...], truth: np.ndarray, called: np.ndarray, weight: np.ndarray, title: str = ""
):
    table = np.zeros((len(names), len(names)))
    np.add.at(table, (truth.astype(np.int64), called.astype(np.int64)), weight)
    return Confusion(names, tuple(tuple(row) for row in table.tolist()), title)


def _share(above: float, below: float) -> float | None:
    return float(above / below) if below > 0 else None
