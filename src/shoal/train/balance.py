"""Classes that come equally often: each epoch draws rows with replacement, class by class.

An epoch has as many rows as the table. Class after class gets its turn, in an order of chance, so that their
numbers differ by one at most; the row is drawn from its class in proportion to its weight, and then counts
once: weight 2 is the row twice, weight 0 the row absent. No rows are invented. Row weights that differ
between classes only, as those of ``class_weight``, have no effect here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, UInt32

from shoal.errors import SettingError
from shoal.nets import draws


def balance_for(balance: bool, task: str, class_weight: Any = None) -> bool:
    """Return the setting ``balance``, or refuse it where there are no classes to balance, or weights do it.

    Raises
    ------
    SettingError
    """
    if balance and task not in ("binary", "multiclass"):
        raise SettingError(
            "The 'balance' setting draws classes equally often: it needs a target of classes. Received a "
            f"{task} target."
        )
    if balance and class_weight is not None:
        raise SettingError(
            "Balanced classes leave class_weight nothing to do: set 'balance' or 'class_weight', not both."
        )
    return balance


def evened(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a program's training data with all weights in the draws: rows that come along count once.

    Parameters
    ----------
    data : mapping
        ``"train"`` with its padded ``"target"`` and ``"weight"``, and the rest.

    Returns
    -------
    dict
        With ``"strata"``, see `strata_of`.
    """
    train = data["train"]
    weight = train["weight"]
    once = (np.arange(len(weight)) < data["rows"]).astype(weight.dtype)
    strata = strata_of(train["target"], weight, len(weight))
    return {**data, "train": {**train, "weight": once}, "strata": strata}


def epoch_order(key: UInt32[Array, ""], slots: int, data: Mapping[str, Any]) -> UInt32[Array, "slots"]:
    """Return the rows of an epoch in order, then the padding: shuffled, or `balanced` where so prepared."""
    if "strata" in data:
        return balanced(key, slots, data["rows"], data["strata"])
    return draws.shuffle(key, slots, data["rows"])


def strata_of(target: np.ndarray, weight: np.ndarray, slots: int) -> dict[str, Any]:
    """Sort rows by class, for `balanced`.

    Parameters
    ----------
    target : (rows,) or (rows, 1) array
        Class of each row.
    weight : (rows,) array
    slots : int
        Rows with padding. All arrays have this size, whatever classes there are, so that folds share a
        program.

    Returns
    -------
    dict of uint32 arrays
        ``"order"``: rows class by class; ``"level"``: share of the class's weight that has been reached after
        each of them, where 1 is 2**32; ``"first"``: where each class begins in these, and the last one ends;
        ``"classes"``: their number.

    Examples
    --------
    >>> strata = strata_of(np.array([1, 0, 1, 1]), np.array([1.0, 1.0, 3.0, 0.0]), slots=4)
    >>> (
    ...     strata["order"][:3].tolist(),
    ...     strata["first"][:3].tolist(),
    ...     (strata["level"][:3] / 2**32).round(2).tolist(),
    ... )
    ([1, 0, 2], [0, 1, 3], [1.0, 0.25, 1.0])
    """
    rows = np.flatnonzero(np.asarray(weight) > 0)
    _, place, counts = np.unique(
        np.asarray(target).reshape(len(weight))[rows], return_inverse=True, return_counts=True
    )
    by_class = np.argsort(place, kind="stable")
    heavy = np.asarray(weight, np.float64)[rows[by_class]]
    first = np.concatenate([[0], np.cumsum(counts)])
    reached = np.concatenate([np.cumsum(part) / part.sum() for part in np.split(heavy, first[1:-1])])
    level = np.minimum(np.floor(reached * 2.0**32), 2.0**32 - 1)
    return {
        "order": _filled(rows[by_class], slots),
        "level": _filled(level, slots),
        "first": _filled(first, slots + 1),
        "classes": np.uint32(len(counts)),
    }


def balanced(
    key: UInt32[Array, ""], slots: int, rows: UInt32[Array, ""], strata: Mapping[str, Array]
) -> UInt32[Array, "slots"]:
    """Draw the rows of an epoch, followed by the padding slots ``rows .. slots-1``.

    Parameters
    ----------
    key : uint32 scalar
        Of this epoch.
    slots, rows : int, uint32 scalar
        Rows of the table with and without padding.
    strata : mapping
        As `strata_of` makes it.
    """
    slot = jnp.arange(slots, dtype=jnp.uint32)
    turn, whose = draws.fold(key, 1), draws.shuffle(draws.fold(key, 2), slots, rows)
    stratum = (whose + turn % strata["classes"]) % strata["classes"]
    found = _reached(draws.bits_of(draws.fold(key, 3), (slots,)), stratum, strata)
    return jnp.where(slot < rows, strata["order"][found], slot)


def _reached(bits, stratum, strata) -> UInt32[Array, "slots"]:
    """Return the first row of each stratum whose level is above `bits`, by bisection."""
    end = strata["first"][stratum + 1]

    def halve(_, bounds):
        low, high = bounds
        middle = (low + high) // 2
        above = (low < high) & (strata["level"][middle] <= bits)
        return jnp.where(above, middle + 1, low), jnp.where(above, high, middle)

    low, _ = jax.lax.fori_loop(0, len(bits).bit_length(), halve, (strata["first"][stratum], end))
    return jnp.minimum(low, end - 1)


def _filled(values: np.ndarray, size: int) -> np.ndarray:
    out = np.zeros(size, np.uint32)
    out[: len(values)] = values
    return out
