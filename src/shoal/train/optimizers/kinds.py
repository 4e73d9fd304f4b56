"""What an optimizer is: the rule of its direction, the settings that it takes, and what it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import optax

from shoal.rules import Number

Settings = Mapping[str, Any]
Direction = Callable[[Settings], optax.GradientTransformationExtraArgs | optax.GradientTransformation]


@dataclass(frozen=True)
class Knob:
    """A setting of an optimizer: its default, what it may be, and what it does."""

    default: float
    rule: Number
    meaning: str


@dataclass(frozen=True)
class OptimizerKind:
    """An optimizer: how to build it from traced settings, and what it asks of its surroundings.

    Parameters
    ----------
    direction : callable
        ``(settings) -> optax.GradientTransformation``; its update is a descent direction, before the sign
        and the learning rate. The settings hold the rate of the step too, as ``"rate"``. Its state begins
        with zeros everywhere.
    settings : mapping of str to Knob
        Settings it reads, with PyTorch's default values.
    learning_rate : float
        A reasonable rate where none is given.
    momentum : str
        The setting that ramps and cycles move: "momentum", "beta_1", or "" where there is none.
    searches : bool
        Whether it looks for the length of its step: its update is handed ``value``, ``grad`` and
        ``value_fn`` as Optax's line searches are, and every step has to see all rows.
    pads : bool
        Whether padded units change nothing; not where the rule depends on the shape of a parameter.
    """

    direction: Direction
    settings: Mapping[str, Knob] = field(default_factory=lambda: MappingProxyType({}))
    learning_rate: float = 1e-3
    momentum: str = ""
    searches: bool = False
    pads: bool = True

    @property
    def defaults(self) -> dict[str, float]:
        """The default of each setting."""
        return {name: knob.default for name, knob in self.settings.items()}


_SHARE = Number(0, 1, high_open=True)


def momentum(default: float) -> Knob:
    """Return the setting of a momentum."""
    return Knob(default, _SHARE, "share of the last step's velocity that is kept")


def decay(default: float, of: str) -> Knob:
    """Return the setting of an exponential mean."""
    return Knob(default, _SHARE, f"decay of the mean of the {of}")


def epsilon(default: float) -> Knob:
    """Return the setting that keeps a denominator from zero."""
    return Knob(default, Number(0), "added to the denominator")
