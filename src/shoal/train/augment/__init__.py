"""Training rows varied anew in every step, inside the compiled program; validation and prediction see none.

Every draw comes from the key of the step and the row's place in the batch. The numbers are traced: networks
that vary their rows by different amounts share a program, and an amount of 0 changes no bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, UInt32

from shoal.nets import draws
from shoal.train.augment.images import key_of, varied_images
from shoal.train.augment.kinds import KINDS, Augmentation, augmentation, augmentation_for, refuse_unsuited
from shoal.train.augment.mixup import beta_quantiles, mixed, mixed_loss

__all__ = [
    "KINDS",
    "Augmentation",
    "augmentation",
    "augmentation_for",
    "augmented",
    "mixed_loss",
    "numbers_of",
    "refuse_unsuited",
    "uses_of",
]

_MARK = "augment:"


def uses_of(found: Augmentation) -> tuple[str, ...]:
    """Return the names of the kinds in the program key.

    Examples
    --------
    >>> uses_of((("rotate", 15.0),))
    ('augment:rotate',)
    """
    return tuple(_MARK + kind for kind, _ in found)


def numbers_of(found: Augmentation) -> dict[str, Any]:
    """Return the numbers that the program takes as data, by the names of `uses_of`."""
    return {_MARK + kind: beta_quantiles(value) if kind == "mixup" else value for kind, value in found}


def augmented(
    batch: Mapping[str, Array],
    key: UInt32[Array, ""],
    net: Mapping[str, Any],
    uses: tuple[str, ...],
    inputs: Any,
    running: Mapping[str, Array],
) -> dict[str, Array]:
    """Vary the rows of a batch.

    Parameters
    ----------
    batch : mapping
        ``"numbers"``, ``"codes"``, ``"target"`` and ``"weight"``, as a step gets them.
    key : uint32 scalar
        Of the step.
    net : mapping
        Traced numbers of the network, those of `numbers_of` among them.
    uses : tuple of str
        Parts of the step; those of `uses_of` count.
    inputs : TableInput or ImageInput
        How rows enter.
    running : mapping
        Running statistics of the network, mean and spread of pixels among them.

    Returns
    -------
    dict
        The batch with other numbers, pixels standardised; with mixup also what `mixed_loss` needs.
    """
    strengths = {name.removeprefix(_MARK): net[name] for name in uses if name.startswith(_MARK)}
    if not strengths:
        return dict(batch)
    quantiles = strengths.pop("mixup", None)
    numbers = batch["numbers"]
    if inputs.kind == "image":
        own = {name.removeprefix("inputs."): v for name, v in running.items() if name.startswith("inputs.")}
        numbers = _images(inputs.scaled(own, numbers), key, strengths, inputs.shape())
    else:
        numbers = _table(numbers, key, strengths, inputs.continuous)
    batch = {**batch, "numbers": numbers}
    return batch if quantiles is None else mixed(batch, key, quantiles)


def _table(numbers: Array, key, strengths, continuous: tuple[int, ...]) -> Array:
    """Add noise to measured numbers; indicators stay what they are."""
    if "noise" not in strengths or not continuous:
        return numbers
    places = np.array(continuous)
    noise = draws.normal(key_of(key, "noise"), (numbers.shape[0], len(places)), numbers.dtype)
    return numbers.at[:, places].add(strengths["noise"] * noise)


def _images(pixels: Array, key, strengths, shape: tuple[int, int, int]) -> Array:
    """Vary standardised pixels; what is blanked takes the mean."""
    images = varied_images(pixels.reshape(-1, *shape), key, strengths)
    if "noise" in strengths:
        noise = draws.normal(key_of(key, "noise"), images.shape, images.dtype)
        images = images + strengths["noise"] * noise
    return jnp.reshape(images, pixels.shape)
