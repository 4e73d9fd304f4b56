"""Settings drawn at random: never one twice, and none that breaks a constraint."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.errors import SettingError
from shoal.sweep.space import enumeration

if TYPE_CHECKING:
    from shoal.sweep.space.space import Space

_IN_A_ROW = 200
"""Draws in vain after which a finite space is listed, to see what is left of it."""

_REPEATED = 50
"""Draws of what was seen, and twice as many as were new, after which the same is done."""

_GIVE_UP = 20_000
"""Draws in vain after which the constraints are said to be too narrow."""


def sample(space: Space, rng: np.random.Generator, n: int, avoided: set[str]) -> list[dict[str, Any]]:
    """Return up to `n` new settings; the first ones do not depend on how many are asked for.

    Raises
    ------
    SettingError
        If hardly any setting satisfies the constraints.
    """
    found: list[dict[str, Any]] = []
    seen, in_vain, repeated = set(avoided), 0, 0
    while len(found) < n:
        values = space.at(rng.random(len(space.dimensions)).tolist())
        allowed = space.broken(values) is None
        if allowed and (key := space.key(values)) not in seen:
            seen.add(key)
            found.append(space.out(values))
            in_vain = 0
            continue
        in_vain, repeated = in_vain + 1, repeated + allowed
        if (in_vain == _IN_A_ROW or repeated == _REPEATED + 2 * len(found)) and _can_be_listed(space):
            return found + _rest(space, rng, n - len(found), seen)
        if in_vain == _GIVE_UP:
            return _given_up(space, rng, found)
    return found


def _can_be_listed(space: Space) -> bool:
    return space.size is not None and space.size <= enumeration.MOST


def _rest(space: Space, rng: np.random.Generator, n: int, seen: set[str]) -> list[dict[str, Any]]:
    """Return settings of a finite space that were not seen, all of them equally likely."""
    if space.size == 0:
        raise _too_narrow(space, "No setting of this space satisfies")
    left = [values for values in enumeration.settings(space) if space.key(values) not in seen]
    order = rng.permutation(len(left))
    return [space.out(left[place]) for place in islice(order, n)]


def _given_up(space: Space, rng: np.random.Generator, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what was found where nothing else is left; refuse constraints that are too narrow."""
    places = rng.random((_IN_A_ROW, len(space.dimensions))).tolist()
    if all(space.broken(space.at(place)) is None for place in places):
        return found
    raise _too_narrow(space, f"Of {_GIVE_UP} settings drawn at random none satisfies")


def _too_narrow(space: Space, told: str) -> SettingError:
    rules = " and ".join(str(constraint) for constraint in space.constraints)
    return SettingError(
        f"{told} {rules}: expected constraints that a good part of the space satisfies. Loosen them, or tie "
        "one parameter to another instead."
    )
