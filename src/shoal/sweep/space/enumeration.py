"""All settings of a space, one by one; and how many they are."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

from shoal.errors import SettingError
from shoal.rules import refuse_unknown
from shoal.sweep.space.links import Constraint, Tie, follow, takes_part

if TYPE_CHECKING:
    from shoal.sweep.space.space import Part, Space

MOST = 250_000
"""Steps of the count after which it is given up: some seconds."""


def settings(space: Space, points: int | Mapping[str, int] | None = None) -> Iterator[dict[str, Any]]:
    """Yield every combination as frozen values, each once, the last dimensions varying fastest.

    Raises
    ------
    SettingError
        If a range has no number of points, or a number of points is not above 0.
    """
    values = _values(space, points)
    yield from _once(space, _combinations(space, values, space.parts))


def size(space: Space) -> int | None:
    """Return how many settings a space has; None for infinitely many, or too many to count.

    Dimensions that no condition, tie or constraint speaks of multiply; the others are counted.
    """
    sizes = [dimension.domain.size for dimension in space.dimensions]
    if any(one is None for one in sizes):
        return None
    entangled = _entangled(space)
    free = math.prod(sizes[n] or 1 for n in range(len(sizes)) if n not in entangled)
    if not entangled and not space.constraints:
        return free
    values = [d.domain.grid() if n in entangled else [None] for n, d in enumerate(space.dimensions)]
    parts = [part for part in space.parts if part[0] in entangled or part[0] >= len(sizes)]
    try:
        return free * sum(1 for _ in _once(space, _combinations(space, values, parts, MOST)))
    except _TooManyError:
        return None


class _TooManyError(Exception):
    """The count took more steps than allowed."""


def _entangled(space: Space) -> set[int]:
    """Return the places of the dimensions that conditions, ties and constraints speak of."""
    linked = (*space.conditions, *space.ties, *space.constraints)
    spoken = {name for link in linked for name in link.names} | {c.name for c in space.conditions}
    anything = any(not isinstance(constraint.rule, str) for constraint in space.constraints)
    return {n for n, name in enumerate(space.names) if anything or name in spoken}


def _values(space: Space, points: int | Mapping[str, int] | None) -> list[list[Any]]:
    given = points if isinstance(points, Mapping) else dict.fromkeys(space.names, points)
    refuse_unknown("The space", given, space.names)
    for name, number in given.items():
        if number is not None and number < 1:
            raise SettingError(f"Expected at least 1 point for {name}. Got {number}.")
    missing = [d for d in space.dimensions if d.domain.size is None and given.get(d.name) is None]
    if missing:
        name = missing[0].name
        raise SettingError(
            f"Expected a number of points for {name}, {missing[0].domain}, which has infinitely many values: "
            f"say points=5, points={{{name!r}: 5}}, or give it a step."
        )
    return [dimension.domain.grid(given.get(dimension.name)) for dimension in space.dimensions]


def _combinations(
    space: Space, values: list[list[Any]], parts: Sequence[Part], most: float = math.inf
) -> Iterator[dict[str, Any]]:
    """Yield the combinations that satisfy the constraints, each of which is asked as soon as it can be."""
    due, steps = _due(space, parts), count()

    def on(depth: int, found: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if next(steps) > most:
            raise _TooManyError
        if not all(constraint.holds(found) for constraint in due[depth]):
            return
        if depth == len(parts):
            yield found
            return
        number, part, conditions = parts[depth]
        if not takes_part(part.name, conditions, found):
            yield from on(depth + 1, found)
        elif isinstance(part, Tie):
            tied = dict(found)
            follow(part, tied)
            yield from on(depth + 1, tied)
        else:
            for value in values[number]:
                yield from on(depth + 1, {**found, part.name: value})

    return on(0, {})


def _due(space: Space, parts: Sequence[Part]) -> list[list[Constraint]]:
    """Return the constraints that can be asked at each depth: all that they speak of is decided there."""
    due: list[list[Constraint]] = [[] for _ in range(len(parts) + 1)]
    for constraint in space.constraints:
        depths = [depth + 1 for depth, (_, part, _) in enumerate(parts) if part.name in constraint.names]
        due[max(depths, default=0) if isinstance(constraint.rule, str) else len(parts)].append(constraint)
    return due


def _once(space: Space, found: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Leave out settings that come again under another label."""
    if not space.labels:
        yield from found
        return
    seen: set[str] = set()
    for values in found:
        key = space.key(values)
        if key not in seen:
            seen.add(key)
            yield values
