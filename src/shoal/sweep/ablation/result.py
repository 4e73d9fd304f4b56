"""What an ablation found: the effect of every change, ordered, with what to try next."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from shoal.history.wording import compact, with_bounds
from shoal.sweep.ablation.switches import plain
from shoal.sweep.ablation.variants import CHANGED, PUT_IN, TAKEN_OUT, Variant
from shoal.sweep.matter.effects import Effect
from shoal.techniques import in_words

if TYPE_CHECKING:
    import polars as pl

_WIDEST = 38  # characters of a change; the rest is in the JSON


@dataclass(frozen=True)
class Finding:
    """What one change did.

    Parameters
    ----------
    variant : Variant
    effect : Effect
        Of the change, against the baseline on the same folds from the same seeds.
    parts : tuple of float
        The figure by fold and seed, the seeds of a fold side by side.
    goal : {"min", "max"}
        Which way the figure is better.
    """

    variant: Variant
    effect: Effect
    parts: tuple[float, ...]
    goal: str

    @property
    def helps(self) -> bool:
        """Whether the change was seen to help."""
        return self.effect.seen and (self.effect.mean > 0) == (self.goal == "max")

    @property
    def advice(self) -> str:
        """What to do about it, in two words; "" where nothing was seen."""
        if not self.effect.seen:
            return ""
        if self.variant.change == TAKEN_OUT:
            return "take it out" if self.helps else "keep it"
        return {PUT_IN: "put it in", CHANGED: "change it"}[self.variant.change] if self.helps else "leave it"

    @property
    def gain(self) -> float:
        """The relative improvement, by which findings are ordered; NaN counts as the worst."""
        change = self.effect.relative if math.isfinite(self.effect.relative) else self.effect.mean
        sign = 1.0 if self.goal == "max" else -1.0
        return sign * change if math.isfinite(change) else -math.inf

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        told = {"helps": self.helps, "seen": self.effect.seen, "advice": self.advice}
        own = {name: value for name, value in asdict(self.effect).items() if name != "name"}
        return {**self.variant.to_json(), **own, **told, "parts": list(self.parts)}


@dataclass(frozen=True)
class Ablation:
    """What each technique does on a table.

    Attributes
    ----------
    figure : str
        What was measured, in words: "log loss".
    goal : {"min", "max"}
        Which way it is better.
    baseline : (float, float, float)
        Mean of the figure without any change, and its 95 % interval.
    baseline_parts : tuple of float
        By fold and seed, the seeds of a fold side by side.
    findings : tuple of Finding
        The best change first.
    skipped : dict
        Techniques that were not tried, and why.
    folds : int
    seeds : tuple of int
    rows, nets : int
    seconds : float
    combination : Finding or None
        All that helps at once, on other folds from other seeds.
    notes : tuple of str
    interrupted : bool
    """

    figure: str
    goal: str
    baseline: tuple[float, float, float]
    baseline_parts: tuple[float, ...]
    findings: tuple[Finding, ...]
    skipped: dict[str, str]
    folds: int
    seeds: tuple[int, ...]
    rows: int
    nets: int
    seconds: float
    combination: Finding | None = None
    notes: tuple[str, ...] = ()
    interrupted: bool = field(default=False)

    def __getitem__(self, name: str) -> Finding:
        """Return the finding of a technique by its name."""
        return next(one for one in self.findings if one.variant.name == name)

    @property
    def next_settings(self) -> dict[str, Any]:
        """What to set next: the changes that help, the largest effect first, none against another."""
        return together(self.findings)

    @property
    def next_words(self) -> str:
        """The same as it is typed, ``--set dropout=0.25``; "" where nothing helps."""
        return " ".join(f"--set {shlex.quote(words)}" for words in _typed(self.next_settings))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        mean, low, high = self.baseline
        return {
            "figure": self.figure,
            "goal": self.goal,
            "folds": self.folds,
            "seeds": list(self.seeds),
            "rows": self.rows,
            "networks": self.nets,
            "seconds": self.seconds,
            "baseline": {"mean": mean, "low": low, "high": high, "parts": list(self.baseline_parts)},
            "techniques": [one.to_json() for one in self.findings],
            "skipped": dict(self.skipped),
            "next": {"settings": self.next_settings, "command": self.next_words},
            "combination": self.combination.to_json() if self.combination else None,
            "notes": list(self.notes),
            "interrupted": self.interrupted,
        }

    def to_frame(self) -> pl.DataFrame:
        """Return a table with a row for each change, the best first."""
        import polars as pl

        names = ("mean", "low", "high", "relative", "relative_low", "relative_high", "p", "p_corrected")
        rows = [
            {
                "technique": one.variant.name,
                "change": one.variant.change,
                "settings": one.variant.words,
                **{name: getattr(one.effect, name) for name in names},
                "verdict": one.effect.verdict,
                "advice": one.advice,
            }
            for one in self.findings
        ]
        return pl.DataFrame(rows)

    def lines(self) -> list[str]:
        """Return the findings as text."""
        value, bounds = with_bounds(*self.baseline)
        told = [f"Baseline: {self.figure} {value} (95 % interval {bounds})", *self._table()]
        if len(self.findings) > 1:
            told.append(
                f"{len(self.findings)} changes were asked about at once: intervals and verdicts are "
                "corrected by Holm's procedure."
            )
        told += [f"Left out: {name}. {why}" for name, why in self.skipped.items()]
        return [*told, *self._next(), *self.notes]

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def _table(self) -> list[str]:
        rows = [
            (one.variant.name, one.variant.change, short(one.variant.words), one.effect.verdict, one.advice)
            for one in self.findings
        ]
        wide = [max((len(row[i]) for row in rows), default=0) for i in range(3)]
        return [
            "  ".join([*(text.ljust(size) for text, size in zip(row[:3], wide, strict=True)), row[3]])
            + (f": {row[4]}" if row[4] else "")
            for row in rows
        ]

    def _next(self) -> list[str]:
        if not self.next_settings:
            more = " With more folds, or fewer techniques at once, smaller effects are seen."
            return [f"Nothing to change: no change was seen to help.{more}"]
        told = [f"Try next: {self.next_words}"]
        if self.combination is not None:
            told.append(
                f"Together, on other folds from other seeds: {self.combination.effect.verdict} "
                f"({compact(_mean(self.combination.parts))})"
            )
        elif len(self.next_settings) > 1:
            told.append("Single effects need not add up: train the combination before you trust it.")
        return told


def together(findings: tuple[Finding, ...]) -> dict[str, Any]:
    """Return the settings of all changes that help, the largest first, none that undoes another.

    Parameters
    ----------
    findings : tuple of Finding
        The best first.
    """
    chosen: dict[str, Any] = {}
    touched: set[str] = set()
    for one in findings:
        names = {*one.variant.settings, *one.variant.also}
        if one.helps and not names & touched:
            chosen |= one.variant.settings
            touched |= names
    return chosen


def short(words: str) -> str:
    """Return a change in a line of a table.

    Examples
    --------
    >>> short("layers=[" + 50 * "x" + "]")
    'layers=[xxxxxxxxxxxxxxxxxxxxxxxxxxx...'
    """
    return words if len(words) <= _WIDEST else words[: _WIDEST - 3] + "..."


def _typed(settings: Mapping[str, Any]) -> list[str]:
    return [f"{name}={in_words(plain(value))}" for name, value in settings.items()]


def _mean(parts: tuple[float, ...]) -> float:
    known = [part for part in parts if math.isfinite(part)]
    return sum(known) / len(known) if known else math.nan
