"""The first steps of several networks, watched batch by batch: one program for all, rates as data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zlib import crc32

import jax
import jax.numpy as jnp
import numpy as np

from shoal import backend, programs
from shoal.nets import draws
from shoal.train.balance import epoch_order, evened
from shoal.train.door import admitted
from shoal.train.key import ProgramKey
from shoal.train.population import Member, first_state, net_settings, program_key, stacked
from shoal.train.program import dealt, options_of, rows_of
from shoal.train.schedules import Schedule
from shoal.train.step import first_sums, step_of_one
from shoal.train.strategy import tile_size
from shoal.train.view import View

SMOOTHING = 0.98
"""Share of the past in the smoothed loss."""
NEVER = 1e30
"""Factor of the lowest loss that no loss exceeds."""
_MOST_PROGRAMS = 64  # kept ready in one process
_KEPT = ("params", "running")
_CARRIED = (*_KEPT, "optimizer")


@dataclass(frozen=True)
class Steps:
    """What the first steps made of some networks.

    Parameters
    ----------
    losses : (nets, steps) float64 array
        Of each batch before its step; NaN after the end of a network.
    params, running : dict of str to (nets, ...) array
        After the last step.
    """

    losses: np.ndarray
    params: dict[str, np.ndarray]
    running: dict[str, np.ndarray]


def few_steps(
    members: Sequence[Member], views: Sequence[View], rates: np.ndarray, stop_factor: float = NEVER
) -> Steps:
    """Train some networks for a few steps, each at a rate of its own.

    Parameters
    ----------
    members : sequence of Member
        Networks of one program key and view that differ in their seeds and numbers; their weights are copied.
    views : sequence of View
    rates : (steps,) array
        The learning rate of each step; it takes the place of peak rate and schedule.
    stop_factor : float
        A network ends where its smoothed loss exceeds ``best + (stop_factor - 1) |best|``, which is
        `stop_factor` times its lowest value where that is positive, or is no number.
    """
    members, views = admitted([_bare(m) for m in members], [replace(v, valid=None) for v in views])
    first, view = members[0], views[members[0].view]
    key = program_key(first, view, len(members))
    with backend.precision(key.precision):
        states = [first_state(member) for member in members]
        data = {
            "train": view.train.padded(key.batch * key.steps, key.precision),
            "rows": np.uint32(len(view.train)),
            "starts": view.starts(first.recipe.batch_size),
        }
        args = (
            stacked([{name: state[name] for name in _CARRIED} for state in states]),
            stacked([net_settings(member) for member in members]),
            np.array([crc32(f"order {member.seed}".encode()) for member in members], np.uint32),
            _tables(first, key, rates),
            evened(data) if "balance" in key.uses else data,
            np.asarray(stop_factor, key.precision),
        )
        together = tile_size(key.structure, key.batch, len(members), cpu=backend.on_cpu()) > 1
        losses, moved = _compiled(key, together, args)(*args)
        moved = {name: {k: np.asarray(v) for k, v in moved[name].items()} for name in _KEPT}
    return Steps(np.asarray(losses, np.float64), **moved)


def _bare(member: Member) -> Member:
    """Return the member without what needs validation rows or a whole run: nothing is judged here."""
    recipe = replace(
        member.recipe, monitor="loss", schedule=Schedule(), momentum_start=None, averaging=(), patience=0
    )
    return replace(member, recipe=recipe)


def _tables(member: Member, key: ProgramKey, rates: np.ndarray) -> dict[str, np.ndarray]:
    """Return what changes from step to step, each of shape (steps,)."""
    epochs = -(-len(rates) // key.steps)
    tables = member.recipe.tables(epochs, key.steps, 0) | {"rate": rates}
    return {name: np.ravel(table)[: len(rates)].astype(key.precision) for name, table in tables.items()}


def _compiled(key: ProgramKey, together: bool, args: tuple) -> Callable[..., Any]:
    """Return ``(states, nets, shuffle_keys, tables, data, factor) -> (losses, kept)``, made ready."""
    name = ("few steps", key, together, len(args[3]["rate"]))
    if name not in _programs:
        while len(_programs) >= _MOST_PROGRAMS:
            _programs.pop(next(iter(_programs)))
        function, device = _steps_of_all(key, together), backend.devices()[0]
        like = (0, {kept: args[0][kept] for kept in _KEPT})
        _programs[name], _ = programs.load_or_compile(
            name, function, args, device, result_like=like, options=options_of(key)
        )
    return _programs[name]


_programs: dict[tuple, Callable[..., Any]] = {}


def _steps_of_all(key: ProgramKey, together: bool):
    one = _steps_of_one(key)

    def all_nets(states, nets, shuffle_keys, tables, data, factor):
        common = (tables, data, factor)
        if together:
            return jax.vmap(one, in_axes=(0, 0, 0, None, None, None))(states, nets, shuffle_keys, *common)
        return jax.lax.map(lambda net: one(net[0], net[1], net[2], *common), (states, nets, shuffle_keys))

    return all_nets


def _steps_of_one(key: ProgramKey):
    """Return the function that takes the steps of one network."""
    step = step_of_one(key)

    def steps(state, net, shuffle_key, tables, data, factor):
        count = len(tables["rate"])
        batches, keys = _dealt(key, net, shuffle_key, count, data)
        inputs = {**tables, "key": keys}

        def body(carry):
            i, state, mean, best, losses = carry
            now = {name: table[i] for name, table in inputs.items()}
            state, (loss, _, _) = step(state, rows_of(data["train"], batches[i]), now, net)
            mean = SMOOTHING * mean + (1.0 - SMOOTHING) * loss
            smooth = mean / (1.0 - SMOOTHING ** (i + 1).astype(loss.dtype))
            return i + 1, state, mean, jnp.minimum(best, smooth), losses.at[i].set(loss)

        def go_on(carry):
            i, _, mean, best, _ = carry
            smooth = mean / (1.0 - SMOOTHING ** i.astype(mean.dtype))
            within = smooth <= best + (factor - 1.0) * jnp.abs(best)
            return (i < count) & ((i == 0) | within)  # NaN is not within

        blank = jnp.full((count,), jnp.nan, key.precision)
        start = {**state, **({"sums": first_sums(state["params"])} if "accumulate" in key.uses else {})}
        zero, infinite = jnp.zeros((), key.precision), jnp.full((), jnp.inf, key.precision)
        last = jax.lax.while_loop(go_on, body, (jnp.int32(0), start, zero, infinite, blank))
        return last[4], {name: last[1][name] for name in _KEPT}

    return steps


def _dealt(key: ProgramKey, net, shuffle_key, count: int, data):
    """Return rows and random key of every step: those of the first epochs of a training with this seed."""
    epochs = jnp.arange(-(-count // key.steps), dtype=jnp.uint32)
    slots = key.batch * key.steps

    def one(number):
        order = epoch_order(draws.fold(shuffle_key, number), slots, data)
        counters = jnp.arange(key.steps, dtype=jnp.uint32)
        step_keys = draws.fold(draws.fold(net["key"], number), counters)
        return dealt(order, data["starts"], key.batch), step_keys

    batches, keys = jax.lax.map(one, epochs)
    return batches.reshape(-1, key.batch)[:count], keys.reshape(-1)[:count]
