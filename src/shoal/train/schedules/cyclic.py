"""Schedules that rise as well: restarts, triangles, the one cycle."""

from __future__ import annotations

import numpy as np

from shoal.rules import Number
from shoal.train.schedules.kinds import TINY, Clock, Knob, ScheduleKind, length

_MOMENTUM = Number(0, 1, high_open=True)


def _cosine_restarts(clock: Clock, period, factor, final):
    starts, lengths = _periods(clock, period, factor)
    now = np.searchsorted(starts, clock.epoch + TINY * period, side="right") - 1
    share = np.clip((clock.epoch - starts[now]) / lengths[now], 0.0, 1.0)
    return final + (1.0 - final) * 0.5 * (1.0 + np.cos(np.pi * share))


def _periods(clock: Clock, period: float, factor: float) -> tuple[np.ndarray, np.ndarray]:
    """Return where the periods begin and how long they last, as far as the clock goes."""
    end, at, size = float(np.max(clock.epoch, initial=0.0)), 0.0, float(period)
    starts, lengths = [], []
    while at <= end + TINY * period:
        starts.append(at)
        lengths.append(size)
        at, size = at + size, size * factor
    return np.array(starts), np.array(lengths)


def _one_cycle(clock: Clock, rise, start, final, momentum_low, momentum_high):
    return _there_and_back(clock, rise, start, 1.0, final)


def _one_cycle_momentum(clock: Clock, rise, start, final, momentum_low, momentum_high):
    return _there_and_back(clock, rise, momentum_high, momentum_low, momentum_high)


def _there_and_back(clock: Clock, rise: float, first: float, peak: float, last: float) -> np.ndarray:
    """Go from `first` to `peak` over the share `rise` of the steps, then to `last`, by half cosines."""
    top = rise * (clock.last + 1) - 1.0  # PyTorch's: the peak is the last step of the rise, not the next one
    up = np.clip(clock.step / max(top, TINY), 0.0, 1.0)
    down = np.clip((clock.step - top) / max(clock.last - top, TINY), 0.0, 1.0)
    rising = peak + (first - peak) * 0.5 * (1.0 + np.cos(np.pi * up))
    falling = last + (peak - last) * 0.5 * (1.0 + np.cos(np.pi * down))
    return np.where(clock.step <= top, rising, falling)


def _wave(clock: Clock, half: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the triangle between 0 and 1, and the number of the cycle from 1."""
    cycle = np.floor(1.0 + clock.epoch / (2.0 * half))
    position = np.abs(clock.epoch / half - 2.0 * cycle + 1.0)
    return np.maximum(0.0, 1.0 - position), cycle


def _triangular(clock: Clock, low, half):
    return low + (1.0 - low) * _wave(clock, half)[0]


def _triangular2(clock: Clock, low, half):
    wave, cycle = _wave(clock, half)
    return low + (1.0 - low) * wave * 0.5 ** (cycle - 1.0)


def _exp_range(clock: Clock, low, half, decay):
    return low + (1.0 - low) * _wave(clock, half)[0] * np.exp(-decay * clock.epoch)


def _coslog(clock: Clock, cycles):
    return 0.5 * (1.0 - np.cos(2.0 * np.pi * np.log2(1.0 + (2.0**cycles - 1.0) * clock.share)))


_TRIANGLE = {
    "low": Knob("factor between the peaks", 0.1, Number(0, 1)),
    "half": length("epochs of a rise, and of a fall", 1 / 6),
}

CYCLIC: dict[str, ScheduleKind] = {
    "cosine_restarts": ScheduleKind(
        _cosine_restarts,
        "half a cosine down, again and again, in longer and longer periods",
        {
            "period": length("epochs of the first period", 1 / 7),  # 1 + 2 + 4: three periods fill the run
            "factor": Knob("each period is so many times as long as the one before", 2.0, Number(1)),
            "final": Knob("factor at the end of a period", 0.0, Number(0)),
        },
        endless=True,
    ),
    "one_cycle": ScheduleKind(
        _one_cycle,
        "up, then far down; the momentum goes the other way",
        {
            "rise": Knob("share of the run that rises", 0.3, Number(0, 1)),
            "start": Knob("factor at the start", 0.04, Number(0)),
            "final": Knob("factor at the end", 4e-6, Number(0)),
            "momentum_low": Knob("momentum at the peak; 0 leaves it alone", 0.85, _MOMENTUM),
            "momentum_high": Knob("momentum at both ends; 0 leaves it alone", 0.95, _MOMENTUM),
        },
        momentum=_one_cycle_momentum,
    ),
    "triangular": ScheduleKind(
        _triangular, "straight up and down between 'low' and the rate", _TRIANGLE, endless=True
    ),
    "triangular2": ScheduleKind(
        _triangular2, "triangles, each half as high as the one before", _TRIANGLE, endless=True
    ),
    "exp_range": ScheduleKind(
        _exp_range,
        "triangles whose height falls as exp(-decay e)",
        {**_TRIANGLE, "decay": Knob("decay in one epoch", 0.05)},
        endless=True,
    ),
    "coslog": ScheduleKind(
        _coslog,
        "waves, each as long as all before it together",
        {"cycles": Knob("number of waves", 4.0, Number(0, 64, low_open=True))},
    ),
}
"""one_cycle is PyTorch's step for step: both its ends are steps of the run."""
