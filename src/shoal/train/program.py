"""The compiled program: some epochs of a tile of networks, as one XLA computation.

A *tile* is a fixed number of networks that share a program key, a view of the data and an order of the rows.
A tile of one is computed without a networks axis inside, a larger one under ``vmap``. All numbers are
traced: the program knows only shapes and choices (`shoal.train.key.ProgramKey`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cache
from threading import Lock
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array

from shoal import backend, programs
from shoal.nets import draws
from shoal.train.averaging import averaged, swa_of
from shoal.train.balance import epoch_order
from shoal.train.descent import penalty_of
from shoal.train.judge import judge_of_one
from shoal.train.key import ProgramKey
from shoal.train.optimizers import OPTIMIZERS
from shoal.train.step import first_sums, objective_of, step_of_one
from shoal.train.stopping import RUNNING, after_epoch
from shoal.train.strategy import TINY_FLOPS, step_flops
from shoal.train.thinning import kept_units

_MOST_PROGRAMS = 96  # kept ready in one process: each takes 240 memory mappings, a process has 65,530
_LEVEL = "xla_backend_optimization_level"
_STEADY = "LIBRARY_FUSION_TYPE_DOT,LIBRARY_FUSION_TYPE_INDIVIDUAL_CONVOLUTION"
COLUMNS = 4
"""Numbers that a program records of each epoch: training loss, validation loss and metric, and the factor
by which validation has scaled the learning rate; where gradients are clipped, before it the share of the
steps that were."""


def optimizer_state(name: str, params: Mapping[str, np.ndarray]) -> optax.OptState:
    """Return the optimizer's state before the first step, as NumPy arrays."""
    shapes = tuple((k, v.shape, str(v.dtype)) for k, v in params.items())
    return jax.tree.map(
        lambda leaf: np.zeros(leaf.shape, leaf.dtype),
        _optimizer_shapes(name, shapes, str(jnp.result_type(float))),
    )


def optimizer_shapes(name: str, shapes: Mapping[str, tuple[int, ...]], precision: str) -> optax.OptState:
    """Return the shapes of the optimizer's state, without making it."""
    kinds = tuple((k, shape, precision) for k, shape in shapes.items())
    return _optimizer_shapes(name, kinds, str(jnp.result_type(float)))


@cache
def _optimizer_shapes(name: str, shapes: tuple, number: str) -> optax.OptState:
    # `number` is a part of the question: without 64-bit arrays the moments of such weights come out in 32
    kind = OPTIMIZERS[name]
    params = {k: jax.ShapeDtypeStruct(shape, np.dtype(dtype)) for k, shape, dtype in shapes}
    return jax.eval_shape(kind.direction(dict(kind.defaults)).init, params)


def compiled(key: ProgramKey, device: jax.Device, args: tuple) -> tuple:
    """Return the program for `key` on `device`, and the seconds it took to make ready (0 if it was).

    It takes NumPy arrays as they are, which costs a quarter of putting each on the device first. What one
    device has ready is handed to the next without compiling it again.
    """
    with _lock_for(key):
        ready = _programs.get((key, device))
        if ready is not None:
            return ready, 0.0
        program, seconds = programs.load_or_compile(
            key,
            _tile_program(key),
            args,
            device,
            result_like=(args[0], 0),
            donate=(0,),
            options=options_of(key),
            like=next((_programs.get((key, other)) for other in ready_on(key)), None),
        )
        _keep(key, device, program)
        return program, seconds


def options_of(key: ProgramKey, *, seldom: bool = False) -> dict[str, bool | int | str]:
    """Return how to compile: in 0.4 of the time where the program is as quick then as any.

    These are programs of tiny networks, and those that run `seldom`. Images get XLA's codes whose sums do not
    depend on the number of threads. What XLA's own flags ask for is left alone.
    """
    if not backend.on_cpu():
        return {}
    images = key.structure.inputs.kind == "image"
    quickly = (seldom and not images) or step_flops(key.structure, key.batch) < TINY_FLOPS
    asked = _LEVEL in os.environ.get("XLA_FLAGS", "")
    return {
        **({"xla_cpu_use_fusion_emitters": False} if quickly else {}),
        **({_LEVEL: 1} if quickly and not asked else {}),
        **({"xla_cpu_experimental_ynn_fusion_type": _STEADY} if images else {}),
    }


def ready_on(key: ProgramKey) -> list[jax.Device]:
    """Return the devices that have a program ready."""
    return [device for device in backend.devices() if (key, device) in _programs]


def _keep(key: ProgramKey, device: jax.Device, program: Callable[..., Any]) -> None:
    while len(_programs) >= _MOST_PROGRAMS:  # the oldest goes, so that a long session does not fill up
        _programs.pop(next(iter(_programs)), None)
    _programs[key, device] = program


_programs: dict[tuple[ProgramKey, jax.Device], Callable[..., Any]] = {}


@cache
def _lock_for(key: ProgramKey) -> Lock:
    return Lock()


