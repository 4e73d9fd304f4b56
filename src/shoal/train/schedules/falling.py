"""Schedules that hold or fall: from the classic decays to half a cosine."""

from __future__ import annotations

import numpy as np

from shoal.rules import Number
from shoal.train.schedules.kinds import TINY, Clock, Knob, ScheduleKind, length

_BOUNDARIES = Knob("epochs after which the next value holds, rising", (), Number(0, many=True), room="before")
_FINAL = Knob("factor at the end", 0.0, Number(0))


def _constant(clock: Clock):
    return np.ones_like(clock.epoch)


def _step(clock: Clock, factor, every):
    return factor ** np.floor(clock.epoch / every + TINY)


def _piecewise(clock: Clock, boundaries, values):
    passed = np.searchsorted(np.asarray(boundaries), clock.epoch + TINY, side="right")
    return np.asarray(values, float)[passed]


def _exponential(clock: Clock, decay):
    return np.exp(-decay * clock.epoch)


def _inverse_time(clock: Clock, decay):
    return 1.0 / (1.0 + decay * clock.epoch)


def _power(clock: Clock, power):
    return (1.0 + clock.epoch) ** -power


def _linear(clock: Clock, final):
    return 1.0 + (final - 1.0) * clock.share


def _polynomial(clock: Clock, power, final):
    return final + (1.0 - final) * (1.0 - clock.share) ** power


def _cosine(clock: Clock, final):
    return final + (1.0 - final) * 0.5 * (1.0 + np.cos(np.pi * clock.share))


def _flat_cosine(clock: Clock, flat):
    tail = np.clip((clock.share - flat) / max(1.0 - flat, TINY), 0.0, 1.0)
    return 0.5 * (1.0 + np.cos(np.pi * tail))


FALLING: dict[str, ScheduleKind] = {
    "constant": ScheduleKind(_constant, "the same rate all the time", endless=True),
    "step": ScheduleKind(
        _step,
        "times 'factor' after every so many epochs",
        {
            "factor": Knob("factor of each fall", 0.5, Number(0, low_open=True)),
            "every": length("epochs between two falls", 1 / 3, "before"),
        },
        endless=True,
    ),
    "piecewise": ScheduleKind(
        _piecewise,
        "one factor up to each boundary, given as lists",
        {
            "boundaries": _BOUNDARIES,
            "values": Knob("factors, one more than boundaries", (1.0,), Number(0, many=True)),
        },
        endless=True,
    ),
    "exponential": ScheduleKind(
        _exponential,
        "exp(-decay e), e in epochs",
        {"decay": Knob("decay in one epoch", 0.05)},
        endless=True,
    ),
    "inverse_time": ScheduleKind(
        _inverse_time, "1/(1 + decay e)", {"decay": Knob("decay in one epoch", 0.1)}, endless=True
    ),
    "power": ScheduleKind(
        _power,
        "1/t^power with t = 1 + e, so that it begins at the given rate",
        {"power": Knob("exponent, such that descent converges", 0.75, Number(0.5, 1, low_open=True))},
        endless=True,
    ),
    "linear": ScheduleKind(_linear, "straight down to 'final'", {"final": _FINAL}),
    "polynomial": ScheduleKind(
        _polynomial,
        "final + (1 - final)(1 - share)^power",
        {"power": Knob("exponent", 2.0, Number(0, low_open=True)), "final": _FINAL},
    ),
    "cosine": ScheduleKind(_cosine, "half a cosine down to 'final'", {"final": _FINAL}),
    "flat_cosine": ScheduleKind(
        _flat_cosine,
        "the full rate, then half a cosine down to 0",
        {"flat": Knob("share of the run before the fall", 0.5, Number(0, 1))},
    ),
}
"""Times `e` are in epochs and run on within an epoch; `share` is the time as a share of the run."""
