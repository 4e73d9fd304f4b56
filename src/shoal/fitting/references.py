"""Crude models that cost milliseconds and say what can be expected: one column alone, random features.

They are judged on rows that they left out, so what they reach is there to be reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

MOST_ROWS = 600
_FEATURES = 200  # random ones: enough for round shapes, few enough for milliseconds
_MOST_INPUTS = 200
_RIDGES = (1e-3, 1e-1, 1e1)  # of the mean square of the features; the best of three is honest enough
_MOST_KINDS = 32
_ROWS_OF_A_KIND = 8  # a value that fewer rows have tells of these rows only
_REACH = 3  # rows before and after: enough to outvote one that is wrong


def left_out_score(inputs: np.ndarray, answers: np.ndarray) -> float:
    r"""Return what ridge regression on random features reaches on rows left out, one at a time.

    Features are the inputs and ``relu(x W + b)`` with random ``W, b`` (Rahimi and Recht 2007); a row that is
    left out is predicted without training anew: :math:`y_i - \hat y_{-i} = (y_i - \hat y_i)/(1 - h_{ii})`.

    Parameters
    ----------
    inputs : (rows, numbers) array
    answers : (rows, outputs) array
        0 and 1 for each class, or quantities.

    Returns
    -------
    float
        Share right for classes, R2 for quantities.

    Examples
    --------
    >>> x = np.linspace(-1, 1, 60)[:, None]
    >>> left_out_score(x, x**2) > 0.99
    True
    """
    if len(inputs) < 2:
        return 0.0
    features = _features(inputs[:, :_MOST_INPUTS])
    return max(_score(_left_out(features, answers, ridge), answers) for ridge in _RIDGES)


def best_columns(blocks: Mapping[str, np.ndarray], answers: np.ndarray) -> dict[str, Any]:
    """Return the column that alone tells the target best, how well, and how well the next one does.

    Parameters
    ----------
    blocks : mapping of str to (rows, numbers) array
        What each column became.
    answers : (rows, outputs) array

    Returns
    -------
    dict
        ``column``; ``score`` and ``second``, the share of what a constant gets wrong that the column gets
        right. Each row is predicted by others: those of the same value, or those next to it in order.

    Examples
    --------
    >>> y = np.tile([0.0, 1.0], 50)[:, None]
    >>> found = best_columns({"a": y * 3.0, "b": np.arange(100.0)[:, None]}, np.hstack([1 - y, y]))
    >>> found["column"], found["score"]
    ('a', 1.0)
    """
    told = {name: _alone(block, answers) for name, block in blocks.items()}
    if not told:
        return {}
    order = sorted(told, key=lambda name: -told[name])
    second = told[order[1]] if len(order) > 1 else 0.0
    return {"column": order[0], "score": told[order[0]], "second": second}


def _alone(block: np.ndarray, answers: np.ndarray) -> float:
    """Return the share of a constant's error that one column does away with."""
    if len(answers) < 4:
        return 0.0
    constant = (answers.sum(axis=0) - answers) / (len(answers) - 1)
    left, whole = _wrong(_by_value(block, answers), answers), _wrong(constant, answers)
    return float(1.0 - left / whole) if whole > 0 else 0.0


def _by_value(block: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Return what other rows say of each: those of its value where values are few, else those next to it."""
    kinds, codes = np.unique(np.round(block, 6), axis=0, return_inverse=True)
    codes = codes.reshape(-1)
    if len(kinds) > max(2, min(_MOST_KINDS, len(block) // _ROWS_OF_A_KIND)):
        return _by_neighbours(block[:, 0], answers)
    sums = np.zeros((len(kinds), answers.shape[1]))
    np.add.at(sums, codes, answers)
    others = np.bincount(codes)[codes][:, None] - 1
    mean = answers.mean(axis=0)
    return np.where(others > 0, (sums[codes] - answers) / np.maximum(others, 1), mean)


def _by_neighbours(values: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Return the mean of the rows that come just before and after each in the order of a column."""
    order = np.lexsort((np.random.default_rng(0).random(len(values)), values))  # equals in any order
    reach = min(_REACH, (len(values) - 1) // 2)
    padded = np.concatenate([answers[order][:reach], answers[order], answers[order][-reach:]])
    sums = np.cumsum(np.concatenate([np.zeros((1, answers.shape[1])), padded]), axis=0)
    guess = np.empty(answers.shape)
    guess[order] = (sums[2 * reach + 1 :] - sums[: len(values)] - answers[order]) / (2 * reach)
    return guess


def _wrong(guess: np.ndarray, answers: np.ndarray) -> float:
    """Return the share wrong for classes, the sum of squares for quantities."""
    if _is_classes(answers):
        return float((guess.argmax(axis=1) != answers.argmax(axis=1)).sum())
    return float(np.square(guess - answers).sum())


def _is_classes(answers: np.ndarray) -> bool:
    return (
        answers.shape[1] > 1 and bool((answers.sum(axis=1) == 1).all()) and set(np.unique(answers)) <= {0, 1}
    )


def _features(inputs: np.ndarray) -> np.ndarray:
    scale = inputs.std(axis=0)
    x = (inputs - inputs.mean(axis=0))[:, scale > 0] / scale[scale > 0]
    generator = np.random.default_rng(0)  # its own: what is expected of a table does not depend on a seed
    weights = generator.normal(size=(x.shape[1], _FEATURES)) / np.sqrt(max(x.shape[1], 1))
    hidden = np.maximum(x @ weights + generator.normal(size=_FEATURES), 0.0)
    features = np.hstack([x, hidden])
    return features - features.mean(axis=0)


def _left_out(features: np.ndarray, answers: np.ndarray, ridge: float) -> np.ndarray:
    """Return the prediction for each row by all the others."""
    kernel = features @ features.T
    penalty = ridge * max(np.trace(kernel) / len(kernel), 1e-12)
    hat = np.linalg.solve(kernel + penalty * np.eye(len(kernel)), kernel).T + 1.0 / len(kernel)
    keep = np.clip(1.0 - np.diag(hat), 1e-6, None)[:, None]
    center = answers.mean(axis=0)
    return answers - (answers - center - (hat - 1.0 / len(kernel)) @ (answers - center)) / keep


def _score(guess: np.ndarray, answers: np.ndarray) -> float:
    if _is_classes(answers):
        return float((guess.argmax(axis=1) == answers.argmax(axis=1)).mean())
    whole = float(np.square(answers - answers.mean(axis=0)).sum())
    return 1.0 - float(np.square(guess - answers).sum()) / whole if whole > 0 else 0.0
