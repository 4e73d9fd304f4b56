"""Larger steps from the same batches: gradients of several batches are added up before a step is taken.

How many is data of the compiled program, a flag for each batch that says whether a step follows it. So
gradient accumulation, and growing the batch instead of decaying the rate (Smith et al., arXiv 1711.00489),
need no program of their own, and only the rows of one batch in memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from shoal.errors import SettingError
from shoal.rules import Number, check, refuse_unknown

_RULES = {
    "factor": Number(2, integer=True),
    "every": Number(0, low_open=True),
    "most": Number(0, integer=True),
}


@dataclass(frozen=True)
class Growth:
    """How the rows of a step grow: times `factor` after every `every` epochs, up to `most` rows.

    Parameters
    ----------
    factor : int
        At least 2.
    every : float
        Epochs, above 0.
    most : int
        Rows that a step never exceeds; 0 for no limit.

    Examples
    --------
    >>> Growth(factor=2, every=3, most=500).batches(epoch=6, batch_size=100, accumulate=1)
    4
    """

    factor: int = 2
    every: float = 10.0
    most: int = 0

    def batches(self, epoch: int, batch_size: int, accumulate: int) -> int:
        """Return how many batches make a step in an epoch, counted from 0."""
        wanted = accumulate * self.factor ** int(epoch // self.every)
        return min(wanted, max(self.most // batch_size, accumulate)) if self.most else wanted


def as_growth(value: Any) -> Growth | None:
    """Return what the setting ``batch_growth`` says; None for none.

    Raises
    ------
    SettingError
        If it is no mapping, or has a wrong name or number.

    Examples
    --------
    >>> as_growth({"factor": 2, "every": 5})
    Growth(factor=2, every=5, most=0)
    """
    if value is None or isinstance(value, Growth):
        return value
    if not isinstance(value, Mapping):
        raise SettingError(
            "The 'batch_growth' parameter must be a mapping such as {'factor': 2, 'every': 10}, or None. "
            f"Got {value!r} instead."
        )
    refuse_unknown("The 'batch_growth' parameter", value, _RULES)
    for name, number in value.items():
        check("batch_growth", name, number, _RULES[name])
    return Growth(**value)


def step_flags(
    epochs: int, steps: int, batch_size: int, accumulate: int, growth: Growth | None, first_epoch: int = 0
) -> np.ndarray:
    """Return 1 for each batch after which a step is taken, else 0: (epochs, steps) array.

    The last batch of an epoch always ends a step, so that a short last step is the mean of its own rows.

    Examples
    --------
    >>> step_flags(2, 5, 32, 2, None).astype(int).tolist()
    [[0, 1, 0, 1, 1], [0, 1, 0, 1, 1]]
    """
    flags = np.zeros((epochs, steps))
    for i in range(epochs):
        together = growth.batches(first_epoch + i, batch_size, accumulate) if growth else accumulate
        flags[i, together - 1 :: together] = 1.0
    flags[:, -1] = 1.0
    return flags
