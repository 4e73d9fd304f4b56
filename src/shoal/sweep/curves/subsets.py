"""Nested parts of the training rows: what a smaller part has, every larger one has too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from shoal.data import Split


def in_order(rows: np.ndarray, labels: Any, seed: int) -> np.ndarray:
    """Return rows in a random order whose every beginning has the classes in their shares.

    Each class is shuffled by itself; the i-th of its m rows takes the place (i + u) / m with one u for each
    class, the first row of every class first of all.

    Parameters
    ----------
    rows : (rows,) int array
    labels : sequence of shape (table rows,) or None
        Class of every row of the table; None orders at random.
    seed : int

    Examples
    --------
    >>> order = in_order(np.arange(8), ["a", "b", "a", "a", "b", "a", "a", "a"], seed=0)
    >>> sorted(order.tolist()) == list(range(8)), sum(int(row) in (1, 4) for row in order[:4])
    (True, 1)
    """
    rng = np.random.default_rng(seed)
    if labels is None:
        return rng.permutation(rows)
    classes = np.unique(np.asarray(labels)[rows], return_inverse=True)[1]
    place = np.empty(len(rows))
    for label in range(int(classes.max()) + 1):
        members = rng.permutation(np.flatnonzero(classes == label))
        start = rng.random()
        place[members] = np.where(
            np.arange(len(members)) == 0, start - 1.0, (np.arange(len(members)) + start) / len(members)
        )
    return rows[np.argsort(place, kind="stable")]


def nested(fold: Split, counts: Sequence[int], labels: Any, seed: int) -> list[Split]:
    """Return a fold with so many of its training rows, for each count; the rows that score stay.

    Parameters
    ----------
    fold : Split
    counts : sequence of int
        More rows than there are mean all.
    labels : sequence or None
        As for `in_order`.
    seed : int
    """
    order = in_order(fold.train, labels, seed)
    return [Split(np.sort(order[:count]), fold.valid, fold.test) for count in counts]
