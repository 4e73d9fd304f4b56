"""A population: the networks to train, their program keys, and their state as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import Any
from zlib import crc32

import jax
import numpy as np

from shoal.nets import network
from shoal.nets.activations import ACTIVATIONS
from shoal.nets.depth import deepened, dense_paths
from shoal.nets.heads import HEADS
from shoal.nets.layers import Activation, LayerNorm
from shoal.nets.spec import NetSpec
from shoal.train import program
from shoal.train.averaging import first_average
from shoal.train.judge import valid_slots
from shoal.train.key import ProgramKey
from shoal.train.penalties import constraints_of, penalties_of
from shoal.train.recipe import Recipe
from shoal.train.stopping import COMPLETE, RUNNING, TIME, first_score
from shoal.train.view import View

_HISTORY_STEPS = 32768  # steps whose rates travel with one call; bounds the table of rates
_MOST_EPOCHS = 128
_COUNTS = ("plateau_patience", "plateau_cooldown")
State = dict[str, Any]
_NO_RECIPE = Recipe("squared_error")  # what does not matter stays as it is here
_SWITCHES = (  # numbers that switch a part of the step on
    *("weight_decay", "l2", "l1", "bias_l1", "bias_l2", "activity_l1", "activity_l2"),
    *("clip_norm", "clip_value", "label_smoothing"),
)
_CHOICES = (  # what else decides a program
    *("loss", "optimizer", "constraint", "averaging", "accumulate", "growth", "augment", "balance"),
    *("monitor", "precision", "rate_factors"),
)


@dataclass(frozen=True)
class Member:
    """One network of a population.

    Parameters
    ----------
    spec : NetSpec
    recipe : Recipe
    view : int
        Index of its view of the data.
    seed : int
        Decides initial weights, order of rows and dropout.
    padded : tuple of int, optional
        Widths to pad the dense layers to, in the order of ``spec.units()``; more widths than layers are
        layers that the network has not got, which hand on what they get.
    shallowest : int
        Dense layers that all networks have which share the program; 0 where all have all.
    shares : tuple of str
        Optional parts of the step that the program has for others; the numbers of this network make them
        nothing.
    start : mapping, optional
        State of an earlier run to go on from (`NetResult.state`), or ``{"params": ..., "running": ...}`` to
        start from given weights, with ``"optimizer"`` and ``"epoch"`` where these go on too.
    until : int, optional
        Epoch after which training pauses, to be taken up again from its state; the schedule still ends with
        ``recipe.epochs``.
    """

    spec: NetSpec
    recipe: Recipe
    view: int = 0
    seed: int = 0
    padded: tuple[int, ...] | None = None
    shallowest: int = 0
    shares: tuple[str, ...] = ()
    start: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)
    until: int | None = None

    @property
    def last_epoch(self) -> int:
        """The epoch after which this run ends at the latest."""
        return min(self.until or self.recipe.epochs, self.recipe.epochs)

    @property
    def wide(self) -> NetSpec:
        """The description with padded widths and layers."""
        return self.spec if self.padded is None else deepened(self.spec, self.padded)


def program_key(member: Member, view: View, tile: int) -> ProgramKey:
    """Return what decides the compiled program of a member."""
    valid_rows = valid_slots(len(view.valid), member.wide) if view.valid else 0
    targets = 0 if view.train.target.ndim == 1 else view.train.target.shape[1]
    shared = {name: getattr(member, name) for name in ("padded", "shallowest", "shares")}
    alike = Member(member.spec, _without_numbers(member.recipe), **shared)
    return _key(alike, *view.batches(member.recipe.batch_size), valid_rows, targets, tile)


def _without_numbers(recipe: Recipe) -> Recipe:
    """Return a recipe in which only that is left which decides a program."""
    flags = {name: float(getattr(recipe, name) > 0) for name in _SWITCHES}
    kept = {name: getattr(recipe, name) for name in _CHOICES}
    return replace(_NO_RECIPE, **flags, **kept)


@lru_cache(maxsize=1024)  # thousands of networks of a search have few programs
def _key(member: Member, batch: int, steps: int, valid_rows: int, targets: int, tile: int) -> ProgramKey:
    recipe = member.recipe
    return ProgramKey(
        structure=structure_of(member.wide),
        masked=_masked(member),
        shallowest=member.shallowest,
        loss=recipe.loss,
        optimizer=recipe.optimizer,
        uses=uses_of(member),
        rate_factors=recipe.rate_factors,
        batch=batch,
        steps=steps,
        valid_rows=valid_rows,
        history=int(np.clip(_HISTORY_STEPS // steps, 1, _MOST_EPOCHS)),
        tile=tile,
        precision=recipe.precision,
        activity=tuple(_activity(member)),
        penalised=tuple(sorted({name for own in _penalties(member).values() for name in own})),
        constraints=tuple((name, kind, axes) for name, (kind, axes, _) in _constraints(member).items()),
        targets=targets,
    )


@lru_cache(maxsize=64)
def structure_of(spec: NetSpec) -> NetSpec:
    """Return the description without its numeric settings; of equal networks the same object."""
    return spec.structure()


def uses_of(member: Member) -> tuple[str, ...]:
    """Return the optional parts of the step: those of the recipe, those of layers and those of others."""
    return tuple(sorted({*member.recipe.uses(), *_penalties(member), *member.shares}))


def _activity(member: Member) -> dict[str, tuple[float, float]]:
    return member.spec.activity(member.recipe.activity_l1, member.recipe.activity_l2)


def _penalties(member: Member) -> dict[str, dict[str, float]]:
    return _penalties_of(member.wide, member.recipe)


def _constraints(member: Member) -> dict[str, tuple[str, int, float]]:
    return _constraints_of(member.spec, member.recipe)


def whence(member: Member) -> tuple[int, int]:
    """Return the epochs done before, and the tile size of then, which a network keeps for the same bits."""
    start = member.start or {}
    return int(start.get("epoch", 0)), int(start.get("tile", 0))


def first_state(member: Member) -> State:
    """Return the state of a network before its first step, or where an earlier run left it.

    The arrays are not to be written to: networks that start alike share them.
    """
    start = member.start or {}
    if "code" in start:
        return _continued(member, start)
    if start:
        return _state_from(member, start)
    told = {name: getattr(member.recipe, name) for name in ("optimizer", "precision", "averaging", "monitor")}
    recipe = replace(_NO_RECIPE, **told)
    alike = Member(member.spec, recipe, seed=member.seed, padded=member.padded)
    return _new_state(alike, bool(jax.config.values["jax_enable_x64"]))


@lru_cache(maxsize=4)  # the networks of a tile follow each other, and often differ in numbers only
def _new_state(member: Member, wide: bool) -> State:
    # `wide` is a part of the question: without 64-bit arrays the optimizer's counters come out in 32
    state = _state_from(member, {})
    for leaf in jax.tree.leaves(state):
        if isinstance(leaf, np.ndarray):
            leaf.flags.writeable = False
    return state


def _state_from(member: Member, start: Mapping[str, Any]) -> State:
    """Return the first state of a network that starts from given weights, or from new ones."""
    precision, recipe = member.recipe.precision, member.recipe
    if "params" in start:
        params, running = (_cast(start[part], precision) for part in ("params", "running"))
        running |= _set_slopes(member.spec, running)
    else:
        params, running = network.init(member.spec, member.seed, precision)
    wide = shapes_of(member.wide)
    params, running = _widened(params, wide[0]), _widened(running, wide[1])
    judged = "look_back" not in recipe.uses()
    state = {
        "params": params,
        "running": running,
        "optimizer": start.get("optimizer") or program.optimizer_state(recipe.optimizer, params),
        **first_score(params, running, precision, whence(member)[0], judged=judged),
    }
    return state | ({"average": first_average(params, running)} if recipe.averaging else {})


def _set_slopes(spec: NetSpec, running: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the numbers that activations are given, which lie among the statistics but are not learnt."""
    return {
        f"{path}.{name}": np.broadcast_to(value, running[f"{path}.{name}"].shape).astype(
            running[f"{path}.{name}"].dtype
        )
        for path, layer, shape in spec.walk()
        if isinstance(layer, Activation)
        for name, value in layer.running(shape).items()
    }


