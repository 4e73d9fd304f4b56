"""Optimizers: Optax's gradient transformations and our own, with traced settings, in PyTorch's conventions.

An optimizer gives a *direction*; the program then takes ``w <- w - rate * (direction + decay * w)``, where
`decay` is the decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101). Coupled L2 is a part of the
gradient. Where Optax's defaults differ from PyTorch's, PyTorch's are restored.
"""

from shoal.train.optimizers.adam import ADAM
from shoal.train.optimizers.adaptive import ADAPTIVE
from shoal.train.optimizers.factored import FACTORED
from shoal.train.optimizers.kinds import Knob, OptimizerKind
from shoal.train.optimizers.lbfgs import LBFGS
from shoal.train.optimizers.muon import MUON
from shoal.train.optimizers.plain import PLAIN

OPTIMIZERS: dict[str, OptimizerKind] = {**PLAIN, **ADAPTIVE, **ADAM, **FACTORED, **MUON, **LBFGS}
"""Name -> optimizer."""

__all__ = ["OPTIMIZERS", "Knob", "OptimizerKind", "momentum_name"]


def momentum_name(optimizer: str) -> str | None:
    """Return the setting of an optimizer that ramps and cycles move from step to step, if it has one."""
    return OPTIMIZERS[optimizer].momentum or None
