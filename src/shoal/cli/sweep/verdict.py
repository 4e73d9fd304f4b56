"""How good the best trial is, how sure that is, and how the trials ended: in sentences, without JAX."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shoal.cli.sweep.kept import Kept, Score
from shoal.history.wording import compact, listed, with_bounds
from shoal.sweep.findings import findings_of, told
from shoal.sweep.trials import Trial

if TYPE_CHECKING:
    from shoal.sweep.matter.best import Verdict


@dataclass(frozen=True)
class Standing:
    """The best trial beside the others that were trained as long.

    Parameters
    ----------
    score : Score
    finalists : list of Trial
        From the best to the worst.
    verdict : Verdict
    """

    score: Score
    finalists: list[Trial]
    verdict: Verdict

    def number(self, place: int) -> int:
        """Return the number of the trial at a place of the evidence."""
        return self.finalists[place].number

    @property
    def fair(self) -> dict[str, float]:
        """The figure without the luck of being picked, with its interval; NaN where the noise is unknown."""
        low, high = self.score.bounds(self.verdict.low, self.verdict.high)
        return {"value": self.score.figure(self.verdict.fair_score), "low": low, "high": high}

    def told(self) -> list[str]:
        """Return what is known in sentences."""
        found, best = self.verdict, self.finalists[0]
        value, bounds = with_bounds(*self.fair.values())
        spread = "" if len(best.parts) < 2 else f" ± {compact(best.spread)}"
        lines = [f"Best is trial {best.number}: {self.score.title} {self.score.said(best.score)}{spread}."]
        if found.lead is None or found.runner_up is None or math.isnan(found.probability):
            return [*lines, found.reason]
        lead, half = compact(abs(found.lead.mean)), compact(found.lead.high - found.lead.mean)
        return [
            *lines,
            f"The best of {found.trials} is overrated: a fair value is {value} ({bounds}).",
            f"It is ahead of trial {self.number(found.runner_up)} by {lead} ± {half}, and really the better "
            f"of the two with a probability of {_percent(found.beats_runner_up)}; the best of all with "
            f"{_percent(found.probability)}.",
            self._of_equals(),
        ]

    def _of_equals(self) -> str:
        places = self.verdict.equals
        if not places:
            return "All other settings are worse, beyond the noise."
        some = "1 other setting is" if len(places) == 1 else f"{len(places)} other settings are"
        numbers = listed([self.number(place) for place in places], 5)
        text = f"{some} within the noise of it: trial{'s' * (len(places) > 1)} {numbers}"
        cheapest = self.verdict.cheapest
        if cheapest is None or cheapest == self.verdict.trial:
            return f"{text}; it is the cheapest of them."
        return f"{text}; the cheapest of them is trial {self.number(cheapest)}."

    def to_json(self) -> dict[str, Any]:
        """Return plain values, trials by their numbers and scores as the figures that people know."""
        found, lead = self.verdict, self.verdict.lead
        several = lead is not None and found.runner_up is not None
        return {
            "trial": self.finalists[0].number,
            "values": self.finalists[0].values,
            "score": self.score.name,
            "value": self.score.figure(self.finalists[0].score),
            "spread": self.finalists[0].spread,
            "fair": self.fair,
            "runner_up": self.number(found.runner_up) if several and found.runner_up is not None else None,
            "lead": {"value": abs(lead.mean), "half_width": lead.high - lead.mean} if lead else None,
            "beats_runner_up": found.beats_runner_up,
            "best_of_all": found.probability,
            "within_noise": [self.number(place) for place in found.equals],
            "cheapest": None if found.cheapest is None else self.number(found.cheapest),
            "compared": found.trials,
            "reason": found.reason,
        }


def standing(kept: Kept) -> Standing | None:
    """Return how the best trial stands; None where no trial came to anything."""
    from shoal.sweep.matter.best import best_settings

    finalists = kept.finalists
    if not finalists:
        return None
    return Standing(kept.main, finalists, best_settings(kept.evidence(finalists)))


def endings(kept: Kept) -> list[str]:
    """Return how trials ended where not as planned, and what that has to do with their settings."""
    trials = list(kept.trials.values())
    failed = [trial for trial in trials if trial.score is None]
    lines = told(findings_of(trials))
    if failed:
        lines.append(f"The usual reason: {_reason(failed)}")
    early = sum(trial.ended.get("early", 0) for trial in trials)
    runs = sum(sum(trial.ended.values()) for trial in trials)
    if early:
        lines.append(f"{early:,} of {runs:,} networks stopped early, by rows of their own kept aside.")
    stopped = _stopped(kept)
    if stopped:
        lines.append(stopped)
    if kept.open:
        lines.append(f"{kept.open} more trials were begun and not finished.")
    return lines


def ended(kept: Kept) -> dict[str, int]:
    """Return how many networks ended in which way."""
    return dict(sum((Counter(trial.ended) for trial in kept.trials.values()), Counter()))


def _stopped(kept: Kept) -> str:
    rungs = Counter(trial.rung for trial in kept.trials.values() if trial.rung is not None)
    if len(rungs) < 2:
        return ""
    steps = [f"{count} after {rung}" for rung, count in sorted(rungs.items())[:-1]]
    return f"Losers were stopped: {listed(steps)} epochs."


def _reason(failed: Sequence[Trial]) -> str:
    """Return the most usual reason of the networks that came to nothing."""
    reasons = Counter(
        reason
        for trial in failed
        for reason, part in zip(trial.reasons, trial.parts, strict=True)
        if not math.isfinite(part)
    )
    return reasons.most_common(1)[0][0]


def _percent(share: float) -> str:
    return "over 99 %" if share > 0.995 else "under 1 %" if share < 0.005 else f"{100 * share:.0f} %"
