"""The engine's door: what cannot be trained is refused here in one sentence, and inside all is trusted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from math import prod

import numpy as np

from shoal.errors import InputError, SettingError
from shoal.nets.activations import ACTIVATIONS
from shoal.nets.depth import dense_paths
from shoal.nets.layers import Activation, BatchNorm
from shoal.train.optimizers import OPTIMIZERS
from shoal.train.population import Member, shapes_of
from shoal.train.searching import refuse_unsearchable
from shoal.train.view import Batchable, View

_HIDDEN = re.compile(r"layers\.\d+\.kernel")


def admitted(members: Sequence[Member], views: Sequence[View]) -> tuple[list[Member], list[View]]:
    """Return members and views ready for the engine, or refuse the first that cannot be trained.

    Rows of weight zero are left out, because they would still fill batches; a network that goes on keeps the
    padded widths of its first run, because others may round differently.

    Raises
    ------
    InputError
        If there is nothing to train on, or a weight is negative, infinite or NaN.
    SettingError
        If a member does not fit its view, its own widths, or the state it starts from.
    """
    if not members:
        raise SettingError("Expected at least one network to train. Received none.")
    present = [replace(v, train=_present(v.train, "training"), valid=_judges(v.valid)) for v in views]
    return [_fitting(i, member, present) for i, member in enumerate(members)], present


def _present(rows: Batchable, what: str) -> Batchable:
    weight = np.asarray(rows.weight)
    if len(weight) and not (np.isfinite(weight).all() and (weight >= 0).all()):
        raise InputError(
            f"Expected finite weights of at least 0 for the {what} rows. Received: lowest {weight.min()!s}, "
            f"highest {weight.max()!s}."
        )
    if not (weight > 0).any():
        raise InputError(
            f"Expected at least one {what} row with a weight above 0. Received: {len(weight)} rows."
        )
    return rows if (weight > 0).all() else rows.take(np.flatnonzero(weight > 0))


def _judges(rows: Batchable | None) -> Batchable | None:
    return None if rows is None or len(rows) == 0 else _present(rows, "validation")


def _fitting(place: int, member: Member, views: Sequence[View]) -> Member:
    recipe = member.recipe
    if not 0 <= member.view < len(views):
        raise SettingError(f"Network {place} looks at view {member.view}, but there are {len(views)} views.")
    if recipe.epochs < 1 or recipe.batch_size < 1:
        raise SettingError(
            f"Expected at least one epoch and one row in a batch. Received: epochs={recipe.epochs}, "
            f"batch_size={recipe.batch_size}."
        )
    if recipe.monitor != "loss" and views[member.view].valid is None:
        raise SettingError(
            f"Expected validation rows for monitor={recipe.monitor!r}. Received none: hand some in, or "
            "monitor 'loss'."
        )
    refuse_unsearchable(recipe, views[member.view])
    _refuse_without_slope(member)
    _refuse_norm_of_one_row(member, views[member.view])
    _refuse_wrong_padding(member)
    return _going_on(member) if member.start else member


def _refuse_without_slope(member: Member) -> None:
    names = {layer.name for _, layer, _ in member.spec.walk() if isinstance(layer, Activation)}
    for name in sorted(names):
        if not ACTIVATIONS[name].trainable:
            raise SettingError(
                f"The activation '{name}' has no slope to learn from. Ask for '{name}_straight_through', "
                "which learns as if it were linear."
            )


def _refuse_norm_of_one_row(member: Member, view: View) -> None:
    """Refuse batch norm where every batch is one value for each unit, which would always become 0."""
    if view.batches(member.recipe.batch_size)[0] > 1:
        return
    for _, layer, shape in member.spec.walk():
        if isinstance(layer, BatchNorm) and (member.spec.members or prod(shape[:-1]) == 1):
            raise SettingError(
                "Expected at least two rows in a batch for batch norm, which takes their mean and "
                "spread. Received: batches of one row; take a larger batch_size or norm='layer'."
            )


def _refuse_wrong_padding(member: Member) -> None:
    units, padded = member.spec.units(), member.padded
    if padded is None:
        return
    if len(padded) < len(units) or any(p < u for p, u in zip(padded, units, strict=False)):
        raise SettingError(f"Expected padded widths of at least {units}. Received: padded={padded}.")
    if padded != units and not OPTIMIZERS[member.recipe.optimizer].pads:
        raise SettingError(
            f"Expected no padded widths for the {member.recipe.optimizer} optimizer, whose step depends on "
            f"the shape of a kernel. Received: padded={padded}."
        )
    if padded != units and not member.spec.paddable():
        raise SettingError(
            "Expected no padded widths for a network with layers that cannot be padded, such as shortcuts. "
            f"Received: padded={padded}."
        )


def _going_on(member: Member) -> Member:
    """Fit a member to the state it starts from, or refuse a state of another network."""
    start = member.start or {}
    if "code" in start:
        shared = int(start.get("shallowest", 0))
        member = replace(member, padded=_padded_widths(member, start["params"]), shallowest=shared)
        _refuse_other_precision(member.recipe.precision, start["best_score"])
    have = {name: np.shape(value) for name, value in {**start["params"], **start["running"]}.items()}
    params, running = shapes_of(member.wide if "code" in start else member.spec)
    if have != {**params, **running}:
        wrong = sorted({k for k in {*have, *params} if have.get(k) != params.get(k)} - set(running))
        raise SettingError(
            "The weights to start from are those of another network: they differ in "
            f"{', '.join(wrong[:3]) or 'running statistics'}."
        )
    return member


def _refuse_other_precision(precision: str, score: np.ndarray) -> None:
    if np.asarray(score).dtype != precision:
        raise SettingError(
            f"Expected precision={np.asarray(score).dtype.name!r}, that of the run to go on from. Received: "
            f"precision={precision!r}."
        )


def _padded_widths(member: Member, params) -> tuple[int, ...] | None:
    units = member.spec.units()
    kernels = [f"{path}.kernel" for path in dense_paths(member.spec)]
    if (member.start or {}).get("shallowest"):  # there may be layers that this network has not got
        kernels = sorted(filter(_HIDDEN.fullmatch, params), key=lambda name: int(name.split(".")[1]))
    widths = tuple(np.shape(params[name])[-1] for name in kernels if name in params)
    fits = len(widths) >= len(units) and all(wide >= unit for wide, unit in zip(widths, units, strict=False))
    return widths if fits and widths != units else None
