"""Trials of learning rates: short trainings of a ladder of rates, then whole ones of the best.

A range test sees one step at each rate, so it says where learning begins and where it breaks, not which rate
ends lowest: that depends on the length of the training, its schedule and its decay. Trials measure it. All
networks of a round are one shoal, and rates are data, so no round compiles anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from shoal.errors import TrainingError
from shoal.train.events import Event, Interrupted
from shoal.train.loop import train_all
from shoal.train.population import Member
from shoal.train.recipe import Recipe
from shoal.train.results import NetResult
from shoal.train.schedules import SCHEDULES, Schedule
from shoal.train.schedules.kinds import SettingValue
from shoal.train.view import View

RUNG = 2.0
"""Factor between neighbouring rates of the ladder."""
HEAT = range(-2, 6)
"""Rungs of the first round, counted from the valley of the range test."""
HEAT_SHARE = 0.25
"""Share of the epochs that the first round trains."""
_FINAL = (-1, 0, 1, 2)  # rungs of the second: short trainings like lower rates than long ones
_MOST_STEPS = 3  # times that the ladder goes on where its best rung is the last


@dataclass(frozen=True)
class Trials:
    """What whole trainings ended at.

    Parameters
    ----------
    rates : (rates,) float array
        Rising.
    losses : (seeds, rates) float array
        Validation loss of the weights that each training kept; infinite where it diverged.
    trainings : float
        What was trained in all, in whole trainings.
    """

    rates: np.ndarray
    losses: np.ndarray
    trainings: float

    def best(self) -> float:
        """Return the rate whose loss, averaged over the seeds, is lowest."""
        return float(self.rates[int(np.argmin(self.losses.mean(axis=0)))])

    def best_of_each(self) -> np.ndarray:
        """Return the best rate of each seed."""
        return self.rates[np.argmin(self.losses, axis=1)]

    def loss_at(self, rate: float) -> float:
        """Return the mean loss at a rate that was tried; NaN at any other."""
        found = np.flatnonzero(self.rates == rate)
        return float(self.losses[:, found[0]].mean()) if len(found) else float("nan")


def trials(
    members: Sequence[Member],
    views: Sequence[View],
    valley: float,
    besides: Sequence[float] = (),
    scale: float = 1.0,
) -> Trials:
    """Find the rate with which trainings end lowest.

    First the rates ``valley * 2^k`` train for a quarter of the epochs, with the schedule drawn in; then the
    best of them and its neighbours train to the end. Where the last rung is the best, the ladder goes on.

    Parameters
    ----------
    members : sequence of Member
        One for each seed, with the recipe that the rate is for; views have validation rows.
    views : sequence of View
    valley : float
        Where the ladder stands.
    besides : sequence of float
        Rates to try to the end too.
    scale : float
        What a network takes is a rate times this.

    Raises
    ------
    TrainingError
        If every rate diverges.
    KeyboardInterrupt
        If Ctrl-C struck; the programs that ran are finished.
    """
    ladder = _Ladder(members, views, valley, scale)
    first = ladder.heat()
    rungs = [first + k for k in _FINAL]
    ladder.climb(rungs, besides)
    for _ in range(_MOST_STEPS):
        best = ladder.best_rung()
        missing = [k for k in (best - 1, best + 1) if ladder.rate(k) not in ladder.found]
        if not missing:
            break
        ladder.climb(missing)
    rates = np.array(sorted(ladder.found))
    losses = np.stack([ladder.found[rate] for rate in rates], axis=1)
    return Trials(rates, losses, ladder.trainings)


class _Ladder:
    """Rates a factor apart, and what was found at those that were tried to the end."""

    def __init__(self, members: Sequence[Member], views: Sequence[View], foot: float, scale: float):
        self.members, self.views, self.foot, self.scale = members, views, foot, scale
        self.found: dict[float, np.ndarray] = {}
        self.trainings = 0.0

    def rate(self, rung: int) -> float:
        return rounded(self.foot * RUNG**rung)

    def heat(self) -> int:
        """Return the best rung of short trainings, further down where all of them diverge."""
        tried = list(HEAT)
        for _ in range(_MOST_STEPS + 1):
            losses = self._ends([self.rate(k) for k in tried], HEAT_SHARE).mean(axis=0)
            if np.isfinite(losses).any():
                return tried[int(np.argmin(losses))]
            tried = [k - len(HEAT) for k in tried]
        raise TrainingError(
            f"Training diverged at every learning rate from {self.rate(tried[0] + len(HEAT)):g} to "
            f"{self.rate(HEAT[-1]):g}; set clip_norm=1.0, or look at the table with 'shoal columns'."
        )

    def climb(self, rungs: Sequence[int], besides: Sequence[float] = ()) -> None:
        """Try these rungs, and other rates, to the end."""
        rates = sorted({*map(self.rate, rungs), *map(float, besides)} - self.found.keys())
        losses = self._ends(rates, 1.0)
        self.found.update(zip(rates, losses.T, strict=True))

    def best_rung(self) -> int:
        best = min(self.found, key=lambda rate: self.found[rate].mean())
        return int(np.round(np.log(best / self.foot) / np.log(RUNG)))

    def _ends(self, rates: Sequence[float], share: float) -> np.ndarray:
        """Return where trainings end: (seeds, rates)."""
        taken = [rate * self.scale for rate in rates]
        nets = [replace(m, recipe=tried(m.recipe, rate, share)) for m in self.members for rate in taken]
        struck = []

        def watch(event: Event) -> None:
            if isinstance(event, Interrupted):
                struck.append(event)

        # Tiles of one: every round, and the training that follows, share one compiled program.
        results = train_all(nets, self.views, on_event=watch, exact=True)
        if struck:
            raise KeyboardInterrupt
        self.trainings += len(nets) * share
        return np.array([_end(result) for result in results]).reshape(len(self.members), len(rates))


def tried(recipe: Recipe, rate: float, share: float) -> Recipe:
    """Return a recipe with another rate and a share of its epochs, into which its schedule is drawn in."""
    epochs = max(1, round(recipe.epochs * share))
    schedule = _drawn_in(recipe.schedule, share)
    return replace(recipe, learning_rate=rate, epochs=epochs, schedule=schedule, record=())


def _drawn_in(schedule: Schedule, share: float) -> Schedule:
    known = SCHEDULES[schedule.kind].settings

    def scaled(name: str, value: SettingValue) -> SettingValue:
        if name == "decay":
            return value / share  # type: ignore[operator]
        if not known[name].room:
            return value
        if isinstance(value, tuple):
            return tuple(part * share for part in value)
        return round(value * share) if known[name].rule.integer else value * share

    settings = tuple((name, scaled(name, value)) for name, value in schedule.settings)
    return Schedule(schedule.kind, settings, schedule.warmup * share)


def rounded(rate: float) -> float:
    """Return a rate with two significant digits.

    Examples
    --------
    >>> rounded(0.0123456)
    0.012
    """
    return float(f"{rate:.2g}")


def _end(result: NetResult) -> float:
    """Return the validation loss of the weights that were kept."""
    at = result.best_epoch - 1
    if result.code == "diverged" or not 0 <= at < len(result.history):
        return float("inf")
    loss = float(result.history[at, 1])
    return loss if np.isfinite(loss) else float("inf")
