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

from shoal.errors import SettingError, did_you_mean


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
    known = tuple(vars(Growth()))
    for name, number in value.items():
        if name not in known:
            raise SettingError(
                f"The 'batch_growth' parameter has no setting {name!r}.{did_you_mean(str(name), known)} "
                f"It takes: {', '.join(known)}."
            )
        _refuse_wrong(str(name), number)
    return Growth(**value)


def _refuse_wrong(name: str, number: Any) -> None:
    whole = isinstance(number, int) and not isinstance(number, bool)
    says, right = {
        "factor": ("a whole number of at least 2", whole and number >= 2),
        "every": ("a number above 0", isinstance(number, int | float) and 0 < number < np.inf),
        "most": ("a whole number of at least 0", whole and number >= 0),
    }[name]
    if not right or isinstance(number, bool):
        raise SettingError(f"The setting {name!r} of batch_growth must be {says}. Got {number!r} instead.")


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
