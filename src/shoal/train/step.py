"""One step of one network on one batch: the loss, its gradient, and where it leads.

The *carry* of a training is a dictionary of what changes from step to step: ``params``, ``running``
(running statistics) and ``optimizer``; ``sums`` where gradients of several batches are added up,
``average`` where weights are averaged, and ``clipped``, how many steps were clipped and how many taken, where
that is counted. What comes in from outside at each step is in ``now``: ``rate``,
``key``, and where in use ``momentum``, ``apply`` and ``keep`` (units that dropout keeps).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array

from shoal.nets import network
from shoal.nets.layers import Pass
from shoal.nets.losses import LOSSES, weighted_mean
from shoal.nets.members import member_mean
from shoal.train.augment import augmented, mixed_loss
from shoal.train.averaging import ema_of
from shoal.train.descent import descended, is_clipped, rate_factor
from shoal.train.flat import in_form_of
from shoal.train.key import ProgramKey
from shoal.train.optimizers import momentum_name

Carry = dict[str, Any]
Inputs = Mapping[str, Any]


def objective_of(key: ProgramKey) -> Callable[..., tuple[Array, tuple]]:
    """Return ``(params, running, batch, net, step_key, keep) -> (objective, (running, loss))``.

    The objective is the loss with the penalties of activities; those of weights are gradients of the
    step (`shoal.train.descent`).
    """
    kind = LOSSES[key.loss]
    frozen = frozen_norms(key)

    def objective(params, running, batch, net, step_key, keep=None):
        now = Pass(
            train=True,
            key=step_key,
            weight=batch["weight"],
            rates=net["rates"],
            masks=net["masks"],
            present=net["present"],
            activity=net["activity"] if key.activity else {},
            frozen=frozen,
            keep=keep or {},
        )
        batch = augmented(batch, step_key, net, key.uses, key.structure.inputs, running)
        outputs, fresh = network.apply(key.structure, dict(params), running, batch, now)
        fresh = dict(fresh)
        penalty = fresh.pop("activity_penalty", None)
        settings = dict(net["loss"])
        if "label_smoothing" in key.uses:
            settings["label_smoothing"] = net["label_smoothing"]
        rows = mixed_loss(
            lambda target: member_mean(outputs, target, lambda y, t: kind.function(y, t, settings)), batch
        )
        loss = weighted_mean(rows, batch["weight"])
        return loss if penalty is None else loss + penalty, (fresh, loss)

    return objective


def frozen_norms(key: ProgramKey) -> frozenset[str]:
    """Return the paths of batch norms that are frozen: their running statistics must not move either."""
    norms = [path for path, layer, _ in key.structure.walk() if layer.kind == "batch_norm"]
    return frozenset(path for path in norms if rate_factor(f"{path}.gamma", key.rate_factors) == 0.0)


def step_of_one(key: ProgramKey) -> Callable[..., tuple[Carry, tuple[Array, Array, Array]]]:
    """Return ``(carry, batch, now, net) -> (carry, (loss, objective, weight))`` of one network.

    Loss and objective are those of the batch before the step, `weight` is the weight of its rows.
    """
    objective = objective_of(key)
    momentum = momentum_name(key.optimizer)

    def step(carry: Carry, batch: Inputs, now: Inputs, net: Mapping[str, Any]):
        if momentum is not None and "momentum" in now:
            net = {**net, momentum: now["momentum"]}

        def value(params):
            return objective(params, carry["running"], batch, net, now["key"], now.get("keep"))

        params = carry["params"]
        (total, (running, loss)), grads = jax.value_and_grad(value, has_aux=True)(dict(params))
        grads = in_form_of(grads, params)
        weight = jnp.sum(batch["weight"])
        carry = {**carry, "running": running}
        if "accumulate" in key.uses:
            carry = _accumulated(key, carry, grads, weight, now, net)
        else:
            carry = _moved(key, carry, grads, now["rate"], net, lambda params: value(params)[0])
        return carry, (loss, total, weight)

    return step


def first_sums(params: Mapping[str, Array]) -> dict[str, Any]:
    """Return the sums of gradients and weights before the first batch of a step."""
    grads = jax.tree.map(jnp.zeros_like, params)
    return {"grads": grads, "weight": jnp.zeros((), jax.tree.leaves(grads)[0].dtype)}


def _moved(key: ProgramKey, carry: Carry, grads, rate, net, value_fn) -> Carry:
    """Take the step, and let the average follow."""
    params, optimizer = descended(
        carry["params"],
        grads,
        carry["optimizer"],
        rate,
        net,
        key.optimizer,
        key.uses,
        key.rate_factors,
        key.constraints,
        value_fn=value_fn,
    )
    if "clipped" in carry:
        clipped = is_clipped(grads, carry["params"], net, key.uses, key.rate_factors)
        counted = jnp.stack([clipped.astype(rate.dtype), jnp.ones_like(rate)])
        carry = {**carry, "clipped": carry["clipped"] + counted}
    carry = {**carry, "params": params, "optimizer": optimizer}
    if "ema" in key.uses:
        carry["average"] = ema_of(carry["average"], params, carry["running"], net["average_decay"])
    return carry


def _accumulated(key: ProgramKey, carry: Carry, grads, weight, now, net) -> Carry:
    """Add up a batch's gradient; where the last batch of a step is in, take the step with their mean."""
    sums = carry["sums"]
    added = jax.tree.map(lambda one, grad: one + weight * grad, sums["grads"], grads)
    total = sums["weight"] + weight

    def take(carry: Carry) -> Carry:
        mean = jax.tree.map(lambda value: value / jnp.where(total > 0, total, 1.0), added)
        moved = _moved(key, carry, mean, now["rate"], net, None)
        return {**moved, "sums": first_sums(carry["params"])}

    def wait(carry: Carry) -> Carry:
        return {**carry, "sums": {"grads": added, "weight": total}}

    return jax.lax.cond(now["apply"] > 0, take, wait, carry)