def _tile_program(key: ProgramKey):
    """Return ``(state, nets, tables, data, shuffle_key, first, count) -> (state, history)`` for a tile.

    `tables` holds what changes from step to step, each of shape (nets, epochs, steps).
    """
    epoch = _epoch_of_one(key)

    def all_nets(state, nets, tables, order, data, number, last):
        if key.tile > 1:
            return jax.vmap(epoch, in_axes=(0, 0, 0, None, None, None, None))(
                state, nets, tables, order, data, number, last
            )
        state, nets, tables = jax.tree.map(lambda leaf: leaf[0], (state, nets, tables))
        return jax.tree.map(lambda leaf: leaf[None], epoch(state, nets, tables, order, data, number, last))

    def program(state, nets, tables, data, shuffle_key, first, count):
        slots = key.batch * key.steps

        def body(carry):
            i, state, history = carry
            number = first + i
            order = epoch_order(draws.fold(shuffle_key, number), slots, data)
            now = {
                name: jax.lax.dynamic_index_in_dim(table, i, axis=1, keepdims=False)
                for name, table in tables.items()
            }
            order = dealt(order, data["starts"], key.batch)
            last = jnp.any(nets["epochs"] == number + 1)  # of one of them: a real branch under vmap, too
            fresh, row = all_nets(state, nets, now, order, data, number, last)
            active = state["code"] == RUNNING
            state = jax.tree.map(lambda a, b: jnp.where(_along(active, a), a, b), fresh, state)
            row = jnp.where(active[:, None], row, jnp.full_like(row, jnp.nan))
            history = jax.lax.dynamic_update_index_in_dim(history, row, i, axis=1)
            return i + 1, state, history

        def go_on(carry):
            i, state, _ = carry
            return (i < count) & jnp.any(state["code"] == RUNNING)

        blank = jnp.full((key.tile, key.history, COLUMNS + key.clips), jnp.nan, key.precision)
        _, state, history = jax.lax.while_loop(go_on, body, (jnp.int32(0), state, blank))
        return state, history

    return program


def dealt(order: Array, starts: Array, batch: int) -> Array:
    """Deal the shuffled rows into batches that begin at `starts`; other slots point at a padding row."""
    at = starts[:-1, None] + jnp.arange(batch, dtype=jnp.uint32)[None, :]
    last = jnp.uint32(len(order) - 1)  # padding, wherever any batch is short
    return jnp.where(at < starts[1:, None], order[jnp.minimum(at, last)], last)


def _along(flags: Array, leaf: Array) -> Array:
    return flags.reshape(flags.shape + (1,) * (leaf.ndim - 1))


def rows_of(values: Mapping[str, Array], order: Array) -> dict[str, Array]:
    """Return the rows with these numbers."""
    return {name: value[order] for name, value in values.items()}


def _epoch_of_one(key: ProgramKey):
    """Return the function that trains one network for one epoch and judges it."""
    steps = _steps_of_one(key)
    judge = judge_of_one(key)

    def epoch(state, net, tables, order, data, number, last):
        carry, told, loss_after = steps(state, net, tables, order, data, number)
        weights, losses = told["weight"], told["loss"]
        loss = jnp.sum(losses * weights) / jnp.sum(weights)
        if "swa" in key.uses:
            begun = (number + 1).astype(key.precision) > net["average_start"]
            carry["average"] = swa_of(carry["average"], carry["params"], carry["running"], begun)
        kept = carry["params"], carry["running"]
        if "average" in carry:
            kept = averaged(carry["average"], *kept)
        judged = judge(*kept, net, data)
        after = None if loss_after is None else loss_after(carry, net, last)
        row = jnp.stack([loss, *judged])
        objective = jnp.sum(told["objective"] * weights) / jnp.sum(weights) if "objective" in told else None
        moved = {**state, **{name: carry[name] for name in carry if name not in ("sums", "clipped")}}
        fresh = after_epoch(moved, row, net, number, kept, objective, losses[0], after)
        if key.clips:
            row = jnp.append(row, carry["clipped"][0] / carry["clipped"][1])
        return fresh, jnp.append(row, state["plateau"]["scale"])

    return epoch


def _steps_of_one(key: ProgramKey):
    """Return the function that takes all steps of an epoch.

    It gives what has changed, what each batch said, and where it is asked for the function that gives the
    loss after the last step.
    """
    step = step_of_one(key)
    objective = objective_of(key)
    penalised = bool({"l1", "l2", "bias_l1", "bias_l2"} & set(key.uses)) or bool(key.activity)

    def steps(state, net, tables, order, data, number):
        counters = jnp.arange(key.steps, dtype=jnp.uint32)
        keys = draws.fold(draws.fold(net["key"], number), counters)
        rates = tables["rate"] * state["plateau"]["scale"]

        def one(carry, inputs):
            batch, now = inputs
            if not key.gathered:
                batch = rows_of(data["train"], batch)
            penalty = penalty_of(carry["params"], net, key.uses)
            carry, (loss, total, weight) = step(carry, batch, now, net)
            told = {"loss": loss, "weight": weight}
            if penalised:
                told["objective"] = total if penalty is None else total + penalty
            return carry, told

        start = {name: state[name] for name in ("params", "running", "optimizer")}
        if "average" in state:
            start["average"] = state["average"]
        if "accumulate" in key.uses:
            start["sums"] = first_sums(state["params"])
        if key.clips:
            start["clipped"] = jnp.zeros(2, key.precision)
        batches = rows_of(data["train"], order) if key.gathered else order
        now = {**tables, "rate": rates, "key": keys, "keep": kept_units(key, net["rates"], keys)}
        carry, told = jax.lax.scan(one, start, (batches, now))
        look_back = "look_back" in key.uses
        return dict(carry), told, _look_back(key, objective, batches, data, keys) if look_back else None

    return steps


def _look_back(key: ProgramKey, objective, batches, data, keys):
    """Return the function that gives the loss of the last batch after its step; 0 but in a last epoch."""

    def loss(carry, net):
        batch = jax.tree.map(lambda leaf: leaf[-1], batches)
        if not key.gathered:
            batch = rows_of(data["train"], batch)
        return objective(carry["params"], carry["running"], batch, net, keys[-1])[1][1]

    def after(carry, net, last):
        nothing = jnp.zeros((), key.precision)
        return jax.lax.cond(last, lambda: loss(carry, net), lambda: nothing)

    return after
