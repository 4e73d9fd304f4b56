"""The learning-rate range test: one step at each rate of a rising sequence, and what its losses suggest.

Smith, arXiv 1506.01186. All seeds of a sweep are one compiled program; the rates are data of it. Definitions
of smoothing, of the end and of the two points are those of fastai.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
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
from shoal.train.program import dealt, rows_of
from shoal.train.schedules import Schedule
from shoal.train.step import first_sums, step_of_one
from shoal.train.strategy import tile_size
from shoal.train.view import View

SMOOTHING = 0.98
"""Share of the past in the smoothed loss."""
STOP_FACTOR = 4.0
"""A sweep ends where the smoothed loss is above this multiple of its lowest value."""
_MOST_PROGRAMS = 64  # kept ready in one process
_CARRIED = ("params", "running", "optimizer")
_SKIPPED = 5  # of the last steps, where the loss already climbs


def sweep(members: Sequence[Member], views: Sequence[View], rates: np.ndarray) -> np.ndarray:
    """Return the loss of each batch under a rate that rises from step to step.

    Parameters
    ----------
    members : sequence of Member
        Networks of one program key and view that differ in their seeds; their weights are copied.
    views : sequence of View
    rates : (steps,) array
        The learning rate of each step; it takes the place of peak rate and schedule.

    Returns
    -------
    losses : (members, steps) float64 array
        Of each batch before its step; NaN after the end of a network's sweep. A sweep ends where the
        smoothed loss exceeds ``best + 3 |best|``, which is 4 times its lowest value where that is positive,
        or is no number.
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
        )
        together = tile_size(key.structure, key.batch, len(members), cpu=backend.on_cpu()) > 1
        return np.asarray(_compiled(key, together, args)(*args), np.float64)


def _bare(member: Member) -> Member:
    """Return the member without what needs validation rows or a whole run: a sweep judges nothing."""
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
    """Return ``(states, nets, shuffle_keys, tables, data) -> losses``, made ready on the first device."""
    name = ("learning-rate sweep", key, together, len(args[3]["rate"]))
    if name not in _programs:
        while len(_programs) >= _MOST_PROGRAMS:
            _programs.pop(next(iter(_programs)))
        function, device = _sweep_of_all(key, together), backend.devices()[0]
        _programs[name], _ = programs.load_or_compile(name, function, args, device, result_like=0)
    return _programs[name]


_programs: dict[tuple, Callable[..., Any]] = {}


def _sweep_of_all(key: ProgramKey, together: bool):
    one = _sweep_of_one(key)

    def all_nets(states, nets, shuffle_keys, tables, data):
        if together:
            return jax.vmap(one, in_axes=(0, 0, 0, None, None))(states, nets, shuffle_keys, tables, data)
        each = (states, nets, shuffle_keys)
        return jax.lax.map(lambda net: one(net[0], net[1], net[2], tables, data), each)

    return all_nets


def _sweep_of_one(key: ProgramKey):
    """Return the function that sweeps the rates with one network."""
    step = step_of_one(key)

    def sweep(state, net, shuffle_key, tables, data):
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
            within = smooth <= best + (STOP_FACTOR - 1.0) * jnp.abs(best)
            return (i < count) & ((i == 0) | within)  # NaN is not within

        blank = jnp.full((count,), jnp.nan, key.precision)
        start = {**state, **({"sums": first_sums(state["params"])} if "accumulate" in key.uses else {})}
        zero, infinite = jnp.zeros((), key.precision), jnp.full((), jnp.inf, key.precision)
        return jax.lax.while_loop(go_on, body, (jnp.int32(0), start, zero, infinite, blank))[4]

    return sweep


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


# ---------------------------------------------------------------- what the losses suggest


def smoothed(losses: np.ndarray) -> np.ndarray:
    """Return the exponential mean of the losses along the last axis, corrected for its start.

    ``m_i = 0.98 m_(i-1) + 0.02 l_i`` and ``s_i = m_i / (1 - 0.98^i)``.

    Examples
    --------
    >>> smoothed(np.array([1.0, 1.0, 1.0])).round(9).tolist()
    [1.0, 1.0, 1.0]
    """
    mean, out = np.zeros(losses.shape[:-1]), np.empty_like(losses)
    for i in range(losses.shape[-1]):
        mean = SMOOTHING * mean + (1.0 - SMOOTHING) * losses[..., i]
        out[..., i] = mean / (1.0 - SMOOTHING ** (i + 1))
    return out


def steepest(rates: np.ndarray, losses: np.ndarray) -> float:
    """Return the rate at which a smoothed loss falls fastest over the logarithm of the rate.

    Examples
    --------
    >>> steepest(np.array([1e-3, 1e-2, 1e-1]), np.array([1.0, 0.9, 0.2]))
    0.01
    """
    slopes = np.diff(losses) / np.diff(np.log(rates))
    return float(rates[int(np.argmin(slopes))]) if len(slopes) else float("nan")


def valley(rates: np.ndarray, losses: np.ndarray) -> float:
    """Return the middle of the longest descent of a smoothed loss.

    The longest falling subsequence is sought; the rate lies half-way along it.

    Examples
    --------
    >>> valley(np.array([1e-4, 1e-3, 1e-2, 1e-1, 1.0]), np.array([3.0, 2.0, 1.0, 4.0, 5.0]))
    0.001
    """
    lengths = np.ones(len(losses), np.int64)
    for i in range(1, len(losses)):
        longer = lengths[:i][losses[:i] > losses[i]]
        lengths[i] = 1 + (longer.max() if len(longer) else 0)
    end = int(np.argmax(lengths))
    start = max(end - int(lengths[end]), 0)
    third = (end - start) / 3
    return float(rates[start + int(third) + int(third / 2)])


def usable(rates: np.ndarray, losses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return rates and smoothed losses of one sweep without its first tenth, its last steps and its gaps."""
    ran = int(np.isfinite(losses).sum())
    part = slice(len(rates) // 10, ran - _SKIPPED)
    if ran - _SKIPPED - len(rates) // 10 < 2:  # it ended at once: all there is
        part = slice(0, ran)
    return rates[part], losses[part]
