"""What a loss is, and the mean of one over rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from shoal.errors import SettingError
from shoal.rules import Number

LossFunction = Callable[[Array, Array, Mapping[str, Array]], Float[Array, "batch"]]


@dataclass(frozen=True)
class LossNumber:
    """A number of a loss: what it is unless given, and what it may be.

    Parameters
    ----------
    default : float or tuple of float
        A tuple where there may be several, which then must rise.
    rule : Number
    """

    default: float | tuple[float, ...]
    rule: Number

    def checked(self, loss: str, name: str, value: Any) -> float | tuple[float, ...]:
        """Return the value as the program takes it.

        Raises
        ------
        SettingError
            If it is not what it may be.
        """
        parts = tuple(value) if isinstance(value, list | tuple) else (value,)
        if value is None or not parts or not self.rule.accepts(value):
            raise SettingError(
                f"Expected {name} of the loss '{loss}' to be {self.rule}. Got {value!r} instead."
            )
        numbers = tuple(float(part) for part in parts)
        if any(after <= before for before, after in pairwise(numbers)):
            raise SettingError(f"Expected {name} of the loss '{loss}' to rise. Got {list(numbers)} instead.")
        return numbers if isinstance(self.default, tuple) else numbers[0]


@dataclass(frozen=True)
class LossKind:
    """A loss: one value per row, from raw outputs (logits) for numerical stability.

    Parameters
    ----------
    function : callable
        ``(outputs, target, settings) -> (batch,)``; `settings` holds traced numbers by name.
    heads : tuple of str
        The heads that it suits.
    numbers : mapping
        The numbers that it reads, by name.
    smooths : bool
        Whether it reads ``label_smoothing`` too, where `settings` has it.
    """

    function: LossFunction
    heads: tuple[str, ...]
    numbers: Mapping[str, LossNumber] = field(default_factory=dict)
    smooths: bool = False


def weighted_mean(values: Float[Array, "batch"], weight: Float[Array, "batch"]) -> Float[Array, ""]:
    """Return ``sum(w v) / sum(w)``; a batch of weight zero gives 0 rather than NaN."""
    total = jnp.sum(weight)
    return jnp.sum(values * weight) / jnp.where(total > 0, total, 1.0)
