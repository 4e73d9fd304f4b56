"""What every domain of a dimension can do, and the domains of single values: Fixed and Choice."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any

from shoal.errors import SettingError
from shoal.sweep.space.plain import clipped, frozen, is_number, plain, word


class Domain(ABC):
    """The values that a dimension may take, with how likely each is.

    A domain is described by its quantile function: `from_unit` maps a number drawn evenly from [0, 1] to a
    value of the domain's own distribution, and `to_unit` maps a value back (to the middle of its share of
    the unit interval, where many numbers give the same value). So a strategy needs only the unit cube.
    """

    @property
    @abstractmethod
    def size(self) -> int | None:
        """How many values there are; None for infinitely many."""

    @property
    @abstractmethod
    def ordered(self) -> bool:
        """Whether neighbouring values are alike, so that a trend over them has a meaning."""

    @abstractmethod
    def from_unit(self, unit: float) -> Any:
        """Return the value at a quantile in [0, 1]."""

    @abstractmethod
    def to_unit(self, value: Any) -> float:
        """Return the quantile of a value; of one outside of the domain, that of the nearest value."""

    @abstractmethod
    def contains(self, value: Any) -> bool:
        """Return whether a value belongs to the domain."""

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, which `shoal.sweep.space.domain_json.domain_of` reads."""

    def ends(self) -> tuple[Any, ...]:
        """Return the values between which, or of which, all others are: what a setting has to allow."""
        return (self.from_unit(0.0), self.from_unit(1.0))

    def grid(self, points: int | None = None) -> list[Any]:
        """Return values spread evenly over the quantiles, both ends among them.

        Parameters
        ----------
        points : int, optional
            How many; a finite domain without a number gives all its values.

        Raises
        ------
        SettingError
            If there are infinitely many and no number is given.
        """
        size = self.size
        if size is None and points is None:
            raise SettingError(f"Expected a number of points for {self}, which has infinitely many values.")
        if points is None or (size is not None and points >= size):
            return self._all()
        units = [0.5] if points == 1 else [i / (points - 1) for i in range(points)]
        values = [self.from_unit(unit) for unit in units]
        return list({word(value): value for value in values}.values())

    def _all(self) -> list[Any]:
        """Return all values of a finite domain; one with infinitely many lists none."""
        return []


@dataclass(frozen=True)
class Fixed(Domain):
    """One value.

    Parameters
    ----------
    value : any

    Examples
    --------
    >>> Fixed([64, 64]).from_unit(0.3)
    (64, 64)
    """

    value: Any

    def __post_init__(self):
        object.__setattr__(self, "value", frozen(self.value))

    def __str__(self) -> str:
        return f"the value {plain(self.value)!r}"

    @property
    def size(self) -> int | None:
        """One."""
        return 1

    @property
    def ordered(self) -> bool:
        """There is nothing to order."""
        return False

    def from_unit(self, unit: float) -> Any:
        """Return the value."""
        return self.value

    def to_unit(self, value: Any) -> float:
        """Return the middle."""
        return 0.5

    def contains(self, value: Any) -> bool:
        """Return whether it is the value."""
        return word(value) == word(self.value)

    def ends(self) -> tuple[Any, ...]:
        """Return the value."""
        return (self.value,)

    def _all(self) -> list[Any]:
        return [self.value]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"kind": "fixed", "value": writable(self.value)}


