"""What the page of compared runs is made of, and the sentences that it shares with the terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shoal.history.comparison import Comparison
from shoal.history.metrics import METRICS
from shoal.history.record import History
from shoal.history.wording import compact, with_bounds


@dataclass(frozen=True)
class Run:
    """One of the runs.

    Attributes
    ----------
    letter : str
        "A", "B", ...: what it is called beside the others.
    path : str
    table : str
    targets : sequence of str
    task : str
    history : History
    settings : mapping
        As resolved.
    figures : mapping
        Of the rows that judged it, with intervals.
    method : str
        How it was judged; empty where it was not.
    seconds : float or None
    network : str
    """

    letter: str
    path: str
    table: str
    targets: Sequence[str]
    task: str
    history: History
    settings: Mapping[str, Any] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)
    method: str = ""
    seconds: float | None = None
    network: str = ""


@dataclass(frozen=True)
class Compared:
    """Runs side by side.

    Attributes
    ----------
    runs : sequence of Run
        All others are compared with the first.
    found : mapping of str to list of Comparison
        By the letter of the other run, the leading metric first.
    reasons : mapping of str to str
        By the letter, how the comparison was made and what it leaves open, or why there is none.
    """

    runs: Sequence[Run]
    found: Mapping[str, Sequence[Comparison]]
    reasons: Mapping[str, str]

    def differing(self) -> list[str]:
        """Return the settings that are not the same in all runs."""
        names = dict.fromkeys(name for run in self.runs for name in run.settings)
        return [name for name in names if len({repr(run.settings.get(name)) for run in self.runs}) > 1]

    def verdicts(self) -> list[str]:
        """Return for each run beside the first whether it is really better, in a sentence."""
        first = self.runs[0]
        return [self._verdict(first, other) for other in self.runs[1:]]

    def _verdict(self, first: Run, other: Run) -> str:
        lead = next(iter(self.found.get(other.letter, ())), None)
        if lead is None or lead.real is None:
            return f"It cannot be told which of {first.letter} and {other.letter} is better."
        figures = f"{METRICS[lead.metric].title} {compact(lead.first)} and {compact(lead.second)}"
        if lead.better is None:
            either = f"Whether {first.letter} or {other.letter} is better cannot be seen"
            return f"{either}: {figures}, a difference of {difference_said(lead)}."
        winner = first.letter if lead.better == "first" else other.letter
        loser = other.letter if lead.better == "first" else first.letter
        return f"{winner} is really better than {loser}: {figures}, a difference of {difference_said(lead)}."

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "runs": [
                {"letter": run.letter, "run": run.path, "figures": run.figures, "method": run.method}
                for run in self.runs
            ],
            "differing": {
                name: {run.letter: run.settings.get(name) for run in self.runs} for name in self.differing()
            },
            "comparisons": {letter: [one.to_json() for one in found] for letter, found in self.found.items()},
            "verdicts": self.verdicts(),
            "reasons": dict(self.reasons),
        }


def difference_said(one: Comparison) -> str:
    """Write a difference with its interval.

    Examples
    --------
    >>> difference_said(Comparison("accuracy", 0.8, 0.85, 0.05, 0.02, 0.08, "paired", 100))
    '+0.050 (+0.020 to +0.080)'
    """
    if math.isnan(one.low):
        return "–" if math.isnan(one.difference) else _signed(compact(one.difference))
    value, bounds = with_bounds(one.difference, one.low, one.high)
    low, high = bounds.split(" to ") if " to " in bounds else (bounds, bounds)
    return f"{_signed(value)} ({_signed(low)} to {_signed(high)})"


def seen_said(one: Comparison, first: str, other: str) -> str:
    """Say in a few words what was seen."""
    if one.real is None:
        return "cannot tell"
    if one.better is None:
        return "no difference seen"
    return f"{first if one.better == 'first' else other} is better"


def _signed(text: str) -> str:
    is_zero = not text.strip("-0.,")
    return text.lstrip("-") if is_zero else text if text.startswith("-") else f"+{text}"
