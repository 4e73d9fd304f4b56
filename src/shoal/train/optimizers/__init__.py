"""Optimizers: Optax's gradient transformations and our own, with traced settings, in PyTorch's conventions.

An optimizer gives a *direction*; the program then takes ``w <- w - rate * (direction + decay * w)``, where
`decay` is the decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101). Coupled L2 is a part of the
gradient. Where Optax's defaults differ from PyTorch's, PyTorch's are restored.
"""

from shoal.train.optimizers.choice import NAMED, OptimizerChoice
from shoal.train.optimizers.kinds import Knob, OptimizerKind
from shoal.train.optimizers.table import OPTIMIZERS, momentum_name

__all__ = ["NAMED", "OPTIMIZERS", "Knob", "OptimizerChoice", "OptimizerKind", "momentum_name"]
