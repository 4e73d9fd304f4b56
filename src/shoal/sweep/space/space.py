"""The space of a search: what may vary, and how it hangs together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from shoal.errors import SettingError
from shoal.sweep.space import enumeration, nesting, sampling
from shoal.sweep.space.domain import Domain
from shoal.sweep.space.domain_json import domain_of
from shoal.sweep.space.links import Condition, Constraint, Tie, follow, takes_part
from shoal.sweep.space.order import ordered_nodes, refuse_unlinked
from shoal.sweep.space.plain import frozen, plain, word


@dataclass(frozen=True)
class Dimension:
    """One thing that varies.

    Parameters
    ----------
    name : str
        Of a setting, or of one number of a setting that takes a mapping: ``"schedule.factor"``.
    domain : Domain
    label : bool
        Whether the name is no setting, but only drives ties and conditions.

    Examples
    --------
    >>> from shoal.sweep.space import Range
    >>> Dimension("dropout", Range(0.0, 0.5)).name
    'dropout'
    """

    name: str
    domain: Domain
    label: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        found = {"name": self.name, "domain": self.domain.to_json()}
        return {**found, "label": True} if self.label else found


@dataclass(frozen=True)
class Space:
    """Dimensions, with the conditions, ties and constraints between them.

    A trial's *values* are a flat dict of plain JSON values, without the dimensions that take no part.

    Parameters
    ----------
    dimensions : tuple of Dimension
        Several may have one name if each has a condition; the first that holds takes part.
    conditions : tuple of Condition
    ties : tuple of Tie
    constraints : tuple of Constraint

    Raises
    ------
    SettingError
        If a name is unknown or used twice, or names depend on each other in a circle.

    Examples
    --------
    >>> from shoal.sweep.space import Choice, Range
    >>> space = Space(
    ...     (Dimension("optimizer", Choice(("adam", "sgd"))), Dimension("momentum", Range(0.5, 0.9))),
    ...     conditions=(Condition("momentum", "optimizer == 'sgd'"),),
    ... )
    >>> space.grid(points=2)
    [{'optimizer': 'adam'}, {'optimizer': 'sgd', 'momentum': 0.5}, {'optimizer': 'sgd', 'momentum': 0.9}]
    >>> space.from_unit([0.2, 0.5])
    {'optimizer': 'adam'}
    """

    dimensions: tuple[Dimension, ...]
    conditions: tuple[Condition, ...] = ()
    ties: tuple[Tie, ...] = ()
    constraints: tuple[Constraint, ...] = ()

    def __post_init__(self):
        for name in ("dimensions", "conditions", "ties", "constraints"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        refuse_unlinked(self)
        self.parts  # noqa: B018  # refuses a circle

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the dimensions, as often as they stand there."""
        return tuple(dimension.name for dimension in self.dimensions)

    @cached_property
    def labels(self) -> frozenset[str]:
        """The names that are no settings."""
        return frozenset(dimension.name for dimension in self.dimensions if dimension.label)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Dimensions and ties with their conditions, in an order in which each can be worked out."""
        parts = [*self.dimensions, *self.ties]
        return tuple((number, parts[number], self._conditions_of(number)) for number in ordered_nodes(self))

    @cached_property
    def size(self) -> int | None:
        """How many settings there are, with conditions and constraints taken into account.

        None for infinitely many, or too many to be counted one by one (`shoal.sweep.space.enumeration.MOST`).
        """
        return enumeration.size(self)

    def sample(
        self, rng: np.random.Generator, n: int, *, unseen: set[str] | None = None
    ) -> list[dict[str, Any]]:
        """Draw settings at random, none of them twice.

        Parameters
        ----------
        rng : numpy.random.Generator
        n : int
        unseen : set of str, optional
            Keys (`key`) of settings that must not come again.

        Returns
        -------
        list of dict
            Fewer than `n` where the space is exhausted.

        Raises
        ------
        SettingError
            If hardly any setting satisfies the constraints.

        Examples
        --------
        >>> from shoal.sweep.space import as_space
        >>> space = as_space({"hidden": [(64,), (128, 128)]})
        >>> len(space.sample(np.random.default_rng(0), 5))
        2
        """
        return sampling.sample(self, rng, n, unseen or set())

    def grid(self, points: int | Mapping[str, int] | None = None) -> list[dict[str, Any]]:
        """Return all combinations.

        Parameters
        ----------
        points : int or mapping of str to int, optional
            How many values a range contributes; all ranges alike, or each by its name.

        Raises
        ------
        SettingError
            If a range has no number of points.
        """
        return [self.out(values) for values in enumeration.settings(self, points)]

    def to_unit(self, values: Mapping[str, Any]) -> np.ndarray:
        """Return the place of values in the unit cube, a coordinate for each dimension.

        Returns
        -------
        float array (dimensions,)
            NaN where a dimension takes no part.

        Raises
        ------
        SettingError
            If a value is missing, or is none of its choices.
        """
        inside = {name: frozen(value) for name, value in values.items()}
        place = np.full(len(self.dimensions), np.nan)
        for number, dimension in self.active(inside):
            if dimension.name not in inside:
                raise SettingError(f"Expected a value for {dimension.name}. Got {dict(values)!r}.")
            place[number] = dimension.domain.to_unit(inside[dimension.name])
        return place

    def from_unit(self, place: Any) -> dict[str, Any] | None:
        """Return the values at a place of the unit cube; None where a constraint is broken.

        Parameters
        ----------
        place : float array (dimensions,)
            A coordinate that is NaN counts as 0.5.

        Returns
        -------
        dict or None
        """
        values = self.at(np.where(np.isnan(found := np.asarray(place, float)), 0.5, found).tolist())
        return self.out(values) if self.broken(values) is None else None

    def at(self, place: list[float]) -> dict[str, Any]:
        """Return frozen values at a place of the unit cube, whether or not they satisfy the constraints."""
        values: dict[str, Any] = {}
        for number, part, conditions in self.parts:
            if takes_part(part.name, conditions, values):
                if isinstance(part, Dimension):
                    values[part.name] = part.domain.from_unit(place[number])
                else:
                    follow(part, values)
        return values

    def active(self, values: Mapping[str, Any]) -> Iterator[tuple[int, Dimension]]:
        """Yield the dimensions that take part beside frozen values, with their numbers."""
        before: dict[str, Any] = {}
        for number, part, conditions in self.parts:
            if not takes_part(part.name, conditions, before):
                continue
            if isinstance(part, Tie):
                follow(part, before)
            else:
                before |= {part.name: values[part.name]} if part.name in values else {}
                yield number, part

    def broken(self, values: Mapping[str, Any]) -> Constraint | None:
        """Return the first constraint that frozen values break."""
        return next((rule for rule in self.constraints if not rule.holds(values)), None)

    def key(self, values: Mapping[str, Any]) -> str:
        """Return the text by which settings are told apart; labels, which are no settings, do not count."""
        return word({name: value for name, value in values.items() if name not in self.labels})

    def check(self, values: Mapping[str, Any]) -> None:
        """Refuse values that are not in the space.

        Raises
        ------
        SettingError
            In one sentence, with the first that is wrong.
        """
        inside = {name: frozen(value) for name, value in values.items()}
        expected: dict[str, Any] = {}
        for _, dimension in self.active(inside):
            _refuse_outside(dimension, inside)
            expected[dimension.name] = inside[dimension.name]
        for _, part, conditions in self.parts:
            if isinstance(part, Tie) and takes_part(part.name, conditions, expected):
                follow(part, expected)
        for name in {**expected, **inside}:
            if name not in expected:
                raise SettingError(f"Expected no {name} beside the other values. Got {values[name]!r}.")
            if word(inside.get(name)) != word(expected[name]):
                raise SettingError(
                    f"Expected {name}={plain(expected[name])!r}, which is tied. "
                    f"Got {plain(inside.get(name))!r}."
                )
        if (rule := self.broken(inside)) is not None:
            raise SettingError(f"Expected values that satisfy {rule}. Got {dict(values)!r}.")

    def allows(self, values: Mapping[str, Any]) -> bool:
        """Return whether values are in the space."""
        try:
            self.check(values)
        except SettingError:
            return False
        return True

    def params(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return values by parameter names, as they were handed in: labels left out, tuples as tuples.

        Examples
        --------
        >>> from shoal.sweep.space import as_space
        >>> as_space({"hidden": [(64,), (128, 128)]}).params({"hidden": [64]})
        {'hidden': (64,)}
        """
        return {name: frozen(value) for name, value in values.items() if name not in self.labels}

    def settings(self, values: Mapping[str, Any], base: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return values as settings, dotted names inside the setting that they belong to.

        Parameters
        ----------
        values : mapping of str
        base : mapping of str, optional
            Settings that do not vary, to which a dotted name may belong.

        Examples
        --------
        >>> Space(()).settings({"schedule": "step", "schedule.factor": 0.5, "hidden": [64]})
        {'schedule': {'kind': 'step', 'factor': 0.5}, 'hidden': (64,)}
        """
        return nesting.nested(self.params(values), base or {})

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values.

        Raises
        ------
        SettingError
            If a value or a constraint is something that JSON cannot hold.
        """
        return {
            name: [part.to_json() for part in getattr(self, name)]
            for name in ("dimensions", "conditions", "ties", "constraints")
            if getattr(self, name) or name == "dimensions"
        }

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> Space:
        """Return the space that `to_json` wrote.

        Examples
        --------
        >>> from shoal.sweep.space import as_space
        >>> space = as_space({"hidden": [(64,), (128, 128)]}, constraints=["len(hidden) < 2"])
        >>> Space.from_json(space.to_json()) == space
        True
        """
        dimensions = [{**part, "domain": domain_of(part["domain"])} for part in written["dimensions"]]
        ties = [{**part, "table": _pairs(part.get("table"))} for part in written.get("ties", ())]
        return cls(
            tuple(Dimension(**part) for part in dimensions),
            tuple(Condition(**part) for part in written.get("conditions", ())),
            tuple(Tie(**part) for part in ties),
            tuple(Constraint(rule) for rule in written.get("constraints", ())),
        )

    def out(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return frozen values as a trial has them: plain, in the order of the dimensions."""
        names = dict.fromkeys([*self.names, *(tie.name for tie in self.ties)])
        return {name: plain(values[name]) for name in names if name in values}

    def _conditions_of(self, number: int) -> tuple[Condition, ...]:
        names = [*self.names, *(tie.name for tie in self.ties)]
        places = (None, names[:number].count(names[number]))
        return tuple(c for c in self.conditions if c.name == names[number] and c.place in places)


Part = tuple[int, Dimension | Tie, tuple[Condition, ...]]
"""Its place among the dimensions, and the ties after them; what it is; its conditions."""


def _refuse_outside(dimension: Dimension, values: Mapping[str, Any]) -> None:
    if dimension.name not in values:
        raise SettingError(f"Expected a value for {dimension.name}. Got none.")
    if not dimension.domain.contains(values[dimension.name]):
        raise SettingError(
            f"Expected {dimension.name} to be of {dimension.domain}. Got {plain(values[dimension.name])!r}."
        )


def _pairs(table: Any) -> tuple[tuple[Any, Any], ...] | None:
    return None if table is None else tuple((key, value) for key, value in table)
