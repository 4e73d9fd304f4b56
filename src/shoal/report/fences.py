"""Where a picture ends, so that a few networks that failed do not flatten all others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_FAR = 3.0  # quartile ranges beyond a quartile: what Tukey calls far out


def fenced(values: Sequence[float], lower_is_better: bool) -> tuple[float, float]:
    """Return the range of values without those that are far out on the bad side.

    Parameters
    ----------
    values : sequence of float
        Finite, at least one.
    lower_is_better : bool

    Examples
    --------
    >>> fenced([0.1, 0.2, 0.3, 0.4, 9e9], True)
    (0.1, 0.4)

    References
    ----------
    Tukey, *Exploratory Data Analysis*, 1977.
    """
    known = np.asarray(values, dtype=np.float64)
    first, third = np.percentile(known, [25, 75])
    reach = _FAR * (third - first)
    inside = known <= third + reach if lower_is_better else known >= first - reach
    kept = known[inside]
    return float(kept.min()), float(kept.max())