def _cast(values: Mapping[str, np.ndarray], precision: str) -> dict[str, np.ndarray]:
    return {name: np.asarray(value, precision) for name, value in values.items()}


def _continued(member: Member, start: Mapping[str, Any]) -> State:
    """Go on where an earlier run stopped for want of epochs; a net that ended for good stays ended."""
    code = int(start["code"])
    if code in (RUNNING, COMPLETE, TIME):
        code = RUNNING if member.last_epoch > int(start["epoch"]) else COMPLETE
    state = {name: value for name, value in start.items() if name not in ("tile", "shallowest")}
    return {**state, "code": np.int32(code)}


@lru_cache(maxsize=8)  # the networks of a population are prepared one after the other, each asked thrice
def _penalties_of(spec: NetSpec, recipe: Recipe) -> dict[str, dict[str, float]]:
    return penalties_of(spec, recipe, shapes_of(spec)[0])


@lru_cache(maxsize=8)
def _constraints_of(spec: NetSpec, recipe: Recipe) -> dict[str, tuple[str, int, float]]:
    return constraints_of(spec, recipe, shapes_of(spec)[0])


@lru_cache(maxsize=64)
def shapes_of(spec: NetSpec) -> tuple[dict[str, tuple], dict[str, tuple]]:
    """Return the shapes of a network's parameters and running statistics."""
    return _shapes(structure_of(spec))


@cache
def _shapes(structure: NetSpec) -> tuple[dict[str, tuple], dict[str, tuple]]:
    return network.shapes(structure)


