"""Schedules that react to what is monitored: the rate falls when it no longer gets better."""

from __future__ import annotations

import numpy as np

from shoal.rules import Number
from shoal.train.schedules.kinds import Clock, Knob, ScheduleKind

_FACTOR = Number(0, 1, low_open=True, high_open=True)
_LOW = Knob("lowest factor", 0.0, Number(0, 1))

INERT = {
    "plateau_factor": 1.0,
    "plateau_patience": 0.0,
    "plateau_threshold": 0.0,
    "plateau_cooldown": 0.0,
    "plateau_low": 0.0,
    "plateau_previous": 0.0,
}
"""The reaction of a schedule that does not react."""


def _steady(clock: Clock, **settings):
    return np.ones_like(clock.epoch)


def plateau_reaction(factor, patience, threshold, cooldown, low) -> dict[str, float]:
    """Return the reaction of PyTorch's ReduceLROnPlateau with a relative threshold."""
    return {
        "plateau_factor": factor,
        "plateau_patience": patience,
        "plateau_threshold": threshold,
        "plateau_cooldown": cooldown,
        "plateau_low": low,
        "plateau_previous": 0.0,
    }


def new_bob_reaction(factor, threshold, low) -> dict[str, float]:
    """Return the reaction to every epoch that is worse than the one before it.

    The threshold is negative: what is as good as before, or worse by no more than rounding, is no rise.
    """
    return INERT | {
        "plateau_factor": factor,
        "plateau_threshold": -threshold,
        "plateau_low": low,
        "plateau_previous": 1.0,
    }


REACTING: dict[str, ScheduleKind] = {
    "plateau": ScheduleKind(
        _steady,
        "times 'factor' once the monitored figure has not fallen for a while",
        {
            "factor": Knob("factor of each fall", 0.1, _FACTOR),
            # below the 10 epochs of early stopping, which would come first
            "patience": Knob(
                "epochs that pass without a better one", 4.0, Number(0, integer=True), room="before"
            ),
            "threshold": Knob("relative change that counts as better", 1e-4, Number(0, 1, high_open=True)),
            "cooldown": Knob("epochs after a fall that do not count", 0.0, Number(0, integer=True)),
            "low": _LOW,
        },
        reaction=plateau_reaction,
        endless=True,
    ),
    "new_bob": ScheduleKind(
        _steady,
        "times 'factor' whenever the monitored figure rises against the epoch before",
        {
            "factor": Knob("factor of each fall", 0.5, _FACTOR),
            "threshold": Knob("relative rise that counts", 1e-6, Number(0, 1, high_open=True)),
            "low": _LOW,
        },
        reaction=new_bob_reaction,
        endless=True,
    ),
}
"""Their curve is level; `shoal.train.stopping` scales it after every epoch by `Schedule.reaction`."""
