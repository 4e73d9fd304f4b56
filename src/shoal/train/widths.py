"""When widths are padded: many short runs of different widths share programs, long runs do not.

Compiling a program takes about as long as some thousand steps of a small network, so a population of many
shapes that trains briefly is cheaper in a few padded widths. Padded units change nothing in exact arithmetic
but may round otherwise; networks that must be exact are never padded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from shoal.train.optimizers import OPTIMIZERS
from shoal.train.population import Member
from shoal.train.strategy import step_flops
from shoal.train.view import View

_COMPILE_SECONDS = 0.6  # of one more program; measured, see docs/explain/engine.md
_FLOPS = 4e10  # assumed speed, the same on every machine, so that the plan is too


def bucket(units: int) -> int:
    """Return the canonical width that `units` is padded to: the next power of two, at least 8.

    Examples
    --------
    >>> bucket(3), bucket(64), bucket(65)
    (8, 64, 128)
    """
    return max(8, 1 << (units - 1).bit_length())


def with_widths(members: Sequence[Member], views: Sequence[View]) -> list[Member]:
    """Return the members with padded widths where that is expected to save time."""
    alike = defaultdict(list)
    for i, member in enumerate(members):
        if member.start is None and member.spec.paddable() and OPTIMIZERS[member.recipe.optimizer].pads:
            alike[_shape_free(member)].append(i)
    chosen = list(members)
    for places in alike.values():
        if _padding_pays([members[i] for i in places], views):
            for i in places:
                units = tuple(bucket(u) for u in members[i].spec.units())
                chosen[i] = replace(members[i], padded=units)
    return chosen


def _shape_free(member: Member):
    blank = member.spec.with_units([1] * len(member.spec.units()))
    recipe = member.recipe
    return (blank.structure(), recipe.loss, recipe.optimizer, recipe.uses(), recipe.batch_size)


def _padding_pays(members: Sequence[Member], views: Sequence[View]) -> bool:
    exact = {m.spec.units() for m in members}
    padded = {tuple(bucket(u) for u in units) for units in exact}
    saved = (len(exact) - len(padded)) * _COMPILE_SECONDS
    extra = sum(_seconds(m, views, pad=True) - _seconds(m, views, pad=False) for m in members)
    return saved > extra


def _seconds(member: Member, views: Sequence[View], *, pad: bool) -> float:
    spec = member.spec
    if pad:
        spec = spec.with_units([bucket(u) for u in spec.units()])
    batch, steps = views[member.view].batches(member.recipe.batch_size)
    return step_flops(spec, batch) * steps * member.recipe.epochs / _FLOPS
