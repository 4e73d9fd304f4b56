"""The effect of one setting at a time: averaged over the others, or exact where trials are paired."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from shoal.sweep.matter.evidence import Evidence, mean_of
from shoal.sweep.matter.many_tests import holm
from shoal.sweep.matter.paired import Difference, t_test, units_of
from shoal.sweep.matter.response import Response
from shoal.sweep.matter.study import Study, study
from shoal.sweep.space.plain import plain, word


@dataclass(frozen=True)
class Slice:
    """The score over one setting, with the others averaged.

    Attributes
    ----------
    name : str
    values : tuple
        Where the curve is told: all values of a finite setting, 32 of any other.
    scores, low, high : tuple of float
        The averaged score and the band of 95 % at each value.
    ordered : bool
        Whether neighbouring values are alike, so that a line may join them.
    """

    name: str
    values: tuple[Any, ...]
    scores: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    ordered: bool

    @property
    def best(self) -> Any:
        """The value at which the averaged score is highest."""
        return self.values[int(np.argmax(self.scores))]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class ExactEffect:
    """What another value of one setting changes, all else being equal.

    Attributes
    ----------
    name : str
        The setting.
    value, reference : any
        The value, and that which it is compared with: the one that the most comparisons have.
    difference : Difference
        How much higher `value` scores, over the same folds and seeds.
    p_corrected : float
        The p value after Holm's correction for all effects that were returned together.
    pairs : int
        Pairs of trials that differ in this setting alone; their differences are averaged.
    """

    name: str
    value: Any
    reference: Any
    difference: Difference
    p_corrected: float
    pairs: int

    @property
    def seen(self) -> bool:
        """Whether an effect was seen after the correction."""
        return self.p_corrected <= 0.05

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; None for NaN."""
        found = asdict(self)
        found["difference"] = {k: _number(v) for k, v in found["difference"].items()}
        return found | {"p_corrected": _number(self.p_corrected)}


def slices(
    evidence: Evidence, *, draws: int = 60, seed: int = 0, made: Study | None = None
) -> tuple[Slice, ...]:
    r"""Return the score over each setting with the others averaged: partial dependence of the forest.

    The curve of setting j is :math:`E[\hat f] + \beta_j\,(E[\hat f \mid x_j] - E[\hat f])`, calibrated on
    trials that the trees have not seen; its band comes from the bootstrap of
    `shoal.sweep.matter.study.study`, and holds at each value by itself. A setting that takes part under a
    condition only has the curve of all trials, in which it is as flat as it takes part seldom.

    Parameters
    ----------
    evidence, draws, seed, made
        As for `shoal.sweep.matter.importances.importances`.

    Returns
    -------
    tuple of Slice
        In the order of the space; empty where nothing can be said.

    References
    ----------
    Friedman, *Greedy function approximation*, Annals of Statistics 29 (2001), section 8.2.

    Examples
    --------
    >>> from shoal.sweep.space import as_space, choice
    >>> space = as_space({"loss": choice("a", "b", "c")})
    >>> values = [{"loss": name} for name in "abc" * 4]
    >>> seen = Evidence(space, values, [["abc".index(one["loss"])] for one in values], 1, 1)
    >>> (found,) = slices(seen, draws=4)
    >>> found.best, [round(score, 1) for score in found.scores]
    ('c', [0.0, 1.0, 2.0])
    """
    found = study(evidence, draws=draws, seed=seed) if made is None else made
    if found.response is None:
        return ()
    return tuple(_slice(found, found.response, number) for number in range(len(found.coordinates)))


def exact_effects(evidence: Evidence) -> tuple[ExactEffect, ...]:
    """Return the effect of each value of a setting between trials that differ in nothing else.

    A grid, a plan of one setting at a time and any other plan with such pairs of trials has them; random
    trials of ranges have none. The differences are taken over the same folds and seeds, averaged over the
    pairs, and tested by the corrected t test of `shoal.sweep.matter.paired.paired_difference`.

    Parameters
    ----------
    evidence : Evidence

    Examples
    --------
    >>> from shoal.sweep.space import as_space, choice
    >>> space = as_space({"loss": choice("a", "b"), "depth": choice(1, 2)})
    >>> parts = [[0.8, 0.7, 0.9], [0.9, 0.8, 1.0], [0.7, 0.6, 0.8], [0.8, 0.7, 0.9]]
    >>> for one in exact_effects(Evidence(space, space.grid(), parts, 3, 1)):
    ...     print(one.name, one.value, "over", one.reference, round(one.difference.mean, 2), one.pairs)
    loss b over a -0.1 2
    depth 2 over 1 0.1 2
    """
    found = []
    for name in dict.fromkeys(evidence.space.names):
        found += _of_setting(evidence, name)
    corrected = holm([difference.p for _, _, _, difference, _ in found])
    return tuple(
        ExactEffect(name, value, reference, difference, float(p), pairs)
        for (name, value, reference, difference, pairs), p in zip(found, corrected, strict=True)
    )


def _slice(found: Study, response: Response, number: int) -> Slice:
    coordinate = found.coordinates[number]
    curve = response.mean + response.curves[number]
    half = found.around(curve, np.array([draw.mean + draw.curves[number] for draw in found.draws]))
    return Slice(
        coordinate.name,
        tuple(coordinate.labels),
        tuple(curve.tolist()),
        tuple((curve - half).tolist()),
        tuple((curve + half).tolist()),
        coordinate.ordered,
    )


_Found = tuple[str, Any, Any, Difference, int]


def _of_setting(evidence: Evidence, name: str) -> list[_Found]:
    """The effects of one setting."""
    groups = [group for group in _groups(evidence, name).values() if len(group) > 1]
    levels = {level: trial for group in reversed(groups) for level, trial in reversed(group.items())}
    if not levels:
        return []
    often = {level: sum(level in group for group in groups) for level in levels}
    reference = max(levels, key=lambda level: (often[level], -levels[level]))
    found = []
    for level in sorted(levels, key=levels.__getitem__):
        both = [group for group in groups if level in group and reference in group]
        if level == reference or not both:
            continue
        each = np.array([evidence.scores[g[level]] - evidence.scores[g[reference]] for g in both])
        units = units_of(mean_of(each.T), evidence.folds, evidence.seeds)
        value, base = (plain(evidence.values[levels[one]][name]) for one in (level, reference))
        found.append((name, value, base, t_test(units, evidence.overlap), len(both)))
    return found


def _groups(evidence: Evidence, name: str) -> dict[str, dict[str, int]]:
    """Trials by all that they have in common but one setting, then by its value; the first of equals."""
    follow = {tie.name for tie in evidence.space.ties}
    groups: dict[str, dict[str, int]] = {}
    for trial, values in enumerate(evidence.values):
        if name in values:
            rest = {key: value for key, value in values.items() if key != name and key not in follow}
            groups.setdefault(word(rest), {}).setdefault(word(values[name]), trial)
    return groups


def _number(value: float) -> float | None:
    return None if isinstance(value, float) and math.isnan(value) else value