def _widened(
    values: Mapping[str, np.ndarray], shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, np.ndarray]:
    """Pad arrays with zeros to `shapes`; padded units and layers stay at zero, for nothing reaches them."""
    kind = next((value.dtype for value in values.values()), None)
    return {
        name: _filled(values[name], shape) if name in values else np.zeros(shape, kind)
        for name, shape in shapes.items()
    }


def _filled(value: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    value = np.asarray(value)
    if value.shape == shape:
        return value
    return np.pad(value, [(0, want - have) for have, want in zip(value.shape, shape, strict=True)])


def narrowed(values: Mapping[str, np.ndarray], spec: NetSpec) -> dict[str, np.ndarray]:
    """Return copies of parameters or running statistics, with padded units and layers cut off."""
    params, running = shapes_of(spec)
    shapes = {**params, **running}
    return {
        name: np.array(value[tuple(slice(n) for n in shapes[name])], order="C")
        for name, value in values.items()
        if name in shapes
    }


def net_settings(member: Member) -> State:
    """Return everything about one network that the program takes as numbers."""
    dtype = np.dtype(member.recipe.precision)
    numbers = member.recipe.numbers()
    return {
        **{name: np.asarray(value, _kind(name, dtype)) for name, value in numbers.items()},
        **_structured_settings(member, dtype),
    }


def settings_of(members: Sequence[Member]) -> State:
    """Return the settings of the networks of a tile, along a leading nets axis."""
    dtype = np.dtype(members[0].recipe.precision)
    numbers = [member.recipe.numbers() for member in members]
    structured = [_structured_settings(member, dtype) for member in members]
    return {
        **{name: np.array([each[name] for each in numbers], _kind(name, dtype)) for name in numbers[0]},
        **stacked(structured),
    }


def stacked(trees: Sequence[State]) -> State:
    """Put trees of arrays together along a new leading nets axis."""
    first = trees[0]
    if all(tree is first for tree in trees):  # the way of every network that is trained alone, too
        count = len(trees)
        return jax.tree.map(lambda leaf: np.broadcast_to(np.asarray(leaf), (count, *np.shape(leaf))), first)
    leaves, structure = zip(*map(jax.tree.flatten, trees), strict=True)
    return jax.tree.unflatten(structure[0], [np.array(column) for column in zip(*leaves, strict=True)])


def _kind(name: str, dtype: np.dtype) -> Any:
    return np.int32 if name in _COUNTS else dtype


def _structured_settings(member: Member, dtype: np.dtype) -> State:
    """Return the settings that belong to layers or parameters, and what the loop counts by."""
    recipe, spec = member.recipe, member.spec
    columns = ("loss", "val_loss", "val_metric")
    sign = -1.0 if recipe.monitor == "val_metric" and HEADS[spec.head].metric == "accuracy" else 1.0
    return {
        **{
            kind: {name: np.asarray(strength, dtype) for name, strength in own.items()}
            for kind, own in _penalties(member).items()
        },
        "loss": {name: np.asarray(value, dtype) for name, value in recipe.loss_numbers().items()},
        "activity": {
            path: tuple(np.asarray(strength, dtype) for strength in pair)
            for path, pair in _activity(member).items()
        },
        "constraints": {name: np.asarray(c[2], dtype) for name, c in _constraints(member).items()},
        "monitor": np.array([sign * (name == recipe.monitor) for name in columns], dtype),
        "patience": np.int32(recipe.patience),
        "min_epochs": np.int32(recipe.min_epochs),
        "epochs": np.int32(member.last_epoch),
        "key": np.uint32(crc32(f"dropout {member.seed}".encode())),
        "rates": {path: np.asarray(rate, dtype) for path, rate in member.wide.rates().items()},
        "masks": _masks(member, dtype),
        "present": _present(member),
    }


def _masks(member: Member, dtype) -> dict[str, np.ndarray]:
    if not _masked(member):
        return {}
    padded, units = member.padded or (), member.spec.units()
    real = (*units, *units[-1:] * (len(padded) - len(units)))  # a layer left out hands on the last units
    return {
        path: (np.arange(wide) < own).astype(dtype)
        for path, own, wide in zip(dense_paths(member.wide), real, padded, strict=True)
    }


def _present(member: Member) -> dict[str, np.ndarray]:
    """Return which of the layers that not every network of the program has this one has."""
    if not member.shallowest:
        return {}
    depth, paths = len(member.spec.units()), dense_paths(member.wide)
    return {path: np.asarray(i < depth) for i, path in enumerate(paths) if i >= member.shallowest}


def _masked(member: Member) -> bool:
    """Return whether units carry masks: where padded ones would not stay zero by themselves."""
    padded = member.padded is not None and member.padded != member.spec.units()
    return padded and _wants_masks(member.wide)


@lru_cache(maxsize=64)
def _wants_masks(spec: NetSpec) -> bool:
    return any(
        not layer.zero_at_zero
        or isinstance(layer, LayerNorm)
        or (isinstance(layer, Activation) and ACTIVATIONS[layer.name].across_units)
        for _, layer, _ in spec.walk()
    )
