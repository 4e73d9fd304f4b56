"""Spaces from Python: a mapping of parameters, or a list of mappings as scikit-learn's searches take it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shoal.errors import SettingError
from shoal.sweep.space.domain import Choice
from shoal.sweep.space.links import Condition, Constraint, Tie
from shoal.sweep.space.plain import plain
from shoal.sweep.space.space import Dimension, Space
from shoal.sweep.space.words import Following, Sometimes, as_domain

PART = "part"
"""The label that tells the mappings of a list apart."""


def as_space(parameters: Any, *, constraints: Iterable[Any] = ()) -> Space:
    """Return the space that parameters describe.

    Parameters
    ----------
    parameters : mapping, sequence of mappings, or Space
        What each parameter may be: a word such as `shoal.uniform`, a list of values, a frozen distribution
        of `scipy.stats`, or `when` or `tie`. A list of mappings is the union of their spaces.
    constraints : iterable of str or callable
        What every setting has to fulfil, ``"beta_1 < beta_2"``.

    Returns
    -------
    Space

    Raises
    ------
    SettingError
        If something cannot be read, with the parameter's name.

    Examples
    --------
    >>> from shoal.sweep.space import loguniform, when, uniform
    >>> space = as_space(
    ...     {
    ...         "optimizer": ["adam", "momentum"],
    ...         "momentum": when(uniform(0.5, 0.9, step=0.2), optimizer="momentum"),
    ...     },
    ...     constraints=["momentum > 0.8"],
    ... )
    >>> space.grid()
    [{'optimizer': 'adam'}, {'optimizer': 'momentum', 'momentum': 0.9}]
    >>> as_space([{"alpha": [1, 2]}, {"alpha": [2, 3], "tol": [0.1]}]).size
    4
    """
    rules = tuple(rule if isinstance(rule, Constraint) else Constraint(rule) for rule in constraints)
    if isinstance(parameters, Space):
        found = parameters
    elif isinstance(parameters, Mapping):
        found = _of_mapping(parameters)
    elif isinstance(parameters, Sequence) and not isinstance(parameters, str) and parameters:
        found = _union([_of_mapping(_mapping(part)) for part in parameters])
    else:
        raise SettingError(
            "Expected parameters as a mapping, such as {'hidden': [(64,), (128,)]}, or a list of mappings. "
            f"Got {parameters!r}."
        )
    if not rules:
        return found
    return Space(found.dimensions, found.conditions, found.ties, (*found.constraints, *rules))


def _mapping(part: Any) -> Mapping[Any, Any]:
    if isinstance(part, Mapping):
        return part
    raise SettingError(f"Expected a list of mappings from parameters to values. Got {part!r} in it.")


def _of_mapping(parameters: Mapping[Any, Any]) -> Space:
    dimensions: list[Dimension] = []
    conditions: list[Condition] = []
    ties: list[Tie] = []
    for name, values in parameters.items():
        if not isinstance(name, str):
            raise SettingError(f"Expected the names of parameters as words. Got {name!r}.")
        if isinstance(values, Sometimes):
            conditions.append(Condition(name, values.condition))
            values = values.inner
        if not isinstance(values, Following):
            dimensions.append(_dimension(name, values))
        elif values.source is not None:
            ties.append(Tie(name, values.source, values.table))
        else:
            label, driven = _driven(name, values.table or ())
            dimensions.append(label)
            ties += driven
    return Space(tuple(dimensions), tuple(conditions), tuple(ties))


def _dimension(name: str, values: Any) -> Dimension:
    try:
        return Dimension(name, as_domain(values))
    except SettingError as error:
        raise SettingError(f"{name}: {error}") from None


def _driven(name: str, table: tuple[tuple[Any, Any], ...]) -> tuple[Dimension, list[Tie]]:
    """Return the label whose values drive several settings, and those settings."""
    if not all(isinstance(settings, Mapping) for _, settings in table):
        raise SettingError(
            f"{name}: Expected tie({{word: {{setting: value}}}}), or tie('parameter', {{value: value}}). "
            f"Got {plain(dict(table))!r}."
        )
    label = Dimension(name, Choice(tuple(key for key, _ in table)), label=True)
    settings = dict.fromkeys(setting for _, own in table for setting in own)
    for setting in settings:
        missing = [key for key, own in table if setting not in own]
        if missing:
            raise SettingError(
                f"{name}: Expected {setting} for each of its values. {missing[0]!r} does not say it."
            )
    return label, [Tie(s, name, tuple((key, own[s]) for key, own in table)) for s in settings]


def _union(parts: list[Space]) -> Space:
    """Return a space whose settings are those of all parts; a part is as likely as it has settings."""
    if len(parts) == 1:
        return parts[0]
    sizes = [part.size for part in parts]
    weights = None if None in sizes else tuple(float(size or 1) for size in sizes)
    label = Dimension(PART, Choice(tuple(range(len(parts))), weights), label=True)
    dimensions, conditions, seen = [label], [], dict[str, int]()
    for number, part in enumerate(parts):
        if part.ties:
            raise SettingError(
                "Expected no ties in a list of mappings. Put them into one mapping, with when()."
            )
        for dimension in part.dimensions:
            place = seen.get(dimension.name, 0)
            seen[dimension.name] = place + 1
            dimensions.append(dimension)
            own = [c.when for c in part.conditions if c.name == dimension.name]
            conditions.append(Condition(dimension.name, " and ".join([f"{PART} == {number}", *own]), place))
    return Space(tuple(dimensions), tuple(conditions))
