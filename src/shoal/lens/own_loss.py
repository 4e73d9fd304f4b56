"""The loss that a model was trained with, for whoever looks at it again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from shoal.fitting.outcome import loss_of
from shoal.model.model import Model
from shoal.nets.heads import HEADS
from shoal.nets.losses import LOSSES
from shoal.nets.losses.choice import LossChoice
from shoal.settings import Settings

RowLosses = Callable[[Array, np.ndarray], Array]


def own_loss(model: Model) -> tuple[str, RowLosses]:
    """Return the name of a model's loss, and the function from outputs and target to the losses of rows.

    It is that of training without penalties; where nothing is known of the training, that of the head.
    """
    loss = _choice(model)
    smoothing = resolved_settings(model).get("label_smoothing") or 0.0

    def of_rows(outputs: Array, target: np.ndarray) -> Array:
        numbers = {name: jnp.asarray(value, outputs.dtype) for name, value in loss.numbers}
        if LOSSES[loss.kind].smooths and smoothing:
            numbers["label_smoothing"] = jnp.asarray(smoothing, outputs.dtype)
        return LOSSES[loss.kind].function(outputs, jnp.asarray(target), numbers)

    return loss.kind, of_rows


def resolved_settings(model: Model) -> Mapping[str, Any]:
    """Return the settings of a model's training as they were used; empty where they are not known."""
    return model.provenance.get("settings", {}).get("resolved", {})


def _choice(model: Model) -> LossChoice:
    known = resolved_settings(model)
    if not known:
        return LossChoice.of(HEADS[model.spec.head].loss)
    wanted = {name: known[name] for name in ("loss", "huber_delta", "quantiles") if name in known}
    return loss_of(replace(Settings(), **wanted))
