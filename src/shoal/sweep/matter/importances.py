"""Which settings mattered: the share of the differences that each makes, alone and in pairs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from shoal.history import Interval
from shoal.sweep.matter.evidence import Evidence
from shoal.sweep.matter.study import Study, study


@dataclass(frozen=True)
class Importance:
    """What one setting, or two together, contribute.

    Attributes
    ----------
    names : tuple of str
        One setting, or the two of an interaction.
    share : Interval
        The share of the variance that the settings explain, from 0 to 1.
    """

    names: tuple[str, ...]
    share: Interval

    @property
    def name(self) -> str:
        """The names as one: "learning_rate × depth"."""
        return " × ".join(self.names)

    @property
    def seen(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.share.low > 0


@dataclass(frozen=True)
class Importances:
    """The importances of a search, the greatest first, or the reason why nothing can be said.

    Attributes
    ----------
    settings : tuple of Importance
        Main effects.
    interactions : tuple of Importance
        What two settings do together beyond what each does alone; the ten strongest pairs at most.
    explained : float
        The share of the differences between trials that the forest explains on trials that it has not seen.
    noise : float
        The share that is the chance of folds and seeds; NaN with one of each.
    trials, failed : int
        Trials in all, and those of which nothing came: they count as the worst that was seen.
    reason : str
        Why nothing can be said; empty where something can.
    """

    settings: tuple[Importance, ...]
    interactions: tuple[Importance, ...]
    explained: float
    noise: float
    trials: int
    failed: int
    reason: str

    def told(self) -> list[str]:
        """Return the importances in sentences."""
        if self.reason:
            return [self.reason]
        seen = [one for one in (*self.settings, *self.interactions) if one.seen]
        lines = [f"{one.name}: {_percent(one.share)} of the differences" for one in seen]
        rest = [one.name for one in self.settings if not one.seen]
        if rest:
            lines.append(f"No effect seen: {', '.join(rest)}.")
        if self.failed:
            lines.append(
                f"{self.failed} of {self.trials} trials came to nothing and count as the worst seen."
            )
        return lines

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; None for NaN."""
        found = asdict(self)
        return found | {"noise": None if np.isnan(self.noise) else self.noise}


def importances(
    evidence: Evidence, *, draws: int = 60, seed: int = 0, made: Study | None = None
) -> Importances:
    r"""Return how much of the differences between settings each setting makes: functional ANOVA.

    A forest is fitted to the scores over the unit cube of the space. The main effect of a setting is the
    forest's prediction averaged over all others, as the space distributes them; its importance is the
    variance of that,

    .. math:: I_j = \mathrm{Var}_{x_j}\, E[\hat f \mid x_j] \,/\, \mathrm{Var}\,\hat f,

    and that of a pair what the two explain together beyond their main effects. Effects are set right on
    trials that the trees have not seen (`shoal.sweep.matter.response`), so that the importance of a setting
    without effect is zero on average instead of merely small.

    The intervals come from a bootstrap over the trials and, for their scores, over folds and over seeds: they
    speak of other trials, other rows and other seeds. Where a setting takes part under a condition only, its
    importance is that of its effect where it does, times how often it does. The distribution is that of the
    space with its conditions but without its constraints.

    Parameters
    ----------
    evidence : Evidence
    draws : int
        Bootstrap draws; the time is about 10 ms each.
    seed : int
        Of the trees and the draws.
    made : Study, optional
        A study of the same evidence, which saves the time.

    References
    ----------
    Hutter, Hoos and Leyton-Brown, *An efficient approach for assessing hyperparameter importance*, ICML 2014.

    Examples
    --------
    >>> from shoal.sweep.space import as_space, uniform
    >>> space = as_space({"rate": uniform(0.0, 1.0), "idle": uniform(0.0, 1.0)})
    >>> values = space.sample(np.random.default_rng(0), 40)
    >>> seen = Evidence(space, values, [[one["rate"]] for one in values], 1, 1)
    >>> found = importances(seen, draws=10)
    >>> found.settings[0].name, found.settings[0].share.value > 0.95, found.settings[1].seen
    ('rate', True, False)
    """
    found = study(evidence, draws=draws, seed=seed) if made is None else made
    count, failed = len(evidence.values), int(np.isnan(evidence.means).sum())
    if found.response is None:
        return Importances((), (), 0.0, float("nan"), count, failed, found.reason)
    value = found.response.shares
    drawn = np.clip([draw.shares for draw in found.draws], -1.0, 1.0)
    half = found.around(value, drawn)
    names = [one.name for one in found.coordinates]
    called = [(name,) for name in names] + [(names[i], names[j]) for i, j in found.pairs]
    each = [
        Importance(one, Interval(_share(v), _share(v - h), _share(v + h), 0.95, "bootstrap"))
        for one, v, h in zip(called, value, half, strict=True)
    ]
    settings, pairs = each[: len(names)], each[len(names) :]
    explained = min(found.response.explained, 1.0)
    return Importances(_sorted(settings), _sorted(pairs), explained, found.noise, count, failed, "")


def _share(number: float) -> float:
    return float(min(max(number, 0.0), 1.0))


def _sorted(each: list[Importance]) -> tuple[Importance, ...]:
    return tuple(sorted(each, key=lambda one: -one.share.value))


def _percent(share: Interval) -> str:
    value, low, high = (round(100 * number) for number in (share.value, share.low, share.high))
    return f"{value}% ({low} to {high}%)"
