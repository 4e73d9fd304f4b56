"""Is one network really better than another? Paired over the rows that judged both, or from their intervals.

Two networks judged on the same rows share the luck of which rows were tested, so their difference is known
better than either figure: rows are drawn with replacement, the same for both, and the metric's difference is
computed for each draw (the paired bootstrap; Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993,
chapter 8).

Where rows differ, two intervals are all there is: the half-width of the difference of independent
figures is ``sqrt(half_a^2 + half_b^2)``. That holds only if no row that judged one has anything to do with
the other, which cannot be seen from the figures.

Both speak of the chance in which rows were tested. How much another seed would change is another matter.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from shoal.history.answers import Answers
from shoal.history.intervals import FEWEST_DRAWS, MOST_DRAWS
from shoal.history.metrics import METRICS, Metric, ready

Method = Literal["paired", "intervals", "none"]
_WORK = 400_000  # draws x rows in all


@dataclass(frozen=True)
class Comparison:
    """How much two figures differ, and whether that is more than chance.

    Attributes
    ----------
    metric : str
    first, second : float
        The figures.
    difference, low, high : float
        Second less first, with the bounds of its 95 % interval; NaN where they cannot be told.
    method : {"paired", "intervals", "none"}
        How the interval was found: over the same rows, from two intervals, or not at all.
    rows : int
        Rows that both were judged on; 0 unless paired.
    """

    metric: str
    first: float
    second: float
    difference: float
    low: float
    high: float
    method: Method
    rows: int = 0

    @property
    def real(self) -> bool | None:
        """Whether the interval leaves out zero; None where it cannot be told."""
        if self.method == "none" or math.isnan(self.low):
            return None
        return self.low > 0 or self.high < 0

    @property
    def better(self) -> Literal["first", "second"] | None:
        """Which of the two is really better; None where no difference was seen."""
        if not self.real:
            return None
        return "second" if (self.difference > 0) == (METRICS[self.metric].goal == "max") else "first"

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {**asdict(self), "real": self.real, "better": self.better}


def shared_rows(first: Answers, second: Answers) -> tuple[np.ndarray, np.ndarray]:
    """Return where the rows that both judged stand in each; none unless their truths agree there.

    Examples
    --------
    >>> a = Answers("regression", ("y",), np.array([5, 7]), np.array([1.0, 2.0]), np.array([1.1, 2.2]))
    >>> b = Answers("regression", ("y",), np.array([7, 9]), np.array([2.0, 3.0]), np.array([2.1, 3.3]))
    >>> [places.tolist() for places in shared_rows(a, b)]
    [[1], [0]]
    """
    nothing = np.zeros(0, dtype=np.int64)
    if (first.task, first.names) != (second.task, second.names):
        return nothing, nothing
    _, one, other = np.intersect1d(first.rows, second.rows, return_indices=True)
    alike = np.allclose(first.truth[one], second.truth[other], rtol=1e-6, equal_nan=True)
    return (one, other) if len(one) and alike else (nothing, nothing)


def paired(first: Answers, second: Answers, metric: str, *, seed: int = 0) -> Comparison | None:
    """Compare two networks over the rows that judged both.

    Parameters
    ----------
    first, second : Answers
        Of the same table.
    metric : str
    seed : int
        Of the draws.

    Returns
    -------
    Comparison or None
        None where they share fewer than two rows.

    Examples
    --------
    >>> truth, rows = np.arange(40) % 2, np.arange(40)
    >>> sure = np.where(np.eye(2)[truth] == 1, 0.9, 0.1)
    >>> a = Answers("binary", ("no", "yes"), rows, truth, np.full((40, 2), 0.5))
    >>> found = paired(a, Answers("binary", ("no", "yes"), rows, truth, sure), "log_loss")
    >>> found.better, found.rows
    ('second', 40)
    """
    one, other = shared_rows(first, second)
    if len(one) < 2:
        return None
    found, task = METRICS[metric], first.task
    truth = first.truth[one]
    said = [ready(task, found, a.prediction[p]) for a, p in ((first, one), (second, other))]
    weight = np.ones(len(one)) if first.weight is None else first.weight[one]
    values = [_values(found, truth, each, weight[None, :])[0] for each in said]
    draws = min(max(_WORK // len(one), FEWEST_DRAWS), MOST_DRAWS)
    counts = _counts(np.random.default_rng(seed), draws, len(one)) * weight
    drawn = _values(found, truth, said[1], counts) - _values(found, truth, said[0], counts)
    low, high = _bounds(values[1] - values[0], drawn[np.isfinite(drawn)])
    before, after = (float(value) for value in values)
    return Comparison(metric, before, after, after - before, low, high, "paired", len(one))


def from_intervals(metric: str, first: dict[str, float], second: dict[str, float]) -> Comparison:
    """Compare two figures by their intervals, as if they were of rows that have nothing in common.

    Examples
    --------
    >>> a, b = {"value": 0.80, "low": 0.77, "high": 0.83}, {"value": 0.90, "low": 0.86, "high": 0.94}
    >>> found = from_intervals("accuracy", a, b)
    >>> round(found.low, 3), round(found.high, 3), found.better
    (0.05, 0.15, 'second')
    """
    values = [_number(one["value"]) for one in (first, second)]
    halves = [(_number(one["high"]) - _number(one["low"])) / 2 for one in (first, second)]
    before, after = values
    difference, half = after - before, math.hypot(*halves)
    told = math.isfinite(half) and math.isfinite(difference)
    low, high = (difference - half, difference + half) if told else (math.nan, math.nan)
    return Comparison(metric, before, after, difference, low, high, "intervals" if told else "none")


def _values(metric: Metric, truth: np.ndarray, said: np.ndarray, weights: np.ndarray) -> np.ndarray:
    if metric.needs == "values":
        return metric.kernel(truth.reshape(len(truth), -1), said.reshape(len(said), -1), weights)
    return metric.kernel(truth, said, weights)


def _counts(generator: np.random.Generator, draws: int, rows: int) -> np.ndarray:
    """How often each row was drawn, (draws, rows): rows drawn with replacement."""
    return generator.multinomial(rows, np.full(rows, 1 / rows), size=draws).astype(float)


def _bounds(value: float, drawn: np.ndarray) -> tuple[float, float]:
    if len(drawn) < FEWEST_DRAWS:
        return math.nan, math.nan
    if len(drawn) < 400:  # too few for the tails
        half = 1.96 * float(drawn.std(ddof=1))
        return value - half, value + half
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
