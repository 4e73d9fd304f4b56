"""What is left of quantities after prediction: residuals against predictions, their spread and quantiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from shoal.errors import InputError
from shoal.history.answers import Answers

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
_MOST_POINTS, _BANDS = 1000, 10


@dataclass(frozen=True)
class Band:
    """Rows of neighbouring predictions.

    Parameters
    ----------
    low, high : float
        Predictions of the band.
    rows : int
    mean : float
        Of the residuals: away from 0, predictions of this size lean to one side.
    lower, upper : float
        Their 5 % and 95 % quantiles: a funnel means that noise grows with the size.
    """

    low: float
    high: float
    rows: int
    mean: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Residuals:
    """Residuals ``truth - prediction`` of one quantity, in its own units.

    Parameters
    ----------
    name : str
    points : tuple of (prediction, residual)
        Of at most a thousand rows, taken evenly.
    quantiles : tuple of (level, residual)
    mean, spread : float
        Mean and standard deviation of the residuals.
    bands : tuple of Band
        Tenths of the rows, by their predictions.
    """

    name: str
    points: tuple[tuple[float, float], ...]
    quantiles: tuple[tuple[float, float], ...]
    mean: float
    spread: float
    bands: tuple[Band, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        pairs = {name: [list(pair) for pair in getattr(self, name)] for name in ("points", "quantiles")}
        return {**asdict(self), **pairs, "bands": [asdict(band) for band in self.bands]}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Residuals:
        """Return what `to_json` wrote."""
        pairs = {name: tuple(tuple(pair) for pair in values[name]) for name in ("points", "quantiles")}
        return cls(**{**values, **pairs, "bands": tuple(Band(**band) for band in values["bands"])})


def residuals(answers: Answers) -> tuple[Residuals, ...]:
    """Return the residuals of each quantity; rows of weight 0 are left out.

    Raises
    ------
    InputError
        For classes, which have no residuals.

    Examples
    --------
    >>> said, truth = np.arange(6.0), np.arange(6.0) + [0, 1, 0, -1, 0, 3]
    >>> found = residuals(Answers("regression", ("price",), np.arange(6), truth, said))[0]
    >>> found.mean, dict(found.quantiles)[0.5]
    (0.5, 0.0)
    """
    if answers.task != "regression":
        raise InputError(
            "Expected predicted quantities. Got classes, which have no residuals; look at confusion."
        )
    kept = np.ones(len(answers), bool) if answers.weight is None else answers.weight > 0
    weight = np.ones(int(kept.sum())) if answers.weight is None else answers.weight[kept]
    truth, said = (
        values[kept].reshape(int(kept.sum()), -1) for values in (answers.truth, answers.prediction)
    )
    return tuple(_of_one(name, said[:, i], truth[:, i], weight) for i, name in enumerate(answers.names))


def _of_one(name: str, said: np.ndarray, truth: np.ndarray, weight: np.ndarray) -> Residuals:
    left = truth - said
    mean = float(np.average(left, weights=weight))
    some = np.unique(np.linspace(0, len(left) - 1, min(len(left), _MOST_POINTS)).round().astype(int))
    return Residuals(
        name,
        tuple((float(said[i]), float(left[i])) for i in some),
        tuple(zip(LEVELS, _quantiles(left, weight, LEVELS), strict=True)),
        mean,
        float(np.sqrt(np.average((left - mean) ** 2, weights=weight))),
        tuple(_bands(said, left, weight)),
    )


def _bands(said: np.ndarray, left: np.ndarray, weight: np.ndarray) -> list[Band]:
    order = np.argsort(said, kind="stable")
    parts = np.array_split(order, min(_BANDS, max(len(order) // 5, 1)))
    found = []
    for part in parts:
        lower, upper = _quantiles(left[part], weight[part], (LEVELS[0], LEVELS[-1]))
        mean = float(np.average(left[part], weights=weight[part]))
        found.append(Band(float(said[part].min()), float(said[part].max()), len(part), mean, lower, upper))
    return found


def _quantiles(values: np.ndarray, weight: np.ndarray, levels: tuple[float, ...]) -> list[float]:
    """Return weighted quantiles; with equal weights those of `numpy.quantile`."""
    order = np.argsort(values, kind="stable")
    if (weight == weight[0]).all():
        return np.quantile(values, levels).tolist()
    reached = np.cumsum(weight[order]) - 0.5 * weight[order]
    return np.interp(np.array(levels) * weight.sum(), reached, values[order]).tolist()
