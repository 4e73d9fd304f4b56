"""How far a test figure can be trusted: an interval around it.

Two stated methods:

- *accuracy*: the Wilson score interval (1927), right for shares of few rows, where the figure
  plus or minus two standard errors may leave [0, 1]. Weighted rows count as Kish's effective
  number of rows, ``(sum w)^2 / sum w^2``.
- *everything else*: the bootstrap. Test rows are drawn with replacement and the figure is computed
  for each draw; the draws are seeded. Up to 1,000 rows the interval is the middle 95 % of a
  thousand (or at least 400) such figures; beyond, fewer draws suffice (40 at the least) and the
  interval is the figure plus and minus 1.96 of their standard deviations.

Both speak of the chance in *which rows were tested*, not of how another training run would do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from shoal.history.metrics import METRICS, Metric, checked, ready

MOST_DRAWS = 1000
FEWEST_DRAWS = 40  # the standard deviation of 40 draws is right to about 11 %
PERCENTILE_DRAWS = 400  # below this the tails are too few to read a percentile off
_WORK = 400_000  # draws x rows in all, so that an interval costs milliseconds at any size
_CELLS = 1_000_000  # draws x rows at a time: 8 MB of weights


@dataclass(frozen=True)
class Interval:
    """A figure with the bounds of its interval.

    Attributes
    ----------
    value, low, high : float
        The figure and its bounds; NaN where the figure is not defined.
    level : float
        The share of such intervals that hold the true figure, 0.95 unless asked otherwise.
    method : str
        "wilson" or "bootstrap".
    """

    value: float
    low: float
    high: float
    level: float
    method: str


def wilson(share: float, rows: float | int, level: float = 0.95) -> tuple[float, float]:
    """Return the Wilson score interval of a share seen in `rows` rows.

    Examples
    --------
    >>> low, high = wilson(0.9, 10)
    >>> round(low, 3), round(high, 3)
    (0.596, 0.982)
    """
    z = NormalDist().inv_cdf(0.5 + level / 2)
    centre = (share + z * z / (2 * rows)) / (1 + z * z / rows)
    half = z / (1 + z * z / rows) * math.sqrt(share * (1 - share) / rows + z * z / (4 * rows**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def interval(
    task: str,
    metric: Metric,
    truth: ArrayLike,
    prediction: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Return a metric of a test split with its interval.

    Parameters
    ----------
    task : str
        The task, as in `shoal.history.metrics.scores`.
    metric : Metric
        One of `METRICS`.
    truth, prediction, weight : arrays
        As for `scores`: probabilities (rows, classes) or values (rows, outputs).
    level : float
        The share of such intervals that hold the true figure.
    seed : int
        Seeds the bootstrap, which uses no other randomness.

    Examples
    --------
    >>> found = interval("binary", METRICS["accuracy"], [0, 1], [[0.9, 0.1], [0.2, 0.8]])
    >>> round(found.low, 2), found.high, found.method
    (0.34, 1.0, 'wilson')
    """
    true, guess, weights = checked(metric.needs, truth, ready(task, metric, prediction), weight)
    value = float(metric.kernel(true, guess, weights)[0])
    if metric.name == "accuracy":
        effective = float(weights.sum() ** 2 / (weights**2).sum())
        return Interval(value, *wilson(value, effective, level), level, "wilson")
    drawn = bootstrap(metric, true, guess, weights[0], seed)
    low, high = _bounds(value, drawn, level)
    low, high = max(low, metric.lowest), min(high, metric.highest)
    return Interval(value, low, high, level, "bootstrap")


def bootstrap(
    metric: Metric, truth: np.ndarray, prediction: np.ndarray, weight: np.ndarray, seed: int
) -> np.ndarray:
    """Return the metric of rows drawn with replacement, one value per draw (undefined left out)."""
    rows = len(weight)
    draws = min(max(_WORK // rows, FEWEST_DRAWS), MOST_DRAWS)
    generator = np.random.default_rng(seed)
    at_once = max(1, _CELLS // rows)
    values = [
        metric.kernel(truth, prediction, weight * _counts(generator, draws_now, rows))
        for draws_now in _parts(draws, at_once)
    ]
    drawn = np.concatenate(values)
    return drawn[np.isfinite(drawn)]


def judged(
    task: str, truth: ArrayLike, prediction: ArrayLike, weight: ArrayLike | None = None, *, seed: int = 0
) -> dict[str, Any]:
    """Return every metric of a task with its interval, as plain data for a model or a report.

    Parameters and their shapes are those of `shoal.history.scores`.

    Examples
    --------
    >>> found = judged("regression", [1.0, 2.0, 4.0], [1.0, 2.0, 3.0])
    >>> found["rows"], sorted(found["figures"]), sorted(found["figures"]["mae"])
    (3, ['mae', 'mape', 'r2', 'rmse'], ['high', 'low', 'method', 'value'])
    """
    metrics = [metric for metric in METRICS.values() if task in metric.tasks]
    found = {m.name: interval(task, m, truth, prediction, weight, seed=seed) for m in metrics}
    figures = {
        name: {"value": one.value, "low": one.low, "high": one.high, "method": one.method}
        for name, one in found.items()
    }
    return {"rows": len(np.asarray(truth)), "level": 0.95, "figures": figures}


def _bounds(value: float, drawn: np.ndarray, level: float) -> tuple[float, float]:
    if len(drawn) < 2 or math.isnan(value):
        return math.nan, math.nan
    if len(drawn) < PERCENTILE_DRAWS:
        half = NormalDist().inv_cdf(0.5 + level / 2) * float(drawn.std(ddof=1))
        return value - half, value + half
    low, high = np.percentile(drawn, [50 * (1 - level), 50 * (1 + level)])
    return float(low), float(high)


def _parts(total: int, at_once: int) -> list[int]:
    whole, rest = divmod(total, at_once)
    return [at_once] * whole + ([rest] if rest else [])


def _counts(generator: np.random.Generator, draws: int, rows: int) -> np.ndarray:
    """How often each row was drawn, (draws, rows): rows drawn with replacement."""
    picked = generator.integers(0, rows, size=(draws, rows))
    flat = picked + np.arange(draws)[:, None] * rows
    return np.bincount(flat.ravel(), minlength=draws * rows).reshape(draws, rows).astype(float)
