"""Ranges of numbers: on a straight or a logarithmic scale, of every value or of steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from shoal.errors import SettingError, did_you_mean
from shoal.sweep.space.domain import Domain
from shoal.sweep.space.plain import clipped, frozen, is_number, tidy

SCALES = ("linear", "log", "reverse_log")
_NEAR = 1e-9


def multiple(number: float, step: float) -> float:
    """Return ``round(x / q) * q``, the multiple of a step nearest to a number; of two, the even one.

    Examples
    --------
    >>> multiple(13.0, 8), multiple(0.34, 0.1)
    (16, 0.3)
    """
    count = round(number / step)
    return count * step if isinstance(step, int) else tidy(count * step)


@dataclass(frozen=True)
class Range(Domain):
    """The numbers from `low` to `high`, both included.

    Parameters
    ----------
    low, high : float
    scale : {"linear", "log", "reverse_log"}
        "log" draws ``log x`` evenly. "reverse_log" mirrors this, ``low + high - x``: dense near `high`, for
        numbers such as a momentum between 0.9 and 0.999.
    step : float, optional
        Only `low`, ``low + step``, ``low + 2 step``, ... Each stands for what is nearest to it, half a step
        to both sides; so on a linear scale all are equally likely.
    integer : bool
        Whole numbers only, in steps of 1 where no step is given.
    multiples : bool
        The values are the multiples of `step` instead, ``round(x / step) * step`` of a number x drawn between
        `low` and `high`: so W&B's ``q_uniform`` rounds, and its first and last value get half a share.

    Raises
    ------
    SettingError
        If `low` is not below `high`, a logarithmic scale reaches 0, or a step does not fit.

    Examples
    --------
    >>> Range(1e-4, 1e-1, scale="log").from_unit(0.5)
    0.00316
    >>> Range(1, 9, step=4, integer=True).grid(), Range(10, 29, step=8, multiples=True).grid()
    ([1, 5, 9], [8, 16, 24, 32])
    """

    low: float
    high: float
    scale: str = "linear"
    step: float | None = None
    integer: bool = False
    multiples: bool = False

    def __post_init__(self):
        for name in ("low", "high", "step"):
            object.__setattr__(self, name, frozen(getattr(self, name)))
        _refuse_unusable(self)
        if self.integer:
            for name in ("low", "high", "step"):
                value = getattr(self, name)
                object.__setattr__(self, name, 1 if value is None else int(value))

    def __str__(self) -> str:
        scale = {"linear": "", "log": " on a log scale", "reverse_log": " on a reversed log scale"}
        steps = "" if self.step is None else f" in steps of {self.step:g}"
        return f"the range from {self.low:g} to {self.high:g}{steps}{scale[self.scale]}"

    @property
    def size(self) -> int | None:
        """How many values there are; None without steps."""
        return None if self.step is None else self._last - self._first + 1

    @property
    def ordered(self) -> bool:
        """Numbers are in order."""
        return True

    @property
    def _first(self) -> int:
        return round(self.low / self.step) if self.multiples and self.step else 0

    @property
    def _last(self) -> int:
        assert self.step is not None
        if self.multiples:
            return round(self.high / self.step)
        return math.floor((self.high - self.low) / self.step + _NEAR)

    @cached_property
    def _span(self) -> tuple[float, float]:
        """The ends of what is drawn; steps from `low` stand for half a step to both sides of them."""
        if self.step is None or self.multiples:
            return self.low, self.high
        low, high = self.low - self.step / 2, self.low + (self._last + 0.5) * self.step
        # a logarithm needs numbers above 0: half of the first value is as far down as its share may reach
        return (max(low, self.low / 2) if self.scale == "log" else low), high

    def from_unit(self, unit: float) -> Any:
        """Return the value at a quantile in [0, 1]."""
        unit = clipped(unit)
        if self.step is None and unit in (0.0, 1.0):  # exactly, whatever logarithms make of it
            return self.high if unit else self.low
        number = self._drawn(unit)
        if self.step is None:
            return min(max(number, self.low), self.high)
        if self.multiples:
            return self._value(min(max(round(number / self.step), self._first), self._last))
        place = math.ceil((number - self.low) / self.step - 0.5)
        return self._value(min(max(place, 0), self._last))

    def to_unit(self, value: Any) -> float:
        """Return the quantile of a value."""
        if self.step is None:
            return self._unit(value)
        place = self._place(value)
        start = 0.0 if self.multiples else self.low
        edges = (start + (place - 0.5) * self.step, start + (place + 0.5) * self.step)
        return (self._unit(edges[0]) + self._unit(edges[1])) / 2

    def contains(self, value: Any) -> bool:
        """Return whether a value is in the range, and one of its steps."""
        if not is_number(value) or not math.isfinite(value):
            return False
        if self.step is None:
            return bool(self.low <= value <= self.high)
        return math.isclose(self._value(self._place(value)), value, rel_tol=_NEAR, abs_tol=_NEAR * self.step)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        found: dict[str, Any] = {"kind": "range", "low": self.low, "high": self.high}
        given = {"scale": self.scale, "step": self.step, "integer": self.integer, "multiples": self.multiples}
        default = {"scale": "linear", "step": None, "integer": False, "multiples": False}
        return {**found, **{name: value for name, value in given.items() if value != default[name]}}

    def _all(self) -> list[Any]:
        return [self._value(place) for place in range(self._first, self._last + 1)]

    def _place(self, value: float) -> int:
        assert self.step is not None
        start = 0.0 if self.multiples else self.low
        return min(max(round((value - start) / self.step), self._first), self._last)

    def _value(self, place: int) -> Any:
        assert self.step is not None
        if self.multiples:
            return multiple(place * self.step, self.step)
        value = self.low + place * self.step
        return value if self.integer else tidy(value)

    def _drawn(self, unit: float) -> float:
        """Return the number at a quantile, before it is rounded."""
        low, high = self._span
        if self.scale == "linear":
            return low + unit * (high - low)
        if self.scale == "log":
            return math.exp(math.log(low) + unit * (math.log(high) - math.log(low)))
        return low + high - math.exp(math.log(low) + (1 - unit) * (math.log(high) - math.log(low)))

    def _unit(self, number: float) -> float:
        low, high = self._span
        number = min(max(number, low), high)
        if self.scale == "linear":
            return (number - low) / (high - low)
        share = math.log(number if self.scale == "log" else low + high - number) - math.log(low)
        share /= math.log(high) - math.log(low)
        return min(max(share if self.scale == "log" else 1 - share, 0.0), 1.0)


def _refuse_unusable(given: Range) -> None:
    ends = (given.low, given.high)
    if not all(is_number(end) and math.isfinite(end) for end in ends) or not given.low < given.high:
        raise SettingError(f"Expected two numbers, low below high. Got low={ends[0]!r}, high={ends[1]!r}.")
    if given.scale not in SCALES:
        raise SettingError(
            f"Expected scale to be one of {', '.join(SCALES)}. Got {given.scale!r}."
            f"{did_you_mean(str(given.scale), SCALES)}"
        )
    if given.scale != "linear" and not given.low > 0:
        raise SettingError(f"Expected low above 0 for a logarithmic scale. Got low={given.low!r}.")
    _refuse_unusable_steps(given)


def _refuse_unusable_steps(given: Range) -> None:
    step = given.step
    if step is not None and not (is_number(step) and math.isfinite(step) and step > 0):
        raise SettingError(f"Expected a step above 0. Got step={step!r}.")
    if step is None and given.multiples:
        raise SettingError("Expected a step to take the multiples of. Got none.")
    if given.scale == "reverse_log" and (step is not None or given.integer):
        raise SettingError(f"Expected no steps on a reversed log scale. Got step={step!r}.")
    numbers = (given.low, given.high, 1 if step is None else step)
    if given.integer and not all(float(number).is_integer() for number in numbers):
        raise SettingError(
            f"Expected whole numbers. Got low={numbers[0]!r}, high={numbers[1]!r}, step={step!r}."
        )
    if step is not None and not given.multiples and step > (given.high - given.low) * (1 + _NEAR):
        raise SettingError(
            f"Expected a step no longer than the range. Got low={given.low!r}, high={given.high!r}, "
            f"step={step!r}."
        )
