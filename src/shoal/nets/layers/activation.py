"""Activation functions as layers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from shoal.errors import SettingError, did_you_mean
from shoal.nets.activations import ACTIVATIONS, ActivationKind
from shoal.nets.layers.base import Layer
from shoal.rules import refuse_unknown

_NUMBERS = ("slope", "activity_l1", "activity_l2")


@dataclass(frozen=True)
class Activation(Layer):
    """An activation function from `shoal.nets.activations.ACTIVATIONS`, unit by unit.

    Parameters
    ----------
    name : str
    activity_l1, activity_l2 : float, optional
        Penalties of its values, ``l1 * |a| + l2 * a^2``; None takes those of the recipe.
    slope : float, optional
        Slope below zero of a leaky ReLU, or what the slope of a PReLU starts from; None takes 0.01 and 0.25.

    Raises
    ------
    SettingError
        If there is no such activation, or a slope is given to one that has none.

    Examples
    --------
    >>> Activation("leaky_relu", slope=0.2).running((8,))
    {'slope': array(0.2)}
    """

    kind: ClassVar[str] = "activation"
    paddable: ClassVar[bool] = True
    name: str
    activity_l1: float | None = None
    activity_l2: float | None = None
    slope: float | None = None

    def __post_init__(self) -> None:
        if self.name not in ACTIVATIONS:
            raise SettingError(
                f"Unknown activation {self.name!r}.{did_you_mean(str(self.name), ACTIVATIONS)} Choose one "
                f"of: {', '.join(sorted(ACTIVATIONS))}."
            )
        if self.slope is None:
            return
        if self._kind.number != "slope":
            sloped = ", ".join(name for name, kind in ACTIVATIONS.items() if kind.number == "slope")
            raise SettingError(f"Expected a slope for one of {sloped} only. Got one for {self.name!r}.")
        if isinstance(self.slope, bool | str) or not math.isfinite(self.slope):
            raise SettingError(
                f"Expected the slope of {self.name!r} to be a finite number. Got {self.slope!r}."
            )

    @classmethod
    def of(cls, value: Any) -> Activation:
        """Return the activation that a setting names, alone or in a mapping with numbers of its own.

        Examples
        --------
        >>> Activation.of({"kind": "leaky_relu", "slope": 0.2}) == Activation("leaky_relu", slope=0.2)
        True
        """
        if not isinstance(value, Mapping):
            return cls(value)
        numbers = {name: number for name, number in value.items() if name != "kind"}
        refuse_unknown("An activation", numbers, _NUMBERS)
        return cls(value.get("kind", ""), **numbers)

    @property
    def _kind(self) -> ActivationKind:
        return ACTIVATIONS[self.name]

    @property
    def zero_at_zero(self) -> bool:  # type: ignore[override]
        return self._kind.zero_at_zero

    def structure(self):
        return replace(self, activity_l1=None, activity_l2=None, slope=None)

    def _number(self, shape) -> dict[str, np.ndarray]:
        value = self._kind.start if self.slope is None else float(self.slope)
        return {self._kind.number: np.full(shape[-1:] if self._kind.learned == "unit" else (), value)}

    def init(self, shape, rng):
        return self._number(shape) if self._kind.learned else {}

    def running(self, shape):
        # A number that is set and not learned: kept with the statistics, it is data and no constant of the
        # program, and prediction has it too.
        return self._number(shape) if self._kind.number and not self._kind.learned else {}

    def apply(self, params, running, x, mask, path, now):
        kind = self._kind
        if kind.across_units:
            return kind.function(x, mask=mask), {}
        if not kind.number:
            return kind.function(x), {}
        number = (params if kind.learned else running)[kind.number]
        # one number for each unit lies along the last axis
        return kind.function(x, number.reshape((1,) * (x.ndim - number.ndim) + number.shape)), {}