@dataclass(frozen=True)
class Choice(Domain):
    """One of some values.

    Parameters
    ----------
    values : sequence
        Any values, each once; lists become tuples.
    weights : sequence of float, optional
        How likely each is, in proportion; all alike where not given.
    in_order : bool, optional
        Whether neighbours are alike. Not given: numbers that rise or fall are in order, anything else is
        not.

    Raises
    ------
    SettingError
        If there are no values, one comes twice, or the weights are not positive and one for each.

    Examples
    --------
    >>> layers = Choice(((64,), (128, 128)), weights=(3, 1))
    >>> layers.from_unit(0.7), layers.from_unit(0.8), layers.size, layers.ordered
    ((64,), (128, 128), 2, False)
    """

    values: tuple[Any, ...]
    weights: tuple[float, ...] | None = None
    in_order: bool | None = None

    def __post_init__(self):
        object.__setattr__(self, "values", tuple(frozen(value) for value in self.values))
        if self.weights is not None:
            object.__setattr__(self, "weights", tuple(frozen(weight) for weight in self.weights))
        if not self.values:
            raise SettingError("Expected at least one value to choose from. Got none.")
        self._refuse_repeated()
        self._refuse_bad_weights()

    def _refuse_repeated(self) -> None:
        if len(self._places) == len(self.values):
            return
        words = [word(value) for value in self.values]
        twice = next(value for value, w in zip(self.values, words, strict=True) if words.count(w) > 1)
        raise SettingError(f"Expected each value of a choice once. Got {plain(twice)!r} more than once.")

    def _refuse_bad_weights(self) -> None:
        weights = self.weights
        if weights is None:
            return
        good = all(is_number(w) and math.isfinite(w) and w > 0 for w in weights)
        if not good or len(weights) != len(self.values):
            raise SettingError(
                f"Expected a weight above 0 for each of the {len(self.values)} values of a choice. "
                f"Got weights={list(weights)}."
            )

    def __str__(self) -> str:
        return "one of " + ", ".join(repr(plain(value)) for value in self.values)

    @property
    def size(self) -> int | None:
        """How many values there are."""
        return len(self.values)

    @property
    def ordered(self) -> bool:
        """Whether neighbouring values are alike."""
        return _monotone(self.values) if self.in_order is None else self.in_order

    @cached_property
    def _places(self) -> dict[str, int]:
        return {word(value): place for place, value in enumerate(self.values)}

    @cached_property
    def _upper(self) -> list[float]:
        """The quantile at which each value ends."""
        weights = self.weights or (1.0,) * len(self.values)
        total = math.fsum(weights)
        sums = list(accumulate(weights))
        return [s / total for s in sums[:-1]] + [1.0]

    def from_unit(self, unit: float) -> Any:
        """Return the value at a quantile in [0, 1]."""
        return self.values[bisect_left(self._upper, clipped(unit))]

    def to_unit(self, value: Any) -> float:
        """Return the middle of a value's share of the unit interval.

        Raises
        ------
        SettingError
            If it is none of the values: there is no nearest one.
        """
        place = self._places.get(word(value))
        if place is None:
            raise SettingError(f"Expected {self}. Got {plain(value)!r}.")
        lower = self._upper[place - 1] if place else 0.0
        return (lower + self._upper[place]) / 2

    def contains(self, value: Any) -> bool:
        """Return whether it is one of the values."""
        return word(value) in self._places

    def ends(self) -> tuple[Any, ...]:
        """Return all values."""
        return self.values

    def grid(self, points: int | None = None) -> list[Any]:
        """Return all values, whatever the number of points: none of them stands for another."""
        return self._all()

    def _all(self) -> list[Any]:
        return list(self.values)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        found: dict[str, Any] = {"kind": "choice", "values": [writable(value) for value in self.values]}
        if self.weights is not None:
            found["weights"] = list(self.weights)
        return found if self.in_order is None else {**found, "in_order": self.in_order}


def writable(value: Any) -> Any:
    """Return a value as JSON has it.

    Raises
    ------
    SettingError
        If JSON has no such value.
    """
    if isinstance(value, list | tuple):
        return [writable(item) for item in value]
    if isinstance(value, dict):
        return {name: writable(item) for name, item in value.items()}
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise SettingError(
        f"Expected a value that JSON can hold, to save it: numbers, words, lists, mappings. Got {value!r}; a "
        "space with it can be searched, but not saved or resumed."
    )


def _monotone(values: Iterable[Any]) -> bool:
    listed = list(values)
    if len(listed) < 2 or not all(is_number(value) for value in listed):
        return False
    pairs = list(pairwise(listed))
    return all(a < b for a, b in pairs) or all(a > b for a, b in pairs)
