"""The table of all optimizers."""

from __future__ import annotations

from shoal.train.optimizers.adam import ADAM
from shoal.train.optimizers.adaptive import ADAPTIVE
from shoal.train.optimizers.factored import FACTORED
from shoal.train.optimizers.kinds import OptimizerKind
from shoal.train.optimizers.lbfgs import LBFGS
from shoal.train.optimizers.muon import MUON
from shoal.train.optimizers.plain import PLAIN

OPTIMIZERS: dict[str, OptimizerKind] = {**PLAIN, **ADAPTIVE, **ADAM, **FACTORED, **MUON, **LBFGS}
"""Name -> optimizer."""


def momentum_name(optimizer: str) -> str | None:
    """Return the setting of an optimizer that ramps and cycles move from step to step, if it has one."""
    return OPTIMIZERS[optimizer].momentum or None
