"""All that can be said of a search, from one study of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shoal.rules import Rule
from shoal.sweep.matter.best import Verdict, best_settings
from shoal.sweep.matter.edges import Edge, edges
from shoal.sweep.matter.evidence import Evidence
from shoal.sweep.matter.importances import Importances, importances
from shoal.sweep.matter.next_steps import next_steps
from shoal.sweep.matter.pictures import importance_bars, parallel_coordinates, slice_curves
from shoal.sweep.matter.slices import ExactEffect, Slice, exact_effects, slices
from shoal.sweep.matter.study import study


@dataclass(frozen=True)
class WhatMattered:
    """What mattered in a search.

    Attributes
    ----------
    verdict : Verdict
        The best settings, and how sure that is.
    importances : Importances
    slices : tuple of Slice
    exact : tuple of ExactEffect
        Effects between trials that differ in one setting alone.
    edges : tuple of Edge
    next_steps : tuple of str
    pictures : dict
        "parallel_coordinates", "importances" and "slices" as plain data.
    """

    verdict: Verdict
    importances: Importances
    slices: tuple[Slice, ...]
    exact: tuple[ExactEffect, ...]
    edges: tuple[Edge, ...]
    next_steps: tuple[str, ...]
    pictures: dict[str, Any]

    def told(self) -> str:
        """Return the verdict, the importances and the next steps as text."""
        parts = {
            "Best": self.verdict.told(),
            "What mattered": self.importances.told(),
            "What to try next": self.next_steps,
        }
        return "\n\n".join(
            "\n".join([title, *(f"  {line}" for line in lines)]) for title, lines in parts.items()
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; None for NaN."""
        return {
            "verdict": self.verdict.to_json(),
            "importances": self.importances.to_json(),
            "slices": [one.to_json() for one in self.slices],
            "exact": [one.to_json() for one in self.exact],
            "edges": [one.to_json() for one in self.edges],
            "next_steps": list(self.next_steps),
            "pictures": self.pictures,
        }


def what_mattered(
    evidence: Evidence, *, rules: Mapping[str, Rule | None] | None = None, draws: int = 60, seed: int = 0
) -> WhatMattered:
    """Return all that can be said of a search.

    Parameters
    ----------
    evidence : Evidence
    rules : mapping of str to Rule, optional
        What each setting may be, such as `shoal.settings.RULES`, for ranges to widen.
    draws : int
        Bootstrap draws.
    seed : int
        Of everything that is drawn.

    Examples
    --------
    >>> from shoal.sweep.space import as_space, choice
    >>> space = as_space({"loss": choice("a", "b")})
    >>> parts = [[80, 82, 81, 80], [90, 91, 93, 91]]
    >>> print(what_mattered(Evidence(space, space.grid(), parts, 4, 1)).told())
    Best
      Best is trial 1 with 91.25: loss b.
      The best of 2 is overrated: a fair value is 91.25 (90.82 to 91.67).
      It is ahead of trial 0 by 10.5 ± 3.138, and really the better of the two with a probability of over 99%.
      It is really the best of all with a probability of over 99%.
      All other settings are worse than it, beyond the noise.
    <BLANKLINE>
    What mattered
      Cannot tell what mattered from 2 trials with a score; it takes 8 at least.
    <BLANKLINE>
    What to try next
      Try more settings: from 8 trials on it can be told which of them matter.
    """
    made = study(evidence, draws=draws, seed=seed)
    important = importances(evidence, made=made)
    curves = slices(evidence, made=made)
    return WhatMattered(
        verdict=best_settings(evidence, seed=seed),
        importances=important,
        slices=curves,
        exact=exact_effects(evidence),
        edges=edges(evidence, rules=rules),
        next_steps=tuple(next_steps(evidence, rules=rules, seed=seed, made=made)),
        pictures={
            "parallel_coordinates": parallel_coordinates(evidence),
            "importances": importance_bars(important),
            "slices": slice_curves(evidence, curves),
        },
    )
