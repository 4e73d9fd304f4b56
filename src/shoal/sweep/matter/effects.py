"""Does it help on my data? The effect of each technique over the same folds and seeds, with a verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from shoal.errors import InputError
from shoal.history.wording import compact
from shoal.rules import Choice, check
from shoal.sweep.matter.many_tests import holm, holm_levels
from shoal.sweep.matter.paired import Difference, overlap, t_test, units_of

_GOALS = Choice(("min", "max"))


@dataclass(frozen=True)
class Effect:
    """What a technique changes, and what can be said of it.

    Attributes
    ----------
    name : str
    mean, low, high : float
        The mean change of the figure, in its own unit, and the bounds of its interval.
    relative : float
        The change as a share of the baseline's mean; NaN where that mean is zero.
    relative_low, relative_high : float
        The bounds of the relative change, the baseline's own uncertainty included.
    p, p_corrected : float
        Two-sided p value, alone and after Holm's correction for all techniques that were asked about.
    level : float
        The level of the intervals: 0.95 for one technique; for several the level at which Holm tests this
        one, so that an interval leaves out zero exactly when the verdict is not "no effect seen".
    verdict : str
        For example "helps: −3.1% ± 0.9% log loss".
    came_to_nothing : int
        Runs of the technique that ended without a figure though the baseline's did not.
    """

    name: str
    mean: float
    low: float
    high: float
    relative: float
    relative_low: float
    relative_high: float
    p: float
    p_corrected: float
    level: float
    verdict: str
    came_to_nothing: int = 0

    @property
    def seen(self) -> bool:
        """Whether an effect was seen, after the correction for several techniques."""
        return self.p_corrected <= 0.05


@dataclass(frozen=True)
class _Asked:
    """What holds for all techniques of one question."""

    folds: int
    seeds: int | None
    ratio: float
    figure: str
    goal: str

    def units(self, parts: np.ndarray) -> np.ndarray:
        return units_of(parts, self.folds, self.seeds)


def effects(
    baseline: ArrayLike,
    variants: Mapping[str, ArrayLike],
    *,
    folds: int = 1,
    seeds: int | None = None,
    figure: str = "score",
    goal: str = "max",
    test_to_train: float | None = None,
) -> tuple[Effect, ...]:
    r"""Return the effect of each technique against the same baseline, in the order given.

    Each is a paired comparison over the same folds and seeds (`shoal.sweep.matter.paired.paired_difference`).
    Of several techniques the p values are corrected by Holm's procedure, and each interval is given at the
    level at which Holm tests it: wider than at 95 %. The relative change :math:`\bar v / \bar b - 1` has the
    interval of the linear approximation, from the spread of :math:`(v_j - b_j\, \bar v / \bar b) / \bar b`.

    Parameters
    ----------
    baseline : array_like, shape (folds * seeds,)
        The figure without any of the techniques; the seeds of a fold side by side.
    variants : mapping of str to array_like, each of shape (folds * seeds,)
        The figure with each technique switched; NaN where nothing came of a run.
    folds, seeds, test_to_train
        As for `paired_difference`.
    figure : str
        What is measured, in words: "log loss".
    goal : {"max", "min"}
        Whether the figure is better when it is higher or lower.

    Raises
    ------
    InputError
        When a technique came with other folds and seeds than the baseline.
    SettingError
        When `goal` is neither "max" nor "min".

    Examples
    --------
    >>> plain = [0.52, 0.50, 0.49, 0.51, 0.53]
    >>> found = effects(plain, {"dropout": [0.50, 0.48, 0.475, 0.49, 0.51]}, figure="log loss", goal="min")
    >>> found[0].verdict
    'helps: −3.7% ± 0.6% log loss'
    """
    check("effects", "goal", goal, _GOALS)
    base = np.asarray(baseline, dtype=float)
    asked = _Asked(folds, seeds, overlap(folds, test_to_train), figure, goal)
    pairs = {name: _paired(name, base, np.asarray(parts, dtype=float)) for name, parts in variants.items()}
    p = [t_test(asked.units(new - old), asked.ratio).p for old, new in pairs.values()]
    verdicts = zip(pairs.items(), holm(p), holm_levels(p), strict=True)
    return tuple(
        _effect(name, base, pair, asked, float(fair), float(level)) for (name, pair), fair, level in verdicts
    )


def told(found: tuple[Effect, ...]) -> list[str]:
    """Return the effects as lines of text, and say how several at once were corrected.

    Examples
    --------
    >>> for line in told(effects([1.0, 1.1, 1.2], {"a": [2.0, 2.1, 2.3], "b": [1.1, 1.0, 1.2]})):
    ...     print(line)
    a: helps: +93.9% ± 17.1% score
    b: no effect seen (within ±22.6%)
    2 techniques were asked about at once: p values and intervals are corrected by Holm's procedure.
    """
    lines = [f"{one.name}: {one.verdict}" for one in found]
    if len(found) > 1:
        lines.append(
            f"{len(found)} techniques were asked about at once: p values and intervals are corrected "
            "by Holm's procedure."
        )
    return lines


def _paired(name: str, base: np.ndarray, parts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if base.ndim != 1 or parts.shape != base.shape:
        raise InputError(
            f"'{name}' must have a figure for each of the baseline's folds and seeds, shape {base.shape}; "
            f"{parts.shape} came. Train both over the same ones, and put NaN where nothing came of a run."
        )
    both = np.isfinite(base) & np.isfinite(parts)
    return np.where(both, base, np.nan), np.where(both, parts, np.nan)


def _effect(
    name: str,
    base: np.ndarray,
    pair: tuple[np.ndarray, np.ndarray],
    asked: _Asked,
    corrected: float,
    level: float,
) -> Effect:
    old, new = (asked.units(part) for part in pair)
    plain = t_test(asked.units(pair[1] - pair[0]), asked.ratio, level)
    relative, share = _relative(old, new, asked.ratio, level)
    verdict = _verdict(plain, relative, share, corrected, asked)
    runs = np.isfinite(base)
    lost = int((runs & np.isnan(pair[1])).sum())
    if lost:
        verdict += f"; {lost} of {int(runs.sum())} runs came to nothing"
    bounds = (plain.low, plain.high, relative, relative - share, relative + share)
    return Effect(name, plain.mean, *bounds, plain.p, corrected, level, verdict, lost)


def _relative(old: np.ndarray, new: np.ndarray, ratio: float, level: float) -> tuple[float, float]:
    """The relative change and the half-width of its interval."""
    there = np.isfinite(old) & np.isfinite(new)
    base = float(old[there].mean()) if there.any() else math.nan
    if not there.any() or base == 0:
        return math.nan, math.nan
    growth = float(new[there].mean()) / base
    spread = t_test((new - old * growth) / abs(base), ratio, level)
    return (growth - 1) * math.copysign(1.0, base), spread.high - spread.mean


def _verdict(plain: Difference, relative: float, share: float, p: float, asked: _Asked) -> str:
    if not math.isfinite(p):
        return "cannot tell: it takes two folds or seeds that came to something"
    in_percent = math.isfinite(relative)
    change, half = (relative, share) if in_percent else (plain.mean, plain.high - plain.mean)
    worded = _percent if in_percent else compact
    if p > 0.05:
        return f"no effect seen (within ±{worded(abs(change) + half)})"
    word = "helps" if (plain.mean > 0) == (asked.goal == "max") else "hurts"
    sign = "+" if plain.mean > 0 else "−"
    return f"{word}: {sign}{worded(abs(change))} ± {worded(half)} {asked.figure}"


def _percent(share: float) -> str:
    """A share in percent, to a tenth; finer where a tenth would say nothing."""
    number = 100 * share
    return f"{number:.1f}%" if number >= 0.05 or number == 0 else f"{compact(number)}%"
