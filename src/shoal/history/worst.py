"""The rows that a network got most wrong: where to look first for mistakes, its own and the table's."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from shoal.history.answers import Answers

_TINY = np.finfo(np.float64).eps


@dataclass(frozen=True)
class WorstRow:
    """A row, what it is, and what was said of it.

    Parameters
    ----------
    row : int
        Its number in the table, from 0.
    truth, said : str
    loss : float
        ``-log p`` of the truth for classes (the mean over labels), the distance for quantities (the largest
        of several, in standard deviations of the truth).
    confidence : float or None
        Probability of what was said; None for quantities.
    """

    row: int
    truth: str
    said: str
    loss: float
    confidence: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)


def worst_rows(answers: Answers, most: int = 10) -> tuple[WorstRow, ...]:
    """Return the rows of the largest loss, the worst first; rows of weight 0 are left out.

    Examples
    --------
    >>> chances = np.array([[0.9, 0.1], [0.99, 0.01], [0.2, 0.8]])
    >>> seen = Answers("binary", ("no", "yes"), np.array([4, 7, 9]), np.array([0, 1, 1]), chances)
    >>> [(one.row, one.truth, one.said, round(one.loss, 2)) for one in worst_rows(seen, 1)]
    [(7, 'yes', 'no', 4.61)]
    """
    losses = row_losses(answers)
    if answers.weight is not None:
        losses = np.where(answers.weight > 0, losses, -np.inf)
    order = np.argsort(-losses, kind="stable")[:most]
    return tuple(_told(answers, int(i), float(losses[i])) for i in order if losses[i] > -np.inf)


def row_losses(answers: Answers) -> np.ndarray:
    """Return the loss of each row, (rows,); see `WorstRow`."""
    truth, said = answers.truth, answers.prediction
    if answers.task == "regression":
        away = np.abs(said - truth)
        return away if away.ndim == 1 else (away / np.maximum(truth.std(axis=0), _TINY)).max(axis=1)
    if answers.task == "multilabel":
        right = np.where(truth == 1, said, 1.0 - said)
        return -np.log(np.clip(right, _TINY, None)).mean(axis=1)
    return -np.log(np.clip(said[np.arange(len(truth)), truth.astype(np.int64)], _TINY, None))


def _told(answers: Answers, place: int, loss: float) -> WorstRow:
    truth, said, row = answers.truth[place], answers.prediction[place], int(answers.rows[place])
    if answers.task == "regression":
        return WorstRow(row, _numbers(truth), _numbers(said), loss)
    if answers.task == "multilabel":
        sure = float(np.maximum(said, 1.0 - said).mean())
        return WorstRow(row, _labels(answers, truth == 1), _labels(answers, said >= 0.5), loss, sure)
    best = int(said.argmax())
    return WorstRow(row, answers.names[int(truth)], answers.names[best], loss, float(said[best]))


def _numbers(values: Any) -> str:
    return ", ".join(f"{value:.5g}" for value in np.atleast_1d(values))


def _labels(answers: Answers, on: np.ndarray) -> str:
    return ", ".join(name for name, is_on in zip(answers.names, on, strict=True) if is_on) or "none"
