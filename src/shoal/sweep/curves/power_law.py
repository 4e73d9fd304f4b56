"""What more rows would bring: a power law through the errors, with how far it can be trusted."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from shoal.errors import InputError
from shoal.history.wording import with_bounds
from shoal.sweep.matter.paired import t_quantile

_POWERS = np.geomspace(0.05, 3.0, 80)
_DRAWS = 400
_FEWEST = 4
_SURE = 2.0  # standard errors
_GOOD = 0.9  # share of the spread between the sizes that the law explains


@dataclass(frozen=True)
class PowerLaw:
    """The law ``error = floor + scale * rows ** -power`` through a learning curve.

    Attributes
    ----------
    good : bool
        Whether it describes the errors, so that one may look ahead by it.
    floor, scale, power : float
    explained : float
        Share of the variance between the mean errors that it explains.
    rows : float
        Twice the most rows that were trained on.
    error, low, high : float
        What is expected with so many, and its 95 % interval.
    words : str
    """

    good: bool
    floor: float
    scale: float
    power: float
    explained: float
    rows: float
    error: float
    low: float
    high: float
    words: str


def power_law(rows: ArrayLike, errors: ArrayLike, figure: str = "error", inflation: float = 1.0) -> PowerLaw:
    r"""Fit :math:`e(n) = a + b\,n^{-c}` with :math:`a, b \ge 0` and look ahead to twice the rows.

    Of every power on a grid the best floor and scale are found by least squares, weighted by
    the variances of the means; the power with the smallest sum is taken. The interval is that of a bootstrap
    over the columns (all sizes of a fold and seed are drawn together), widened by `inflation` and for their
    being few.

    Parameters
    ----------
    rows : array_like, shape (sizes,)
    errors : array_like, shape (sizes, folds * seeds)
        Lower is better. Columns with a gap are left out.
    figure : str
        What is measured, in words.
    inflation : float
        By how much the spread of the bootstrap is too small, as columns have rows in common.

    Raises
    ------
    InputError
        When there is not one row of errors for each size.

    References
    ----------
    Hestness et al., *Deep learning scaling is predictable, empirically*, arXiv 1712.00409 (2017). Viering and
    Loog, *The shape of learning curves: a review*, IEEE TPAMI 45 (2023).

    Examples
    --------
    >>> n = np.array([50, 100, 200, 400, 800])
    >>> found = power_law(n, (0.1 + 2 * n**-0.5)[:, None] + np.array([[0.0, 0.001, -0.001]]))
    >>> found.good, abs(found.power - 0.5) < 0.03, abs(found.error - (0.1 + 2 * 1600**-0.5)) < 0.003
    (True, True, True)
    """
    n, e = np.asarray(rows, dtype=float), np.asarray(errors, dtype=float)
    if n.ndim != 1 or e.ndim != 2 or len(n) != len(e):
        raise InputError(f"Errors must have a row for each of the {n.size} sizes; the shape {e.shape} came.")
    e = e[:, np.isfinite(e).all(0)]
    ahead = 2 * float(n.max()) if n.size else math.nan
    if len(n) < _FEWEST or not e.shape[1]:
        words = f"Too few to look ahead: it takes {_FEWEST} sizes, and {len(n)} came."
        nan = math.nan
        return PowerLaw(False, nan, nan, nan, nan, ahead, nan, nan, nan, words)
    weight = _weights(e)
    floor, scale, power = (float(part[0]) for part in _fitted(n, e.mean(1)[None], weight))
    explained = _explained(e.mean(1), floor + scale * n**-power)
    error = floor + scale * ahead**-power
    low, high = _interval(n, e, weight, error, ahead, inflation)
    good = explained >= _GOOD and scale > 0 and _falls(n, e, inflation)
    return PowerLaw(
        good, floor, scale, power, explained, ahead, error, low, high,
        _said(good, explained, ahead, (error, low, high), float(e[n.argmax()].mean()), figure),
    )  # fmt: skip


def _weights(e: np.ndarray) -> np.ndarray:
    """Return how much each size counts: one over its variance, none more than 100 times another."""
    if e.shape[1] < 3:
        return np.ones(len(e))
    variance = e.var(1, ddof=1)
    top = float(variance.max())
    return 1.0 / np.maximum(variance, top / 100) if top > 0 else np.ones(len(e))


def _fitted(
    n: np.ndarray, means: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return floor, scale and power of each row of means, (draws, sizes)."""
    x = n[None, :] ** -_POWERS[:, None]  # (powers, sizes)
    w = weight / weight.sum()
    middle, mean = (x * w).sum(1), (means * w).sum(1)
    spread = ((x - middle[:, None]) ** 2 * w).sum(1)
    together = ((means - mean[:, None]) * w) @ (x - middle[:, None]).T  # (draws, powers)
    scale = np.maximum(together / spread, 0.0)
    floor = mean[:, None] - scale * middle
    through = np.maximum((means * w) @ x.T / (x**2 * w).sum(1), 0.0)  # with the floor at zero
    scale, floor = np.where(floor < 0, through, scale), np.maximum(floor, 0.0)
    left = means[:, None, :] - floor[..., None] - scale[..., None] * x[None]
    best = (left**2 * w).sum(-1).argmin(1)
    at = np.arange(len(means))
    return floor[at, best], scale[at, best], _POWERS[best]


def _interval(
    n: np.ndarray, e: np.ndarray, weight: np.ndarray, error: float, ahead: float, inflation: float
) -> tuple[float, float]:
    if e.shape[1] < 2:
        return math.nan, math.nan
    drawn = np.random.default_rng(0).integers(e.shape[1], size=(_DRAWS, e.shape[1]))
    floor, scale, power = _fitted(n, e[:, drawn].mean(-1).T, weight)
    low, high = np.quantile(floor + scale * ahead**-power, [0.025, 0.975])
    wider = inflation * _few(e.shape[1])
    return max(error - wider * max(error - low, 0.0), 0.0), error + wider * max(high - error, 0.0)


def _few(columns: int) -> float:
    """Return how much wider than a bootstrap's an interval is, drawn from so few: t for z, n - 1 for n."""
    return t_quantile(0.975, columns - 1) / 1.96 * math.sqrt(columns / (columns - 1))


def _explained(means: np.ndarray, law: np.ndarray) -> float:
    total = float(((means - means.mean()) ** 2).sum())
    return 1.0 - float(((means - law) ** 2).sum()) / total if total > 0 else 0.0


def _falls(n: np.ndarray, e: np.ndarray, inflation: float) -> bool:
    """Return whether the fall from the fewest rows to the most is beyond chance."""
    fall = e[n.argmin()] - e[n.argmax()]
    error = inflation * float(fall.std(ddof=1)) / math.sqrt(len(fall)) if len(fall) > 1 else 0.0
    return float(fall.mean()) > _SURE * error


def _said(
    good: bool, explained: float, ahead: float, found: tuple[float, float, float], now: float, figure: str
) -> str:
    if not good:
        return (
            f"The {figure} does not follow a power law of the rows beyond chance (it explains "
            f"{max(explained, 0.0):.0%} of the differences), so nothing is said of more rows."
        )
    value, bounds = with_bounds(*found)
    share = f", {100 * (found[0] / now - 1):+.0f}%".replace("-", "−") if now > 0 else ""
    return (
        f"Twice the rows ({ahead:,.0f}) would bring a {figure} of about {value} (95 % interval {bounds}"
        f"{share})."
    )
