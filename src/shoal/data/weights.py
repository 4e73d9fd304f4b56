"""Weights of rows from weights of classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from shoal.errors import SettingError, TargetError


def class_weights(
    labels: Any,
    class_weight: str | Mapping[Any, float] | None,
    classes: Sequence[Any],
    weight: np.ndarray | None = None,
) -> np.ndarray:
    """Return the weight of each row that its class gives it.

    ``"balanced"`` gives every class the same total: a row of class c weighs
    ``rows / (classes * rows of class c)``, counting the classes that occur, and counting a row of
    weight 2 twice.

    Parameters
    ----------
    labels : sequence of shape (rows,)
        The class of each row, as an original value.
    class_weight : "balanced", mapping of class to weight, or None
        Classes that a mapping leaves out weigh 1. None: every row weighs 1.
    classes : sequence
        All classes.
    weight : array of shape (rows,), optional
        Weights that the rows have already; the result does not contain them.

    Returns
    -------
    ndarray of shape (rows,), float64

    Raises
    ------
    SettingError
        If a class is not known, a weight is negative or not finite, or the word is unknown.

    Examples
    --------
    >>> class_weights(["a", "a", "a", "b"], "balanced", ["a", "b"]).tolist()
    [0.666..., 0.666..., 0.666..., 2.0]
    >>> class_weights([0, 1, 1], {1: 3.0}, [0, 1]).tolist()
    [1.0, 3.0, 3.0]
    """
    if class_weight is None:
        return np.ones(len(labels))
    known = {_plain(value): place for place, value in enumerate(classes)}
    values, inverse = np.unique(np.asarray(labels), return_inverse=True)
    codes = np.array([_place(value, known) for value in values.tolist()], dtype=np.int64)[inverse]
    if isinstance(class_weight, Mapping):
        return _given(class_weight, known)[codes]
    if class_weight != "balanced":
        raise SettingError(
            "The 'class_weight' setting must be 'balanced', a mapping of class to weight, or None. "
            f"Got {class_weight!r} instead."
        )
    counts = np.bincount(codes, weights=weight, minlength=len(known)).astype(np.float64)
    heavy = counts > 0
    by_class = np.divide(counts.sum(), heavy.sum() * counts, out=np.ones(len(known)), where=heavy)
    return by_class[codes]


def _place(value: Any, known: Mapping[Any, int]) -> int:
    if value not in known:
        raise TargetError(f"The labels hold {value!r}, which is none of the classes: {_listed(known)}.")
    return known[value]


def _given(class_weight: Mapping[Any, float], known: Mapping[Any, int]) -> np.ndarray:
    weights = np.ones(len(known))
    for value, weight in class_weight.items():
        if _plain(value) not in known:
            raise SettingError(
                f"The 'class_weight' setting names {value!r}, which is none of the classes: {_listed(known)}."
            )
        if not (np.isfinite(weight) and weight >= 0):
            raise SettingError(
                "The 'class_weight' setting must hold finite weights of at least 0. "
                f"Got {weight!r} for {value!r}."
            )
        weights[known[_plain(value)]] = weight
    return weights


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _listed(known: Mapping[Any, int]) -> str:
    return ", ".join(map(repr, list(known)[:10])) + (", ..." if len(known) > 10 else "")
