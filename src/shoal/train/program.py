"""The compiled program: some epochs of a tile of networks, as one XLA computation.

A *tile* is a fixed number of networks that share a program key, a view of the data and an order of the rows.
A tile of one is computed without a networks axis inside, a larger one under ``vmap``. All numbers are
traced: the program knows only shapes and choices (`ProgramKey`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array

from shoal import programs
from shoal.nets import draws, network
from shoal.nets.layers import Pass
from shoal.nets.losses import LOSSES, weighted_mean
from shoal.nets.spec import NetSpec
from shoal.train.descent import descended, penalty_of
from shoal.train.optimizers import OPTIMIZERS
from shoal.train.stopping import RUNNING, after_epoch

_MOST_PROGRAMS = 1024  # kept ready in one process
_GATHERED_NUMBERS = 1 << 20  # 4 MB in float32: stays in a core's reach, and is little memory
_VALID_BLOCK = 2048  # rows judged at once: bounds memory, and is large enough for full matrix speed


@dataclass(frozen=True)
class ProgramKey:
    """All that forces a new program; two networks with one key share one.

    Parameters
    ----------
    structure : NetSpec
        The network without its numeric settings, with padded widths.
    masked : bool
        Whether widths are padded, so that units carry masks.
    loss, optimizer : str
    uses : tuple of str
        Optional parts of the step, sorted.
    rate_factors : tuple
        Factors of the learning rate by parameter name.
    batch, steps : int
        Rows of a step and steps of an epoch.
    valid_rows : int
        Padded rows of the validation set; 0 without one.
    history : int
        Epochs that one call can record.
    tile : int
        Networks of a tile.
    precision : str
    """

    structure: NetSpec
    masked: bool
    loss: str
    optimizer: str
    uses: tuple[str, ...]
    rate_factors: tuple[tuple[str, float], ...]
    batch: int
    steps: int
    valid_rows: int
    history: int
    tile: int
    precision: str

    @property
    def gathered(self) -> bool:
        """Whether the rows are put in their new order once an epoch, not batch by batch."""
        inputs = self.structure.inputs
        return self.batch * self.steps * (inputs.numbers + len(inputs.levels)) <= _GATHERED_NUMBERS


def valid_slots(rows: int) -> int:
    """Return the padded number of validation rows: a multiple of 32, or of the block when many."""
    unit = 32 if rows <= _VALID_BLOCK else _VALID_BLOCK
    return -(-rows // unit) * unit


def optimizer_state(name: str, params: Mapping[str, np.ndarray]) -> optax.OptState:
    """Return the optimizer's state before the first step, as NumPy arrays."""
    shapes = tuple((k, v.shape, str(v.dtype)) for k, v in params.items())
    return jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), _optimizer_shapes(name, shapes))


@cache
def _optimizer_shapes(name: str, shapes: tuple) -> optax.OptState:
    kind = OPTIMIZERS[name]
    params = {k: jax.ShapeDtypeStruct(shape, np.dtype(dtype)) for k, shape, dtype in shapes}
    return jax.eval_shape(kind.direction(dict(kind.defaults)).init, params)


def compiled(key: ProgramKey, device: jax.Device, args: tuple) -> tuple:
    """Return the program for `key` on `device`, and the seconds it took to compile (0 if it was ready).

    It takes NumPy arrays as they are, which costs a quarter of putting each on the device first.
    """
    with _lock_for(key, device):
        ready = _programs.get((key, device))
        if ready is not None:
            return ready, 0.0
        program, seconds = programs.load_or_compile(
            key, _tile_program(key), args, device, result_like=(args[0], 0), donate=(0,)
        )
        _keep(key, device, program)
        return program, seconds


def _keep(key: ProgramKey, device: jax.Device, program: Callable[..., Any]) -> None:
    while len(_programs) >= _MOST_PROGRAMS:  # the oldest goes, so that a long session does not fill up
        _programs.pop(next(iter(_programs)), None)
    _programs[key, device] = program


_programs: dict[tuple[ProgramKey, jax.Device], Callable[..., Any]] = {}


@cache
def _lock_for(key: ProgramKey, device: jax.Device) -> Lock:
    return Lock()


def _tile_program(key: ProgramKey):
    """Return ``(state, nets, rates, data, shuffle_key, first, count) -> (state, history)`` for a tile."""
    epoch = _epoch_of_one(key)

    def all_nets(state, nets, rates, order, data, number):
        if key.tile > 1:
            return jax.vmap(epoch, in_axes=(0, 0, 0, None, None, None))(
                state, nets, rates, order, data, number
            )
        state, nets, rates = jax.tree.map(lambda leaf: leaf[0], (state, nets, rates))
        return jax.tree.map(lambda leaf: leaf[None], epoch(state, nets, rates, order, data, number))

    def program(state, nets, rates, data, shuffle_key, first, count):
        slots = key.batch * key.steps

        def body(carry):
            i, state, history = carry
            number = first + i
            order = draws.shuffle(draws.fold(shuffle_key, number), slots, data["rows"])
            rate = jax.lax.dynamic_index_in_dim(rates, i, axis=1, keepdims=False)
            order = dealt(order, data["starts"], key.batch)
            fresh, row = all_nets(state, nets, rate, order, data, number)
            active = state["code"] == RUNNING
            state = jax.tree.map(lambda a, b: jnp.where(_along(active, a), a, b), fresh, state)
            row = jnp.where(active[:, None], row, jnp.full_like(row, jnp.nan))
            history = jax.lax.dynamic_update_index_in_dim(history, row, i, axis=1)
            return i + 1, state, history

        def go_on(carry):
            i, state, _ = carry
            return (i < count) & jnp.any(state["code"] == RUNNING)

        blank = jnp.full((key.tile, key.history, 3), jnp.nan, key.precision)
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


