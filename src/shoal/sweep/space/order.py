"""In which order the parts of a space are worked out: each after what its conditions and ties speak of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from shoal.errors import SettingError, did_you_mean

if TYPE_CHECKING:
    from shoal.sweep.space.space import Space


def ordered_nodes(space: Space) -> tuple[int, ...]:
    """Return the places of dimensions, and of ties after them, in an order in which each can be worked out.

    Raises
    ------
    SettingError
        If names depend on each other in a circle.
    """
    names = _names(space)
    needs = [_needs(space, name, number) for number, name in enumerate(names)]
    waiting, found = list(range(len(names))), []
    while waiting:
        # a name that several dimensions share is known once none of them waits
        open_ = {names[node] for node in waiting}
        ready = [node for node in waiting if not needs[node] & open_]
        if not ready:
            raise SettingError(
                f"Expected an order in which values can be found. {' and '.join(sorted(open_))} depend on "
                "each other in a circle."
            )
        found += ready
        waiting = [node for node in waiting if node not in ready]
    return tuple(found)


def refuse_unlinked(space: Space) -> None:
    """Refuse names that are used twice, or that a link speaks of and nothing has.

    Raises
    ------
    SettingError
        In one sentence, with the nearest name.
    """
    names = _names(space)
    for name in names:
        if names.count(name) > 1 and not _all_conditional(space, name):
            raise SettingError(f"Expected each name once, or a condition for each. Got {name!r} twice.")
    for condition in space.conditions:
        _refuse_unknown("A condition", [condition.name, *condition.names], names)
    for tie in space.ties:
        _refuse_unknown(f"The tie of {tie.name}", tie.names, names)
    for constraint in space.constraints:
        _refuse_unknown(f"The constraint {constraint}", constraint.names, names)


def _names(space: Space) -> list[str]:
    return [*space.names, *(tie.name for tie in space.ties)]


def _needs(space: Space, name: str, number: int) -> set[str]:
    found = {other for condition in space.conditions if condition.name == name for other in condition.names}
    if number >= len(space.dimensions):
        found |= set(space.ties[number - len(space.dimensions)].names)
    return found


def _all_conditional(space: Space, name: str) -> bool:
    if any(tie.name == name for tie in space.ties):
        return False
    places = {condition.place for condition in space.conditions if condition.name == name}
    return None in places or places >= set(range(space.names.count(name)))


def _refuse_unknown(what: str, spoken: Iterable[str], names: list[str]) -> None:
    for name in spoken:
        if name not in names:
            raise SettingError(
                f"{what} speaks of {name!r}, which the space does not have.{did_you_mean(name, names)} "
                f"It has: {', '.join(names) or 'nothing'}."
            )
