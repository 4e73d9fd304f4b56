"""Learning-rate schedules: the rate of every step as a factor of the peak rate, computed on the host.

A schedule is data: a table of factors handed to the compiled program, so networks with different
schedules share one program, and any schedule can be drawn before training (`factors`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from shoal.errors import SettingError, did_you_mean

_TINY = 1e-9  # of the whole run: a rise or a fall of no length
_LENGTHS = ("every", "half")  # settings that are divided by

Curve = Callable[..., np.ndarray]
"""``(epoch, share, **settings) -> factor``; `epoch` is the time in epochs, `share` in [0, 1) of the whole."""


@dataclass(frozen=True)
class ScheduleKind:
    """A schedule: its curve and the settings that it takes, with their defaults."""

    curve: Curve
    settings: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


def _constant(epoch, share):
    return np.ones_like(share)


def _step(epoch, share, factor, every):
    return factor ** np.floor(epoch / every)


def _exponential(epoch, share, decay):
    return np.exp(-decay * epoch)


def _inverse_time(epoch, share, decay):
    return 1.0 / (1.0 + decay * epoch)


def _power(epoch, share, power):
    return (1.0 + epoch) ** -power


def _linear(epoch, share, final):
    return 1.0 + (final - 1.0) * share


def _cosine(epoch, share, final):
    return final + (1.0 - final) * 0.5 * (1.0 + np.cos(np.pi * share))


def _flat_cosine(epoch, share, flat):
    tail = np.clip((share - flat) / max(1.0 - flat, _TINY), 0.0, 1.0)
    return 0.5 * (1.0 + np.cos(np.pi * tail))


def _one_cycle(epoch, share, rise, start, final):
    up = start + (1.0 - start) * 0.5 * (1.0 - np.cos(np.pi * share / max(rise, _TINY)))
    fall = (share - rise) / max(1.0 - rise, _TINY)
    down = final + (1.0 - final) * 0.5 * (1.0 + np.cos(np.pi * fall))
    return np.where(share < rise, up, down)


def _triangular(epoch, share, low, half):
    cycle = np.floor(1.0 + epoch / (2.0 * half))
    position = np.abs(epoch / half - 2.0 * cycle + 1.0)
    return low + (1.0 - low) * np.maximum(0.0, 1.0 - position)


def _coslog(epoch, share, cycles):
    return 0.5 * (1.0 - np.cos(2.0 * np.pi * np.log2(1.0 + (2.0**cycles - 1.0) * share)))


SCHEDULES: dict[str, ScheduleKind] = {
    "constant": ScheduleKind(_constant),
    "step": ScheduleKind(_step, {"factor": 0.5, "every": 10.0}),
    "exponential": ScheduleKind(_exponential, {"decay": 0.05}),
    "inverse_time": ScheduleKind(_inverse_time, {"decay": 0.1}),
    "power": ScheduleKind(_power, {"power": 0.5}),
    "linear": ScheduleKind(_linear, {"final": 0.0}),
    "cosine": ScheduleKind(_cosine, {"final": 0.0}),
    "flat_cosine": ScheduleKind(_flat_cosine, {"flat": 0.5}),
    "one_cycle": ScheduleKind(_one_cycle, {"rise": 0.25, "start": 0.04, "final": 1e-5}),
    "triangular": ScheduleKind(_triangular, {"low": 0.1, "half": 5.0}),
    "coslog": ScheduleKind(_coslog, {"cycles": 4.0}),
}
"""Name -> schedule. Times are in epochs.

step ``factor^floor(e/every)``; exponential ``exp(-decay e)``; inverse_time ``1/(1 + decay e)``; power
``(1+e)^-power``; linear and cosine fall to ``final``; flat_cosine holds for the share ``flat``, then falls;
one_cycle (Smith, arXiv 1803.09820) rises from ``start`` over the share ``rise``, then falls to ``final``;
triangular (Smith, arXiv 1506.01186); coslog of RealMLP (arXiv 2407.04491):
``(1 - cos(2 pi log2(1 + (2^cycles - 1) t)))/2``."""


def _refuse_wrong_value(kind: str, name: str, value: object) -> None:
    number = isinstance(value, int | float) and np.isfinite(value)
    if not number or value < 0 or (value == 0 and name in _LENGTHS):  # type: ignore[operator]
        least = "above 0" if name in _LENGTHS else "of at least 0"
        raise SettingError(
            f"The setting {name!r} of the {kind} schedule must be a number {least}. Got {value!r} instead."
        )


@dataclass(frozen=True)
class Schedule:
    """A named schedule with its settings and a linear warm-up in front.

    Parameters
    ----------
    kind : str
        Name in `SCHEDULES`.
    settings : tuple of (name, value) pairs
        Those given; the others take their defaults.
    warmup : float
        Epochs over which the rate rises linearly from 0; the schedule's clock starts at once.

    Examples
    --------
    >>> Schedule("step", (("every", 2.0),)).factors(epochs=4, steps=1, total_epochs=4)[:, 0].tolist()
    [1.0, 1.0, 0.5, 0.5]
    """

    kind: str = "constant"
    settings: tuple[tuple[str, float], ...] = ()
    warmup: float = 0.0

    def __post_init__(self):
        if self.kind not in SCHEDULES:
            raise SettingError(
                f"Unknown schedule {self.kind!r}.{did_you_mean(str(self.kind), SCHEDULES)} Choose one of: "
                f"{', '.join(SCHEDULES)}."
            )
        known = SCHEDULES[self.kind].settings
        for name, value in self.settings:
            if name not in known:
                raise SettingError(
                    f"The {self.kind} schedule has no setting {name!r}.{did_you_mean(name, known)} "
                    f"It takes: {', '.join(known) or 'none'}."
                )
            _refuse_wrong_value(self.kind, name, value)

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
        # Whole steps are counted before dividing, so that a run in pieces sees the same bits as one at once.
        epoch = (first_epoch * steps + np.arange(epochs * steps).reshape(epochs, steps)) / steps
        share = np.clip(epoch / max(total_epochs, 1), 0.0, 1.0)
        kind = SCHEDULES[self.kind]
        factor = kind.curve(epoch, share, **{**kind.settings, **dict(self.settings)})
        if self.warmup <= 0:
            return factor
        return factor * np.minimum((epoch + 1.0 / steps) / self.warmup, 1.0)
