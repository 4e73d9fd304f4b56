"""What a schedule is: its curve over the run, the settings that it takes, and how it moves the momentum."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import numpy as np

from shoal.rules import Number

TINY = 1e-9
"""Of an epoch or of the run: a length of nothing, and the rounding that a clock is forgiven."""

SettingValue = float | tuple[float, ...]
NOT_NEGATIVE = Number(0)


@dataclass(frozen=True)
class Clock:
    """The steps whose rates are asked for, as places in a run of known length.

    Parameters
    ----------
    step : array of float
        Steps taken before, from 0.
    steps : int
        Steps of an epoch.
    total : int
        Epochs of the whole run.
    """

    step: np.ndarray
    steps: int
    total: int

    @property
    def epoch(self) -> np.ndarray:
        """The time in epochs; from whole steps, so that a run in pieces has the bits of one."""
        return self.step / self.steps

    @property
    def share(self) -> np.ndarray:
        """The time as a share of the run, in [0, 1)."""
        return np.clip(self.epoch / max(self.total, 1), 0.0, 1.0)

    @property
    def last(self) -> int:
        """The place of the run's last step."""
        return max(self.total * self.steps - 1, 0)


Curve = Callable[..., np.ndarray]
"""``(clock, **settings) -> factor``, the factor of the peak rate (or the momentum) at every step."""


@dataclass(frozen=True)
class Knob:
    """A setting of a schedule.

    Parameters
    ----------
    meaning : str
    default : float, tuple of float or None
        None takes `share` of the run.
    rule : Number
        What it may be.
    share : float
        Of the epochs of the run: the default of a length, which so fits every run.
    room : {"", "within", "before"}
        For a time in epochs: whether it must not be longer than the run, or must come before its end.
    """

    meaning: str
    default: SettingValue | None
    rule: Number = NOT_NEGATIVE
    share: float = 0.0
    room: Literal["", "within", "before"] = ""

    def at(self, total: int) -> SettingValue:
        """Return the default in a run of `total` epochs."""
        return self.share * max(total, 1) if self.default is None else self.default

    def fits(self, value: SettingValue, total: int) -> bool:
        """Return whether a given value has room in a run of `total` epochs."""
        last = max(value, default=0.0) if isinstance(value, tuple) else value
        return not self.room or last < total or (self.room == "within" and last == total)


def length(meaning: str, share: float, room: Literal["within", "before"] = "within") -> Knob:
    """Return a setting in epochs, above 0, that is a share of the run where it is not given."""
    return Knob(meaning, None, Number(0, low_open=True), share, room)


@dataclass(frozen=True)
class ScheduleKind:
    """A schedule.

    Parameters
    ----------
    curve : callable
    line : str
        What it does, in one line.
    settings : mapping of str to Knob
    momentum : callable, optional
        The momentum at every step, where the schedule moves it.
    reaction : callable, optional
        ``(**settings) -> the numbers of Schedule.reaction``, where it reacts to what is monitored.
    endless : bool
        Whether it needs not know how long the run lasts.
    """

    curve: Curve
    line: str
    settings: Mapping[str, Knob] = field(default_factory=lambda: MappingProxyType({}))
    momentum: Curve | None = None
    reaction: Callable[..., dict[str, float]] | None = None
    endless: bool = False
