"""The best trial, how sure one can be of it, and which others are as good for all that is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from shoal.history.wording import compact, listed
from shoal.sweep.matter.evidence import Evidence
from shoal.sweep.matter.many_tests import holm
from shoal.sweep.matter.paired import Difference, paired_difference, two_sided
from shoal.sweep.matter.shrinkage import beliefs, steadied

_MOST = 1000  # trials, the best ones, among which the best is looked for
_DRAWS = 4000


@dataclass(frozen=True)
class Verdict:
    """The best trial, and what is known of it.

    Attributes
    ----------
    trial : int
        Its number in the evidence; -1 where there is none.
    values : dict
    score : float
        Its mean score.
    trials : int
        Trials with all their runs, among which it is the best.
    fair_score, low, high : float
        The score without the luck of being picked, with the interval of 95 %.
    runner_up : int or None
    lead : Difference or None
        How far it is ahead of the runner-up over the same folds and seeds, luck included.
    beats_runner_up, probability : float
        How probable it is, without the luck, that it is better than the runner-up, and than all others.
    equals : tuple of int
        Trials that cannot be told from the best, the better ones first.
    cheapest, cheapest_values : int and dict, or None
        The cheapest of these and the best, where the costs are known.
    reason : str
        Why less can be said than usual; empty where all is.
    """

    trial: int
    values: dict[str, Any]
    score: float
    trials: int
    fair_score: float = np.nan
    low: float = np.nan
    high: float = np.nan
    runner_up: int | None = None
    lead: Difference | None = None
    beats_runner_up: float = np.nan
    probability: float = np.nan
    equals: tuple[int, ...] = ()
    cheapest: int | None = None
    cheapest_values: dict[str, Any] | None = None
    reason: str = ""

    def told(self) -> list[str]:
        """Return the verdict in sentences."""
        if self.trial < 0:
            return [self.reason]
        lines = [f"Best is trial {self.trial} with {compact(self.score)}: {in_words(self.values)}."]
        if self.lead is None or self.runner_up is None or np.isnan(self.probability):
            return [*lines, self.reason]
        half = self.lead.high - self.lead.mean
        return [
            *lines,
            f"The best of {self.trials} is overrated: a fair value is {compact(self.fair_score)} "
            f"({compact(self.low)} to {compact(self.high)}).",
            f"It is ahead of trial {self.runner_up} by {compact(self.lead.mean)} ± {compact(half)}, and "
            f"really the better of the two with a probability of {_percent(self.beats_runner_up)}.",
            f"It is really the best of all with a probability of {_percent(self.probability)}.",
            self._of_equals(),
        ]

    def _of_equals(self) -> str:
        count = len(self.equals)
        if not count:
            return "All other settings are worse than it, beyond the noise."
        are = "1 other setting is" if count == 1 else f"{count} other settings are"
        text = f"{are} within the noise of the best"
        if self.cheapest is None or self.cheapest_values is None:
            return f"{text}: trial{'s' * (count > 1)} {listed(self.equals, 5)}."
        if self.cheapest == self.trial:
            return f"{text}; the best is the cheapest of them."
        return f"{text}; the cheapest of them is trial {self.cheapest}: {in_words(self.cheapest_values)}."

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; None for NaN."""
        found = asdict(self)
        if self.lead is not None:
            found["lead"] = {name: _number(value) for name, value in found["lead"].items()}
        return {name: _number(value) for name, value in found.items()}


