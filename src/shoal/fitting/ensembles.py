"""Averaging ensembles: one setting, several networks of other seeds, one model that averages them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zlib import crc32

from shoal.errors import SettingError, TrainingWarning
from shoal.fitting.endings import fruitless
from shoal.rules import Number, check, refuse_unknown
from shoal.settings import Settings
from shoal.train.population import Member
from shoal.train.results import NetResult

MEMBERS = 5
"""Networks of ``ensemble="average"``: most of the gain comes from the first few."""

_COUNT = Number(1, integer=True)


@dataclass(frozen=True)
class Outcome:
    """What came of one setting: its first network, and each further one of its ensemble with its seed."""

    first: NetResult
    others: tuple[tuple[int, NetResult], ...] = ()
    notes: tuple[str, ...] = ()


def averaged_nets(value: Any, owner: str = "shoal") -> int:
    """Return how many networks the ``ensemble`` setting averages; 1 where it averages none.

    Examples
    --------
    >>> averaged_nets(3), averaged_nets({"kind": "average", "members": 4}), averaged_nets("average")
    (3, 4, 5)
    """
    if isinstance(value, str):
        value = {"kind": value}
    if not isinstance(value, Mapping):
        return int(value)
    if value["kind"] != "average":
        return 1
    refuse_unknown("An averaging ensemble", value.keys() - {"kind"}, ("members",))
    count = value.get("members", MEMBERS)
    check(owner, "ensemble members", count, _COUNT)
    return int(count)


def seeds_of(seed: int, count: int) -> tuple[int, ...]:
    """Return the seeds of the members; the first is the seed itself, so that it is the plain network.

    Examples
    --------
    >>> seeds_of(7, 3)
    (7, 4267916592, 1735027850)
    """
    return (seed, *(crc32(f"ensemble {seed} {i}".encode()) for i in range(1, count)))


def refuse_several(settings: Settings) -> None:
    """Refuse an ensemble where one network is trained epoch by epoch.

    Raises
    ------
    SettingError
    """
    count = averaged_nets(settings.ensemble)
    if count > 1:
        raise SettingError(
            "Expected ensemble=1 for callbacks and partial_fit, which follow one network by its epochs. "
            f"Got an ensemble of {count}; call fit without callbacks."
        )


def with_others(members: Sequence[Member], settings: Sequence[Settings]) -> list[Member]:
    """Return the members with the further networks of every ensemble behind all of them.

    The first network of every setting keeps its place, so whoever watches finds it there. They share view
    and recipe; where training goes on, each goes on from its own start.
    """
    firsts, further = [], []
    for member, s in zip(members, settings, strict=True):
        seeds = seeds_of(member.seed, averaged_nets(s.ensemble))
        starts = _starts(member.start, len(seeds))
        first, *others = [replace(member, seed=n, start=at) for n, at in zip(seeds, starts, strict=True)]
        others = [replace(one, recipe=replace(one.recipe, record=())) for one in others]  # nobody reads it
        firsts.append(first)
        further += others
    return [*firsts, *further]


def outcomes(
    results: Sequence[NetResult], members: Sequence[Member], settings: Sequence[Settings]
) -> list[Outcome]:
    """Return what came of every setting; `results` and `members` are in the order of `with_others`.

    Warns
    -----
    TrainingWarning
        If a network of an ensemble learnt nothing, or had no time to; it is left out.
    """
    at, found = len(settings), []
    for i, s in enumerate(settings):
        count = averaged_nets(s.ensemble)
        places = [i, *range(at, at + count - 1)]
        at += count - 1
        found.append(_outcome([(members[p].seed, results[p]) for p in places]))
    return found


def _outcome(nets: list[tuple[int, NetResult]]) -> Outcome:
    if len(nets) == 1:
        return Outcome(nets[0][1])
    sound = [(seed, net) for seed, net in nets if net.best_epoch > 0 and not fruitless(net)]
    if not sound:
        return Outcome(nets[0][1])
    lost = len(nets) - len(sound)
    notes = [f"This is the story of the first of {len(sound)} networks, whose answers are averaged."]
    if lost:
        verb = "was" if lost == 1 else "were"
        notes.append(f"{lost} of {len(nets)} networks of the ensemble learnt nothing and {verb} left out.")
        warnings.warn(notes[-1], TrainingWarning, stacklevel=2)
    stopped = next((net for _, net in sound if net.code == "interrupted"), None)
    state = {**nets[0][1].state, "others": [net.state for _, net in nets[1:]]}  # all of them may go on
    first = replace(sound[0][1], state=state)
    if stopped is not None:
        first = replace(first, code=stopped.code, reason=stopped.reason)
    return Outcome(first, tuple(sound[1:]), tuple(notes))


def _starts(start: Mapping[str, Any] | None, count: int) -> list[Mapping[str, Any] | None]:
    """Return where each member goes on from; ``"others"`` of the first holds those of the others."""
    if start is None:
        return [None] * count
    first = {name: value for name, value in start.items() if name != "others"}
    others = list(start.get("others", ()))
    if len(others) != count - 1:
        raise SettingError(
            f"Expected ensemble={len(others) + 1} to go on with, as was trained. Got ensemble={count}; set "
            "it back, or train anew."
        )
    return [first, *others]
