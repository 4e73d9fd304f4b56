"""Ranges whose best values lie at their edge: the best of all may lie beyond."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from shoal.rules import Number, Rule
from shoal.sweep.matter.coordinates import Coordinate, coordinates
from shoal.sweep.matter.evidence import Evidence
from shoal.sweep.matter.slices import ExactEffect, exact_effects
from shoal.sweep.space import Choice, Domain, Range
from shoal.sweep.space.plain import is_number

_ZONE = 0.1  # of the range, at either end
_TOP = 0.15  # of the trials count as the best, three at least
_CHANCE = 0.05


@dataclass(frozen=True)
class Edge:
    """A setting whose best values lie at an end of what was tried.

    Attributes
    ----------
    name : str
    side : str
        "lower" or "upper".
    edge : float
        The end of the range.
    beyond : float
        How far to try.
    chance : float
        The p value: how probable so many of the best would lie there if the setting did not matter.
    """

    name: str
    side: str
    edge: float
    beyond: float
    chance: float

    def __str__(self) -> str:
        way = "up" if self.side == "upper" else "down"
        return (
            f"{self.name}: best values lie at the {self.side} edge {self.edge:g}; "
            f"try {way} to {self.beyond:g}."
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)


def edges(evidence: Evidence, *, rules: Mapping[str, Rule | None] | None = None) -> tuple[Edge, ...]:
    """Return the ranges and ordered choices whose best values lie at an edge, with how far to try.

    The edge is the last tenth of a range, up to a fifth where fewer than a tenth of the trials (three at
    least) lie there, or the last of few values. It is pointed out when the best trial lies there and more of
    the best 15 % of the trials (three at least) than chance explains, by the hypergeometric test at 5 %; or,
    where trials differ in one setting alone, when the last value is better than all others and its paired
    difference from what it is compared with is beyond chance.

    Parameters
    ----------
    evidence : Evidence
    rules : mapping of str to Rule, optional
        What each setting may be, such as `shoal.settings.RULES`: nothing beyond is proposed, and nothing at
        all where the edge is the end of what is possible. Without it, numbers that are not negative stay so.

    Examples
    --------
    >>> from shoal.sweep.space import as_space, loguniform
    >>> space = as_space({"learning_rate": loguniform(1e-4, 1e-1)})
    >>> values = [{"learning_rate": 10 ** -(1 + k / 4)} for k in range(13)]
    >>> print(*edges(Evidence(space, values, [[-k] for k in range(13)], 1, 1)))
    learning_rate: best values lie at the upper edge 0.1; try up to 1.
    """
    exact = exact_effects(evidence)
    found = []
    for coordinate in coordinates(evidence.space):
        domain = evidence.space.dimensions[coordinate.place].domain
        if not coordinate.ordered or not isinstance(domain, Range | Choice):
            continue
        own = [one for one in exact if one.name == coordinate.name]
        side, chance = _crowded(evidence, coordinate) or _paired(domain, own) or ("", 1.0)
        edge = _end(domain, side) if side else None
        if edge is None:
            continue
        beyond = _beyond(domain, side, edge, (rules or {}).get(coordinate.name))
        if beyond is not None:
            found.append(Edge(coordinate.name, side, edge, beyond, chance))
    return tuple(found)


def _crowded(evidence: Evidence, coordinate: Coordinate) -> tuple[str, float] | None:
    """The side at which the best trials crowd, with the chance of that."""
    from scipy.stats import hypergeom

    units = evidence.unit_cube[:, coordinate.place]
    order = [trial for trial in evidence.order if evidence.complete[trial] and np.isfinite(units[trial])]
    ends = (coordinate.units[0], coordinate.units[-1]) if coordinate.finite else (0.0, 1.0)
    there = units[order]
    top = max(3, round(_TOP * len(order)))
    if len(order) <= top:
        return None
    sides = ("upper", "lower") if coordinate.falling else ("lower", "upper")
    for side, depth, last in ((sides[0], there, ends[0]), (sides[1], 1 - there, 1 - ends[1])):
        zone = depth <= max(_reach(depth), last + 1e-9)
        chance = float(hypergeom.sf(zone[:top].sum() - 1, len(order), zone.sum(), top))
        if zone[0] and chance < _CHANCE:
            return side, chance
    return None


def _reach(depth: np.ndarray) -> float:
    """How far the edge reaches in: a tenth of the range, or so far that a tenth of the trials lie there."""
    outermost = np.sort(depth)[max(3, round(_ZONE * len(depth))) - 1]
    return float(np.clip(outermost, _ZONE, 2 * _ZONE))


def _paired(domain: Domain, own: Sequence[ExactEffect]) -> tuple[str, float] | None:
    """The side whose last value is better than all others in paired trials."""
    if not own or not all(is_number(one.value) and is_number(one.reference) for one in own):
        return None
    reference = own[0].reference
    scores = {reference: 0.0} | {one.value: one.difference.mean for one in own}
    best = max(scores, key=lambda value: scores[value])
    side = next((side for side in ("lower", "upper") if _end(domain, side) == best), None)
    others = [one for one in own if one.value == best] or list(own)
    chance = max((one.difference.p for one in others), default=1.0)
    return (side, chance) if side and chance < _CHANCE else None


def _end(domain: Domain, side: str) -> float | None:
    """The smallest or greatest number of a domain; None of a domain of something else."""
    ends = domain.ends()
    if not all(is_number(end) for end in ends):
        return None
    return min(ends) if side == "lower" else max(ends)


def _beyond(domain: Range | Choice, side: str, edge: float, rule: Rule | None) -> float | None:
    """How far to try; None where nothing lies beyond."""
    low, high = min(domain.ends()), max(domain.ends())
    limits = rule if isinstance(rule, Number) else Number(0.0 if low >= 0 else -np.inf)
    limit, is_open = (limits.low, limits.low_open) if side == "lower" else (limits.high, limits.high_open)
    if edge == limit:
        return None
    aim = _aim(domain, side, low, high)
    if aim <= limit if side == "lower" else aim >= limit:
        aim = (edge + limit) / 2 if is_open else limit
    whole = isinstance(edge, int)
    aim = round(aim) if whole else float(f"{aim:.2g}")
    return None if aim == edge else aim


def _aim(domain: Range | Choice, side: str, low: float, high: float) -> float:
    """A decade further on a logarithmic scale, the width of the range on a straight one."""
    if isinstance(domain, Choice):
        numbers = sorted(domain.values)
        last, inner = (numbers[0], numbers[1]) if side == "lower" else (numbers[-1], numbers[-2])
        return last**2 / inner if _geometric(numbers) else 2 * last - inner
    if domain.scale == "reverse_log" and side == "upper" and high < 1:
        return 1 - (1 - high) / 10
    if domain.scale == "log":
        factor = min(10.0, high / low)
        return low / factor if side == "lower" else high * factor
    return low - (high - low) if side == "lower" else high + (high - low)


def _geometric(numbers: Sequence[float]) -> bool:
    """Whether numbers grow by a factor rather than by a step."""
    if numbers[0] <= 0 or len(numbers) < 3:
        return numbers[0] > 0 and numbers[-1] >= 2 * numbers[0]
    ratios = np.diff(np.log(numbers))
    steps = np.diff(numbers)
    return float(np.std(ratios) / np.mean(ratios)) < float(np.std(steps) / np.mean(steps))
