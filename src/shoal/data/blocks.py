"""Matrix products over any number of rows that give a row the same bits alone and among others."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

BLOCK = 64
"""Rows of a block: enough for a fast product, few enough that one row alone costs next to nothing."""


def in_blocks(function: Callable[[np.ndarray], np.ndarray], values: np.ndarray) -> np.ndarray:
    """Return ``function(values)``, computed in blocks of the same number of rows.

    A matrix product may add up in another order when its shapes differ, so a row could get other last
    digits alone than among thousands. Here every row goes through a block of `BLOCK` rows, the last one
    filled up with zeros.

    Parameters
    ----------
    function : callable
        From (rows, features) to (rows, ...), row by row.
    values : float64 array (rows, features)

    Returns
    -------
    array (rows, ...)

    Examples
    --------
    >>> in_blocks(lambda rows: rows @ np.ones((2, 1)), np.array([[1.0, 2.0]])).tolist()
    [[3.0]]
    """
    rows = len(values)
    whole = np.zeros((max(rows + -rows % BLOCK, BLOCK), values.shape[1]))
    whole[:rows] = values
    return np.concatenate([function(whole[at : at + BLOCK]) for at in range(0, len(whole), BLOCK)])[:rows]