def best_settings(evidence: Evidence, *, seed: int = 0) -> Verdict:
    """Return the best trial, how sure that is, and what cannot be told from it.

    Only trials with all their runs count. The one with the highest mean is the best, and its mean is too
    high: of many, the one that was lucky is picked. So probabilities and the fair score come from empirical
    Bayes (`shoal.sweep.matter.shrinkage.beliefs`), with the error of each mean from the spread over folds
    (over seeds, where there is one fold), corrected for the overlap of training sets and steadied over all
    trials. A bootstrap of three folds has but ten outcomes and would claim certainty where there is none; the
    draws behind the probabilities are of the beliefs.

    A trial cannot be told from the best where a one-sided paired t test with steadied variance, after Holm's
    correction for all trials, leaves a chance above 5 %.

    Parameters
    ----------
    evidence : Evidence
    seed : int
        Of the 4,000 draws behind the probabilities.

    Examples
    --------
    >>> from shoal.sweep.space import as_space, choice
    >>> space = as_space({"loss": choice("a", "b", "c")})
    >>> parts = [[0.90, 0.92, 0.91], [0.91, 0.92, 0.93], [0.50, 0.52, 0.55]]
    >>> found = best_settings(Evidence(space, space.grid(), parts, 3, 1, costs=[1, 5, 1]))
    >>> found.values, found.equals, found.cheapest
    ({'loss': 'b'}, (0,), 0)
    """
    order = [int(trial) for trial in evidence.order if evidence.complete[trial]][:_MOST]
    if not order:
        reason = "No trial came to something in all folds and seeds, so there is no best one."
        return Verdict(-1, {}, float("nan"), 0, reason=reason)
    best, count = order[0], int(evidence.complete.sum())
    score, values = float(evidence.means[best]), dict(evidence.values[best])
    reason = _too_little(evidence, order)
    if reason:
        return Verdict(best, values, score, count, reason=reason)
    believed = beliefs(evidence.means[order], _errors(evidence, order))
    drawn = believed.draw(_DRAWS, np.random.default_rng(seed))
    low, high = np.quantile(drawn[:, 0], [0.025, 0.975])
    equals = _equals(evidence, order)
    cheapest = _cheapest(evidence, (best, *equals))
    return Verdict(
        trial=best,
        values=values,
        score=score,
        trials=count,
        fair_score=float(believed.means[0]),
        low=float(low),
        high=float(high),
        runner_up=order[1],
        lead=_lead(evidence, best, order[1]),
        beats_runner_up=float((drawn[:, 0] > drawn[:, 1]).mean()),
        probability=float((drawn.argmax(1) == 0).mean()),
        equals=equals,
        cheapest=cheapest,
        cheapest_values=None if cheapest is None else dict(evidence.values[cheapest]),
    )


def in_words(values: Mapping[str, Any]) -> str:
    """Return values as a person reads them.

    Examples
    --------
    >>> in_words({"learning_rate": 0.0123456, "hidden": [64, 64]})
    'learning_rate 0.01235, hidden [64, 64]'
    """
    shown = {k: compact(v) if isinstance(v, float) else str(v) for k, v in values.items()}
    return ", ".join(f"{name} {value}" for name, value in shown.items()) or "no settings"


def _too_little(evidence: Evidence, order: list[int]) -> str:
    if len(order) < 2:
        return "It is the only trial with all its runs, so there is nothing to compare it with."
    if evidence.units.shape[1] < 2:
        return "One fold and one seed do not show the noise: add folds or seeds to see how sure this is."
    return ""


def _lead(evidence: Evidence, best: int, other: int) -> Difference:
    return paired_difference(
        evidence.scores[best],
        evidence.scores[other],
        folds=evidence.folds,
        seeds=evidence.seeds,
        test_to_train=evidence.test_to_train,
    )


def _errors(evidence: Evidence, order: list[int]) -> np.ndarray:
    """The standard error of each mean, without what a fold does to all trials alike."""
    units = evidence.units[order]
    count = units.shape[1]
    left = units - np.median(units, axis=0)
    steady, _ = steadied(left.var(axis=1, ddof=1), count - 1)
    errors = np.sqrt((1 / count + evidence.overlap) * steady)
    usual = float(
        np.median(np.abs(evidence.means[order] - evidence.means[order[0]]))
    )  # failures do not count
    return np.maximum(errors, 1e-9 * max(usual, 1e-9))


def _equals(evidence: Evidence, order: list[int]) -> tuple[int, ...]:
    """The trials whose distance from the best may be noise."""
    units = evidence.units
    apart = units[order[0]] - units[order[1:]]
    count = apart.shape[1]
    steady, degrees = steadied(apart.var(axis=1, ddof=1), count - 1)
    errors = np.sqrt((1 / count + evidence.overlap) * steady)
    freedom = min(degrees, 1e6)
    p = [two_sided(float(m), float(e), freedom) / 2 for m, e in zip(apart.mean(1), errors, strict=True)]
    return tuple(trial for trial, fair in zip(order[1:], holm(p), strict=True) if fair > 0.05)


def _cheapest(evidence: Evidence, trials: tuple[int, ...]) -> int | None:
    if evidence.costs is None:
        return None
    costs = evidence.costs
    return min(trials, key=lambda trial: costs[trial])


def _percent(share: float) -> str:
    return "over 99%" if share > 0.995 else "under 1%" if share < 0.005 else f"{100 * share:.0f}%"


def _number(value: Any) -> Any:
    return None if isinstance(value, float) and np.isnan(value) else value
