"""Domains with a density of their own: normal, lognormal and beta laws."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import Any

from shoal.errors import SettingError
from shoal.sweep.space.domain import Domain
from shoal.sweep.space.plain import clipped, frozen, is_number
from shoal.sweep.space.ranges import multiple

LEAST, MOST = 2.0**-53, 1.0 - 2.0**-53
"""Quantiles between which all values lie: a normal law is cut at 8.2 standard deviations."""


@dataclass(frozen=True)
class Normal(Domain):
    """Numbers with a normal law, or whose logarithm has one.

    Parameters
    ----------
    mu, sigma : float
        Mean and standard deviation, of ``log x`` where `log` is set.
    log : bool
    step : float, optional
        Rounds to multiples of it, ``round(x / step) * step``.
    low, high : float, optional
        Where the law is cut off; what lies between keeps its proportions.

    Raises
    ------
    SettingError
        If `sigma` is not above 0, or nothing lies between `low` and `high`.

    Examples
    --------
    >>> Normal(0.0, 1.0).from_unit(0.975), Normal(0.0, 1.0, log=True).from_unit(0.5)
    (1.96, 1.0)
    """

    mu: float = 0.0
    sigma: float = 1.0
    log: bool = False
    step: float | None = None
    low: float | None = None
    high: float | None = None

    def __post_init__(self):
        for name in ("mu", "sigma", "step", "low", "high"):
            object.__setattr__(self, name, frozen(getattr(self, name)))
        if not is_number(self.mu) or not is_number(self.sigma) or not self.sigma > 0:
            raise SettingError(
                f"Expected a mean and a standard deviation above 0. Got mu={self.mu!r}, sigma={self.sigma!r}."
            )
        _refuse_bad_step(self.step)
        lower, upper = self._cut
        if not lower < upper:
            raise SettingError(
                f"Expected the law to have something between low and high. Got low={self.low!r}, "
                f"high={self.high!r} for mu={self.mu!r}, sigma={self.sigma!r}."
            )

    def __str__(self) -> str:
        law = "lognormal" if self.log else "normal"
        cut = "" if self.low is None and self.high is None else f", cut to [{self.low}, {self.high}]"
        return f"the {law} law with mu={self.mu:g} and sigma={self.sigma:g}{cut}"

    @property
    def size(self) -> int | None:
        """Infinitely many."""
        return None

    @property
    def ordered(self) -> bool:
        """Numbers are in order."""
        return True

    @cached_property
    def _law(self) -> NormalDist:
        return NormalDist(self.mu, self.sigma)

    @cached_property
    def _cut(self) -> tuple[float, float]:
        return (
            0.0 if self.low is None else self._below(self.low),
            1.0 if self.high is None else self._below(self.high),
        )

    def _below(self, number: float) -> float:
        """Return the share of the whole law below a number."""
        if not self.log:
            return self._law.cdf(number)
        return self._law.cdf(math.log(number)) if number > 0 else 0.0

    def from_unit(self, unit: float) -> Any:
        """Return the value at a quantile in [0, 1]."""
        lower, upper = self._cut
        share = lower + clipped(unit) * (upper - lower)
        number = self._law.inv_cdf(min(max(share, LEAST), MOST))
        number = math.exp(number) if self.log else number
        if self.step is not None:
            number = multiple(number, self.step)
            number += self.step * ((self.low is not None and number < self.low) or 0)
            number -= self.step * ((self.high is not None and number > self.high) or 0)
            return number
        low = -math.inf if self.low is None else self.low
        return min(max(number, low), math.inf if self.high is None else self.high)

    def to_unit(self, value: Any) -> float:
        """Return the quantile of a value."""
        lower, upper = self._cut
        return min(max((self._below(value) - lower) / (upper - lower), 0.0), 1.0)

    def contains(self, value: Any) -> bool:
        """Return whether a value can come from the law."""
        if not is_number(value) or not math.isfinite(value) or (self.log and value < 0):
            return False
        low = -math.inf if self.low is None else self.low
        inside = low <= value <= (math.inf if self.high is None else self.high)
        return inside and _is_multiple(value, self.step)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        found: dict[str, Any] = {"kind": "normal", "mu": self.mu, "sigma": self.sigma}
        given = {"log": self.log or None, "step": self.step, "low": self.low, "high": self.high}
        return {**found, **{name: value for name, value in given.items() if value is not None}}


@dataclass(frozen=True)
class Beta(Domain):
    """Numbers between 0 and 1 with a beta law, of density ``x^(a-1) (1-x)^(b-1)``.

    Parameters
    ----------
    a, b : float
        Above 0.
    step : float, optional
        Rounds to multiples of it.

    Raises
    ------
    SettingError
        If `a`, `b` or `step` is not above 0.

    Examples
    --------
    >>> Beta(2, 2).from_unit(0.5)
    0.5
    """

    a: float
    b: float
    step: float | None = None

    def __post_init__(self):
        for name in ("a", "b", "step"):
            object.__setattr__(self, name, frozen(getattr(self, name)))
        if not all(is_number(n) and math.isfinite(n) and n > 0 for n in (self.a, self.b)):
            raise SettingError(f"Expected a and b above 0. Got a={self.a!r}, b={self.b!r}.")
        _refuse_bad_step(self.step)

    def __str__(self) -> str:
        return f"the beta law with a={self.a:g} and b={self.b:g}"

    @property
    def size(self) -> int | None:
        """Infinitely many."""
        return None

    @property
    def ordered(self) -> bool:
        """Numbers are in order."""
        return True

    def from_unit(self, unit: float) -> Any:
        """Return the value at a quantile in [0, 1]."""
        from scipy.special import betaincinv  # SciPy takes long to wake, and most spaces have no beta law

        number = float(betaincinv(self.a, self.b, min(max(clipped(unit), LEAST), MOST)))
        return number if self.step is None else multiple(number, self.step)

    def to_unit(self, value: Any) -> float:
        """Return the quantile of a value."""
        from scipy.special import betainc

        return float(betainc(self.a, self.b, min(max(value, 0.0), 1.0)))

    def contains(self, value: Any) -> bool:
        """Return whether a value can come from the law."""
        return is_number(value) and 0 <= value <= 1 and _is_multiple(value, self.step)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        found = {"kind": "beta", "a": self.a, "b": self.b}
        return found if self.step is None else {**found, "step": self.step}


def _is_multiple(value: float, step: float | None) -> bool:
    return step is None or math.isclose(multiple(value, step), value, rel_tol=1e-9, abs_tol=1e-9 * step)


def _refuse_bad_step(step: Any) -> None:
    if step is not None and not (is_number(step) and math.isfinite(step) and step > 0):
        raise SettingError(f"Expected a step above 0. Got step={step!r}.")
