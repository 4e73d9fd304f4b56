"""Scaling of one column of numbers: learnt from the training rows, applied value by value."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any, Literal, get_args

import numpy as np

from shoal.data.distribution import Distribution

Scaling = Literal["standard", "minmax", "symmetric", "robust", "quantile", "none"]
"""How numbers are scaled.

==============  ==========================================================================
``standard``    mean 0, standard deviation 1
``minmax``      the training rows fill [0, 1]
``symmetric``   the training rows fill [-1, 1]
``robust``      median 0, distance of the quartiles 1; where that is 0, half the range is 1
``quantile``    the training rows follow a normal distribution, by rank
``none``        as they are
==============  ==========================================================================
"""
SCALINGS: tuple[str, ...] = get_args(Scaling)

KNOTS = 1000  # points of the curve from values to normal scores


@dataclass(frozen=True)
class Scaler:
    """The map of one column: ``(x - center) / scale``, or a curve through `knots` and `scores`.

    A scale of 0 marks a column that is constant in the training rows: everything becomes 0.

    Attributes
    ----------
    center, scale : float
    smooth_clip : bool
        Whether ``x / sqrt(1 + (x / 3)^2)`` follows, which keeps values within (-3, 3).
    knots, scores : tuple of float
        Training values and their normal scores; empty but for ``quantile``.
    """

    center: float = 0.0
    scale: float = 1.0
    smooth_clip: bool = False
    knots: tuple[float, ...] = ()
    scores: tuple[float, ...] = ()

    @classmethod
    def fit(cls, found: Distribution, scaling: str, smooth_clip: bool = False) -> Scaler:
        """Return the scaler of a column with that distribution.

        Examples
        --------
        >>> scaler = Scaler.fit(Distribution.of(np.array([2.0, 4.0, 10.0])), "minmax")
        >>> scaler(np.array([2.0, 6.0, 10.0])).tolist()
        [0.0, 0.5, 1.0]
        """
        if len(found.values) < 2:
            return cls(float(found.values[0]) if len(found.values) else 0.0, 0.0)
        if scaling == "quantile":
            knots, scores = _normal_curve(found)
            return cls(smooth_clip=smooth_clip, knots=knots, scores=scores)
        center, scale = _center_and_scale(found, scaling)
        return cls(center, scale, smooth_clip)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return scaled values (float64); each depends on itself alone."""
        if self.scale == 0:
            return np.zeros(len(values))
        if self.knots:
            scaled = np.interp(values, self.knots, self.scores)
        else:
            scaled = (values - self.center) / self.scale
        return scaled / np.sqrt(1 + (scaled / 3) ** 2) if self.smooth_clip else scaled

    def to_json(self) -> dict[str, Any]:
        """Return the scaler as JSON data."""
        return {**asdict(self), "knots": list(self.knots), "scores": list(self.scores)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Scaler:
        """Return the scaler that `to_json` wrote."""
        return cls(**{**data, "knots": tuple(data["knots"]), "scores": tuple(data["scores"])})


def _center_and_scale(found: Distribution, scaling: str) -> tuple[float, float]:
    low, high = float(found.values[0]), float(found.values[-1])
    half = high / 2 - low / 2
    if scaling == "standard":
        return found.mean(), found.deviation()
    if scaling == "minmax":
        return low, 2 * half
    if scaling == "symmetric":
        return low / 2 + high / 2, half
    if scaling == "none":
        return 0.0, 1.0
    quarter, median, three_quarters = found.quantiles(np.array([0.25, 0.5, 0.75])).tolist()
    return median, (three_quarters - quarter) or half


def _normal_curve(found: Distribution) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return training values and the normal scores of their ranks, at most `KNOTS` of them."""
    values, ranks = found.values, found.ranks()
    if len(values) > KNOTS:
        wanted = np.searchsorted(ranks, np.linspace(ranks[0], ranks[-1], KNOTS))
        kept = np.unique(wanted.clip(max=len(values) - 1))
        values, ranks = values[kept], ranks[kept]
    inverse = NormalDist().inv_cdf
    return tuple(values.tolist()), tuple(inverse(rank) for rank in ranks.tolist())
