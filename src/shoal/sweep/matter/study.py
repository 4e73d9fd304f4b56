"""What the trials say about the settings, and how far to trust it: a response and its bootstrap draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from shoal.rules import Number, check
from shoal.sweep.matter.coordinates import Coordinate, coordinates
from shoal.sweep.matter.evidence import Evidence
from shoal.sweep.matter.paired import t_quantile
from shoal.sweep.matter.response import Response, Trials, respond
from shoal.sweep.space import Space

FEWEST_TRIALS = 8
_TREES, _TREES_OF_A_DRAW = 96, 16
_MOST_PAIRS = 10  # that get an interval: the strongest
_FENCE = 3.0  # quartile ranges below the lower quartile: what lies further down is a failure, however deep
_PLACES = 400  # of the space, from which to see how often a setting takes part


@dataclass(frozen=True, eq=False)
class Study:
    """A response with its draws, or the reason why nothing can be said.

    Attributes
    ----------
    coordinates : list of Coordinate
        The settings that vary.
    reason : str
        Why nothing can be said; empty where something can.
    response : Response or None
    draws : list of Response
        The same from trials, folds and seeds drawn anew.
    pairs : list of (int, int)
        The interactions looked at.
    degrees : int
        Trials less one for each setting and one more.
    failed : int
        Trials of which nothing came, counted as the worst that was seen.
    noise : float
        The share of the differences between trials that is the chance of folds and seeds; NaN with one of
        each.
    """

    coordinates: list[Coordinate]
    reason: str
    response: Response | None = None
    draws: tuple[Response, ...] = ()
    pairs: tuple[tuple[int, int], ...] = ()
    degrees: int = 0
    failed: int = 0
    noise: float = float("nan")

    def around(self, value: np.ndarray, drawn: np.ndarray, level: float = 0.95) -> np.ndarray:
        """Return the half-width of the interval of an estimate from its draws, (draws, ...).

        It is Student's quantile times the root mean square of the draws' distance from the estimate, so that
        what drawing anew does to the estimate on average, its bias, widens the interval too.
        """
        spread = np.sqrt(np.mean((drawn - value) ** 2, axis=0))
        return t_quantile(0.5 + level / 2, max(self.degrees, 2)) * spread


def study(evidence: Evidence, *, draws: int = 60, seed: int = 0) -> Study:
    """Fit the response of the scores to the settings, and draw trials, folds and seeds anew.

    Each draw takes as many trials as there are, with replacement, and for their scores as many folds, and
    seeds in each fold, with replacement. A trial of which nothing came counts as the worst that was seen, and
    scores further than three quartile ranges below the lower quartile count as if they lay there: that a
    trial failed matters, not how badly.

    Parameters
    ----------
    evidence : Evidence
    draws : int
    seed : int
        Of the trees and the draws; the same seed gives the same study.

    Returns
    -------
    Study
        With a reason, and nothing else, where there are fewer than eight trials, nothing varies, all scores
        are alike, or the forest explains none of their differences on trials that it has not seen.
    """
    check("study", "draws", draws, Number(low=2, integer=True))
    found = coordinates(evidence.space)
    refusal = _refusal(evidence, found)
    if refusal:
        return Study(found, refusal)
    rng = np.random.default_rng(seed)
    units = evidence.unit_cube[:, [one.place for one in found]]
    trials = Trials(found, units, _active(evidence.space, found, rng))
    table = _filled(evidence)
    scores, floor = _floored(table.mean(1))
    everything = list(combinations(range(len(found)), 2))
    once = np.ones(len(scores))
    first = respond(trials, scores, once, pairs=everything, trees=_TREES, rng=rng)
    if first.explained <= 0 or first.total <= 0:
        reason = "Cannot tell what mattered: a forest over the settings explains none of the differences."
        return Study(found, reason)
    pairs = [everything[i] for i in np.sort(np.argsort(-first.pairs, kind="stable")[:_MOST_PAIRS])]
    drawn = [_drawn(trials, table, floor, evidence, pairs, rng) for _ in range(draws)]
    kept = Response(
        first.mean,
        first.curves,
        first.main,
        np.array([first.pairs[everything.index(p)] for p in pairs]),
        first.total,
        first.explained,
    )
    failed = int(np.isnan(evidence.means).sum())
    degrees = len(scores) - len(found) - 1
    return Study(found, "", kept, tuple(drawn), tuple(pairs), degrees, failed, _noise(evidence, scores))


def _refusal(evidence: Evidence, found: Sequence[Coordinate]) -> str:
    scored = int(np.isfinite(evidence.means).sum())
    if not found:
        return "Cannot tell what mattered: nothing varied."
    if scored < FEWEST_TRIALS:
        trials = f"{scored} trial{'s' * (scored != 1)}"
        return f"Cannot tell what mattered from {trials} with a score; it takes {FEWEST_TRIALS} at least."
    if np.nanmax(evidence.means) - np.nanmin(evidence.means) <= 1e-12 * np.nanmax(np.abs(evidence.means)):
        return "Cannot tell what mattered: all trials have the same score."
    return ""


def _active(space: Space, found: Sequence[Coordinate], rng: np.random.Generator) -> np.ndarray:
    """How likely each coordinate takes part."""
    if not space.conditions:
        return np.ones(len(found))
    places = [space.to_unit(space.at(rng.random(len(space.dimensions)).tolist())) for _ in range(_PLACES)]
    return np.isfinite(np.array(places)).mean(0)[[one.place for one in found]]


def _filled(evidence: Evidence) -> np.ndarray:
    """The scores without gaps, (trials, folds * seeds): a gap is the trial's mean plus what its column adds.

    A trial without any score stays NaN.
    """
    scores = evidence.scores
    whole = scores[evidence.complete]
    adds = whole.mean(0) - whole.mean() if len(whole) else np.zeros(scores.shape[1])
    plain = scores - adds
    there = np.isfinite(plain)
    mean = np.where(there, plain, 0).sum(1) / np.where(there.any(1), there.sum(1), np.nan)
    return np.where(there, scores, mean[:, None] + adds)


def _floored(means: np.ndarray, floor: float | None = None) -> tuple[np.ndarray, float]:
    """Raise what lies far below to the fence, and put what came to nothing there where the worst is."""
    if floor is None:
        low, high = np.nanpercentile(means, [25, 75])
        floor = float(max(np.nanmin(means), low - _FENCE * (high - low)))
    return np.maximum(np.where(np.isfinite(means), means, floor), floor), floor


def _drawn(
    trials: Trials,
    table: np.ndarray,
    floor: float,
    evidence: Evidence,
    pairs: Sequence[tuple[int, int]],
    rng: np.random.Generator,
) -> Response:
    count = len(table)
    counts = rng.multinomial(count, np.full(count, 1 / count))
    fold = rng.integers(0, evidence.folds, evidence.folds)
    seed = rng.integers(0, evidence.seeds, (evidence.folds, evidence.seeds))
    columns = (fold[:, None] * evidence.seeds + seed).ravel()
    scores, _ = _floored(table[:, columns].mean(1), floor)
    return respond(trials, scores, counts, pairs=pairs, trees=_TREES_OF_A_DRAW, rng=rng)


def _noise(evidence: Evidence, scores: np.ndarray) -> float:
    """The variance of a mean score by folds and seeds, over the variance of the scores."""
    units = evidence.units[evidence.complete]
    if units.shape[0] < 2 or units.shape[1] < 2:
        return float("nan")
    left = units - units.mean(0) - units.mean(1, keepdims=True) + units.mean()
    within = (left**2).sum() / ((units.shape[0] - 1) * (units.shape[1] - 1)) / units.shape[1]
    return float(min(within / scores.var(ddof=1), 1.0))
