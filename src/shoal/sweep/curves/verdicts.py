"""What a curve says in sentences: where it is lowest, from where on nothing is gained, bias and variance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shoal.history.wording import compact, with_bounds
from shoal.sweep.curves.result import Point
from shoal.sweep.matter.paired import t_test


def verdicts(over: str, figure: str, points: Sequence[Point], units: np.ndarray, ratio: float) -> list[str]:
    """Return what the errors say.

    Parameters
    ----------
    over, figure : str
    points : sequence of Point
    units : (points, units) array
        Errors that count as one observation each, as `shoal.sweep.matter.paired.units_of` gives them.
    ratio : float
        As `shoal.sweep.matter.paired.overlap` gives it.
    """
    if not np.isfinite([p.test.mean for p in points]).any():
        return ["Every network diverged or was cut short: lower the learning rate."]
    best = int(np.nanargmin([p.test.mean for p in points]))
    value, bounds = with_bounds(*points[best].test)
    said = [f"Lowest {figure} at {over} {_shown(points[best])}: {value} (95 % interval {bounds})."]
    if units.shape[1] > 1:
        said += _alike(over, points, units, best, ratio)
    return said + _bias_and_variance(over, points)


def _alike(over: str, points: Sequence[Point], units: np.ndarray, best: int, ratio: float) -> list[str]:
    """Say from where on the error is not seen to be higher than the lowest, and whether it rises again."""
    tests = [t_test(units[i] - units[best], ratio) for i in range(len(points))]
    worse = [test.low > 0 for test in tests]
    said = []
    first = next((i for i in range(best) if not any(worse[i:best])), best)
    if first < best:
        said.append(f"From {over} {_shown(points[first])} on no difference from it is seen.")
    if best < len(points) - 1 and worse[-1]:
        value, bounds = with_bounds(tests[-1].mean, tests[-1].low, tests[-1].high)
        said.append(f"At {over} {_shown(points[-1])} it is higher by {value} ({bounds}).")
    if first == best == len(points) - 1:
        said.append(f"It still falls at the last value: look at higher values of {over}.")
    return said


def _bias_and_variance(over: str, points: Sequence[Point]) -> list[str]:
    whole = [point for point in points if point.decomposition is not None]
    if len(whole) < 2:
        return []
    first, last = whole[0].decomposition, whole[-1].decomposition
    assert first is not None
    assert last is not None
    what = {"squared": "squared error", "log_loss": "log loss"}[first.loss]
    ways = [
        f"{name} {_way(before, after)} from {compact(before)} to {compact(after)}"
        for name, before, after in (
            ("bias", first.bias, last.bias),
            ("variance", first.variance, last.variance),
        )
    ]
    return [
        f"Of the {what}, from {over} {_shown(whole[0])} to {_shown(whole[-1])} {' and '.join(ways)}; "
        "what is noise counts as bias, for every row was seen once."
    ]


def _way(before: float, after: float) -> str:
    return "falls" if after < before else "rises" if after > before else "stays"


def _shown(point: Point) -> str:
    return f"{point.value:,g}"
