"""Frozen distributions of SciPy as domains, by their quantile functions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from shoal.errors import SettingError
from shoal.sweep.space.distributions import LEAST, MOST, Normal
from shoal.sweep.space.domain import Domain, writable
from shoal.sweep.space.plain import clipped, frozen, is_number
from shoal.sweep.space.ranges import Range


@dataclass(frozen=True)
class Frozen(Domain):
    """A frozen distribution of `scipy.stats`, by its quantile function.

    Parameters
    ----------
    name : str
        In `scipy.stats`, such as "gamma".
    args : tuple
    kwds : tuple of (name, value)
        What it was frozen with.

    Raises
    ------
    SettingError
        If `scipy.stats` has no such distribution, or refuses its numbers.

    Examples
    --------
    >>> Frozen("gamma", (2.0,)).from_unit(0.5)
    1.678
    """

    name: str
    args: tuple[Any, ...] = ()
    kwds: tuple[tuple[str, Any], ...] = ()

    def __post_init__(self):
        object.__setattr__(self, "args", frozen(self.args))
        pairs = dict(self.kwds).items()
        object.__setattr__(self, "kwds", tuple(sorted((str(n), frozen(v)) for n, v in pairs)))
        if not np.isfinite(self._law.ppf(0.5)):
            raise SettingError(f"Expected numbers that scipy.stats.{self.name} takes. Got {self._given}.")

    @property
    def _given(self) -> str:
        return ", ".join([*map(repr, self.args), *(f"{name}={value!r}" for name, value in self.kwds)])

    def __str__(self) -> str:
        return f"scipy.stats.{self.name}({self._given})"

    @cached_property
    def _law(self) -> Any:
        import scipy.stats

        kind = getattr(scipy.stats, self.name, None)
        if not hasattr(kind, "ppf") or not callable(kind):
            raise SettingError(f"Expected the name of a distribution in scipy.stats. Got {self.name!r}.")
        return kind(*self.args, **dict(self.kwds))

    @cached_property
    def _support(self) -> tuple[float, float]:
        low, high = self._law.support()
        return float(low), float(high)

    @property
    def _whole(self) -> bool:
        return hasattr(self._law.dist, "pmf")

    @property
    def size(self) -> int | None:
        """How many values a law over whole numbers has, where they end."""
        low, high = self._support
        return int(high - low) + 1 if self._whole and math.isfinite(high - low) else None

    @property
    def ordered(self) -> bool:
        """Numbers are in order."""
        return True

    def from_unit(self, unit: float) -> Any:
        """Return the value at a quantile in [0, 1]."""
        low, high = self._support
        # scipy's quantile 0 of a law over whole numbers lies below its first value
        number = max(float(self._law.ppf(min(max(clipped(unit), LEAST), MOST))), low)
        return int(number) if self._whole else min(number, high)

    def to_unit(self, value: Any) -> float:
        """Return the quantile of a value."""
        upper = float(self._law.cdf(value))
        return (upper + float(self._law.cdf(value - 1))) / 2 if self._whole else upper

    def contains(self, value: Any) -> bool:
        """Return whether a value can come from the law."""
        low, high = self._support
        whole = not self._whole or (is_number(value) and float(value).is_integer())
        return is_number(value) and low <= value <= high and whole

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        kwds = {name: writable(value) for name, value in self.kwds}
        return {"kind": "scipy", "name": self.name, "args": writable(self.args), "kwds": kwds}

    def _all(self) -> list[Any]:
        low, high = self._support
        return list(range(int(low), int(high) + 1))


def domain_of_scipy(law: Any) -> Domain:
    """Return the domain that a frozen distribution of SciPy describes; one of ours where it is the same law.

    Raises
    ------
    SettingError
        If it has no quantile function, or is not one of those in `scipy.stats`.

    Examples
    --------
    >>> from scipy import stats
    >>> domain_of_scipy(stats.loguniform(1e-4, 1e-1)), domain_of_scipy(stats.randint(1, 5))
    (Range(low=0.0001, high=0.1, scale='log', step=None, integer=False, multiples=False),
     Range(low=1, high=4, scale='linear', step=1, integer=True, multiples=False))
    """
    kind = getattr(law, "dist", None)
    if kind is None or not hasattr(law, "ppf"):
        raise SettingError(
            f"Expected a frozen distribution of scipy.stats, with a quantile function (ppf). Got {law!r}."
        )
    shapes, loc, scale = kind._parse_args(*law.args, **law.kwds)
    moved = (float(loc), float(scale)) != (0.0, 1.0)
    if kind.name == "uniform":
        return Range(float(loc), float(loc) + float(scale))
    if kind.name in ("loguniform", "reciprocal") and not moved:
        return Range(float(shapes[0]), float(shapes[1]), "log")
    if kind.name == "randint" and not moved and shapes[1] - shapes[0] > 1:
        return Range(int(shapes[0]), int(shapes[1]) - 1, integer=True)
    if kind.name == "norm":
        return Normal(float(loc), float(scale))
    return Frozen(kind.name, tuple(law.args), tuple(law.kwds.items()))