def _epoch_of_one(key: ProgramKey):
    """Return the function that trains one network for one epoch and judges it."""
    step = step_of_one(key)
    judge = _judge_of_one(key)

    def epoch(state, net, rates, order, data, number):
        counters = jnp.arange(key.steps, dtype=jnp.uint32)
        keys = draws.fold(draws.fold(net["key"], number), counters)

        def one(carry, inputs):
            batch, rate, step_key = inputs
            if not key.gathered:
                batch = rows_of(data["train"], batch)
            penalty = penalty_of(carry[0], net, key.uses)
            carry, (loss, weight) = step(carry, batch, rate, step_key, net)
            return carry, (loss, weight, penalty)

        start = (state["params"], state["running"], state["optimizer"])
        (params, running, optimizer), (losses, weights, penalties) = jax.lax.scan(
            one, start, (rows_of(data["train"], order) if key.gathered else order, rates, keys)
        )
        loss = jnp.sum(losses * weights) / jnp.sum(weights)
        objective = None if penalties is None else loss + jnp.mean(penalties)
        moved = {**state, "params": params, "running": running, "optimizer": optimizer}
        judged = judge(params, running, net, data)
        row = jnp.stack([loss, *judged])
        return after_epoch(moved, row, net, number, objective), row

    return epoch


def rows_of(values: Mapping[str, Array], order: Array) -> dict[str, Array]:
    return {name: value[order] for name, value in values.items()}


def step_of_one(key: ProgramKey):
    """Return the function that takes one step of one network on one batch."""
    loss_kind = LOSSES[key.loss]

    def objective(params, running, batch, net, step_key):
        now = Pass(
            train=True,
            key=step_key,
            weight=batch["weight"],
            rates=net["rates"],
            masks=net["masks"],
        )
        outputs, running = network.apply(key.structure, params, running, batch, now)
        settings = {n: net[n] for n in loss_kind.settings if n != "label_smoothing" or n in key.uses}
        rows = loss_kind.function(outputs, batch["target"], settings)
        return weighted_mean(rows, batch["weight"]), running

    def step(carry, batch, rate, step_key, net):
        params, running, optimizer = carry
        (loss, running), grads = jax.value_and_grad(objective, has_aux=True)(
            params, running, batch, net, step_key
        )
        params, optimizer = descended(
            params, grads, optimizer, rate, net, key.optimizer, key.uses, key.rate_factors
        )
        return (params, running, optimizer), (loss, jnp.sum(batch["weight"]))

    return step


def _judge_of_one(key: ProgramKey):
    """Return the function that gives validation loss and metric of one network."""
    if key.valid_rows == 0:
        return lambda params, running, net, data: (jnp.asarray(jnp.nan, key.precision),) * 2
    loss_kind = LOSSES[key.loss]
    blocks = max(1, key.valid_rows // _VALID_BLOCK)

    def judge(params, running, net, data):
        settings = {n: net[n] for n in loss_kind.settings if n != "label_smoothing"}

        def block(rows):
            outputs, _ = network.apply(key.structure, params, running, rows, Pass(masks=net["masks"]))
            loss = loss_kind.function(outputs, rows["target"], settings)
            score = _metric(key.structure.head, outputs, rows["target"])
            return jnp.sum(loss * rows["weight"]), jnp.sum(score * rows["weight"])

        valid = data["valid"]
        split = {k: v.reshape(blocks, key.valid_rows // blocks, *v.shape[1:]) for k, v in valid.items()}
        loss, score = jax.lax.map(block, split) if blocks > 1 else block(valid)
        total = jnp.sum(valid["weight"])
        return jnp.sum(loss) / total, jnp.sum(score) / total

    return judge


def _metric(head: str, outputs: Array, target: Array) -> Array:
    """Per row: 1 where the prediction is right (classes), or the squared error (regression)."""
    if head == "linear":
        return jnp.mean(jnp.square(outputs - target), axis=-1)
    if head == "softmax":
        return (jnp.argmax(outputs, axis=-1).astype(target.dtype) == target).astype(outputs.dtype)
    return jnp.mean(((outputs > 0) == (target > 0.5)).astype(outputs.dtype), axis=-1)
