"""A schedule with its settings: the rate and the momentum of every step, as tables made on the host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from shoal.errors import SettingError, did_you_mean
from shoal.rules import Number, check, refuse_unknown
from shoal.train.schedules.cyclic import CYCLIC
from shoal.train.schedules.falling import FALLING
from shoal.train.schedules.kinds import Clock, ScheduleKind, SettingValue
from shoal.train.schedules.reacting import INERT, REACTING

SCHEDULES: dict[str, ScheduleKind] = {**FALLING, **REACTING, **CYCLIC}
"""Name -> schedule."""


@dataclass(frozen=True)
class Schedule:
    """A named schedule with its settings and a linear warm-up in front.

    Parameters
    ----------
    kind : str
        Name in `SCHEDULES`.
    settings : tuple of (name, value) pairs
        Those given; the others take their defaults. Lengths are in epochs, and are a share of the run where
        they are not given.
    warmup : float
        Epochs over which the rate rises linearly from 0; the schedule's clock starts at once, so that the
        two factors are multiplied, as PyTorch's ``ChainedScheduler`` does.

    Raises
    ------
    SettingError
        If the kind or a setting is unknown, or a value is not in its range.

    Examples
    --------
    >>> Schedule("step", (("every", 2.0),)).factors(epochs=4, steps=1, total_epochs=4)[:, 0].tolist()
    [1.0, 1.0, 0.5, 0.5]
    """

    kind: str = "constant"
    settings: tuple[tuple[str, Any], ...] = ()
    warmup: float = 0.0

    def __post_init__(self):
        if not isinstance(self.kind, str) or self.kind not in SCHEDULES:
            raise SettingError(
                f"Unknown schedule {self.kind!r}.{did_you_mean(str(self.kind), SCHEDULES)} Choose one of: "
                f"{', '.join(SCHEDULES)}."
            )
        owner, known = f"the {self.kind} schedule", SCHEDULES[self.kind].settings
        refuse_unknown(f"The {self.kind} schedule", dict(self.settings), known)
        for name, value in self.settings:
            check(owner, name, value, known[name].rule)
        check("a schedule", "warmup", self.warmup, Number(0))
        pairs = ((name, _frozen(value, known[name].rule)) for name, value in self.settings)
        object.__setattr__(self, "settings", tuple(sorted(pairs)))
        self._refuse_uneven_lists()

    def _refuse_uneven_lists(self) -> None:
        if self.kind != "piecewise":
            return
        given = self.values(1)
        boundaries, values = given["boundaries"], given["values"]
        if len(values) != len(boundaries) + 1 or any(b <= a for a, b in pairwise(boundaries)):
            raise SettingError(
                "Expected rising 'boundaries' and one value more than boundaries for the piecewise schedule. "
                f"Received: boundaries={list(boundaries)}, values={list(values)}."
            )

    @classmethod
    def of(cls, value: Any, warmup: float = 0.0) -> Schedule:
        """Return the schedule that a name or a mapping such as ``{"kind": "step", "every": 10}`` stands for.

        Parameters
        ----------
        value : str, mapping or Schedule
        warmup : float
            Given beside it, where it has none of its own.

        Raises
        ------
        SettingError
            If it is none of these, or something in it is wrong.
        """
        if isinstance(value, Schedule):
            value = {"warmup": warmup, **value.to_json()}
        own: Any = {"kind": value} if isinstance(value, str) else value
        if not isinstance(own, Mapping) or "kind" not in own:
            raise SettingError(
                f"The 'schedule' parameter must be one of {', '.join(SCHEDULES)} or a mapping such as "
                f"{{'kind': 'step', 'factor': 0.5}}. Got {value!r} instead."
            )
        if warmup and own.get("warmup", warmup) != warmup:
            raise SettingError(
                f"Expected 'warmup' once. Received: {own['warmup']!r} in the schedule, {warmup!r} beside it."
            )
        rest = tuple((name, v) for name, v in own.items() if name not in ("kind", "warmup"))
        return cls(own["kind"], rest, own.get("warmup", warmup))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, which `of` reads."""
        given = {name: list(v) if isinstance(v, tuple) else v for name, v in self.settings}
        return {"kind": self.kind, **given, **({"warmup": self.warmup} if self.warmup else {})}

    def refuse_longer_than(self, epochs: int) -> None:
        """Refuse a schedule of which a run of so many epochs would never see a part that was asked for.

        Raises
        ------
        SettingError
            In one sentence, with the setting that is too long.
        """
        too_long = [n for n, v in self.settings if not SCHEDULES[self.kind].settings[n].fits(v, epochs)]
        if self.warmup > epochs:
            too_long.append("warmup")
        for name in too_long:
            value = dict(self.settings).get(name, self.warmup)
            last = max(value) if isinstance(value, tuple) else value
            raise SettingError(
                f"The {self.kind} schedule is longer than the run: {name} is {last:g} epochs, and the run "
                f"has {epochs}. Give less, or train longer."
            )

    @property
    def longest(self) -> float:
        """The most epochs that a given setting speaks of; 0 where none does."""
        known = SCHEDULES[self.kind].settings
        times = [np.max(v, initial=0.0) for name, v in self.settings if known[name].room]
        return float(max([self.warmup, *times]))

    def values(self, total_epochs: int) -> dict[str, Any]:
        """Return every setting of the schedule in a run of so many epochs."""
        known = SCHEDULES[self.kind].settings
        return {name: knob.at(total_epochs) for name, knob in known.items()} | dict(self.settings)

    @property
    def endless(self) -> bool:
        """Whether the schedule is the same however long the run will last."""
        kind, given = SCHEDULES[self.kind], dict(self.settings)
        return kind.endless and all(n in given for n, knob in kind.settings.items() if knob.default is None)

    def factors(self, epochs: int, steps: int, total_epochs: int, first_epoch: int = 0) -> np.ndarray:
        """Return the factor of the learning rate for each step.

        Parameters
        ----------
        epochs, steps : int
            Shape of the answer: this many epochs of this many steps.
        total_epochs : int
            Planned length of the whole run, which the falling schedules end on.
        first_epoch : int
            Epochs done before.

        Returns
        -------
        (epochs, steps) float64 array
        """
        clock = _clock(epochs, steps, total_epochs, first_epoch)
        factor = SCHEDULES[self.kind].curve(clock, **self.values(total_epochs))
        if self.warmup <= 0:
            return factor
        return factor * np.minimum((clock.epoch + 1.0 / steps) / self.warmup, 1.0)

    def momenta(
        self,
        base: float,
        epochs: int,
        steps: int,
        total_epochs: int,
        first_epoch: int = 0,
        start: float | None = None,
    ) -> np.ndarray:
        """Return the momentum (Adam's first beta) of each step.

        Parameters
        ----------
        base : float
            Momentum where nothing moves it.
        epochs, steps, total_epochs, first_epoch : int
            As in `factors`.
        start : float, optional
            Momentum at the first step, from which it goes straight to `base` at the last one; this comes
            before a cycle of the schedule's own.

        Returns
        -------
        (epochs, steps) float64 array

        Examples
        --------
        >>> Schedule().momenta(0.9, epochs=5, steps=1, total_epochs=5, start=0.5)[:, 0].round(2).tolist()
        [0.5, 0.6, 0.7, 0.8, 0.9]
        """
        clock = _clock(epochs, steps, total_epochs, first_epoch)
        if start is not None:
            return start + (base - start) * np.clip(clock.step / max(clock.last, 1), 0.0, 1.0)
        if self.cycles_momentum:
            return SCHEDULES[self.kind].momentum(clock, **self.values(total_epochs))  # type: ignore[misc]
        return np.full((epochs, steps), float(base))

    @property
    def cycles_momentum(self) -> bool:
        """Whether the schedule moves the momentum (of optimizers that have one)."""
        if SCHEDULES[self.kind].momentum is None:
            return False
        given = self.values(1)
        return given["momentum_low"] > 0 and given["momentum_high"] > 0

    def reaction(self) -> dict[str, float]:
        """Return how the rate reacts to the monitored figure, as six numbers.

        After every epoch: better if ``score < reference - threshold * |reference|``; else one more bad epoch.
        In cooldown none is counted. After more than ``patience`` bad ones the scale of the rate becomes
        ``max(scale * factor, low)``. The reference is the best so far, or with ``previous`` = 1 the epoch
        before. A factor of 1 does not react.

        Examples
        --------
        >>> Schedule("new_bob").reaction()["plateau_factor"]
        0.5
        """
        react = SCHEDULES[self.kind].reaction
        if react is None:
            return dict(INERT)
        return {name: float(value) for name, value in react(**self.values(1)).items()}


def _frozen(value: Any, rule: Number) -> SettingValue:
    if not rule.many:
        return value
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _clock(epochs: int, steps: int, total_epochs: int, first_epoch: int) -> Clock:
    step = (first_epoch * steps + np.arange(epochs * steps)).reshape(epochs, steps)
    return Clock(step.astype(float), steps, total_epochs)
