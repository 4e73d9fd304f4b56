"""Averages of the weights: over steps with forgetting (EMA), or over the last epochs alike (SWA).

The average is what is judged and kept; training itself goes on from the weights, not from their average.
Running statistics of batch normalisation are averaged like the weights. PyTorch's ``update_bn`` would
measure them anew on the training rows: for the first normalised layer both agree up to the forgetting of
the statistics themselves, for deeper ones the averaged statistics are an approximation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array

from shoal.rules import Number, check, refuse_unknown

AVERAGES = {"ema": {"decay": 0.999}, "swa": {"start": 0.75}}
"""Kind -> its numbers with their defaults. ema: share of the past kept in each step (Polyak and Juditsky
1992); swa: share of the epochs after which averaging begins (Izmailov et al., arXiv 1803.05407)."""

Average = dict[str, Any]


def as_averaging(value: Any) -> tuple:
    """Return the setting ``averaging`` as (kind, number), or empty for none.

    Raises
    ------
    SettingError
        If the kind has no such number, or it lies outside [0, 1).

    Examples
    --------
    >>> as_averaging("ema"), as_averaging({"kind": "swa", "start": 0.5})
    (('ema', 0.999), ('swa', 0.5))
    """
    if value is None:
        return ()
    given = {"kind": value} if isinstance(value, str) else dict(value)
    kind = given.pop("kind")
    refuse_unknown(f"The averaging '{kind}'", given, AVERAGES[kind])
    [(name, default)] = AVERAGES[kind].items()
    number = given.get(name, default)
    check(f"the averaging '{kind}'", name, number, Number(0, 1, high_open=True))
    return kind, float(number)


def first_average(params: Mapping[str, Any], running: Mapping[str, Any]) -> Average:
    """Return the average before anything was averaged: a count of 0, and the weights as they are."""
    return {"params": params, "running": running, "count": jnp.int32(0)}


def ema_of(average: Average, params: Mapping, running: Mapping, decay: Array) -> Average:
    """Return ``d a + (1 - d) w``; the first average is the weights themselves, as PyTorch's.

    What does not move has itself as its average, bit for bit.
    """

    def mix(old, new):
        return jnp.where(average["count"] > 0, old + (1.0 - decay) * (new - old), new)

    return _mixed(average, params, running, mix)


def swa_of(average: Average, params: Mapping, running: Mapping, begun: Array) -> Average:
    """Return ``a + (w - a) / (n + 1)`` once averaging has begun, else the average as it is."""

    def mix(old, new):
        share = 1.0 / (average["count"].astype(new.dtype) + 1.0)
        return jnp.where(begun, old + (new - old) * share, old)

    fresh = _mixed(average, params, running, mix)
    return {**fresh, "count": jnp.where(begun, fresh["count"], average["count"])}


def averaged(average: Average, params: Mapping, running: Mapping) -> tuple[Mapping, Mapping]:
    """Return weights and running statistics to judge: the average, once there is one."""

    def choose(mean, now):
        return jnp.where(average["count"] > 0, mean, now)

    return (
        jax.tree.map(choose, average["params"], params),
        jax.tree.map(choose, average["running"], running),
    )


def _mixed(average: Average, params, running, mix) -> Average:
    return {
        "params": jax.tree.map(mix, average["params"], params),
        "running": jax.tree.map(mix, average["running"], running),
        "count": average["count"] + 1,
    }
