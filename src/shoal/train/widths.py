"""When widths and depths are padded: many short runs of different shapes share programs, long runs do not.

Compiling a program takes about as long as some thousand steps of a small network, so a population of many
shapes that trains briefly is cheaper in a few padded widths, and in the deepest of its depths: a layer that
a network has not got hands on what it gets. Padded units and layers change nothing in exact arithmetic but
may round otherwise; networks that must be exact are never padded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from shoal.nets.depth import deepened, depthless
from shoal.nets.spec import NetSpec
from shoal.train.optimizers import OPTIMIZERS
from shoal.train.population import Member, structure_of
from shoal.train.recipe import Recipe
from shoal.train.strategy import step_flops
from shoal.train.view import View

_COMPILE_SECONDS = 0.6  # of one more program; measured, see docs/explain/engine.md
_LAYER_SECONDS = 1.5e-5  # of a step of one network through a layer of few units: measured at 8, 32 rows
_UNCOMPILED = 0.5  # share of searches that find no programs on disk: for the others, depth costs time only
_CORES = 2  # assumed, too: what is trained is shared out among them, compiling as well
_NOTHING_AT_ZERO = ("label_smoothing", "weight_decay")  # parts of the step that numbers of 0 switch off
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
    """Return the members with padded widths and depths where that is expected to save time."""
    return _with_parts_of_others(_deepened(_widened(members, views), views))


def _with_parts_of_others(members: Sequence[Member]) -> list[Member]:
    """Give programs that differ only in parts which cost next to nothing all of them: they become one."""
    alike = defaultdict(list)
    for i, member in enumerate(members):
        needed = tuple(name for name in member.recipe.uses() if name not in _NOTHING_AT_ZERO)
        recipe = (member.recipe.loss, member.recipe.optimizer, needed, member.recipe.batch_size)
        alike[structure_of(member.wide), *recipe].append(i)
    chosen = list(members)
    for places in alike.values():
        uses = {name for i in places for name in members[i].recipe.uses() if name in _NOTHING_AT_ZERO}
        for i in places:
            others = uses - set(members[i].recipe.uses())
            if others:
                chosen[i] = replace(members[i], shares=tuple(sorted(others)))
    return chosen


def _widened(members: Sequence[Member], views: Sequence[View]) -> list[Member]:
    alike = defaultdict(list)
    for i, member in enumerate(members):
        if _may_be_padded(member):
            alike[_shape_free(member)].append(i)
    chosen = list(members)
    for places in alike.values():
        if _padding_pays([members[i] for i in places], views):
            for i in places:
                units = tuple(bucket(u) for u in members[i].spec.units())
                chosen[i] = replace(members[i], padded=units)
    return chosen


def _may_be_padded(member: Member) -> bool:
    return member.start is None and member.spec.paddable() and OPTIMIZERS[member.recipe.optimizer].pads


def _shape_free(member: Member):
    blank = member.spec.with_units([1] * len(member.spec.units()))
    return (blank.structure(), *_of_recipe(member.recipe))


def _of_recipe(recipe: Recipe) -> tuple:
    return recipe.loss, recipe.optimizer, recipe.uses(), recipe.batch_size


def _padding_pays(members: Sequence[Member], views: Sequence[View]) -> bool:
    exact = {m.spec.units() for m in members}
    padded = {tuple(bucket(u) for u in units) for units in exact}
    saved = (len(exact) - len(padded)) * _COMPILE_SECONDS
    extra = sum(_seconds(m, m.spec.with_units([bucket(u) for u in m.spec.units()]), views) for m in members)
    return saved > extra


def _deepened(members: Sequence[Member], views: Sequence[View]) -> list[Member]:
    """Let networks that differ in depth share a program, as networks of the deepest kind."""
    alike = defaultdict(list)
    for i, member in enumerate(members):
        if _may_be_padded(member) and not _names_layers(member):
            common = depthless(member.spec)
            if common is not None:
                widest = bucket(max(member.spec.units()))
                alike[common, widest, *_of_recipe(member.recipe)].append(i)
    chosen = list(members)
    for places in alike.values():
        group = [members[i] for i in places]
        units, programs = _envelope(group), len({member.wide.units() for member in group})
        extra = sum(_seconds(m, deepened(m.spec, units), views) for m in group)
        saved = (programs - 1) * _COMPILE_SECONDS * _UNCOMPILED
        if len({len(m.spec.units()) for m in group}) > 1 and saved > extra:
            shallowest = min(len(m.spec.units()) for m in group)
            for i in places:
                chosen[i] = replace(members[i], padded=units, shallowest=shallowest)
    return chosen


def _names_layers(member: Member) -> bool:
    """Return whether settings belong to single layers or look at their values: each keeps its depth."""
    spec, recipe = member.spec, member.recipe
    own = (spec.penalties(), spec.constraints(), spec.activity(recipe.activity_l1, recipe.activity_l2))
    return any(own) or bool(recipe.constraint) or bool(recipe.rate_factors)


def _envelope(members: Sequence[Member]) -> tuple[int, ...]:
    """Return widths that hold every network; a shallow one hands its last units on through what follows."""
    all_units = [member.wide.units() for member in members]
    deepest = max(map(len, all_units))
    filled = [(*units, *units[-1:] * (deepest - len(units))) for units in all_units]
    return tuple(map(max, zip(*filled, strict=True)))


def _seconds(member: Member, wide: NetSpec, views: Sequence[View]) -> float:
    """Return the time that a network takes longer in a wider or deeper structure than in its own."""
    batch, steps = views[member.view].batches(member.recipe.batch_size)
    flops = step_flops(wide, batch) - step_flops(member.wide, batch)
    layers = len(wide.units()) - len(member.spec.units())
    return (flops / _FLOPS + layers * _LAYER_SECONDS) * steps * member.recipe.epochs / _CORES
